"""The lists of accounts and of what runs by itself, for those who look after them."""

from django.db.models import F

from relais.foundation.folding import Folded, contains
from relais.foundation.lists import Choice, Column, Listing, Words
from relais.foundation.models import Days, Run
from relais.foundation.schedule import job_of

from .models import Membership, Role, User
from .programme import said


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
