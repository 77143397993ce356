from django.urls import path

from . import views, views_programme, views_sites, views_volunteers

urlpatterns = [
    path("equipe/", views.team, name="team"),
    path("equipe/inviter", views.invite, name="invite"),
    path("equipe/organisations", views.add_organisation, name="add_organisation"),
    path("equipe/invitations/<uuid:invitation_id>/retirer", views.withdraw_invitation, name="withdraw_invitation"),
    path("equipe/arrets/<int:stop_id>/lever", views.lift_stop, name="lift_stop"),
    path("equipe/benevoles/", views_volunteers.checks, name="volunteers"),
    path("equipe/benevoles/<int:pk>/retirer", views_volunteers.revoke, name="revoke_check"),
    path("equipe/<uuid:user_id>/", views.member, name="member"),
    path("equipe/<uuid:user_id>/approuver", views.approve, name="approve_account"),
    path("equipe/<uuid:user_id>/roles/<uuid:organisation_id>", views.change_roles, name="change_roles"),
    path("equipe/<uuid:user_id>/fermer", views.deactivate, name="deactivate_account"),
    path("equipe/<uuid:user_id>/rouvrir", views.reopen, name="reopen_account"),
    path("equipe/demandes/<uuid:request_id>/accepter", views.confirm_right, name="confirm_right"),
    path("equipe/demandes/<uuid:request_id>/refuser", views.drop_right, name="drop_right"),
    path("site/", views_sites.sites, name="sites"),
    path("site/ouvrir", views_sites.open_site, name="open_site"),
    path("site/couleurs/<look:look>.css", views_sites.specimen, name="specimen"),
    path("site/<int:site_id>/", views_sites.site, name="site"),
    path("site/<int:site_id>/par-defaut", views_sites.make_default, name="default_site"),
    path("site/<int:site_id>/fermer", views_sites.close_site, name="close_site"),
    path("programme/", views_programme.programme, name="programme"),
    path("programme/<slug:job>/", views_programme.job, name="job"),
    path("programme/<slug:job>/lancer", views_programme.run_now, name="run_job"),
    path("invitation/<str:secret>", views.invitation, name="invitation"),
]
