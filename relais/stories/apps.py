from django.apps import AppConfig


class StoriesConfig(AppConfig):
    name = "relais.stories"
    label = "stories"
