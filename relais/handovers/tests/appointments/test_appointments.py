"""Appointments: proposed, chosen once, called off without leaving anybody alone, and what came of them."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client

from relais.agenda import services as agenda
from relais.agenda.models import Appointment
from relais.coaching import hooks, services
from relais.coaching.line import rerouting
from relais.coaching.models import Conversation, Message
from relais.coaching.rights import broom, requests
from relais.foundation.models import EventRecord, Outbound
from relais.foundation.refusals import NotAllowed, WrongState
from relais.handovers import appointments
from relais.handovers import services as handovers
from tests.builders import sms_account

from .booking import NOW, PARIS, choose, events, propose

pytestmark = pytest.mark.django_db


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
