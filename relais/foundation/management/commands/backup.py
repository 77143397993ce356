"""`relais backup FOLDER`: a copy of the database and the media, while the site goes on."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from relais.foundation import backup


class Command(BaseCommand):
    help = "Copy the database and the media to a folder that does not exist yet. The keys are not in it: keep them elsewhere."

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path)

    def handle(self, *, folder, **options):
        try:
            copy = backup.back_up(folder.absolute(), now=timezone.now())
        except backup.Refused as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"{folder}: {sum(copy.tables.values())} rows of {len(copy.tables)} tables, and the media.")
        secret = settings.DATA / "secret-key"
        where = f"the file {secret}" if secret.exists() else "SECRET_KEY"
        self.stdout.write(
            f"Keep elsewhere, or no message of this copy will ever be read again: {where}, and RELAIS_KEYS if you set it."
        )
