from django.urls import path

from . import views

urlpatterns = [
    path("temoignages/", views.story_list, name="story_list"),
    path("temoignages/<slug:slug>", views.story, name="story"),
]
