from django.urls import path

from . import views, views_places, views_sessions, views_video

urlpatterns = [
    path("agenda/<str:secret>", views.subscribed, name="agenda_feed"),
    path("pro/agenda/", views.agenda, name="agenda"),
    path("pro/seances/", views_sessions.listing, name="sessions"),
    path("pro/seances/nouvelle", views_sessions.new, name="new_session"),
    path("pro/seances/<uuid:pk>/", views_sessions.one, name="session"),
    path("pro/seances/<uuid:pk>/modifier", views_sessions.change, name="change_session"),
    path("pro/visio/", views_video.patterns, name="video_patterns"),
    path("pro/visio/<uuid:pk>/", views_video.pattern, name="video_pattern"),
    path("pro/lieux/", views_places.listing, name="places"),
    path("pro/lieux/nouveau", views_places.place, name="new_place"),
    path("pro/lieux/<int:pk>/", views_places.place, name="place"),
]
