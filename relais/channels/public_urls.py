"""Addresses of the channels that are for everybody."""

from django.urls import path

from . import views

urlpatterns = [path("ne-plus-recevoir/<str:secret>", views.no_more, name="no_more")]
