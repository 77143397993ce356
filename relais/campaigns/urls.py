from django.urls import path

from . import bringing_views, views
from .addresses import BRING

app_name = "campaigns"
urlpatterns = [
    path("contacts/", views.touches, name="touches"),
    path("contacts/nouveau/", views.new_touch, name="new-touch"),
    *bringing_views.pages.addresses(BRING.removeprefix("/pro/")),
    path("contacts/<str:code>/", views.touch, name="touch"),
    path("contacts/<str:code>/qr.svg", views.qr, name="qr"),
    path("contacts/<str:code>/affiche.pdf", views.sheet, name="sheet"),
]
