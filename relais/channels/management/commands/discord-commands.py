"""`relais discord-commands`: tell Discord the commands of this site's application."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from relais.channels.discord.commands import register
from relais.channels.http import Unsure
from relais.foundation import sites
from relais.foundation.outbox import PermanentError, TemporaryError


class Command(BaseCommand):
    help = (
        "Register « /parler » and « En parler en privé » with Discord (DISCORD_APPLICATION_ID, DISCORD_TOKEN). Then give Discord "
        "the address of this site followed by /entree/discord as interactions endpoint. Safe to run again."
    )

    def handle(self, **options):
        for name in ("DISCORD_PUBLIC_KEY", "DISCORD_APPLICATION_ID", "DISCORD_TOKEN"):
            if not getattr(settings, name):
                raise CommandError(f"{name} is not set.")
        try:
            names = register()
        except (TemporaryError, PermanentError, Unsure) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"Discord knows: {', '.join(names)}. Interactions endpoint: {sites.absolute('/entree/discord')}")
