"""The places of an organisation, for those who look after it; its sessions, for those who propose them."""

from django.db.models import Case, F, When
from django.db.models.functions import Now
from django.utils import timezone

from relais.foundation.folding import Folded, contains
from relais.foundation.lists import Choice, Column, Listing, Words

from .models import GroupSession


def _in_state(rows, value: str):
    return rows.filter(is_closed=value == "ferme")


PLACES = Listing(
    ("lieu", "lieux"),
    [
        Column("nom", "Nom", lambda place: place.name, order=(Folded("name"), "id")),
        Column("commune", "Commune", lambda place: place.commune, order=(Folded("commune"), Folded("name"), "id")),
        Column("adresse", "Adresse", lambda place: place.address),
        Column("jours", "On y reçoit", lambda place: place.open_days),
        Column("salles", "Salles", lambda place: place.room_count, number=True),
        Column("etat", "État", lambda place: "n’est plus proposé" if place.is_closed else "proposé"),
    ],
    order=(Folded("name"), "id"),
    ordered="par nom",
    filters=[
        Words("q", "Nom ou commune", contains("name", "commune")),
        Choice("etat", "État", [("ouvert", "Proposé"), ("ferme", "N’est plus proposé")], by=_in_state),
    ],
    file="lieux",
)


def _then(rows, value: str):
    if value == "annulees":
        return rows.filter(state=GroupSession.State.CANCELLED)
    ahead = {"starts_at__gt": timezone.now()}
    planned = rows.planned()
    return planned.filter(**ahead) if value == "a-venir" else planned.exclude(**ahead)


_NEXT = Case(When(starts_at__gt=Now(), then=F("starts_at")))
"""When it is, of what is ahead; what is over comes after, the last one first."""
SESSIONS = Listing(
    ("séance", "séances"),
    [
        Column("titre", "Titre", lambda one: one.title, order=(Folded("title"), "starts_at", "id")),
        Column("quand", "Quand", lambda one: one.when, order=("starts_at", "id")),
        Column("lieu", "Où", lambda one: one.said_where),
        Column("qui", "Menée par", lambda one: str(one.led_by)),
        Column("prises", "Places prises", lambda one: one.seated, number=True),
        Column("places", "Places", lambda one: one.seats, number=True),
        Column("attente", "En attente", lambda one: one.queued, number=True),
        Column("etat", "État", lambda one: one.get_state_display().lower()),
    ],
    order=(_NEXT.asc(nulls_last=True), "-starts_at", "id"),
    ordered="la prochaine d’abord",
    filters=[
        Words("q", "Titre ou lieu", contains("title", "place")),
        Choice(
            "etat", "Lesquelles", [("a-venir", "À venir"), ("passees", "Passées"), ("annulees", "Annulées")], by=_then
        ),
    ],
    file="seances",
)
