from django.urls import path

from relais.foundation import sites

from . import views

part = sites.module("search", "Recherche, offres, formations et structures")

urlpatterns = [
    path("recherche", part(views.results), name="search"),
    path("recherche/suggestions", part(views.suggest), name="search_suggestions"),
]
