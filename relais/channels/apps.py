from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    name = "relais.channels"
    label = "channels"

    def ready(self):
        # They register themselves.
        from .discord import transport as discord_transport  # noqa: F401
        from .email import transport as email_transport  # noqa: F401
        from .sms import transport as sms_transport  # noqa: F401
