"""Places and sessions of the demonstration, marked as such."""

from datetime import datetime, timedelta
from uuid import uuid5

from relais.accounts.models import Organisation, User

from . import away, sessions
from .models import GroupSession, MeetingPlace

PLACES = (
    {
        "name": "Antenne de Montargis (démonstration)",
        "address": "Adresse fictive, rue des Exemples",
        "commune": "Montargis",
        "access": "À dix minutes de la gare, entrée sans marche.",
        "days": [0, 1, 2, 3, 4],
        "rooms": ("Salle bleue", "Salle verte"),
    },
    {
        "name": "Permanence de Gien (démonstration)",
        "address": "Adresse fictive, place des Exemples",
        "commune": "Gien",
        "access": "Au premier étage, avec ascenseur.",
        "days": [3],
        "rooms": (),
    },
)


def ensure_demo_places(organisation: Organisation) -> None:
    for one in PLACES:
        values = {name: value for name, value in one.items() if name not in ("name", "rooms")}
        place, created = MeetingPlace.objects.get_or_create(
            organisation=organisation, name=one["name"], defaults=values
        )
        if created:
            for room in one["rooms"]:
                place.rooms.create(name=room)


SESSIONS = (
    {
        "title": "Atelier CV (démonstration)",
        "about": "On fait ou on refait ton CV, à plusieurs, avec quelqu’un pour t’aider. Viens comme tu es : pas besoin d’apporter quoi que ce soit.\nSéance fictive, pour essayer.",
        "days": 7,
        "hour": 14,
        "minutes": 120,
        "seats": 3,
    },
    {
        "title": "Visite d’un centre de formation (démonstration)",
        "about": "On passe la matinée dans un centre de formation : les ateliers, les formateurs et formatrices, et le temps de poser tes questions.\nSéance fictive, pour essayer.",
        "days": 14,
        "hour": 10,
        "minutes": 180,
        "seats": 12,
    },
)


def ensure_demo_sessions(leader: User, now: datetime) -> list[GroupSession]:
    """Ahead of `now`, at the first place of who leads them, on days when it is open."""
    organisation = leader.memberships.get().organisation
    place, zone = MeetingPlace.objects.get(organisation=organisation, name=PLACES[0]["name"]), away.clock(leader)
    made = []
    for one in SESSIONS:
        at = (
            (now + timedelta(days=one["days"]))
            .astimezone(zone)
            .replace(hour=one["hour"], minute=0, second=0, microsecond=0)
        )
        while at.weekday() not in place.days:
            at += timedelta(days=1)
        values = {name: one[name] for name in ("title", "about", "minutes", "seats")}
        values |= {"organisation": organisation, "kind": "visit", "meeting_place": place, "zone": zone.key}
        values |= {"starts_at": at, "register_until": at - timedelta(days=1), "led_by": leader}
        session = GroupSession(pk=uuid5(leader.pk, one["title"]), **values)
        made.append(sessions.plan(session=session, by=leader, regardless=True, now=now))
    return made
