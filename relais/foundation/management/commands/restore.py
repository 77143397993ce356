"""`relais restore FOLDER`: what `relais backup` wrote, into an empty data folder."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from relais.foundation import backup
from relais.foundation.models import Outbound


class Command(BaseCommand):
    help = "Bring a copy made by `relais backup` back into an empty RELAIS_DATA (or an empty database at DATABASE_URL), with the keys of then."

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path)

    def handle(self, *, folder, **options):
        try:
            copy = backup.restore(folder.absolute())
        except backup.Refused as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(
            f"{sum(copy.tables.values())} rows of {len(copy.tables)} tables, as on {copy.made_at:%Y-%m-%d %H:%M} UTC."
        )
        held = Outbound.objects.needing_a_human().filter(error=backup.HELD).count()
        self.stdout.write(
            f"{held} letters wait for a human at /pro/envois/: they may have left since. Then: relais check-figures, relais serve."
        )
