"""The two who meet by video enter their room from their own pages, around the hour, and nobody else does."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from relais.accounts import reading
from relais.agenda.models import Appointment, VideoPattern
from relais.coaching import services
from relais.foundation.models import Outbound
from relais.handovers import appointments

pytestmark = pytest.mark.django_db


@pytest.fixture
def held(write, people, now):
    opened = write(at=now)
    services.claim(conversation=opened.conversation, user=people["mediator"], now=now)
    opened.conversation.cookie = opened.cookie
    return opened.conversation


@pytest.fixture
def slot(held, people, line, now):
    """A call by video that begins in five minutes."""
    address = "https://visio.exemple.fr"
    VideoPattern.objects.create(organisation=line.organisation, kind="jitsi", address=address)
    values = {"handover": None, "kind": "video", "minutes": 30, "place": "", "key": uuid4()}
    starts = [now + timedelta(minutes=5)]
    (one,) = appointments.propose(conversation=held, user=people["mediator"], starts=starts, now=now, **values)
    return appointments.choose(appointment=one, journey=held.journey, remind_by="door", address="", now=now)


@pytest.fixture
def young(held, settings):
    browser = Client()
    browser.cookies[settings.JOURNEY_COOKIE_NAME] = held.cookie
    return browser


def own(slot):
    return reverse("own_room", args=[slot.pk])


def test_the_person_enters_under_their_pseudonym(slot, young, held):
    page = young.get(reverse("appointment", args=[slot.proposal])).content.decode()
    assert own(slot) in page and slot.video_room not in page
    answer = young.get(own(slot))
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(f"https://visio.exemple.fr/relais-{slot.video_room}#")
    assert answer.headers["Location"].endswith(f"%22{held.journey.pseudonym.replace(' ', '%20')}%22")
    assert "no-store" in answer.headers["Cache-Control"]


def test_too_early_it_is_said(slot, young):
    Appointment.objects.update(starts_at=slot.starts_at + timedelta(hours=2))
    page = young.get(reverse("appointment", args=[slot.proposal])).content.decode()
    assert own(slot) not in page and "La salle ouvre un quart d’heure avant" in page
    text = young.get(own(slot), follow=True).content.decode()
    assert "pas encore ouverte" in text and "visio.exemple.fr" not in text


def test_another_person_does_not(slot, write, settings):
    browser = Client()
    browser.cookies[settings.JOURNEY_COOKIE_NAME] = write(key=uuid4()).cookie
    assert browser.get(own(slot)).status_code == 404


def test_whoever_is_expected_enters_and_a_colleague_does_not(slot, held, people, client_for, now):
    address = reverse("desk_room", args=[held.pk, slot.pk])
    for name in ("mediator", "supervisor"):
        reading.open_files(user=people[name], kind="conversation", subjects={held.pk}, reason="held", now=now)
    host, colleague = client_for(people["mediator"]), client_for(people["supervisor"])
    assert address in host.get(reverse("follow", args=[held.pk])).content.decode()
    location = host.get(address).headers["Location"]
    assert slot.video_room in location and location.endswith("%22Sarah%22"), "a first name, as anywhere else"
    assert address not in colleague.get(reverse("follow", args=[held.pk])).content.decode()
    assert colleague.get(address).status_code == 404


def test_it_stands_in_no_message_and_no_letter(slot, held):
    said = [message.body for message in held.messages.all()]
    left = [str(one.payload) for one in Outbound.objects.all()]
    assert not [text for text in said + left if slot.video_room in text or "visio.exemple.fr" in text]


def test_without_a_room_the_link_is_asked_for(held, people, client_for, line, now):
    client, address = client_for(people["mediator"]), reverse("propose_slots", args=[held.pk])
    client.get(reverse("desk", args=[held.pk]))
    typed = {
        "key": str(uuid4()),
        "kind": "video",
        "minutes": "30",
        "slot_1": f"{now + timedelta(days=3):%Y-%m-%d}T14:00",
    }
    refused = client.post(address, typed)
    assert refused.status_code == 422 and "Collez le lien" in refused.content.decode()
    VideoPattern.objects.create(organisation=line.organisation, kind="jitsi", address="https://visio.exemple.fr")
    assert client.post(address, typed).status_code == 302
