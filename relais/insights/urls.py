from django.urls import path

from . import views

app_name = "insights"
urlpatterns = [
    path("entonnoir/", views.funnel, name="funnel"),
    path("entonnoir/export.csv", views.export, {"kind": "csv"}, name="export"),
    path("entonnoir/export.xlsx", views.export, {"kind": "xlsx"}, name="export_xlsx"),
    path("entonnoir/<slug:slug>/", views.figure, name="figure"),
]
