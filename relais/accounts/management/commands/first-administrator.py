"""`relais first-administrator EMAIL`: make the first two administrators of a new site."""

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.utils import timezone

from relais.accounts.models import User
from relais.accounts.services import first_administrator
from relais.foundation.refusals import Refusal


class Command(BaseCommand):
    help = (
        "Make one of the first two administrators and print a link to choose a password. Whoever can type this command "
        "approves them. From two administrators on it refuses: one invites, the other approves, at /pro/equipe/."
    )

    def add_arguments(self, parser):
        parser.add_argument("email")
        parser.add_argument(
            "--organisation", default="Équipe Relais", help="the body that runs the line (default: %(default)s)"
        )

    def handle(self, *, email, organisation, **options):
        try:
            validate_email(email)
            link = first_administrator(email=email, organisation=organisation, now=timezone.now())
        except ValidationError:
            raise CommandError(f"{email!r} is not an e-mail address.") from None
        except Refusal as error:
            raise CommandError(str(error)) from None
        self.stdout.write(
            f"Give this link to {email}, and to nobody else. It serves once, to choose a password:\n{link}"
        )
        if User.objects.administrators().count() < 2:
            self.stdout.write(
                "\nA second administrator is needed: whoever invites someone cannot approve them.\n"
                "Run this command again with the address of another person."
            )
