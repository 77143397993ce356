"""A broken promise is said at once, leaves a choice, and stays broken."""

from datetime import datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relais.coaching import services
from relais.coaching.line import breach, clock
from relais.coaching.models import Callback, Conversation, Line, Message
from relais.foundation.hours import OpeningHours, Window
from relais.foundation.models import EventRecord
from relais.foundation.refusals import WrongState
from tests.builders import sms_account

pytestmark = pytest.mark.django_db
PARIS = ZoneInfo("Europe/Paris")
LATE = timedelta(minutes=31)


@pytest.fixture
def broken(write, now):
    opened = write()
    clock.turn(now + LATE)
    return opened


def choose(opened, now, kind="stay", value="", slot=None):
    breach.choose(journey=opened.conversation.journey, kind=kind, value=value, slot=slot, now=now + LATE)


def test_sorry_is_said_once_even_by_two_clocks(broken, now):
    for _ in range(3):
        clock.turn(now + LATE + timedelta(minutes=1))
    notices = Message.objects.filter(conversation=broken.conversation, side="notice")
    assert [one.body for one in notices] == [breach.APOLOGY]
    assert Conversation.objects.get().broken_at == now + LATE


def test_each_broken_wait_has_its_own_apology(broken, people, now):
    services.claim(conversation=broken.conversation, user=people["mediator"], now=now + LATE)
    services.reply(
        conversation=broken.conversation, user=people["mediator"], body="Pardon", key=uuid4(), now=now + LATE
    )
    services.write(journey=broken.conversation.journey, body="Et ?", key=uuid4(), now=now + 2 * LATE)
    clock.turn(now + 3 * LATE)
    assert [one.body for one in Message.objects.filter(side="notice")] == [breach.APOLOGY] * 2


@pytest.mark.parametrize(
    "kind, value", [("email", "lea@exemple.invalid"), ("sms", "+33639980001"), ("phone", "+33639980002")]
)
def test_the_desk_sees_what_was_chosen_and_the_breach_stays(broken, now, kind, value):
    choose(broken, now, kind, value)
    callback = Callback.objects.get()
    assert (callback.kind, callback.value, callback.after_breach) == (kind, value, True)
    assert EventRecord.objects.get(name="breach.chosen").data == {"choice": kind}
    assert Conversation.objects.get().broken_at and EventRecord.objects.filter(name="promise.broken").count() == 1


def test_staying_leaves_nothing_to_call(broken, now):
    choose(broken, now)
    assert not Callback.objects.exists() and EventRecord.objects.get(name="breach.chosen").data == {"choice": "stay"}


def test_somebody_answered_meanwhile(broken, people, now):
    services.claim(conversation=broken.conversation, user=people["mediator"], now=now + LATE)
    services.reply(
        conversation=broken.conversation, user=people["mediator"], body="Pardon", key=uuid4(), now=now + LATE
    )
    with pytest.raises(WrongState):
        choose(broken, now, "email", "a@exemple.invalid")


def test_a_slot_is_one_that_was_offered(broken, line, now):
    offered = breach.slots(line, now + LATE)
    assert breach.A_DAY < len(offered) <= breach.A_DAY * breach.DAYS, "in the evening, fewer are left on the first day"
    choose(broken, now, "phone", "06 39 98 00 01", offered[2])
    assert Callback.objects.get().slot == offered[2]
    with pytest.raises(breach.NotOffered):
        choose(broken, now, "phone", "06 39 98 00 01", offered[2] + timedelta(days=30))


windows = st.builds(
    lambda day, hour, length: Window(day, time(hour), time(min(23, hour + length))),
    st.integers(0, 6),
    st.integers(0, 21),
    st.integers(1, 5),
)


@given(
    st.lists(windows, max_size=6),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 1)),
    st.sampled_from(["Europe/Paris", "Indian/Reunion"]),
)
def test_slots_are_whole_half_hours_of_opening_soon_and_in_order(weekly, at, zone):
    line, at = Line(), at.replace(tzinfo=PARIS)
    line._hours = OpeningHours(zone=ZoneInfo(zone), windows=tuple(weekly))
    found = breach.slots(line, at)
    assert found == sorted(set(found)) and len(found) <= breach.A_DAY * breach.DAYS
    for slot in found:
        assert slot >= at + breach.NOTICE and slot.minute in (0, 30) and slot.second == 0
        assert line._hours.between(slot, slot + breach.SLOT) == breach.SLOT
        assert breach.EARLIEST <= slot.astimezone(line._hours.zone).time() < breach.LATEST
    by_day = any(one.opens <= time(18) and (one.closes >= time(9)) for one in weekly)
    assert found or not by_day


# ---- In the browser of the person


@pytest.fixture
def browser(client, settings):
    def go(opened):
        client.cookies[settings.JOURNEY_COOKIE_NAME] = opened.cookie
        return client

    return go


@pytest.fixture
def late(write, now):
    """Somebody whose promise was broken a minute ago."""
    opened = write(at=now - LATE)
    clock.turn(now)
    return opened


def test_the_page_says_sorry_and_offers_the_choice(browser, late, line, now):
    client = browser(late)
    page = client.get("/parler").content.decode()
    assert "On est en retard, pardon." in page and "Choisir la suite" in page and "On t’avait promis" in page
    page = client.get("/parler/rappel").content.decode()
    assert all(text in page for text in ("On n’a pas tenu parole.", "Je reste ici", "Qu’on m’appelle", "/promesse"))
    offered = len(breach.slots(line, now))
    assert page.count('name="slot"') in (1 + offered, offered), "a half hour may pass meanwhile"


def test_choosing_a_slot_in_the_page(browser, late, line, now):
    client = browser(late)
    slot = breach.slots(line, now)[1]
    answer = client.post("/parler/rappel", {"kind": "phone", "value": "06 39 98 00 01", "slot": slot.isoformat()})
    assert answer.status_code == 302 and Callback.objects.get().slot == slot
    assert client.post("/parler/rappel", {"kind": "stay"}).status_code == 302


@pytest.mark.parametrize(
    "typed, problem",
    [
        ({}, "Choisis une façon"),
        ({"kind": "email", "value": "lea"}, "pas la bonne forme"),
        ({"kind": "email", "value": ""}, "Écris ton e-mail."),
        ({"kind": "sms", "value": "01 39 98 00 01"}, "mobile français"),
        ({"kind": "sms", "value": "x" * 300}, "trop long"),
        ({"kind": "phone", "value": "abc"}, "pas la bonne forme"),
        ({"kind": "phone", "value": "06 39 98 00 01", "slot": "hier"}, "plus libre"),
        ({"kind": "pigeon", "value": "x"}, "dans la liste"),
    ],
)
def test_what_cannot_be_is_said_and_kept(browser, late, typed, problem):
    sms_account(url="https://sms.exemple.invalid")
    answer = browser(late).post("/parler/rappel", typed)
    assert answer.status_code == 422 and problem in answer.content.decode()
    assert not Callback.objects.exists()


def test_before_any_breach_staying_is_not_a_choice(browser, write, now):
    client = browser(write(at=now))
    assert "Je reste ici" not in client.get("/parler/rappel").content.decode()
    assert client.post("/parler/rappel", {"kind": "stay"}).status_code == 422
    assert client.post("/parler/rappel", {"kind": "email", "value": "lea@exemple.invalid"}).status_code == 302
    assert Callback.objects.get().after_breach is False


def test_a_way_by_which_nothing_could_leave_is_not_offered(browser, write, now, line):
    client, typed = browser(write(at=now)), {"kind": "sms", "value": "06 39 98 00 01"}
    sms_account(url="https://sms.exemple.invalid", owner=uuid4())
    assert "Qu’on m’écrive par SMS" not in client.get("/parler/rappel").text, "the account of another organisation"
    assert client.post("/parler/rappel", typed).status_code == 422 and not Callback.objects.exists()
    sms_account(url="https://sms.exemple.invalid", owner=line.organisation_id)
    assert "Qu’on m’écrive par SMS" in client.get("/parler/rappel").text
    assert client.post("/parler/rappel", typed).status_code == 302 and Callback.objects.get().kind == "sms"
