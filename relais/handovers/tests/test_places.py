"""The place of an appointment, as a young person reads it: on their page, in the letter, in the SMS."""

from datetime import timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse

from relais.agenda import services as agenda
from relais.agenda.models import Appointment, MeetingPlace
from relais.coaching import services
from relais.foundation.models import Outbound
from relais.foundation.refusals import NotAcceptable
from relais.handovers import appointments, booked
from relais.handovers import services as handovers

pytestmark = pytest.mark.django_db
PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture
def at(now):
    return (now + timedelta(days=3)).astimezone(PARIS).replace(hour=14, minute=0, second=0, microsecond=0)


@pytest.fixture
def held(write, people, now):
    opened = write(at=now)
    services.claim(conversation=opened.conversation, user=people["mediator"], now=now)
    opened.conversation.cookie = opened.cookie
    return opened.conversation


@pytest.fixture
def place(line):
    values = {
        "address": "3 rue des Lilas",
        "commune": "Montargis",
        "access": "Sonnez deux fois",
        "days": list(range(7)),
    }
    made = MeetingPlace.objects.create(organisation=line.organisation, name="Antenne de Montargis", **values)
    made.rooms.create(name="Salle bleue")
    return made


def propose(held, user, where, at, now, **values):
    values = {"handover": None, "kind": "visit", "minutes": 30, "place": "", "key": uuid4()} | values
    return appointments.propose(conversation=held, user=user, meeting_place=where, starts=[at], now=now, **values)[0]


def choose(held, slot, now, **values):
    values = {"remind_by": "door", "address": ""} | values
    return appointments.choose(appointment=slot, journey=held.journey, now=now, **values)


def test_chosen_in_the_form_and_read_on_the_page(held, people, place, at, client_for, settings, now):
    client, address = client_for(people["mediator"]), reverse("propose_slots", args=[held.pk])
    client.get(reverse("desk", args=[held.pk]))
    assert "Antenne de Montargis" in client.get(address).content.decode()
    typed = {"key": str(uuid4()), "kind": "visit", "minutes": "30", "slot_1": f"{at:%Y-%m-%dT%H:%M}", "place": ""}
    assert client.post(address, typed | {"meeting_place": place.pk}).status_code == 302
    slot = Appointment.objects.get()
    young, own = Client(), f"/parler/rendez-vous/{slot.proposal}"
    young.cookies[settings.JOURNEY_COOKIE_NAME] = held.cookie
    before = young.get(own).content.decode()
    assert "Antenne de Montargis, 3 rue des Lilas, Montargis" in before and "Sonnez deux fois" not in before
    young.post(own, {"slot": str(slot.pk), "by": "door", "address": ""})
    page = young.get(own).content.decode()
    assert "Montargis (Salle bleue)" in page and "Sonnez deux fois" in page


def test_the_letter_says_where(held, people, place, at, now):
    slot = choose(
        held, propose(held, people["mediator"], place, at, now), now, remind_by="email", address="lou@exemple.fr"
    )
    agenda.remind_due(slot.remind_at)
    text = " ".join(Outbound.objects.get(key=f"remind:{slot.pk}").payload["text"].split())
    assert "Antenne de Montargis, 3 rue des Lilas, Montargis (Salle bleue)" in text


def test_what_was_typed_by_hand_is_in_no_letter(held, people, at, now):
    """It may be a number of the person's own, or anything."""
    slot = choose(
        held,
        propose(held, people["mediator"], None, at, now, place="Chez Mamie"),
        now,
        remind_by="email",
        address="lou@exemple.fr",
    )
    agenda.remind_due(slot.remind_at)
    assert "Mamie" not in Outbound.objects.get(key=f"remind:{slot.pk}").payload["text"]


@pytest.mark.parametrize(
    ("name", "is_said"), [("Antenne de Montargis", True), ("x" * 60, True), ("Point santé, VIH et addictions", False)]
)
def test_the_sms_says_where_unless_that_tells_too_much(held, people, place, at, now, name, is_said):
    MeetingPlace.objects.update(name=name)
    place.refresh_from_db()
    slot = choose(held, propose(held, people["mediator"], place, at, now), now)
    text = booked._sms("Relais", slot)
    assert (name in text) is is_said and text.endswith(".") and len(text) <= 160


@pytest.mark.parametrize(("over", "is_said"), [(-1, True), (0, True), (1, False)])
def test_the_sms_is_one(held, people, place, at, now, over, is_said):
    slot = choose(held, propose(held, people["mediator"], place, at, now), now)
    text = booked._sms("x" * (1 + 160 - len(booked._sms("x", slot)) + over), slot)
    assert ("Antenne" in text) is is_said


def test_with_a_structure_one_meets_at_the_structures(held, people, place, at, now, structure):
    values = {"partner_email": "a@exemple.invalid", "summary": "Un stage", "key": uuid4(), "mode": "call"}
    handover = handovers.propose(conversation=held, user=people["mediator"], structure=structure, now=now, **values)
    handover = handovers.agree(handover=handover, journey=held.journey, name="", contact="", now=now)
    with pytest.raises(NotAcceptable, match="chez elle"):
        propose(held, people["mediator"], place, at, now, handover=handover)
