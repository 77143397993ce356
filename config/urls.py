"""Every address of the site. Public addresses are French."""

from django.urls import include, path

from config import api

urlpatterns = [
    path("", include("relais.portal.urls")),
    path("", include("relais.stories.feed.urls")),
    path("", include("relais.stories.questions.urls")),
    path("", include("relais.catalogue.urls")),
    path("", include("relais.agenda.urls")),
    path("", include("relais.coaching.urls")),
    path("", include("relais.handovers.urls")),
    path("", include("relais.campaigns.public_urls")),
    path("", include("relais.insights.public_urls")),
    path("", include("relais.accounts.demo_urls")),
    path("", include("relais.accounts.look_urls")),
    path("", include("relais.channels.public_urls")),
    path("entree/", include("relais.channels.urls")),
    path("pro/", include("relais.accounts.urls")),
    path("pro/", include("relais.safeguarding.urls")),
    path("pro/", include("relais.insights.urls")),
    path("pro/", include("relais.campaigns.urls")),
    path("pro/", include("relais.stories.studio.urls")),
    path("pro/", include("relais.stories.questions.urls_moderation")),
    path("api/v1/", api.urls),
    path("compte/", include("allauth.urls")),
]

handler400 = "relais.portal.views.bad_request"
handler403 = "relais.portal.views.forbidden"
handler404 = "relais.portal.views.not_found"
handler500 = "relais.portal.views.server_error"
