from django.apps import AppConfig


class SafeguardingConfig(AppConfig):
    name = "relais.safeguarding"
    label = "safeguarding"
