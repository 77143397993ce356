from django.urls import path

from . import views, views_together


def about(kind: str, base: str, names: str = "") -> list:
    """The addresses about one thing of a kind, below the address `base` of its page; `names` goes before the name of each."""
    return [
        path(f"{base}/alarmes", views.alarm_list, {"kind": kind}, name=f"{names}alarm_list"),
        path(f"{base}/alarme", views.seen, {"kind": kind}, name=f"{names}alarm_seen"),
        path(f"{base}/danger", views.danger_open, {"kind": kind}, name=f"{names}danger_open"),
    ]


urlpatterns = [
    path("danger/alertes/<uuid:pk>/", views_together.alarm_group, name="alarm_group"),
    path("danger/alertes/<uuid:pk>/fausses", views_together.alarm_group_false, name="alarm_group_false"),
    path("danger/alertes/<uuid:pk>/reprendre", views_together.alarm_group_again, name="alarm_group_again"),
    path("danger/", views.danger_list, name="danger_list"),
    path("danger/<uuid:pk>/", views.danger_file, name="danger"),
    path("danger/<uuid:pk>/raison", views.danger_why, name="danger_why"),
    path("danger/<uuid:pk>/clore", views.danger_close, name="danger_close"),
    path("danger/<uuid:pk>/information-preoccupante", views.danger_report, name="danger_report"),
    *(
        path(f"danger/<uuid:pk>/{step}", views.danger_step, {"step": step}, name=f"danger_{step}")
        for step in views.STEPS
    ),
]
