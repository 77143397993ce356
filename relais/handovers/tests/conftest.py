"""The line, the person who wrote and the structure of the answer line's own tests; a session that is proposed to them."""

from datetime import timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from relais.agenda import sessions as agenda
from relais.agenda.models import GroupSession, MeetingPlace
from relais.catalogue.models import Structure
from relais.coaching import services
from relais.coaching.tests.conftest import (  # noqa: F401  (fixtures)
    by_day,
    commune,
    hold,
    join,
    line,
    structure,
    that_year,
    write,
)

from .house import House

PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture
def at(now):
    return (now + timedelta(days=3)).astimezone(PARIS).replace(hour=14, minute=0, second=0, microsecond=0)


@pytest.fixture
def place(line):  # noqa: F811
    values = {
        "address": "3 rue des Lilas",
        "commune": "Montargis",
        "access": "Sonnez deux fois",
        "days": list(range(7)),
    }
    made = MeetingPlace.objects.create(organisation=line.organisation, name="Antenne", **values)
    made.rooms.create(name="Salle bleue")
    return made


@pytest.fixture
def held(write, people, now):  # noqa: F811
    """held() → a conversation that the mediator holds."""

    def go():
        opened = write(at=now, key=uuid4())
        services.claim(conversation=opened.conversation, user=people["mediator"], now=now)
        opened.conversation.cookie = opened.cookie
        return opened.conversation

    return go


@pytest.fixture
def session(people, place, at, now):
    values = {"organisation": place.organisation, "kind": "visit", "meeting_place": place, "zone": "Europe/Paris"}
    values |= {
        "title": "Atelier CV",
        "about": "On fait ton CV.",
        "seats": 1,
        "minutes": 60,
        "led_by": people["mediator"],
    }
    one = GroupSession(starts_at=at, register_until=at - timedelta(days=1), **values)
    return agenda.plan(session=one, by=people["mediator"], now=now)


@pytest.fixture
def house(line, people, client_for, structure):  # noqa: F811
    Structure.objects.update(phone="+33238000000", address="1 rue du Loing, 45200 Montargis")
    return House(line, client_for(people["mediator"])).writes()
