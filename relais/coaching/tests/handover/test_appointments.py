"""Appointments: chosen once, reminded once, on the right clock, and what came of them."""

from datetime import UTC, datetime, timedelta
from threading import Thread
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from icalendar import Calendar

from relais.coaching import services
from relais.coaching.handover import appointments, calendars, handovers
from relais.coaching.handover.forms import SlotsForm
from relais.coaching.models import Appointment, Conversation, Message
from relais.foundation.models import EventRecord, Outbound
from relais.foundation.refusals import NotAllowed, WrongState

PARIS, ISLAND = ZoneInfo("Europe/Paris"), ZoneInfo("Indian/Reunion")
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=PARIS)
pytestmark = pytest.mark.django_db


@pytest.fixture
def held(write, people):
    opened = write(at=NOW)
    services.claim(conversation=opened.conversation, user=people["mediator"], now=NOW)
    opened.conversation.cookie = opened.cookie
    return opened.conversation


@pytest.fixture
def offered(held, people):
    """Three slots of a call, in three, four and five days."""
    return propose(held, people["mediator"])


def propose(conversation, user, *, handover=None, days=(3, 4, 5), kind="call", now=NOW):
    return appointments.propose(
        conversation=conversation, user=user, handover=handover, kind=kind, minutes=30, place="02 38 00 00 00",
        starts=[now + timedelta(days=day) for day in days], key=uuid4(), now=now,
    )  # fmt: skip


def choose(slot, *, by="door", address="", now=NOW):
    return appointments.choose(appointment=slot, journey=slot.conversation.journey, remind_by=by, address=address, now=now)


def events(*names):
    return list(EventRecord.objects.filter(name__in=names).order_by("id").values_list("name", flat=True))


@pytest.fixture
def accepted(held, people, structure):
    handover = handovers.propose(
        conversation=held, user=people["mediator"], structure=structure, partner_email="accueil@exemple.invalid", summary="Un stage", key=uuid4(),
        now=NOW, mode="call",
    )  # fmt: skip
    handovers.agree(handover=handover, journey=held.journey, name="", contact="", now=NOW)
    return handovers.accept(handover=handover, now=NOW)


def test_one_slot_is_chosen_and_the_others_fall(offered):
    choose(offered[1])
    assert list(Appointment.objects.order_by("starts_at").values_list("state", flat=True)) == ["dropped", "chosen", "dropped"]
    assert Appointment.objects.get(state="chosen").remind_at == NOW + timedelta(days=3)
    with pytest.raises(WrongState):
        choose(offered[0])
    choose(offered[1])
    assert events("appointment.chosen") == ["appointment.chosen"], "pressed twice, it counts once"


def test_proposing_answers_the_person_and_twice_the_same_form_proposes_once(held, people):
    slot = propose(held, people["mediator"])[0]
    assert Conversation.objects.get().state == "answered"
    appointments.propose(
        conversation=held, user=people["mediator"], handover=None, kind="call", minutes=30, place="", starts=[NOW], key=slot.proposal, now=NOW
    )
    assert Appointment.objects.count() == 3
    assert f"/parler/rendez-vous/{slot.proposal}" in Message.objects.get(side="staff").body


def test_only_who_holds_it_proposes_and_only_the_person_chooses(held, people, offered, write):
    with pytest.raises(NotAllowed):
        propose(held, people["mediator_2"])
    other = write(key=uuid4()).conversation.journey
    with pytest.raises(Appointment.DoesNotExist):
        appointments.choose(appointment=offered[0], journey=other, remind_by="door", address="", now=NOW)
    with pytest.raises(Appointment.DoesNotExist):
        appointments.cancel(appointment=offered[0], journey=other, said="young", now=NOW)


def test_none_of_them_suits_and_a_human_looks_again(held, offered):
    appointments.none_fits(conversation=held, journey=held.journey, proposal=offered[0].proposal, now=NOW)
    assert set(Appointment.objects.values_list("state", flat=True)) == {"dropped"}
    assert Conversation.objects.get().state == "waiting"
    assert events("appointment.declined") == ["appointment.declined"]


def test_a_past_slot_is_not_taken(offered):
    with pytest.raises(WrongState, match="passé"):
        choose(offered[0], now=NOW + timedelta(days=3))


def test_the_reminder_leaves_once_by_the_address_left_for_it_and_the_address_goes(offered):
    choose(offered[0], by="sms", address="+33612345678")
    at = NOW + timedelta(days=2)
    assert appointments.remind_due(at - timedelta(seconds=1)) == 0
    assert (appointments.remind_due(at), appointments.remind_due(at)) == (1, 0)
    sms = Outbound.objects.get(channel="sms")
    assert sms.payload["to"] == "+33612345678" and "rappel" in sms.payload["text"] and len(sms.payload["text"]) <= 160
    assert "Ligne" not in sms.payload["text"], "no word of what it is about"
    assert Appointment.objects.get(state="chosen").address == ""


def test_chosen_late_it_is_reminded_two_hours_before_or_not_at_all():
    start = NOW + timedelta(hours=5)
    assert appointments.remind_at(start, NOW) == start - timedelta(hours=2)
    assert appointments.remind_at(NOW + timedelta(hours=1), NOW) is None


def test_a_worker_that_slept_does_not_remind_of_the_past(offered):
    choose(offered[0], by="email", address="lou@exemple.fr")
    assert appointments.remind_due(NOW + timedelta(days=4)) == 1
    assert not Outbound.objects.filter(key__startswith="remind:").exists()


@pytest.mark.django_db(transaction=True)
def test_two_loops_remind_once(write, people):
    opened = write(at=NOW)
    services.claim(conversation=opened.conversation, user=people["mediator"], now=NOW)
    for _ in range(6):
        choose(propose(opened.conversation, people["mediator"])[0], by="email", address="lou@exemple.fr")

    def turn():
        try:
            appointments.remind_due(NOW + timedelta(days=2))
        finally:
            connection.close()

    threads = [Thread(target=turn) for _ in range(3)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    # All six are of one conversation: what another loop held at that instant is left to the next turn.
    appointments.remind_due(NOW + timedelta(days=2))
    assert Outbound.objects.filter(key__startswith="remind:").count() == 6
    assert Message.objects.filter(body__isnull=False, side="notice").count() == 12, "six taken, six reminded"


def test_both_sides_are_told_and_the_partner_may_say_that_nobody_came(accepted, held, people):
    slot = propose(held, people["mediator"], handover=accepted, kind="call-3")[0]
    choose(slot)
    assert Outbound.objects.filter(key=f"appointment:{slot.pk}:chosen").exists()
    with pytest.raises(WrongState, match="pas encore"):
        appointments.settle(appointment=slot, held_it=False, said="partner", now=NOW)
    appointments.settle(appointment=slot, held_it=False, said="partner", now=NOW + timedelta(days=4))
    assert EventRecord.objects.get(name="appointment.missed").data == {"kind": "call-3", "said": "partner"}
    assert "Ça arrive" in Message.objects.filter(side="notice").last().body


def test_a_call_of_three_needs_an_agreement(held, people, accepted):
    with pytest.raises(WrongState):
        propose(held, people["mediator"], kind="call-3")
    handovers.withdraw(handover=accepted, journey=held.journey, now=NOW)
    with pytest.raises(WrongState):
        propose(held, people["mediator"], kind="call-3", handover=accepted)


def test_taking_the_agreement_back_calls_the_appointment_off(held, people, accepted):
    slot = propose(held, people["mediator"], handover=accepted)[0]
    choose(slot, by="sms", address="+33612345678")
    handovers.withdraw(handover=accepted, journey=held.journey, now=NOW)
    slot.refresh_from_db()
    assert (slot.state, slot.address, appointments.remind_due(NOW + timedelta(days=2))) == ("cancelled", "", 0)


@pytest.mark.parametrize(("said", "state"), [("young", "waiting"), ("partner", "waiting"), ("staff", "answered")])
def test_who_calls_it_off_leaves_nobody_alone(held, people, accepted, said, state):
    slot = propose(held, people["mediator"], handover=accepted)[0]
    choose(slot)
    appointments.cancel(appointment=slot, said=said, now=NOW)
    assert Conversation.objects.get().state == state
    assert Outbound.objects.filter(key=f"appointment:{slot.pk}:cancelled").exists() == (said != "partner")


def slots(zone, now=NOW, **typed):
    form = SlotsForm({"key": str(uuid4()), "kind": "call", "minutes": "30", **typed}, kinds=list(Appointment.Kind), zone=zone, now=now)
    form.is_valid()
    return form


def test_hours_are_those_of_the_place():
    assert slots(ISLAND, slot_1="2026-12-01T14:30").cleaned_data["starts"] == [datetime(2026, 12, 1, 10, 30, tzinfo=UTC)]
    assert slots(PARIS, slot_1="2026-12-01T14:30").cleaned_data["starts"] == [datetime(2026, 12, 1, 13, 30, tzinfo=UTC)]
    assert "heure de La Réunion" in slots(ISLAND)["slot_1"].label


def test_the_hour_that_spring_skips_is_refused_and_of_two_the_first_is_meant():
    spring = slots(PARIS, slot_1="2027-03-28T02:30", now=datetime(2027, 3, 1, tzinfo=PARIS))
    assert "n’existe pas" in spring.errors["slot_1"][0]
    autumn = slots(PARIS, slot_1="2027-10-31T02:30", now=datetime(2027, 10, 1, tzinfo=PARIS))
    assert autumn.cleaned_data["starts"] == [datetime(2027, 10, 31, 0, 30, tzinfo=UTC)]


@pytest.mark.parametrize(
    "typed", ["demain", "2026-13-45T99:99", "2026-11-01T10:00", "2028-01-01T10:00", "2026-12-01T10:00+05:00", "\x00", "9" * 5000]
)
def test_what_is_no_slot_is_said(typed):
    assert slots(PARIS, slot_1=typed).errors


def test_the_reminder_stays_a_day_before_across_a_change_of_clock():
    start = datetime(2027, 3, 28, 14, 0, tzinfo=PARIS)
    assert start.astimezone(UTC) - appointments.remind_at(start.astimezone(UTC), NOW) == timedelta(hours=24)


def test_the_calendar_file_is_read_by_another_program(offered):
    taken = choose(offered[0])
    taken.place = "Mission locale, 3 rue « des Lilas »; bât. B, étage 2\nau fond" + " é" * 60
    raw = calendars.of(taken, title="Rendez-vous", now=NOW)
    assert all(len(line) <= 75 for line in raw.split(b"\r\n")), "folded as RFC 5545 wants"
    event = Calendar.from_ical(raw).walk("VEVENT")[0]
    assert event.decoded("dtstart") == taken.starts_at and event.decoded("dtend") - event.decoded("dtstart") == timedelta(minutes=30)
    assert str(event["location"]) == taken.place and str(event["summary"]) == "Rendez-vous"
    assert event["status"] == "CONFIRMED" and event.walk("VALARM")
    appointments.cancel(appointment=taken, said="staff", now=NOW)
    taken.refresh_from_db()
    gone = Calendar.from_ical(calendars.of(taken, title="Rendez-vous", now=NOW)).walk("VEVENT")[0]
    assert (gone["uid"], gone["status"], gone["sequence"]) == (event["uid"], "CANCELLED", 1)


def test_the_whole_way_in_a_browser_without_script(held, people, client_for, settings, now):
    young, staff = Client(), client_for(people["mediator"])
    young.cookies[settings.JOURNEY_COOKIE_NAME] = held.cookie
    staff.get(f"/pro/conversations/{held.pk}/")
    day = (now + timedelta(days=9)).astimezone(PARIS)
    fields = {"key": str(uuid4()), "kind": "call", "minutes": "30", "slot_1": f"{day:%Y-%m-%d}T14:30", "slot_2": f"{day:%Y-%m-%d}T16:00"}
    assert staff.post(f"/pro/conversations/{held.pk}/rendez-vous", fields).status_code == 302
    slot = Appointment.objects.order_by("starts_at").first()
    assert "Choisir mon créneau" in young.get("/parler").content.decode()
    address = f"/parler/rendez-vous/{slot.proposal}"
    assert "14\u00a0h\u00a030" in young.get(address).content.decode()
    assert young.post(address, {"slot": str(uuid4())}).status_code == 422
    assert young.post(address, {"slot": str(slot.pk), "by": "sms", "address": "0238000000"}).status_code == 422
    young.post(address, {"slot": str(slot.pk), "by": "sms", "address": "06 12 34 56 78"})
    slot.refresh_from_db()
    assert (slot.state, slot.address) == ("chosen", "+33612345678")
    assert "C’est noté." in young.get(address).content.decode()
    file = young.get(f"/parler/rendez-vous/{slot.pk}.ics")
    assert file["Content-Type"].startswith("text/calendar") and b"BEGIN:VEVENT" in file.content
    assert Client().get(f"/parler/rendez-vous/{slot.pk}.ics").status_code == 302, "nobody else's"
    assert staff.get(f"/pro/conversations/{held.pk}/suivi").status_code == 200
    Appointment.objects.update(starts_at=now - timedelta(hours=1))
    assert staff.post(f"/pro/conversations/{held.pk}/rendez-vous/{slot.pk}", {"action": "held"}).status_code == 302
    assert Appointment.objects.get(pk=slot.pk).state == "held"
    assert staff.get(f"/pro/conversations/{held.pk}/rendez-vous/{slot.pk}").url == f"/pro/conversations/{held.pk}/suivi"
    assert young.get(f"/parler/rendez-vous/{slot.pk}/annuler").url == "/parler"
    assert staff.post(f"/pro/conversations/{held.pk}/rendez-vous/{slot.pk}", {"action": "burn"}).status_code == 302
