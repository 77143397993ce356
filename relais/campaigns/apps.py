from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "relais.campaigns"
    label = "campaigns"

    def ready(self):
        from . import origins, subscriptions  # noqa: F401  (they register themselves)
