from django.apps import AppConfig


class CoachingConfig(AppConfig):
    name = "relais.coaching"
    label = "coaching"
