from django.urls import path

from . import views

urlpatterns = [
    path("metiers/", views.occupation_list, name="occupation_list"),
    path("metiers/<slug:slug>", views.occupation, name="occupation"),
    path("structures/", views.structure_list, name="structure_list"),
    path("communes", views.communes, name="communes"),
    path("pro/structures/", views.staff_structures, name="staff_structures"),
    path("pro/structures/<uuid:pk>/", views.staff_structure, name="staff_structure"),
]
