from django.apps import AppConfig


class MediaConfig(AppConfig):
    name = "relais.media"
    label = "media"
