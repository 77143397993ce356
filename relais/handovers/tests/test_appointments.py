"""Appointments: chosen once, reminded once, on the right clock, and what came of them."""

import re
from datetime import UTC, datetime, timedelta
from threading import Thread
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.db.models import Case, Value, When
from django.test import Client
from icalendar import Calendar

from relais.agenda import calendars, taken
from relais.agenda import services as agenda
from relais.agenda.forms import SlotsForm
from relais.agenda.models import Appointment, BusyFeed, VideoPattern
from relais.coaching import hooks, services
from relais.coaching.desk import transfers
from relais.coaching.line import rerouting
from relais.coaching.models import Conversation, Message
from relais.coaching.rights import broom, requests
from relais.foundation import meanwhile
from relais.foundation.models import EventRecord, Outbound
from relais.foundation.refusals import NotAllowed, WrongState
from relais.handovers import appointments, booked, today
from relais.handovers import services as handovers
from relais.handovers.models import Handover
from relais.journeys.models import Journey
from tests.builders import sms_account

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
        conversation=conversation,
        user=user,
        handover=handover,
        kind=kind,
        minutes=30,
        place="02 38 00 00 00",
        starts=[now + timedelta(days=day) for day in days],
        key=uuid4(),
        now=now,
    )


def choose(slot, *, by="door", address="", now=NOW):
    return appointments.choose(
        appointment=slot, journey=Journey.objects.get(pk=slot.person), remind_by=by, address=address, now=now
    )


def events(*names):
    return list(EventRecord.objects.filter(name__in=names).order_by("id").values_list("name", flat=True))


@pytest.fixture
def accepted(held, people, structure):
    handover = handovers.propose(
        conversation=held,
        user=people["mediator"],
        structure=structure,
        partner_email="accueil@exemple.invalid",
        summary="Un stage",
        key=uuid4(),
        now=NOW,
        mode="call",
    )
    handovers.agree(handover=handover, journey=held.journey, name="", contact="", now=NOW)
    return handovers.accept(handover=handover, now=NOW)


def test_one_slot_is_chosen_and_the_others_fall(offered):
    choose(offered[1])
    assert list(Appointment.objects.order_by("starts_at").values_list("state", flat=True)) == [
        "dropped",
        "chosen",
        "dropped",
    ]
    assert Appointment.objects.get(state="chosen").remind_at == NOW + timedelta(days=3)
    with pytest.raises(WrongState):
        choose(offered[0])
    choose(offered[1])
    assert events("appointment.chosen") == ["appointment.chosen"], "pressed twice, it counts once"


def test_proposing_answers_the_person_and_twice_the_same_form_proposes_once(held, people):
    slot = propose(held, people["mediator"])[0]
    assert Conversation.objects.get().state == "answered"
    appointments.propose(
        conversation=held,
        user=people["mediator"],
        handover=None,
        kind="call",
        minutes=30,
        place="",
        starts=[NOW],
        key=slot.proposal,
        now=NOW,
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
        appointments.call_off(appointment=offered[0], journey=other, now=NOW)


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
    assert agenda.remind_due(at - timedelta(seconds=1)) == 0
    assert (agenda.remind_due(at), agenda.remind_due(at)) == (1, 0)
    sms = Outbound.objects.get(channel="sms")
    assert sms.payload["to"] == "+33612345678" and "rappel" in sms.payload["text"] and len(sms.payload["text"]) <= 160
    assert "Ligne" not in sms.payload["text"], "no word of what it is about"
    assert Appointment.objects.get(state="chosen").address == ""


def test_chosen_late_it_is_reminded_two_hours_before_or_not_at_all():
    start = NOW + timedelta(hours=5)
    assert agenda.remind_at(start, NOW) == start - timedelta(hours=2)
    assert agenda.remind_at(NOW + timedelta(hours=1), NOW) is None


def test_too_near_to_be_reminded_the_address_is_not_kept(held, people):
    slot = propose(held, people["mediator"], days=(1 / 24,))[0]
    chosen = choose(slot, by="sms", address="+33612345678")
    chosen.refresh_from_db()
    assert (chosen.remind_at, chosen.address) == (None, "")


def test_a_worker_that_slept_does_not_remind_of_the_past(offered):
    choose(offered[0], by="email", address="lou@exemple.fr")
    assert agenda.remind_due(NOW + timedelta(days=4)) == 1
    assert not Outbound.objects.filter(key__startswith="remind:").exists()


@pytest.mark.django_db(transaction=True)
def test_two_loops_remind_once(write, people):
    opened = write(at=NOW)
    services.claim(conversation=opened.conversation, user=people["mediator"], now=NOW)
    for hour in range(6):
        later = propose(opened.conversation, people["mediator"], days=(3 + hour / 24,))
        choose(later[0], by="email", address="lou@exemple.fr")
    due = NOW + timedelta(days=2, hours=6)

    def turn():
        try:
            agenda.remind_due(due)
        finally:
            connection.close()

    threads = [Thread(target=turn) for _ in range(3)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    # All six are of one conversation: what another loop held at that instant is left to the next turn.
    agenda.remind_due(due)
    assert Outbound.objects.filter(key__startswith="remind:").count() == 6
    assert Message.objects.filter(body__isnull=False, side="notice").count() == 12, "six taken, six reminded"


def test_both_sides_are_told_and_the_partner_may_say_that_nobody_came(accepted, held, people):
    slot = propose(held, people["mediator"], handover=accepted, kind="call-3")[0]
    choose(slot)
    assert Outbound.objects.filter(key=f"appointment:{slot.pk}:chosen").exists()
    with pytest.raises(WrongState, match="pas encore"):
        agenda.settle(appointment=slot, held_it=False, said="partner", now=NOW)
    agenda.settle(appointment=slot, held_it=False, said="partner", now=NOW + timedelta(days=4))
    assert EventRecord.objects.get(name="appointment.missed").data == {
        "appointment": str(slot.pk),
        "kind": "call-3",
        "said": "partner",
    }
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
    assert (slot.state, slot.address, agenda.remind_due(NOW + timedelta(days=2))) == ("cancelled", "", 0)


@pytest.mark.parametrize("how", ["refused", "returned"])
@pytest.mark.parametrize("is_chosen", [True, False])
def test_nobody_is_sent_to_a_structure_that_does_not_take_them(held, people, structure, how, is_chosen):
    """Slots may be proposed while it has not answered yet; who agreed to one is told that it is off, and not reminded of it."""
    values = {"structure": structure, "partner_email": "a@exemple.invalid", "summary": "Un stage", "key": uuid4()}
    handover = handovers.propose(conversation=held, user=people["mediator"], now=NOW, **values)
    handover = handovers.agree(handover=handover, journey=held.journey, name="", contact="", now=NOW)
    slot = propose(held, people["mediator"], handover=handover, kind="visit", days=(20,))[0]
    if is_chosen:
        choose(slot, by="sms", address="+33612345678")
    if how == "refused":
        handovers.refuse(handover=handover, reason="Complet", now=NOW)
    else:
        assert handovers.return_unanswered(handover.return_at) == 1
    slot.refresh_from_db()
    assert (slot.state, slot.address) == ("cancelled", "")
    assert ("Le rendez-vous prévu est annulé." in Message.objects.last().body) == is_chosen
    assert agenda.remind_due(slot.starts_at - timedelta(hours=1)) == 0
    assert not hooks.kept_on_line(held), "it may go to another line"


@pytest.mark.parametrize(("said", "state"), [("young", "waiting"), ("partner", "waiting"), ("staff", "answered")])
def test_who_calls_it_off_leaves_nobody_alone(held, people, accepted, said, state):
    slot = propose(held, people["mediator"], handover=accepted)[0]
    choose(slot)
    agenda.cancel(appointment=slot, said=said, now=NOW)
    assert Conversation.objects.get().state == state
    assert Outbound.objects.filter(key=f"appointment:{slot.pk}:cancelled").exists() == (said != "partner")


@pytest.mark.parametrize("said", ["partner", "staff", "young"])
def test_one_slot_taken_out_leaves_the_others_to_choose(held, people, client_for, settings, now, said):
    later = [now + timedelta(days=day) for day in (3, 4)]
    first, second = propose(held, people["mediator"], days=(3, 4), now=now)
    agenda.cancel(appointment=first, said=said, now=now)
    assert "Tu peux en choisir un autre" in Message.objects.last().body
    assert Conversation.objects.get().state == "answered", "nobody is called: the person has something to choose"
    young, address = Client(), f"/parler/rendez-vous/{first.proposal}"
    young.cookies[settings.JOURNEY_COOKIE_NAME] = held.cookie
    page = young.get(address).content.decode()
    assert "Choisis ton moment." in page and str(second.pk) in page and str(first.pk) not in page
    young.post(address, {"slot": str(second.pk), "by": "door", "address": ""})
    assert "C’est noté." in young.get(address).content.decode()
    assert [slot.starts_at for slot in Appointment.objects.filter(state="chosen")] == later[1:]


@pytest.mark.parametrize(("said", "state"), [("young", "waiting"), ("partner", "waiting"), ("staff", "answered")])
def test_the_last_slot_taken_out_leaves_nobody_alone(held, people, said, state):
    (only,) = propose(held, people["mediator"], days=(3,))
    agenda.cancel(appointment=only, said=said, now=NOW)
    assert Conversation.objects.get().state == state
    assert "On en cherche un autre" in Message.objects.last().body


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


def test_the_reminder_stays_a_day_before_across_a_change_of_clock():
    start = datetime(2027, 3, 28, 14, 0, tzinfo=PARIS)
    assert start.astimezone(UTC) - agenda.remind_at(start.astimezone(UTC), NOW) == timedelta(hours=24)


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


def test_the_whole_way_in_a_browser_without_script(held, people, client_for, settings, now):
    young, staff = Client(), client_for(people["mediator"])
    young.cookies[settings.JOURNEY_COOKIE_NAME] = held.cookie
    staff.get(f"/pro/conversations/{held.pk}/")
    day = (now + timedelta(days=9)).astimezone(PARIS)
    fields = {
        "key": str(uuid4()),
        "kind": "call",
        "minutes": "30",
        "slot_1": f"{day:%Y-%m-%d}T14:30",
        "slot_2": f"{day:%Y-%m-%d}T16:00",
    }
    assert staff.post(f"/pro/conversations/{held.pk}/rendez-vous", fields).status_code == 302
    slot = Appointment.objects.order_by("starts_at").first()
    assert "Choisir mon créneau" in young.get("/parler").content.decode()
    address = f"/parler/rendez-vous/{slot.proposal}"
    page = young.get(address).content.decode()
    assert "Par SMS" not in page and "Par e-mail" in page, "no SMS could leave"
    sms_account(url="https://sms.exemple.invalid")
    assert "Par SMS" in young.get(address).content.decode()
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


def test_two_conversations_made_one_keep_their_appointments_and_one_reminder_each(write, people, join, now):
    keep, other = write(at=now), write(at=now)
    services.claim(conversation=other.conversation, user=people["mediator"], now=now)
    slot = choose(propose(other.conversation, people["mediator"], now=now)[0], now=now)
    kept = join(keep.conversation, other.conversation)
    slot.refresh_from_db()
    assert (slot.subject_id, slot.person) == (kept.pk, kept.journey_id)
    assert Appointment.objects.count() == 3 and "Ton rendez-vous" in hooks.next_steps(kept, now)[0].text
    at = now + timedelta(days=2)
    assert (agenda.remind_due(at), agenda.remind_due(at)) == (1, 0)
    assert kept.messages.filter(body__isnull=False, side="notice").last().body.startswith("Rappel")


def test_an_appointment_holds_the_conversation_on_its_line(held, people, offered):
    why = rerouting.held_back(held)
    assert "rendez-vous" in why
    for slot in offered:
        agenda.cancel(appointment=slot, said="staff", now=NOW)
    assert rerouting.held_back(held) == ""


def test_erasing_the_person_or_their_silence_erases_the_appointments(held, offered, write, now):
    other = write(key=uuid4()).conversation
    Appointment.objects.filter(pk=offered[0].pk).update(subject_id=other.pk, person=other.journey_id)
    requests.erase(journey=held.journey, now=NOW)
    assert [one.person for one in Appointment.objects.all()] == [other.journey_id], "nobody else's"
    Conversation.objects.filter(pk=other.pk).update(erase_at=now, erase_told_at=now - timedelta(days=40))
    broom.sweep(now + timedelta(seconds=1))
    assert not Appointment.objects.exists() and not Conversation.objects.exists()


def test_a_slot_that_somebody_took_meanwhile_is_not_shown_and_others_may_be_asked_for(
    held, people, offered, write, client_for, settings
):
    elsewhere = write(key=uuid4()).conversation
    services.claim(conversation=elsewhere, user=people["mediator"], now=NOW)
    young, address = Client(), f"/parler/rendez-vous/{offered[0].proposal}"
    young.cookies[settings.JOURNEY_COOKIE_NAME] = held.cookie
    Appointment.objects.filter(proposal=offered[0].proposal).update(
        starts_at=Case(*(When(pk=one.pk, then=Value(one.starts_at + timedelta(days=3650))) for one in offered))
    )
    for slot in offered:
        slot.refresh_from_db()
    choose(propose(elsewhere, people["mediator"], days=(3653,))[0])
    page = young.get(address).content.decode()
    assert page.count('name="slot"') == 2
    assert young.post(address, {"slot": str(offered[0].pk), "by": "door"}).status_code == 422
    with pytest.raises(taken.HourTaken):
        choose(offered[0])
    for day in (3654, 3655):
        choose(propose(elsewhere, people["mediator"], days=(day,))[0])
    assert "ne sont plus libres" in young.get(address).content.decode()
    young.post(address, {"choice": "none"})
    assert Conversation.objects.get(pk=held.pk).state == "waiting"


def test_who_proposes_is_told_that_the_hour_is_taken(held, people, client_for, now):
    staff, day = client_for(people["mediator"]), (now + timedelta(days=9)).astimezone(PARIS)
    staff.get(f"/pro/conversations/{held.pk}/")
    fields = {"kind": "call", "minutes": "30", "slot_1": f"{day:%Y-%m-%d}T14:30"}
    address = f"/pro/conversations/{held.pk}/rendez-vous"
    assert staff.post(address, fields | {"key": str(uuid4())}).status_code == 302
    choose(Appointment.objects.get(), now=now)
    again = fields | {"key": str(uuid4())}
    page = staff.post(address, again)
    assert page.status_code == 422 and "La personne a déjà un rendez-vous" in page.content.decode()
    assert staff.post(address, again | {"anyway": "on"}).status_code == 422, "ticked before it was said"
    assert staff.post(address, again | {"anyway": "on", "shown": shown_by(page)}).status_code == 302
    assert Appointment.objects.count() == 2 and not Appointment.objects.filter(regardless=True).exists()


def shown_by(page) -> str:
    return re.search('name="shown" value="([0-9a-f]+)"', page.content.decode())[1]


@pytest.fixture
def partner(accepted, people, client_for):
    Handover.objects.update(partner_email=people["partner"].email)
    return client_for(people["partner"])


@pytest.fixture
def busy(people, now):
    """busy(day) → on that day the mediator's own agenda takes them from two until three in Paris; the beginning."""
    feed = BusyFeed.objects.create(user=people["mediator"], address="https://agenda.exemple.invalid/x.ics", next_at=now)

    def go(day):
        at = (now + timedelta(days=day)).astimezone(PARIS).replace(hour=14, minute=0, second=0, microsecond=0)
        feed.times.create(starts_at=at, ends_at=at + timedelta(hours=1))
        return at

    return go


def test_the_team_goes_against_its_own_agenda_where_it_was_said(held, people, client_for, busy):
    staff, at = client_for(people["mediator"]), busy(9)
    staff.get(f"/pro/conversations/{held.pk}/")
    address = f"/pro/conversations/{held.pk}/rendez-vous"
    free = at + timedelta(days=1)
    fields = {"key": str(uuid4()), "kind": "call", "minutes": "30"}
    fields |= {"slot_1": f"{at:%Y-%m-%dT%H:%M}", "slot_2": f"{free:%Y-%m-%dT%H:%M}", "anyway": "on"}
    page = staff.post(address, fields)
    assert page.status_code == 422 and "Votre agenda vous dit pris" in page.content.decode()
    assert staff.post(address, fields | {"shown": shown_by(page)}).status_code == 302
    assert dict(Appointment.objects.values_list("starts_at", "regardless")) == {at: True, free: False}


def test_a_structure_goes_against_nobodys_agenda(held, people, accepted, partner, busy):
    at = busy(9)
    fields = {"action": "slots", "key": str(uuid4()), "kind": "call-3", "minutes": "30", "anyway": "on"}
    fields |= {"slot_1": f"{at:%Y-%m-%dT%H:%M}"}
    page = partner.post(f"/pro/orientations/{accepted.pk}/", fields)
    assert page.status_code == 422 and "Quelqu’un n’est pas libre" in page.content.decode()
    assert 'name="anyway"' not in page.content.decode()
    for word in ("", meanwhile.fingerprint({"slot": f"{at.timestamp():.0f} 30 {appointments.WORDS[taken.BUSY]}"})):
        assert partner.post(f"/pro/orientations/{accepted.pk}/", fields | {"shown": word}).status_code == 422
    assert not Appointment.objects.exists()
    values = {"kind": "call-3", "minutes": 30, "place": "", "starts": [at], "regardless": [at], "key": uuid4()}
    (slot,) = appointments.propose(conversation=held, user=None, handover=accepted, now=NOW, **values)
    assert not slot.regardless and taken.still_free([slot]) == []


def test_a_structure_may_insist_on_what_is_only_offered(held, people, accepted, partner, now):
    at = (now + timedelta(days=9)).astimezone(PARIS).replace(hour=14, minute=0, second=0, microsecond=0)
    propose(held, people["mediator"], days=((at - NOW) / timedelta(days=1),))
    fields = {"action": "slots", "key": str(uuid4()), "kind": "call", "minutes": "30"}
    fields |= {"slot_1": f"{at:%Y-%m-%dT%H:%M}"}
    page = partner.post(f"/pro/orientations/{accepted.pk}/", fields)
    assert page.status_code == 422 and "peut-être pas libre" in page.content.decode()
    shown = shown_by(page)
    answer = partner.post(f"/pro/orientations/{accepted.pk}/", fields | {"anyway": "on", "shown": shown})
    assert answer.status_code == 302 and Appointment.objects.count() == 2


def test_with_a_structure_a_call_by_video_names_its_link(held, people, accepted, partner, line, client_for, now):
    VideoPattern.objects.create(organisation=line.organisation, kind="jitsi", address="https://visio.exemple.fr")
    fields = {"action": "slots", "key": str(uuid4()), "kind": "video", "minutes": "30"}
    fields |= {"slot_1": f"{now + timedelta(days=9):%Y-%m-%d}T14:00"}
    staff, own = client_for(people["mediator"]), f"/pro/conversations/{held.pk}/rendez-vous?relais={accepted.pk}"
    staff.get(f"/pro/conversations/{held.pk}/")
    for client, address in ((partner, f"/pro/orientations/{accepted.pk}/"), (staff, own)):
        page = client.post(address, fields)
        assert page.status_code == 422 and "Collez le lien" in page.content.decode()
        link = {"place": "https://visio.exemple.fr/x", "key": str(uuid4())}
        assert client.post(address, fields | link).status_code == 302
        fields["slot_1"] = fields["slot_1"].replace("T14", "T16")


def test_a_structure_is_spoken_of_where_there_is_one(held, people, accepted, line, structure, client_for):
    structure.time_zone = line.time_zone = ISLAND.key
    structure.save()
    line.save()
    staff, address = client_for(people["mediator"]), f"/pro/conversations/{held.pk}/rendez-vous"
    staff.get(f"/pro/conversations/{held.pk}/")
    alone, both = (staff.get(address + more).content.decode() for more in ("", f"?relais={accepted.pk}"))
    assert "la structure" not in alone and "Les heures sont celles de la ligne (heure de La Réunion)." in alone
    assert "la structure aussi" in both and "celles de la structure (heure de La Réunion)" in both


def test_what_is_ahead_stands_in_the_agenda_of_whoever_holds_the_conversation(held, people, accepted, make_user):
    call = choose(propose(held, people["mediator"])[0])
    visit = propose(held, people["mediator"], handover=accepted, kind="visit", days=(7,))[0]
    over = Appointment.objects.create(
        **booked.about(held, None).values(),
        proposal=uuid4(),
        kind="call",
        state="chosen",
        starts_at=NOW,
        proposed_at=NOW,
    )
    over.staff.add(people["mediator"])

    def expected():
        return [[who.pk for who in one.staff.all()] for one in (call, visit, over)]

    first, second = people["mediator"], people["mediator_2"]
    assert expected() == [[first.pk], [], [first.pk]]
    transfers.transfer(conversation=held, by=first, receiver=second, team=None, reason="congés", now=NOW)
    assert expected() == [[second.pk], [], [first.pk]], "what is over stays as it was"
    transfers.transfer(conversation=held, by=second, receiver=None, team=None, reason="congés", now=NOW)
    assert expected() == [[], [], [first.pk]]
    [told] = today.met_by_nobody(second, NOW)
    assert told.words.startswith("Colibri 12 a un rendez-vous, et personne") and told.due_at == call.starts_at
    assert str(held.pk) in told.address and not list(today.met_by_nobody(second, call.starts_at))
    for elsewhere in (make_user("mediator"), people["volunteer"], people["partner"]):
        assert not list(today.met_by_nobody(elsewhere, NOW))
    services.claim(conversation=held, user=first, now=NOW)
    assert not list(today.met_by_nobody(second, NOW))
    assert expected() == [[first.pk], [], [first.pk]]
