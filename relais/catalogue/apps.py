from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    name = "relais.catalogue"
    label = "catalogue"
