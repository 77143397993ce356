"""The lists of accounts and of what runs by itself, for those who look after them."""

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Prefetch, QuerySet

from relais.foundation.folding import Folded, contains
from relais.foundation.lists import Choice, Column, Listing, Words
from relais.foundation.models import Days, Run
from relais.foundation.schedule import job_of

from .models import Membership, Organisation, Role, User
from .programme import said


def as_seen_by(viewer: User, users: QuerySet[User]) -> QuerySet[User]:
    """With what they do where `viewer` looks after people (`places`, `roles_there`): what a colleague does elsewhere is not theirs to read."""
    looked_after = (
        Organisation.objects.all()
        if viewer.administers_all()
        else viewer.organisations(Role.ADMINISTRATOR, Role.SUPERVISOR)
    )
    there = Membership.objects.filter(organisation__in=looked_after)
    roles = ArraySubquery(there.filter(user=OuterRef("pk")).order_by().values("role"))
    return users.annotate(roles_there=roles).prefetch_related(
        Prefetch("memberships", there.select_related("organisation"), to_attr="places")
    )


def places(user: User) -> str:
    return ", ".join(f"{membership.get_role_display()} ({membership.organisation})" for membership in user.places)


def holding(users, role: str):
    return users.filter(roles_there__contains=[role])


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


def when(row) -> str:
    return f"{Days(row.days).label.capitalize()} à {said(row.hour)}" if row.is_on else "Éteinte"


JOBS = Listing(
    ("tâche", "tâches"),
    [
        Column("tache", "Tâche", lambda row: job_of(row).words),
        Column("quand", "Quand", when),
        Column("prochain", "Prochain passage", lambda row: row.retry_at or row.next_at),
        Column("dernier", "Dernier passage", lambda row: row.last_at),
        Column("fait", "Ce qu’il a fait", lambda row: row.last_words),
    ],
    order=("-has_failed", F("next_at").asc(nulls_last=True), "job"),
    ordered="ce qui a échoué d’abord, puis par prochain passage",
)

RUNS = Listing(
    ("passage", "passages"),
    [
        Column("debut", "Commencé", lambda run: run.started_at),
        Column("etat", "État", Run.get_state_display),
        Column("duree", "Durée", lambda run: run.lasted),
        Column("fait", "Ce qu’il a fait", lambda run: run.words),
        Column("par", "Lancé par", lambda run: run.asked_by),
    ],
    order=("-started_at", "-id"),
    ordered="du plus récent au plus ancien",
    per_page=20,
)
