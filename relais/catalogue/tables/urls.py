from django.urls import path

from . import views
from .bounds import PATH

HERE = PATH.removeprefix("/")
urlpatterns = [
    path(HERE, views.bring, name="bring_table"),
    path(f"{HERE}/<uuid:pk>", views.rehearsed, name="rehearsed_table"),
    path(f"{HERE}/<uuid:pk>/colonnes", views.match, name="match_table"),
    path(f"{HERE}/<uuid:pk>/essai", views.rehearse_again, name="rehearse_table_again"),
    path(f"{HERE}/<uuid:pk>/confirmer", views.confirm, name="confirm_table"),
    path(f"{HERE}/<uuid:pk>/oublier", views.forget, name="forget_table"),
]
