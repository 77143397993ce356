"""Why a file is opened: the reason is said once, before anything of it is shown, and nothing goes around it."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from relais.accounts import reading
from relais.accounts.models import AccessRecord, Membership, ReadingStop, RightRequest
from relais.coaching import services
from relais.coaching.desk import transfers
from relais.coaching.models import Conversation, Message
from relais.foundation.models import EventRecord

pytestmark = pytest.mark.django_db


def path(conversation, what=""):
    return f"/pro/conversations/{conversation.pk}/{what}"


def reasons(user, conversation):
    rows = AccessRecord.objects.filter(user=user, action="read", subject=str(conversation.pk))
    return list(rows.order_by("id").values_list("reason", flat=True))


@pytest.fixture
def ended(write, people, now):
    """A conversation that a colleague answered and ended; its person did not say their age."""
    conversation, karim = write("SECRET").conversation, people["mediator_2"]
    services.claim(conversation=conversation, user=karim, now=now)
    services.reply(conversation=conversation, user=karim, body="Voilà", key=uuid4(), now=now)
    return services.close(conversation=conversation, user=karim, now=now)


# --- taking in hand


def test_taking_is_no_way_around_the_reason(ended, people, client_for):
    client = client_for(people["mediator"])
    page = client.post(path(ended, "prendre"), follow=True).content.decode()
    assert "Pourquoi ouvrir ce dossier" in page and "SECRET" not in page
    assert Conversation.objects.get().claimed_by is None and reasons(people["mediator"], ended) == []
    answer = client.post(path(ended, "repondre"), {"body": "Mes mots", "key": uuid4(), "take": "on"})
    assert (
        answer.status_code == 422 and "SECRET" not in answer.content.decode() and "Mes mots" in answer.content.decode()
    )
    assert Conversation.objects.get().claimed_by is None
    client.post(path(ended, "raison"), {"reason": "replacement"})
    assert client.post(path(ended, "prendre")).status_code == 302
    assert Conversation.objects.get().claimed_by is None, (
        "a reason that was said, on a page that was not opened, is in no trace"
    )
    assert "SECRET" in client.get(path(ended)).content.decode()
    client.post(path(ended, "prendre"))
    assert Conversation.objects.get().claimed_by == people["mediator"] and reasons(people["mediator"], ended) == [
        "replacement"
    ]


def test_who_waits_for_anybody_is_taken_at_one_press(write, people, client_for):
    conversation, client = write("SECRET").conversation, client_for(people["mediator"])
    assert "SECRET" in client.post(path(conversation, "prendre"), follow=True).content.decode()
    assert Conversation.objects.get().claimed_by == people["mediator"]


def test_what_waits_in_a_colleagues_hands_asks_for_the_reason(write, people, client_for, now):
    conversation = write("SECRET").conversation
    services.claim(conversation=conversation, user=people["mediator"], now=now)
    client = client_for(people["supervisor"])
    assert "SECRET" not in client.post(path(conversation, "prendre"), follow=True).content.decode()
    client.post(f"/pro/ligne/confier/{conversation.pk}", {"to": f"person:{people['supervisor'].pk}"})
    assert Conversation.objects.get().claimed_by == people["mediator"], "nor is it given to oneself"
    client.post(f"/pro/ligne/confier/{conversation.pk}", {"to": f"person:{people['mediator_2'].pk}"})
    assert Conversation.objects.get().claimed_by == people["mediator_2"]


def test_an_adults_file_is_taken_as_it_is_opened(ended, people, client_for):
    Conversation.objects.update(age_band="18-25")
    client_for(people["mediator"]).post(path(ended, "prendre"))
    assert Conversation.objects.get().claimed_by == people["mediator"]


# --- one's own work


def test_ones_own_work_is_traced_once_and_never_counted(write, people, now):
    user = people["mediator"]
    own = [write(key=uuid4()).conversation for _ in range(32)]
    for conversation in own:
        reading.open_file(user=user, kind="conversation", subject=conversation.pk, reason="waits", now=now)
        services.claim(conversation=conversation, user=user, now=now)
        if conversation.pk != own[0].pk:
            services.reply(conversation=conversation, user=user, body="Bonjour", key=uuid4(), now=now)
        reading.open_file(user=user, kind="conversation", subject=conversation.pk, reason="held", now=now)
    assert AccessRecord.objects.filter(action="read").count() == 32
    for number in range(31):
        reading.open_file(user=user, kind="conversation", subject=uuid4(), reason="reading", now=now)
        assert EventRecord.objects.filter(name="reading.warned").count() == (number == 30)


def test_ones_own_work_stays_open_for_a_days_work(write, people, now):
    user, conversation = people["mediator"], write().conversation
    services.claim(conversation=conversation, user=user, now=now)
    for hours in (0, 5, 6, 11):
        at = now + timedelta(hours=hours)
        reading.open_file(user=user, kind="conversation", subject=conversation.pk, reason="held", now=at)
        assert reading.has_open(user=user, kind="conversation", subject=conversation.pk, now=at + timedelta(hours=5))
    assert AccessRecord.objects.filter(action="read").count() == 2


def test_what_was_taken_to_be_read_and_given_back_counts(write, people, now):
    user = people["mediator"]
    pks = [write(key=uuid4()).conversation.pk for _ in range(40)]
    Conversation.objects.update(claimed_by=user)
    for pk in pks:
        reading.open_file(user=user, kind="conversation", subject=pk, reason="held", now=now)
    reading.open_files(
        user=user, kind="conversation", subjects=[uuid4() for _ in range(160)], reason="reading", now=now
    )
    Conversation.objects.update(claimed_by=None)
    with pytest.raises(reading.TooMany):
        reading.open_file(user=user, kind="conversation", subject=uuid4(), reason="reading", now=now)
    assert ReadingStop.objects.get().user == user


def answered_by_karim(write, people, now):
    conversation = write("SECRET", key=uuid4()).conversation
    services.claim(conversation=conversation, user=people["mediator_2"], now=now)
    services.reply(conversation=conversation, user=people["mediator_2"], body="Voilà", key=uuid4(), now=now)
    return services.release(conversation=conversation, user=people["mediator_2"], now=now)


def own_work(user, conversation):
    return list(reading.Read.of("conversation").own_work(user, [str(conversation.pk)]))


def test_what_is_taken_while_nobody_waits_counts_until_it_is_answered(write, people, now):
    user, one, passed = people["mediator"], answered_by_karim(write, people, now), answered_by_karim(write, people, now)
    assert own_work(user, one) == []
    services.claim(conversation=one, user=user, now=now)
    assert own_work(user, one) == [], "taken to be read"
    services.reply(conversation=one, user=user, body="Je prends la suite", key=uuid4(), now=now)
    assert own_work(user, one) == [one]
    transfers.transfer(conversation=passed, by=people["supervisor"], receiver=user, team=None, reason="à toi", now=now)
    assert own_work(user, passed) == [passed], "passed to them by somebody else"


@pytest.mark.parametrize("way", ["load", "absence"])
def test_a_load_given_to_oneself_asks_for_the_reason(write, people, client_for, now, way):
    boss, karim = people["supervisor"], people["mediator_2"]
    held = [
        services.claim(conversation=write("SECRET", key=uuid4()).conversation, user=karim, now=now) for _ in range(2)
    ]
    reading.open_file(user=boss, kind="conversation", subject=held[0].pk, reason="supervision", now=now)
    if way == "load":
        client_for(boss).post(f"/pro/ligne/charge/{karim.pk}", {"to": f"person:{boss.pk}", "reason": "malade"})
    else:
        today = timezone.localdate(now)
        transfers.declare_absence(user=karim, first=today, last=today, substitute=boss, by=boss, now=now)
        transfers.move_due(now)
    holders = {one.pk: one.claimed_by for one in Conversation.objects.all()}
    assert holders == {held[0].pk: boss, held[1].pk: None}, "the other one goes back to the team"


def test_a_reading_stop_is_lifted_where_the_files_are(people, make_user, client_for, line, write, now):
    """Somebody who also works elsewhere: elsewhere has no say in what they read here."""
    boss = make_user("administrator")
    elsewhere = boss.memberships.get().organisation
    second = make_user("administrator", organisation=elsewhere)
    # The membership of elsewhere comes first.
    reader = make_user("mediator", organisation=elsewhere)
    Membership.objects.create(user=reader, organisation=line.organisation, role="mediator")
    reading.open_file(user=reader, kind="conversation", subject=write().conversation.pk, reason="reading", now=now)
    stop = ReadingStop.objects.create(user=reader, at=now, files=201)
    page = client_for(boss).post(f"/pro/equipe/arrets/{stop.pk}/lever", {"reason": "Vu"}, follow=True).content.decode()
    assert "pas ceux de votre organisation" in page and not RightRequest.objects.exists()
    client_for(people["administrator"]).post(f"/pro/equipe/arrets/{stop.pk}/lever", {"reason": "Vu ensemble"})
    asked = RightRequest.objects.get()
    assert asked.organisation == line.organisation
    assert client_for(second).post(f"/pro/equipe/demandes/{asked.pk}/accepter").status_code == 404
    client_for(people["administrator_2"]).post(f"/pro/equipe/demandes/{asked.pk}/accepter")
    assert ReadingStop.objects.get().lifted_by == people["administrator_2"]


# --- search


@pytest.fixture
def mine(write, people, now):
    """Ended, answered by the mediator, opened by nobody today."""
    conversation = write("Je cherche un internat").conversation
    services.claim(conversation=conversation, user=people["mediator"], now=now)
    services.reply(
        conversation=conversation, user=people["mediator"], body="L’internat ouvre en mai", key=uuid4(), now=now
    )
    return services.close(conversation=conversation, user=people["mediator"], now=now)


def test_a_search_does_not_count_words_in_files_that_need_a_reason(mine, people, client_for):
    client = client_for(people["mediator"])
    for words in ("internat", "licorne"):
        page = client.post("/pro/conversations/chercher", {"words": words}).content.decode()
        assert "0 conversation" in page and "0 message lu" in page and "1 conversation de mineur" in page
    assert reasons(people["mediator"], mine) == []
    assert mine.journey.pseudonym in client.post("/pro/conversations/chercher", {"words": "colibri"}).content.decode()


def test_with_its_reason_it_opens_what_it_finds_and_nothing_else(mine, write, people, client_for, now):
    other = write("Rien", key=uuid4()).conversation
    Message.objects.create(
        conversation=other, seq=2, side="staff", author=people["mediator"], body="Une licorne", at=now
    )
    client = client_for(people["mediator"])
    page = client.post("/pro/conversations/chercher", {"words": "internat", "reason": "request"}).content.decode()
    assert "1 conversation" in page and "internat ouvre en mai" in page
    assert reasons(people["mediator"], mine) == ["search:request"] and reasons(people["mediator"], other) == []


def test_a_stopped_account_is_shown_the_stop(mine, people, client_for):
    client = client_for(people["mediator"])
    ReadingStop.objects.create(user=people["mediator"], at=timezone.now(), files=201)
    page = client.post("/pro/conversations/chercher", {"words": "internat", "reason": "request"})
    assert (
        page.status_code == 403
        and "internat" not in page.content.decode()
        and "Votre compte est arrêté" in page.content.decode()
    )
