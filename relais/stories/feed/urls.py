from django.urls import path

from . import views

urlpatterns = [
    path("temoignages/", views.story_list, name="story_list"),
    path("temoignages/<slug:slug>/garder", views.keep, name="keep_story"),
    path("temoignages/<slug:slug>/reagir", views.react, name="react"),
    path("gouts", views.choices, name="preferences"),
    path("gouts/choisir", views.choose, name="choose_preferences"),
    path("gouts/oublier", views.forget, name="forget_preferences"),
    path("gouts/suivre/<slug:slug>", views.follow, name="follow_occupation"),
]
