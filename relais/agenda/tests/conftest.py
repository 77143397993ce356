"""Something to make appointments about that is no conversation: a body of the house stands for it."""

from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from relais.accounts.models import Organisation
from relais.agenda import services, sessions, subjects
from relais.agenda.models import Appointment, GroupSession
from relais.foundation.subjects import KINDS, Kind, Subject

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=PARIS)


class Visits(Kind):
    """`owner`: the organisation whose they all are; `broken`: the numbers of those of which nothing can be said."""

    code, model = "test-visit", Organisation

    def __init__(self, owner):
        self.owner, self.broken = owner, set()

    def describe(self, row):
        if row.pk in self.broken:
            raise ValueError(row.pk)
        ids = {"touch": "", "subject": row.pk}
        return Subject(self.code, row.pk, self.owner, row.name, f"/pro/essai/{row.pk}", ids, row)


class BookedVisits(subjects.Booked):
    """Remembers whom it was asked to remind of what."""

    kind = "test-visit"

    def __init__(self):
        self.reminded = []

    def page(self, number):
        return f"/pro/essai/{number}"

    def read_by(self, user, numbers):
        return set(numbers)

    def remind(self, row, appointment, now):
        self.reminded.append((row.pk, services.words(appointment)))

    def remind_of_session(self, row, registration, now):
        self.reminded.append((row.pk, registration.session.words))


@pytest.fixture
def visits(people, monkeypatch):
    booked = BookedVisits()
    owner = people["mediator"].memberships.get().organisation_id
    monkeypatch.setitem(KINDS, booked.kind, Visits(owner))
    monkeypatch.setitem(subjects.Booked.added, booked.kind, booked)
    return booked


@pytest.fixture
def visit(db, visits):
    """visit() → something new to meet about."""
    return lambda: Organisation.objects.create(name="Collège d’Essai", kind=Organisation.Kind.PARTNER)


@pytest.fixture
def offer(people):
    """offer(visit, hours=(72,), …) → slots, proposed by the mediator, who will be there."""

    def go(
        about,
        *,
        person=None,
        hours=(72,),
        staff=None,
        minutes=30,
        zone="Europe/Paris",
        now=NOW,
        kind="visit",
        place="Ici",
        **more,
    ):
        mediator = people["mediator"]
        about = subjects.About(
            kind="test-visit",
            number=about.pk,
            organisation=mediator.memberships.get().organisation_id,
            zone=zone,
            person=person or uuid4(),
        )
        return services.propose(
            about=about,
            kind=kind,
            minutes=minutes,
            place=place,
            starts=[now + timedelta(hours=hour) for hour in hours],
            key=uuid4(),
            by=mediator,
            staff=[mediator] if staff is None else staff,
            **more,
            now=now,
        )

    return go


def choose(slot: Appointment, *, now=NOW) -> Appointment:
    return services.choose(appointment=slot, remind_by="door", address="", now=now)


@pytest.fixture
def leads(people):
    """leads(seats=2, …) → a session planned by the mediator, who leads it, in 72 hours."""

    def go(*, hours=72, seats=2, minutes=60, leader=None, until=None, zone="Europe/Paris", now=NOW, **more):
        leader = leader or people["mediator"]
        at = now + timedelta(hours=hours)
        values = {
            "title": "Atelier CV",
            "about": "On fait ton CV.",
            "kind": "video",
            "place": "https://visio.exemple.fr/a",
        }
        values |= {
            "organisation": leader.memberships.get().organisation,
            "zone": zone,
            "led_by": leader,
            "seats": seats,
        }
        session = GroupSession(starts_at=at, minutes=minutes, register_until=until or at, **values | more)
        return sessions.plan(session=session, by=leader, now=now)

    return go


@pytest.fixture
def invited(visit, people):
    """invited(session, person=…) → somebody to whom it is proposed."""

    def go(session, *, person=None, now=NOW):
        about = subjects.About(
            kind="test-visit",
            number=visit().pk,
            organisation=session.organisation_id,
            zone=session.zone,
            person=person or uuid4(),
        )
        return sessions.invite(session=session, about=about, by=people["mediator"], now=now)

    return go
