"""Under fifteen, or when the age is not said: no agreement is recorded, and nothing about the person goes to a structure."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from relais.agenda.models import Appointment
from relais.catalogue.models import Structure
from relais.coaching.models import Conversation, Message
from relais.foundation.models import EventRecord, Outbound
from relais.handovers import ages, appointments, common, follow_ups
from relais.handovers.models import FollowUp, Handover

from .house import events, text, to_partner

pytestmark = pytest.mark.django_db
BANDS = {"14": "under-15", "15": "15-17", "16": "15-17", "not said": ""}
AGREES = {"15", "16"}
REFUSED = {"under-15": "moins de 15 ans", "": "n’est pas connu"}


@pytest.mark.parametrize("age", BANDS)
def test_from_fifteen_on_one_agrees_alone_and_nobody_else(house, age):
    band = BANDS[age]
    house.says(band)
    page = text(house.mediator.get(f"{house.desk}relais"))
    answer = house.proposes()
    if age in AGREES:
        assert "Proposer à la personne" in page and answer.status_code == 302
        house.young.post(f"/parler/accord/{Handover.objects.get().pk}", {"choice": "yes", "name": "", "contact": ""})
        assert len(to_partner()) == 1 and events() == {"handover.proposed", "handover.sent"}
        return
    assert "Proposer à la personne" not in page
    for shown in ("Mission locale de Montargis", "02 38 00 00 00", "1 rue du Loing", "on ne les connaît pas"):
        assert shown in page
    assert answer.status_code == 422 and REFUSED[band] in text(answer)
    assert "Cherche un stage" in text(answer), "what was typed is given back"
    assert not Handover.objects.exists() and not to_partner() and not events()
    assert not Outbound.objects.exists()


@pytest.mark.parametrize("band", ["", "under-15", "15-17"])
def test_a_place_that_is_not_known_is_chosen_by_a_press(house, band, commune):
    house.says(band)
    type(house.conversation.journey).objects.update(commune=None)
    page = text(house.mediator.get(f"{house.desk}relais", {"commune": "Montargy"}))
    assert "n’en a pas donné" not in page
    choice = re.search(r'<li><a href="([^"]+)">Montargis', page)
    assert choice, "the suggestion is a link"
    assert "Mission locale de Montargis" in text(house.mediator.get(choice[1]))
    assert "n’en a pas donné" in text(house.mediator.get(f"{house.desk}relais"))


def test_the_age_is_asked_once_and_said_in_one_press(house):
    for _ in range(2):
        house.mediator.post(f"{house.desk}relais", {"action": "ask"})
    assert Message.objects.filter(body__isnull=False, key=house.conversation.age_key).count() == 1
    page = text(house.young.get("/parler"))
    assert "Quel âge as-tu ?" in page and 'href="/parler/age"' in page
    assert text(house.young.get("/parler/age")).count('name="age_band"') == 4
    assert house.young.post("/parler/age", {"age_band": "quatorze"}).status_code == 422
    assert house.says("15-17").status_code == 302
    assert 'href="/parler/age"' not in text(house.young.get("/parler"))
    assert Conversation.objects.get().age_band == "15-17"


def test_what_is_done_together_is_kept_and_nothing_leaves(house):
    house.says("under-15")
    place = Structure.objects.get().pk
    for action in ("give", "call", "write", "call"):
        assert (
            house.mediator.post(
                f"{house.desk}relais", {"action": action, "structure": place, "key": uuid4()}
            ).status_code
            == 302
        )
    page = text(house.young.get("/parler"))
    for said in ("02 38 00 00 00", "on ne les connaît pas", "Vous avez appelé ensemble", "Tu as écrit toi-même"):
        assert said in page
    kept = EventRecord.objects.filter(name__startswith="together.").order_by("id").values_list("name", "data")
    assert [(name, data.get("kind")) for name, data in kept] == [
        ("together.given", None),
        ("together.done", "call"),
        ("together.done", "write"),
        ("together.done", "call"),
    ]
    assert (
        house.mediator.post(f"{house.desk}relais", {"action": "call", "structure": uuid4(), "key": uuid4()}).status_code
        == 422
    )
    assert not Outbound.objects.exists() and not events()


@pytest.mark.parametrize("age", BANDS)
def test_news_are_for_those_who_may_agree(house, age, now):
    band = BANDS[age]
    house.says(band)
    allowed = age in AGREES
    answer = house.young.post("/parler/nouvelles", {"by": "email", "address": "lou@exemple.invalid"})
    assert answer.status_code == (302 if allowed else 422)
    if not allowed:
        assert ("Pas de questions avant 15 ans." if band else "Dis-nous d’abord ton âge.") in text(answer)
    house.mediator.post(f"{house.desk}repondre", {"body": "Bonjour", "key": uuid4()})
    house.mediator.post(f"{house.desk}terminer")
    assert Conversation.objects.get().state == "closed"
    assert FollowUp.objects.count() == (3 if allowed else 0)
    assert follow_ups.ask_due(now + timedelta(days=400)) == (3 if allowed else 0)
    if not band:
        house.says("15-17")
        assert FollowUp.objects.count() == 3, "said afterwards, it is planned then"


def test_news_planned_before_this_rule_are_not_asked(house, now):
    house.says("15-17")
    house.young.post("/parler/nouvelles", {"by": "email", "address": "lou@exemple.invalid"})
    Conversation.objects.update(age_band="")
    assert follow_ups.ask_due(now + timedelta(days=400)) == 0
    assert ages.end_standing(now) == 1 and not FollowUp.objects.exists(), "the address goes with them"


def test_no_address_is_left_for_a_reminder(house, people, now):
    house.says("under-15")
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
    address = f"/parler/rendez-vous/{slots[0].proposal}"
    assert 'value="email"' not in text(house.young.get(address))
    with pytest.raises(common.TooYoung):
        appointments.choose(
            appointment=slots[0],
            journey=house.conversation.journey,
            remind_by="email",
            address="lou@exemple.invalid",
            now=now,
        )
    assert house.young.post(address, {"slot": slots[0].pk, "by": "door"}).status_code == 302
    assert Appointment.objects.get().state == "chosen", "the call itself is kept"


def test_two_conversations_made_one_keep_the_youngest_age_and_its_rule(house, write, join):
    handover = house.agrees()
    other = write(age="under-15").conversation
    join(house.conversation, other)
    handover.refresh_from_db()
    assert Conversation.objects.get().age_band == "under-15" and handover.state == "stopped" and not to_partner()
    later = write(age="15-17").conversation
    join(Conversation.objects.get(pk=house.conversation.pk), later)
    assert Conversation.objects.get().age_band == "under-15"


# --- danger, and who waits


def test_the_question_of_age_answers_nobody(house):
    waiting = Conversation.objects.get()
    house.mediator.post(f"{house.desk}relais", {"action": "ask"})
    asked = Conversation.objects.get()
    assert asked.messages.filter(key=asked.age_key).exists()
    assert (asked.state, asked.waiting_since, asked.due_at) == ("waiting", waiting.waiting_since, waiting.due_at)
    assert asked.first_answered_at is None and not EventRecord.objects.filter(name="conversation.answered").exists()


@pytest.mark.parametrize("band", ["", "15-17"])
def test_an_open_alarm_stands_above_the_handover(house, band):
    house.says(band)
    assert "À lire tout de suite" not in text(house.mediator.get(f"{house.desk}relais"))
    house.young.post("/parler/ecrire", {"body": "je veux mourir ce soir", "key": uuid4()})
    page = text(house.mediator.get(f"{house.desk}relais"))
    assert "À lire tout de suite" in page and page.index("À lire tout de suite") < page.index("<h1>")
    assert f'href="{house.desk}#m' in page
