"""The demonstration door, mounted at the root of the site."""

from django.urls import path

from . import door

urlpatterns = [
    path("demo", door.door, name="demo"),
    path("demo/courrier", door.letters, name="demo_letters"),
]
