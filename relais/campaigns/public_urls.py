"""Follows are answered by the native side (follow.py); only codes that do not exist come here."""

from django.urls import path

from . import views_public

urlpatterns = [path("r/<path:code>", views_public.unknown_code, name="unknown_code")]
