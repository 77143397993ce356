"""The list of accounts, for those who look after them."""

from relais.foundation.folding import Folded, contains
from relais.foundation.lists import Choice, Column, Listing, Words

from .models import Membership, Role, User


def places(user: User) -> str:
    return ", ".join(f"{membership.get_role_display()} ({membership.organisation})" for membership in user.memberships.all())


def holding(users, role: str):
    return users.filter(pk__in=Membership.objects.filter(role=role).order_by().values("user"))


ACCOUNTS = Listing(
    ("compte ouvert", "comptes ouverts"),
    [
        Column("nom", "Nom", lambda user: user.full_name or user.email, order=(Folded("full_name"), "email")),
        Column("adresse", "Adresse", lambda user: user.email, order=("email",)),
        Column("roles", "Rôles", places),
        Column("creation", "Créé", lambda user: user.date_joined, order=("date_joined", "email"), only_file=True),
    ],
    order=(Folded("full_name"), "email"),
    ordered="par nom",
    filters=[
        Words("q", "Nom ou adresse", contains("full_name", "display_name", "email")),
        Choice("role", "Rôle", Role.choices, by=holding),
    ],
    file="comptes",
)
