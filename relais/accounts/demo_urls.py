"""The sign-in of the demonstration, mounted at the root of the site."""

from django.urls import path

from . import demo_login

urlpatterns = [
    path("demo", demo_login.choose, name="demo"),
    path("demo/courrier", demo_login.letters, name="demo_letters"),
]
