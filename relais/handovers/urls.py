"""Addresses of the baton: the person's, the partner's, the team's."""

from django.urls import path

from . import views, views_appointments, views_follow_ups, views_partner, views_sessions

urlpatterns = [
    path("parler/accord/<uuid:pk>", views.agreement, name="agreement"),
    path("parler/accord/<uuid:pk>/recu", views.receipt, name="receipt"),
    path("parler/a-trois/<uuid:pk>", views.joint_thread, name="joint_thread"),
    path("parler/rendez-vous/<uuid:proposal>", views_appointments.choose, name="appointment"),
    path("parler/rendez-vous/<uuid:pk>/annuler", views_appointments.cancel, name="appointment_cancel"),
    path("parler/rendez-vous/<uuid:pk>/visio", views_appointments.own_room, name="own_room"),
    path("parler/rendez-vous/<uuid:pk>.ics", views_appointments.own_calendar, name="own_calendar"),
    path("parler/seance/<uuid:pk>", views_sessions.own, name="own_session"),
    path("parler/seance/<uuid:pk>.ics", views_sessions.own_calendar, name="own_session_calendar"),
    path("parler/nouvelles", views_follow_ups.choose, name="news_choice"),
    path("nouvelles/<str:secret>", views_follow_ups.news, name="news"),
    path("orientation/<str:secret>", views_partner.by_link, name="partner_link"),
    path(
        "orientation/<str:secret>/rendez-vous/<uuid:number>.ics",
        views_partner.calendar_by_link,
        name="partner_link_calendar",
    ),
    path("pro/orientations/", views_partner.listing, name="orientations"),
    path("pro/orientations/<uuid:pk>/", views_partner.one, name="orientation"),
    path(
        "pro/orientations/<uuid:pk>/rendez-vous/<uuid:number>.ics", views_partner.calendar, name="orientation_calendar"
    ),
    path("pro/structures/<uuid:pk>/accueil", views.intake, name="intake"),
    path("pro/conversations/<uuid:pk>/relais", views.hand_over, name="hand_over"),
    path("pro/conversations/<uuid:pk>/suivi", views.follow, name="follow"),
    path("pro/conversations/<uuid:pk>/seance", views_sessions.propose, name="propose_session"),
    path("pro/conversations/<uuid:pk>/rendez-vous", views_appointments.propose, name="propose_slots"),
    path("pro/conversations/<uuid:pk>/rendez-vous/<uuid:number>/visio", views_appointments.room, name="desk_room"),
    path("pro/conversations/<uuid:pk>/rendez-vous/<uuid:number>", views_appointments.settle, name="settle"),
    path(
        "pro/conversations/<uuid:pk>/rendez-vous/<uuid:number>.ics", views_appointments.calendar, name="desk_calendar"
    ),
]
