from django.apps import AppConfig


class CoachingConfig(AppConfig):
    name = "relais.coaching"
    label = "coaching"

    def ready(self):
        from . import subscriptions  # noqa: F401  (registers itself)
