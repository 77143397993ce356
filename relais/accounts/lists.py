"""The list of accounts, for those who look after them."""

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Prefetch, QuerySet

from relais.foundation.lists import Choice, Column, Listing, Words, contains

from .models import Membership, Organisation, Role, User


def as_seen_by(viewer: User, users: QuerySet[User]) -> QuerySet[User]:
    """With what they do where `viewer` looks after people (`places`, `roles_there`): what a colleague does elsewhere is not theirs to read."""
    looked_after = Organisation.objects.all() if viewer.administers_all() else viewer.organisations(Role.ADMINISTRATOR, Role.SUPERVISOR)
    there = Membership.objects.filter(organisation__in=looked_after)
    roles = ArraySubquery(there.filter(user=OuterRef("pk")).order_by().values("role"))
    return users.annotate(roles_there=roles).prefetch_related(Prefetch("memberships", there.select_related("organisation"), to_attr="places"))


def places(user: User) -> str:
    return ", ".join(f"{membership.get_role_display()} ({membership.organisation})" for membership in user.places)


def holding(users, role: str):
    return users.filter(roles_there__contains=[role])


ACCOUNTS = Listing(
    ("compte ouvert", "comptes ouverts"),
    [
        Column("nom", "Nom", lambda user: user.full_name or user.email, order=("full_name", "email")),
        Column("adresse", "Adresse", lambda user: user.email, order=("email",)),
        Column("roles", "Rôles", places),
        Column("creation", "Créé", lambda user: user.date_joined, order=("date_joined", "email"), only_file=True),
    ],
    order=("full_name", "email"),
    ordered="par nom",
    filters=[
        Words("q", "Nom ou adresse", contains("full_name", "display_name", "email")),
        Choice("role", "Rôle", Role.choices, by=holding),
    ],
    file="comptes",
)
