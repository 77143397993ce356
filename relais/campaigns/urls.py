from django.urls import path

from . import views

app_name = "campaigns"
urlpatterns = [
    path("contacts/", views.touches, name="touches"),
    path("contacts/nouveau/", views.new_touch, name="new-touch"),
    path("contacts/<str:code>/", views.touch, name="touch"),
    path("contacts/<str:code>/qr.svg", views.qr, name="qr"),
]
