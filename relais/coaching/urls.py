from django.urls import path

from . import views, views_partner, views_staff

urlpatterns = [
    path("parler", views.talk, name="talk"),
    path("parler/ecrire", views.write, name="write"),
    path("parler/suite", views.news, name="talk_news"),
    path("parler/attente", views.wait, name="talk_wait"),
    path("parler/reprendre", views.resume, name="resume"),
    path("parler/quitter", views.leave, name="leave"),
    path("parler/rappel", views.callback, name="callback"),
    path("parler/accord/<uuid:pk>", views.agreement, name="agreement"),
    path("orientation/<str:secret>", views_partner.by_link, name="partner_link"),
    path("pro/orientations/", views_partner.listing, name="orientations"),
    path("pro/orientations/<uuid:pk>/", views_partner.one, name="orientation"),
    path("pro/conversations/", views_staff.inbox, name="inbox"),
    path("pro/conversations/liste", views_staff.inbox_list, name="inbox_list"),
    path("pro/conversations/<uuid:pk>/", views_staff.desk, name="desk"),
    path("pro/conversations/<uuid:pk>/suite", views_staff.news, name="desk_news"),
    path("pro/conversations/<uuid:pk>/prendre", views_staff.claim, name="claim"),
    path("pro/conversations/<uuid:pk>/rendre", views_staff.release, name="release"),
    path("pro/conversations/<uuid:pk>/repondre", views_staff.reply, name="reply"),
    path("pro/conversations/<uuid:pk>/terminer", views_staff.close, name="close"),
    path("pro/conversations/<uuid:pk>/rappel-fait", views_staff.callback_done, name="callback_done"),
    path("pro/conversations/<uuid:pk>/relais", views_staff.hand_over, name="hand_over"),
    path("pro/envois/", views_staff.letters, name="letters"),
    path("pro/envois/<uuid:pk>/renvoyer", views_staff.send_again, name="send_again"),
]
