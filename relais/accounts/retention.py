"""How long what concerns those who work here is kept."""

from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import F

from relais.foundation.retention import DAY, Person, erases, exports, fields, goes_with, kept, rule

from .models import (
    AccessRecord,
    Invitation,
    Membership,
    OpenSession,
    Organisation,
    ReadingStop,
    RightRequest,
    Site,
    User,
    VolunteerCheck,
)

STAFF = kept(
    "les comptes des professionnels",
    User,
    Membership,
    Invitation,
    Organisation,
    RightRequest,
    VolunteerCheck,
    order=20,
    until="le temps de leur travail ici ; fermés, ils ne gardent que leur nom sur ce qu’ils ont fait",
)
READS = kept("le journal des accès", AccessRecord, until="trois ans, puis effacé par la base elle-même", order=30)
kept("les sites", Site, until="le temps du site ; on n’y écrit que ce qu’il dit à tout le monde", order=80)


@READS.trim("access-log")
def trim_access_log(dry: bool) -> tuple[int, int]:
    """By the clock of the database, which alone may shorten its own trace."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_access WHERE at < now() - interval '3 years'")
        (ripe,) = cursor.fetchone()
        if not dry and ripe:
            cursor.execute("SELECT relais_trim_access()")
    return ripe, 0 if dry else ripe


@rule(
    "sessions",
    what="Sessions des professionnels",
    since="fin de la session",
    keep=0 * DAY,
    order=160,
    why="Une session finie n’ouvre plus rien.",
)
def sessions(before):
    return Session.objects.filter(expire_date__lte=before)


goes_with("sessions", OpenSession)


@rule(
    "reading-stops",
    what="Blocages d’un compte professionnel qui ouvrait trop de dossiers",
    since="levée",
    keep=3 * 365 * DAY,
    order=170,
    why="Comme le journal des accès.",
)
def reading_stops(before):
    return ReadingStop.objects.filter(lifted_at__lte=before)


@exports(order=90)
def who_read(person: Person) -> dict:
    if not person.subjects:
        return {}
    reads = AccessRecord.objects.filter(subject__in=person.subjects).select_related("user").order_by(F("id"))
    return {"qui a lu": [fields(read, "at", "action", "reason") | {"qui": str(read.user or "")} for read in reads]}


@erases(
    keeps="La liste de qui, dans l’équipe, a ouvert ta conversation reste trois ans, pour qu’on puisse contrôler ces lectures. Tes messages n’y sont pas."
)
def nothing(person: Person, now) -> None:
    """The trace of reads is append-only: it names who read, not who was read."""
