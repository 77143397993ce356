"""`relais draw-states`: write docs/states.md anew, from the tables of moves beside the models."""

from django.conf import settings
from django.core.management.base import BaseCommand

from relais.foundation.states import drawn


class Command(BaseCommand):
    help = "Draw the tables of moves into docs/states.md"
    requires_system_checks = []

    def handle(self, **options):
        target = settings.BASE_DIR / "docs" / "states.md"
        target.write_text(drawn())
        self.stdout.write(f"{target} is drawn.")
