from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "relais.campaigns"
    label = "campaigns"
