from django.core.management.commands import migrate

from relais.foundation.database import rights


class Command(migrate.Command):
    help = f"{migrate.Command.help} Then says what the role that serves may do with the tables."

    def handle(self, *words, **options):
        super().handle(*words, **options)
        if not (options["plan"] or options["check_unapplied"]):
            rights.give()
