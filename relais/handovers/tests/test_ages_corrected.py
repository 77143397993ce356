"""An age corrected or noted later: what left for the structure is taken back, and every door is closed at once."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from relais.accounts.models import AccessRecord
from relais.agenda.models import Appointment
from relais.catalogue.models import Structure
from relais.coaching.guide import triage
from relais.coaching.models import Conversation
from relais.foundation import links, outbox
from relais.foundation.models import Outbound
from relais.foundation.refusals import LinkOver
from relais.handovers import ages, appointments, common, follow_ups, joint
from relais.handovers import services as handovers
from relais.handovers.models import FollowUp, Handover, HandoverMessage

from .house import PARTNER, events, text, to_partner

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("band", ["under-15", ""])
def test_an_age_corrected_before_the_letter_leaves_stops_it(house, client_for, people, band):
    handover = house.agrees()
    secret = links.drawn(common.ANSWER, handover.pk)
    house.says(band)
    assert not to_partner(), "it had not left: the partner never hears of it"
    handover.refresh_from_db()
    assert (handover.state, handover.shared_name) == ("stopped", "")
    assert Client().get(f"/orientation/{secret}").status_code == 404
    assert Client().post(f"/orientation/{secret}", {"action": "accept"}).status_code == 404
    letter = Outbound.objects.get(key=f"stopped:{handover.pk}").payload
    assert letter["to"] == people["mediator"].email and "15 ans" not in letter["text"]
    assert "alors on ne passe rien de toi à une structure" in text(house.young.get("/parler"))
    assert "Arrêté : moins de 15 ans" in text(house.mediator.get(house.desk))
    assert Conversation.objects.get().state == "waiting", "a human comes back to them"
    assert "handover.stopped" in events() and not FollowUp.objects.exists()


def test_a_partner_who_had_read_it_loses_it_and_does_not_learn_why(house, now):
    handover = house.agrees("joint")
    secret = links.drawn(common.ANSWER, handover.pk)
    partner = Client()
    Outbound.objects.update(state="sent", sent_at=now, payload={})
    partner.post(f"/orientation/{secret}", {"action": "accept"})
    partner.post(f"/orientation/{secret}", {"action": "say", "body": "Bienvenue", "key": uuid4()})
    slots = {
        "kind": "visit",
        "place": "Accueil",
        "minutes": "30",
        "slot_1": f"{timezone.localdate(now) + timedelta(days=9)}T10:00",
        "key": uuid4(),
    }
    partner.post(f"/orientation/{links.drawn(common.FOLLOW, handover.pk)}", {"action": "slots"} | slots)
    slot = Appointment.objects.get()
    house.young.post(f"/parler/rendez-vous/{slot.proposal}", {"slot": slot.pk, "by": "door"})
    house.young.post(f"/parler/a-trois/{handover.pk}", {"body": "Merci", "key": uuid4()})
    assert {
        row.key.partition(":")[0] for row in Outbound.objects.filter(state="waiting") if row.payload["to"] == PARTNER
    } == {
        "follow-up",
        "appointment",
        "words",
    }
    house.mediator.post(f"{house.desk}situation", {"age_band": "under-15"})
    (letter,) = to_partner()
    assert "Effacez" in letter.payload["text"] and " ans" not in letter.payload["text"]
    assert house.conversation.journey.pseudonym not in letter.payload["text"]
    for kind in (common.ANSWER, common.FOLLOW):
        for action in ("say", "slots", "outcome", "check", "accept", "refuse"):
            answer = partner.post(
                f"/orientation/{links.drawn(kind, handover.pk)}", {"action": action, "body": "?", "key": uuid4()}
            )
            assert answer.status_code == 404 and "moins de" not in text(answer)
    assert not HandoverMessage.objects.exists() and Appointment.objects.get().state == "cancelled"


def test_a_partner_with_an_account_finds_nothing(house, people, client_for):
    Structure.objects.update(email=people["partner"].email)
    handover = house.agrees()
    partner = client_for(people["partner"])
    assert partner.get(f"/pro/orientations/{handover.pk}/").status_code == 200
    house.says("under-15")
    assert partner.get(f"/pro/orientations/{handover.pk}/").status_code == 404
    assert house.conversation.journey.pseudonym not in partner.get("/pro/orientations/").content.decode()


@pytest.fixture
def older(house):
    """An agreement of before this rule: nobody had asked the age, and the rows are as they were."""
    handover = house.agrees("joint")
    Conversation.objects.update(age_band="")
    return handover


def test_every_door_is_closed_even_before_the_loop_comes(house, older, people, now):
    held, mediator = older.conversation, people["mediator"]
    journey, letters = held.journey, len(to_partner())
    words = {"body": "?", "key": uuid4(), "now": now}
    slots = {
        "kind": "call",
        "minutes": 30,
        "place": "",
        "starts": [now + timedelta(days=3)],
        "key": uuid4(),
        "now": now,
    }
    doors = [
        lambda: handovers.agree(handover=older, journey=journey, name="", contact="", now=now),
        lambda: handovers.accept(handover=older, now=now),
        lambda: handovers.refuse(handover=older, reason="Non", now=now),
        lambda: handovers.check(handover=older, known="known", now=now),
        lambda: handovers.record_outcome(handover=older, outcome="job", now=now),
        lambda: joint.young_says(handover=older, journey=journey, **words),
        lambda: joint.staff_says(handover=older, user=mediator, **words),
        lambda: joint.partner_says(handover=older, **words),
        lambda: appointments.propose(conversation=held, user=mediator, handover=older, **slots),
        lambda: appointments.propose(conversation=held, user=None, handover=older, **slots),
        lambda: follow_ups.choose(journey=journey, by="email", address="lou@exemple.invalid", now=now),
    ]
    for door in doors:
        with pytest.raises(common.AgeNotSaid):
            door()
    with pytest.raises(LinkOver):
        handovers.by_link(secret=links.drawn(common.ANSWER, older.pk), now=now)
    assert len(to_partner()) == letters and not HandoverMessage.objects.exists() and not FollowUp.objects.exists()


def test_the_loop_ends_what_was_agreed_before_this_rule(house, older, now):
    assert ages.end_standing(now) == 1 and ages.end_standing(now) == 0
    older.refresh_from_db()
    assert older.state == "stopped" and not to_partner()
    assert Outbound.objects.filter(key=f"stopped:{older.pk}").exists()


def test_a_letter_that_somebody_could_send_again_is_taken_back_too(house, now):
    handover = house.agrees()
    Outbound.objects.update(state="ambiguous")
    house.says("under-15")
    assert not Outbound.objects.filter(key=f"handover:{handover.pk}").exists()
    assert Outbound.objects.filter(key=f"closed:{handover.pk}").exists(), "perhaps it had left"


def test_a_letter_taken_back_while_it_is_sent_does_not_come_back(house, monkeypatch, now):
    handover = house.agrees()

    def slow(payload):
        house.says("under-15")
        raise outbox.TemporaryError("plus tard")

    monkeypatch.setitem(outbox._transports, "email", slow)
    outbox.send_due(timezone.now(), "email")
    assert not Outbound.objects.filter(key=f"handover:{handover.pk}").exists()


def test_an_age_corrected_downwards_forgets_where_to_remind(house, people, now):
    house.says("15-17")
    slots = appointments.propose(
        conversation=house.conversation,
        user=people["mediator"],
        handover=None,
        kind="call",
        minutes=30,
        place="",
        starts=[now + timedelta(days=3)],
        key=uuid4(),
        now=now,
    )
    house.young.post(
        f"/parler/rendez-vous/{slots[0].proposal}",
        {"slot": slots[0].pk, "by": "email", "address": "lou@exemple.invalid"},
    )
    triage.describe(conversation=house.conversation, said={"age_band": "under-15"}, by="young", now=now)
    kept = Appointment.objects.get()
    assert (kept.state, kept.remind_by, kept.address) == ("chosen", "door", "")


# --- an age that the team notes


def notes(house, band):
    return house.mediator.post(f"{house.desk}situation", {"age_band": band}, follow=True)


@pytest.mark.parametrize("said", ["under-15", ""])
def test_an_age_raised_by_the_team_opens_nothing_until_the_person_says_it(house, people, client_for, said):
    house.says(said)
    notes(house, "18-25")
    held = Conversation.objects.get()
    assert (held.age_band, held.age_noted, held.may_agree, held.is_minor) == (said, "18-25", False, True)
    trace = AccessRecord.objects.get(action="note-age", subject=str(held.pk))
    assert (trace.user, trace.reason) == (people["mediator"], f"{said or 'not-said'} > 18-25")
    page = text(house.young.get("/parler"))
    assert f"{people['mediator']} a noté ton âge : 18 à 25 ans." in page and 'href="/parler/age"' in page
    other = client_for(people["mediator_2"])
    assert "Pourquoi ouvrir ce dossier" in text(other.get(house.desk)), "still asked why"
    assert house.proposes().status_code == 422 and not Handover.objects.exists()
    assert "pas encore confirmé" in text(house.mediator.get(f"{house.desk}relais"))
    house.says("18-25")
    held.refresh_from_db()
    assert (held.age_band, held.age_noted, held.may_agree) == ("18-25", "", True)
    assert house.proposes().status_code == 302


def test_an_age_noted_lower_counts_at_once_and_noted_twice_is_told_once(house):
    house.says("18-25")
    for _ in range(2):
        notes(house, "15-17")
    held = Conversation.objects.get()
    assert (held.age_band, held.age_noted) == ("15-17", "")
    assert (
        text(house.young.get("/parler")).count("a noté ton âge : 15 à 17 ans. Si ce n’est pas ça, change-le ici.") == 1
    )
    notes(house, "26-plus")
    notes(house, "15-17")
    held.refresh_from_db()
    assert (held.age_band, held.age_noted) == ("15-17", ""), "what stood is noted again: nothing is left to confirm"


def test_who_does_not_hold_or_has_not_opened_it_notes_nothing(house, people, client_for):
    house.says("under-15")
    other = client_for(people["mediator_2"])
    assert other.post(f"{house.desk}situation", {"age_band": "18-25"}).url == house.desk
    other.post(f"{house.desk}raison", {"reason": "replacement"})
    other.get(house.desk)
    assert "Seule la personne qui tient" in text(
        other.post(f"{house.desk}situation", {"age_band": "18-25"}, follow=True)
    )
    held = Conversation.objects.get()
    assert (held.age_band, held.age_noted) == ("under-15", "") and not AccessRecord.objects.filter(
        action="note-age"
    ).exists()
