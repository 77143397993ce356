from importlib import import_module

from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    name = "relais.channels"
    label = "channels"

    def ready(self):
        # Each transport registers itself with the outbox.
        for channel in ("discord", "email", "instagram", "sms", "tiktok", "youtube"):
            import_module(f"relais.channels.{channel}.transport")
