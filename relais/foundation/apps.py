from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class FoundationConfig(AppConfig):
    name = "relais.foundation"
    label = "foundation"

    def ready(self):
        # What things are called by their kind alone, who wants to know what happens below, the entries of the menu, what awaits somebody, what is found by name, how long things are
        # kept, the purposes of links and what can run by itself, in each app that says so. Models are all there by now.
        autodiscover_modules("subjects", "subscriptions", "menu", "today", "palette", "retention", "links", "jobs")
