from django.apps import AppConfig


class HandoversConfig(AppConfig):
    name = "relais.handovers"
    label = "handovers"
