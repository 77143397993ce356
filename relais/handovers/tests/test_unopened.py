"""A file that was not opened says nothing, whatever the address: its name included."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from relais.accounts.models import AccessRecord
from relais.agenda.models import Appointment
from relais.coaching import services
from relais.coaching import urls as line_urls
from relais.coaching.models import Conversation, Transfer
from relais.handovers import urls
from relais.handovers.booked import about as appointment_about

pytestmark = pytest.mark.django_db
PSEUDONYM = "Colibri 12"
# To be asked why one must know which file it is; the list and the wall say it too.
ASKS_WHY = {"desk", "why", "reply"}


def routes():
    """Every address about one conversation at the desk, by name, with its arguments."""
    return {
        one.name: list(one.pattern.converters)
        for one in [*line_urls.urlpatterns, *urls.urlpatterns]
        if str(one.pattern).startswith("pro/conversations/<uuid:pk>")
    }


@pytest.fixture
def booked(write, people, now):
    """A minor's, answered and held by a colleague, with an appointment."""
    conversation, karim = write("SECRET").conversation, people["mediator_2"]
    services.claim(conversation=conversation, user=karim, now=now)
    services.reply(conversation=conversation, user=karim, body="Voilà", key=uuid4(), now=now)
    starts = now + timedelta(days=3)
    slot = Appointment.objects.create(
        **appointment_about(conversation, None).values(),
        proposal=uuid4(),
        kind="call",
        state="chosen",
        starts_at=starts,
        proposed_by=karim,
        proposed_at=now,
    )
    return conversation, slot


@pytest.mark.parametrize("who", ["mediator", "supervisor"])
def test_no_address_of_the_desk_names_an_unopened_file(booked, people, client_for, who):
    (conversation, slot), client, names = booked, client_for(people[who]), routes()
    assert {
        "hand_over",
        "propose_slots",
        "transfer",
        "desk_calendar",
        "settle",
        "entrust",
        "staff_situation",
    } <= names.keys()
    for name, arguments in names.items():
        values = {"pk": conversation.pk, "number": slot.pk}
        address = reverse(name, kwargs={one: values[one] for one in arguments})
        for answer in (client.get(address), client.post(address, {"action": "held", "age_band": "18-25", "to": ""})):
            page = answer.content.decode()
            assert "SECRET" not in page and "VEVENT" not in page, name
            assert PSEUDONYM not in page or name in ASKS_WHY, name
    slot.refresh_from_db()
    after = Conversation.objects.get()
    assert slot.state == "chosen" and (after.claimed_by, after.age_band, after.age_noted) == (
        people["mediator_2"],
        "15-17",
        "",
    )
    assert not AccessRecord.objects.filter(user=people[who], action="read").exists()


def test_why_it_changed_hands_is_for_who_has_it_open(booked, people, client_for, now):
    conversation, _ = booked
    Transfer.objects.create(
        conversation=conversation,
        giver=people["mediator"],
        receiver=people["mediator_2"],
        by=people["mediator"],
        reason="enceinte",
        at=now,
    )
    client = client_for(people["mediator"])
    page = client.get("/pro/absences/").content.decode()
    assert "enceinte" not in page and PSEUDONYM not in page and "à lire dans la conversation" in page
    client.post(reverse("why", args=[conversation.pk]), {"reason": "replacement"})
    client.get(reverse("desk", args=[conversation.pk]))
    page = client.get("/pro/absences/").content.decode()
    assert "enceinte" in page and PSEUDONYM in page
    assert "enceinte" in client_for(people["mediator_2"]).get("/pro/absences/").content.decode(), "who holds it"
