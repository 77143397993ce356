from django.urls import path

from . import views_public

urlpatterns = [path("promesse", views_public.promise, name="promise")]
