from django.urls import path

from . import views

app_name = "insights"
urlpatterns = [
    path("entonnoir/", views.funnel, name="funnel"),
    path("entonnoir/export.csv", views.export, name="export"),
    path("entonnoir/<slug:slug>/", views.figure, name="figure"),
]
