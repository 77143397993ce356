from django.apps import AppConfig


class FoundationConfig(AppConfig):
    name = "relais.foundation"
    label = "foundation"
