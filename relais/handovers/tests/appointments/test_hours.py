"""On the right clock: the hours that are typed, shown, written in letters, in SMS and in the calendar file."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from icalendar import Calendar

from relais.agenda import calendars
from relais.agenda import services as agenda
from relais.agenda.forms import SlotsForm
from relais.agenda.models import Appointment
from relais.coaching.models import Conversation, Message
from relais.foundation.models import Outbound
from relais.handovers import services as handovers

from .booking import ISLAND, NOW, PARIS, choose, propose

pytestmark = pytest.mark.django_db


def slots(zone, now=NOW, **typed):
    form = SlotsForm(
        {"key": str(uuid4()), "kind": "call", "minutes": "30", **typed},
        kinds=list(Appointment.Kind),
        zone=zone,
        now=now,
    )
    form.is_valid()
    return form


def test_hours_are_those_of_the_place():
    assert slots(ISLAND, slot_1="2026-12-01T14:30").cleaned_data["starts"] == [
        datetime(2026, 12, 1, 10, 30, tzinfo=UTC)
    ]
    assert slots(PARIS, slot_1="2026-12-01T14:30").cleaned_data["starts"] == [datetime(2026, 12, 1, 13, 30, tzinfo=UTC)]
    assert "heure de La Réunion" in slots(ISLAND)["slot_1"].label


def test_the_hour_that_spring_skips_is_refused_and_of_two_the_first_is_meant():
    spring = slots(PARIS, slot_1="2027-03-28T02:30", now=datetime(2027, 3, 1, tzinfo=PARIS))
    assert "n’existe pas" in spring.errors["slot_1"][0]
    autumn = slots(PARIS, slot_1="2027-10-31T02:30", now=datetime(2027, 10, 1, tzinfo=PARIS))
    assert autumn.cleaned_data["starts"] == [datetime(2027, 10, 31, 0, 30, tzinfo=UTC)]


@pytest.mark.parametrize(
    "typed",
    [
        "demain",
        "2026-13-45T99:99",
        "2026-11-01T10:00",
        "2028-01-01T10:00",
        "2026-12-01T10:00+05:00",
        "\x00",
        "9" * 5000,
    ],
)
def test_what_is_no_slot_is_said(typed):
    assert slots(PARIS, slot_1=typed).errors


def test_the_calendar_file_is_read_by_another_program(offered):
    taken = choose(offered[0])
    taken.place = "Mission locale, 3 rue « des Lilas »; bât. B, étage 2\nau fond" + " é" * 60
    raw = calendars.of(taken, title="Rendez-vous", now=NOW)
    assert all(len(line) <= 75 for line in raw.split(b"\r\n")), "folded as RFC 5545 wants"
    event = Calendar.from_ical(raw).walk("VEVENT")[0]
    assert event.decoded("dtstart") == taken.starts_at and event.decoded("dtend") - event.decoded(
        "dtstart"
    ) == timedelta(minutes=30)
    assert str(event["location"]) == taken.place and str(event["summary"]) == "Rendez-vous"
    assert event["status"] == "CONFIRMED" and event.walk("VALARM")
    agenda.cancel(appointment=taken, said="staff", now=NOW)
    taken.refresh_from_db()
    gone = Calendar.from_ical(calendars.of(taken, title="Rendez-vous", now=NOW)).walk("VEVENT")[0]
    assert (gone["uid"], gone["status"], gone["sequence"]) == (event["uid"], "CANCELLED", 1)


def test_one_hour_on_the_page_in_the_letter_in_the_sms_and_in_the_file(held, people, structure, settings):
    """A structure of La Réunion: whoever reads it, wherever, reads the hour of the place, and whose hour it is."""
    structure.time_zone = "Indian/Reunion"
    structure.save()
    Conversation.objects.filter(pk=held.pk).update(age_band="18-25")
    handover = handovers.propose(
        conversation=held,
        user=people["mediator"],
        structure=structure,
        partner_email="accueil@exemple.invalid",
        summary="Un stage",
        key=uuid4(),
        now=NOW,
    )
    handovers.agree(handover=handover, journey=held.journey, name="", contact="", now=NOW)
    handover = handovers.accept(handover=handover, now=NOW)
    slot = choose(
        propose(held, people["mediator"], handover=handover, kind="visit")[0], by="sms", address="+33612345678"
    )
    agenda.remind_due(NOW + timedelta(days=2))
    said = "13 h 00 (heure de La Réunion)"
    young = Client()
    young.cookies[settings.JOURNEY_COOKIE_NAME] = held.cookie
    spoken = {
        "page": young.get(f"/parler/rendez-vous/{slot.proposal}").content.decode(),
        "thread": Message.objects.filter(side="notice").last().body,
        "letter": Outbound.objects.get(key=f"appointment:{slot.pk}:chosen").payload["text"],
        "sms": Outbound.objects.get(channel="sms").payload["text"],
    }
    assert {where for where, text in spoken.items() if said not in text.replace("\u00a0", " ")} == set()
    file = young.get(f"/parler/rendez-vous/{slot.pk}.ics").content
    assert b"DTSTART;TZID=Indian/Reunion:20261126T130000" in file
