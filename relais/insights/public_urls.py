from django.urls import path

from relais.foundation import sites

from . import views_public

part = sites.module("promise", "Page publique « Tient-on notre promesse ? »")

urlpatterns = [path("promesse", part(views_public.promise), name="promise")]
