from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class CoachingConfig(AppConfig):
    name = "relais.coaching"
    label = "coaching"

    def ready(self):
        from . import hooks

        # What apps above add to a conversation. Models are all there by now.
        autodiscover_modules(hooks.FILE)
