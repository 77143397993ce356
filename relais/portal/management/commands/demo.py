"""`relais demo`: reference tables, fictional people, a fictional past; `--door` opens /demo on this machine."""

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from relais.catalogue.demo import fill
from relais.catalogue.models import Commune, Occupation, RomeName, Structure
from relais.coaching.models import Line
from relais.portal import demo


class Command(BaseCommand):
    help = "Make the demonstration (fictional people and clips, plainly marked). Safe to run again."

    def add_arguments(self, parser):
        parser.add_argument(
            "--size",
            choices=["small", "full"],
            default="small",
            help="full: the same, with everything at national scale",
        )
        parser.add_argument(
            "--door", action="store_true", help="open /demo on the loopback address: one button per role signs in"
        )
        parser.add_argument(
            "--line",
            choices=["open", "closed"],
            default="open",
            help="show the demonstration line open or closed today",
        )

    def handle(self, *, size, door, line, **options):
        if not settings.LOCAL:
            raise CommandError("The demonstration needs DEBUG=1: it must never stand on a site that people use.")
        call_command("migrate", verbosity=0)
        for source, model in (
            ("communes", Commune),
            ("rome", RomeName),
            ("occupations", Occupation),
            ("missions-locales", Structure),
        ):
            if source == "occupations" or not model.objects.exists():
                self.stdout.write(f"Loading {source}…")
                call_command("import", source, verbosity=0)
        if size == "full":
            self.stdout.write("Inventing a whole country: offers, trainings, structures…")
            for outcome in fill(now=timezone.now()):
                self.stdout.write(
                    f"  {outcome.source}: {outcome.added} added, {outcome.changed} changed, {outcome.unchanged} unchanged"
                )
        people = demo.ensure_demo(now=timezone.now())
        demo.give_nearby_addresses(people)
        demo.close_line(Line.objects.get(slug="demonstration"), closed=line == "closed", now=timezone.now())
        if door:
            settings.DEMO_LOGIN.touch(mode=0o600)
        self.stdout.write(
            "The demonstration is ready." + (" The door is open at /demo, on this machine only." if door else "")
        )
