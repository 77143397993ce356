"""`relais retention [--dry-run]`: erase what is kept no longer, or say what would be."""

from django.core.management.base import BaseCommand
from django.utils import timezone

from relais.coaching.rights import broom


class Command(BaseCommand):
    help = "Erases what has been kept long enough (the worker does so every day). --dry-run says what would go and changes nothing."

    def add_arguments(self, parser):
        parser.add_argument("--dry-run", action="store_true")

    def handle(self, *, dry_run: bool, **options):
        run = broom.sweep(timezone.now(), dry=dry_run)
        for slug, count in run.counts.items():
            failed = (
                ""
                if isinstance(count, int) or not count.get("failed")
                else f", {count['failed']} could not be (see the log)"
            )
            told = (
                f"{count} people told"
                if isinstance(count, int)
                else f"{count['ripe']} over their time, {count['erased']} erased{failed}"
            )
            self.stdout.write(f"{slug}: {told}")
