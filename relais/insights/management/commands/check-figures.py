"""`relais check-figures`: count everything twice, by two ways, and say every difference."""

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from relais.insights.checking import check


class Command(BaseCommand):
    help = "Recount every figure, for every touch and several periods, by another way. Exits with 1 on a difference."

    def handle(self, **options):
        checked = check(timezone.now())
        for line in [*checked.figures, *checked.promise]:
            self.stdout.write(f"DIFFERENCE {line}")
        self.stdout.write(f"promise: {checked.cells} months and lines recounted, {len(checked.promise)} differences")
        self.stdout.write(f"figures: {checked.values} values recounted, {len(checked.figures)} differences")
        for line in checked.broken:
            self.stdout.write(f"DIFFERENCE {line}")
        for line in checked.notes:
            self.stdout.write(f"note: {line}")
        self.stdout.write(f"reconciliation: {len(checked.broken)} differences, {len(checked.notes)} notes")
        if checked.differences:
            raise CommandError(f"{len(checked.differences)} differences between two counts of the same things.")
