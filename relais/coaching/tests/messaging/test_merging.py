"""Two conversations of one person become one: nothing is lost, nobody waits longer, nothing is counted twice."""

from datetime import time, timedelta
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.utils import timezone

from relais.accounts import reading
from relais.accounts.models import AccessRecord, Why
from relais.coaching import services, thread
from relais.coaching.desk import undelivered
from relais.coaching.line import breach, changed_hours, clock, opening, rerouting
from relais.coaching.messaging import merging
from relais.coaching.models import Conversation, Draft, Line, Note, OpeningWindow
from relais.coaching.rights import requests
from relais.foundation import outbox
from relais.foundation.models import EventRecord, Outbound
from relais.foundation.refusals import NotAcceptable
from relais.journeys import services as journeys
from relais.journeys.models import Journey

pytestmark = pytest.mark.django_db


def minutes(count):
    return timedelta(minutes=count)


def test_the_messages_follow_with_their_dates_and_the_other_ends(write, join, now):
    keep, other = write("Un", at=now - minutes(9)), write("Deux", at=now - minutes(20))
    services.write(journey=other.conversation.journey, body="Trois", key=uuid4(), now=now - minutes(15))
    kept = join(keep.conversation, other.conversation)
    told = [(one.seq, one.body, one.at) for one in kept.messages.all()]
    assert told[:3] == [(1, "Un", now - minutes(9)), (2, "Deux", now - minutes(20)), (3, "Trois", now - minutes(15))]
    assert Conversation.objects.count() == Journey.objects.count() == 1
    assert journeys.by_cookie(other.cookie) == journeys.by_cookie(keep.cookie), "both telephones open it"
    assert "Elle le dit elle-même" in Note.objects.get().body


def test_who_waited_longest_keeps_their_place(write, join, now):
    keep, other = write(at=now - minutes(9)), write(at=now - minutes(20))
    kept = join(keep.conversation, other.conversation)
    kept.refresh_from_db()
    assert kept.waiting_since == now - minutes(20) and kept.due_at == now + minutes(10)


def test_a_wait_goes_on_in_a_conversation_where_nobody_waited(write, join, people, now):
    keep, other = write(at=now - minutes(40)), write(at=now - minutes(20))
    services.claim(conversation=keep.conversation, user=people["mediator"], now=now)
    services.reply(
        conversation=keep.conversation, user=people["mediator"], body="Oui", key=uuid4(), now=now - minutes(35)
    )
    kept = join(keep.conversation, other.conversation)
    assert kept.state == "waiting" and kept.due_at == now + minutes(10)
    services.reply(conversation=kept, user=people["mediator"], body="Voilà", key=uuid4(), now=now + minutes(1))
    assert EventRecord.objects.get(name="conversation.answered", data__seconds=21 * 60).subject == kept.pk
    assert EventRecord.objects.filter(name="wait.started", subject=kept.pk).count() == 2


def test_a_breach_stays_a_breach_and_is_told_once(write, join, people, now):
    keep, other = write(at=now - minutes(10)), write(at=now - minutes(45))
    clock.turn(now)
    kept = join(keep.conversation, other.conversation)
    clock.turn(now + minutes(1))
    assert EventRecord.objects.filter(name="promise.broken").count() == 1
    services.claim(conversation=kept, user=people["mediator"], now=now)
    services.reply(conversation=kept, user=people["mediator"], body="Pardon", key=uuid4(), now=now + minutes(2))
    assert EventRecord.objects.get(name="conversation.answered").data["kept"] is False


@pytest.fixture
def two_waits(line, write, now):
    """(somebody told that they are answered in ten minutes, by a quick line that gave them to the slow one; somebody who has waited
    longer on that one, told eighty minutes)."""
    slow = Line.objects.create(
        slug="lente",
        name="Lente",
        organisation=line.organisation,
        promise_minutes=120,
        alert_minutes=60,
        escalate_minutes=90,
        oncall_minutes=100,
        open_on_holidays=True,
    )
    OpeningWindow.objects.bulk_create(
        OpeningWindow(line=slow, weekday=day, opens=time(0), closes=time(0)) for day in range(7)
    )
    promised, patient = write(at=now - minutes(20)).conversation, write(at=now - minutes(40), on=slow).conversation
    rerouting._go(thread.locked(promised.pk), slow, by=None, reason="", now=now)
    return promised, patient


def again(conversation):
    return Conversation.objects.select_related("line", "journey").get(pk=conversation.pk)


@pytest.mark.parametrize("order", [1, -1])
def test_two_waits_end_when_the_first_of_them_was_told(order, two_waits, join, people, now):
    keep, other = (again(one) for one in two_waits[::order])
    assert sorted(round((one.due_at - now) / minutes(1)) for one in (keep, other)) == [10, 80]
    kept = join(keep, other)
    held = again(kept)
    assert (held.waiting_since, held.due_at, held.escalate_at) == (
        now - minutes(40),
        now + minutes(10),
        now - minutes(20),
    )
    slow = held.line
    slow.promise_minutes = 240
    opening.keep(line=slow, user=people["supervisor"], week=opening.week_of(slow), now=now)
    clock.turn(now)
    assert again(kept).due_at == now + minutes(10), "hours counted again move it no further"


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_waits_on_one_line_the_first_told_holds_whatever_closes_later(order, line, write, join, people, now):
    pair = write(at=now - minutes(25)).conversation, write(at=now - minutes(5)).conversation
    kept = join(*pair[::order])
    changed_hours.open_or_close_now(
        line=line, user=people["supervisor"], state="closed", until=now + minutes(120), message="", now=now
    )
    clock.turn(now)
    assert again(kept).due_at == now + minutes(5)


@pytest.mark.parametrize("order", [1, -1])
def test_a_breach_of_the_one_who_waits_less_stays_a_breach(order, two_waits, join, people, now):
    at = now + minutes(11)
    clock.turn(at)
    kept = join(*(again(one) for one in two_waits[::order]), at=at)
    clock.turn(at + minutes(1))
    held = again(kept)
    assert held.broken_at == at and held.waiting_since == now - minutes(40)
    assert EventRecord.objects.filter(name="promise.broken").count() == 1
    assert [one.body for one in held.messages.filter(side="notice")].count(breach.APOLOGY) == 1


def test_the_figures_still_agree_with_the_tables(write, join, people, now):
    keep, other = write(at=now - minutes(40), touch="K7QM3"), write(at=now - minutes(20), touch="A4WQ7")
    services.claim(conversation=other.conversation, user=people["mediator"], now=now)
    services.reply(
        conversation=other.conversation, user=people["mediator"], body="Oui", key=uuid4(), now=now - minutes(5)
    )
    join(keep.conversation, other.conversation)
    call_command("check-figures", verbosity=0)


def test_nothing_that_points_at_the_other_is_left_or_lost(write, join, people, now):
    """Every relation of a conversation is moved, or ends with it on purpose; what apps above keep is moved by them."""
    ends = {"presences", "drafts", "messages", "callback"}
    own = [one for one in Conversation._meta.related_objects if one.related_model._meta.app_label == "coaching"]
    relations = {one.get_accessor_name() for one in own}
    assert relations == ends | set(merging.MOVED)
    keep, other = write(), write()
    Draft.objects.create(user=people["mediator"], conversation=other.conversation, body="Brouillon", updated_at=now)
    services.ask_callback(journey=other.conversation.journey, kind="email", value="lea@exemple.invalid", now=now)
    kept = join(keep.conversation, other.conversation)
    assert Conversation.objects.get(pk=kept.pk).callback.value == "lea@exemple.invalid"


def test_who_read_what_was_joined_is_told_to_the_person(write, join, people, now):
    """Also of what had been joined to it before."""
    first, second, third = (write(key=uuid4()).conversation for _ in range(3))
    for one, why in ((first, Why.SUPERVISION), (second, Why.REVIEW), (third, Why.REQUEST)):
        reading.open_files(user=people["supervisor"], kind="conversation", subjects=[one.pk], reason=why, now=now)
    kept = join(third, join(second, first))
    told = str(requests.export(journey=kept.journey)["qui a lu"])
    assert all(why in told for why in (Why.SUPERVISION, Why.REVIEW, Why.REQUEST))


def test_letters_of_the_one_that_ends_are_looked_after_and_erased_with_the_one_that_stays(write, join, people, now):
    """What did not leave is still decided about by somebody, and no address of the person stays behind."""
    keep, other = write().conversation, write().conversation
    owner, payload = keep.line.organisation_id, {"to": "+33612345678", "text": "Lou"}
    outbox.enqueue("sms", key="told:1", payload=payload, now=now, about=other.pk, owner=owner)
    Outbound.objects.filter(key="told:1").update(state="failed")
    kept = join(keep, other)
    [one] = undelivered.shown(undelivered.letters_of(people["supervisor"]).filter(key="told:1"), people["supervisor"])
    assert one.conversation == kept
    requests.erase(journey=kept.journey, now=now)
    assert not Outbound.objects.filter(key="told:1").exists()


def test_the_youngest_age_protects(write, join):
    keep, other = write().conversation, write().conversation
    Conversation.objects.filter(pk=keep.pk).update(age_band="18-25", subject="jobs")
    Conversation.objects.filter(pk=other.pk).update(age_band="15-17", subject="money")
    kept = join(keep, other)
    kept.refresh_from_db()
    assert (kept.age_band, kept.subject) == ("15-17", "jobs")


def test_only_who_sees_both_may_join_them(write, join, people, make_user, now):
    keep, other = write().conversation, write().conversation
    for user in (make_user("mediator"), people["administrator"]):
        with pytest.raises(NotAcceptable):
            join(keep, other, user=user)
    with pytest.raises(NotAcceptable):
        join(keep, keep)
    foreign = Line.objects.create(slug="autre", name="Autre", organisation=keep.line.organisation)
    with pytest.raises(NotAcceptable):
        join(keep, write(on=foreign).conversation)


@pytest.fixture
def two(write, people, client_for):
    """(the mediator's browser, the conversation that they hold and have open, another that nobody has opened)."""
    mine, other, client = write("Le mien").conversation, write("SECRET").conversation, client_for(people["mediator"])
    client.post(f"/pro/conversations/{mine.pk}/prendre")
    client.get(f"/pro/conversations/{mine.pk}/")
    return client, mine, other


def traces(subject, action):
    return list(
        AccessRecord.objects.filter(subject=str(subject), action=action).order_by("id").values_list("reason", flat=True)
    )


def test_joining_is_no_way_to_read(two):
    """What one has not taken and opened cannot be joined, chosen, or seen: nothing of it is shown, and it stays where it is."""
    client, mine, other = two
    address = f"/pro/conversations/{mine.pk}/reunir"
    tries = [
        {"other": other.pk, "reason": "Même numéro"},
        {"other": other.pk, "reason": "Même numéro", "seen": merging.state_of(mine, other)},
    ]
    for fields in tries:
        page = client.post(address, fields)
        assert page.status_code == 422 and "SECRET" not in page.content.decode()
    assert Conversation.objects.count() == 2 and traces(other.pk, "read") == []
    client.post(f"/pro/conversations/{other.pk}/prendre")
    assert client.post(address, tries[1]).status_code == 422, "taken, not read"
    assert client.get(f"/pro/conversations/{other.pk}/reunir").status_code == 302, (
        "the page itself is for who has it open"
    )


def test_who_holds_both_looks_at_both_and_confirms(two):
    client, mine, other = two
    client.post(f"/pro/conversations/{other.pk}/prendre")
    client.get(f"/pro/conversations/{other.pk}/")
    address = f"/pro/conversations/{mine.pk}/reunir"
    page = client.get(address).content.decode()
    assert page.count('name="other"') == 1 and "SECRET" not in page
    assert client.post(address, {"other": other.pk, "reason": ""}).status_code == 422
    page = client.post(address, {"other": other.pk, "reason": "Même numéro"}).content.decode()
    assert "Réunir ces deux conversations" in page and "ne se défait pas" in page and Conversation.objects.count() == 2
    seen = {"other": other.pk, "reason": "Même numéro", "seen": merging.state_of(mine, other)}
    services.write(journey=other.journey, body="Encore un mot", key=uuid4(), now=timezone.now())
    assert client.post(address, seen).status_code == 422, "it is no longer what was looked at"
    other.refresh_from_db()
    assert client.post(address, seen | {"seen": merging.state_of(mine, other)}).status_code == 302
    assert Conversation.objects.get().pk == mine.pk
    assert any(str(other.pk) in reason for reason in traces(mine.pk, "merge")) and any(
        str(mine.pk) in reason for reason in traces(other.pk, "merge")
    )
    assert traces(other.pk, "read") and traces(mine.pk, "read")


def test_a_pseudonym_is_sought_outside_of_addresses_and_says_nothing_more(two):
    client, mine, other = two
    address = f"/pro/conversations/{mine.pk}/reunir"
    assert str(other.pk) not in client.get(address, {"pseudo": "colibri"}).content.decode()
    page = client.post(address, {"pseudonym": "colibri"}).content.decode()
    assert f"/pro/conversations/{other.pk}/" in page and "SECRET" not in page and 'name="other"' not in page
    assert AccessRecord.objects.filter(action="search").count() == 1


def test_what_was_joined_counts_as_read(write, join, people, now):
    """A conversation that ended in another is no longer one's own work: joining cannot empty the line unseen."""
    mine = write().conversation
    for _ in range(32):
        join(mine, write(key=uuid4()).conversation)
        mine.refresh_from_db()
    assert EventRecord.objects.filter(name="reading.warned").count() == 1
