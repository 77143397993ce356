from django.urls import include, path

from . import views, views_staff
from .search.urls import part

urlpatterns = [
    path("", include("relais.catalogue.search.urls")),
    path("", include("relais.catalogue.tables.urls")),
    path("metiers/", views.occupation_list, name="occupation_list"),
    path("metiers/<slug:slug>", views.occupation, name="occupation"),
    path("structures/", part(views.structure_list), name="structure_list"),
    path("structures/<uuid:pk>", part(views.structure), name="structure"),
    path("offres/<int:pk>", part(views.offer), name="offer"),
    path("offres/<int:pk>/signaler", part(views.report), name="report_offer"),
    path("formations/<int:pk>", part(views.training), name="training"),
    path("communes", views.communes, name="communes"),
    path("pro/structures/", views_staff.staff_structures, name="staff_structures"),
    path("pro/structures/<uuid:pk>/", views_staff.staff_structure, name="staff_structure"),
    path("pro/catalogue/", views_staff.freshness, name="freshness"),
    path("pro/catalogue/<int:pk>/", views_staff.set_aside, name="set_aside"),
    path("pro/signalements/", views_staff.reports, name="offer_reports"),
    path("pro/signalements/<int:pk>", views_staff.decide, name="decide_on_offer"),
]
