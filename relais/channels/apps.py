from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    name = "relais.channels"
    label = "channels"

    def ready(self):
        from .email import transport  # noqa: F401  (registers itself)
