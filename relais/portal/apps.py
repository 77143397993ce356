from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "relais.portal"
    label = "portal"

    def ready(self):
        from . import checks  # noqa: F401
