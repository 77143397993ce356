"""What the pages of a site fetch to look like it: its colours and its logo, the same for everybody and for ever."""

from django.urls import path

from . import views_sites

urlpatterns = [
    path("apparence/<look:look>.css", views_sites.look, name="look"),
    path("apparence/<slug:version>.webp", views_sites.picture, name="logo"),
]
