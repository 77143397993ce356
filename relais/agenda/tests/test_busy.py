"""Somebody's own agenda: read each hour from where it is published, kept as hours and nothing else, and what follows for slots."""

import logging
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from relais.accounts.models import Membership
from relais.agenda import away, clashes, feed, taken
from relais.agenda.busy import expanding, reading
from relais.agenda.models import BusyFeed, BusyTime
from relais.foundation import claims
from relais.foundation.refusals import NotAcceptable

from .conftest import choose
from .feeds import calendar, publishing

pytestmark = pytest.mark.django_db
PAGE, SECOND, HOUR = "/pro/agenda/", timedelta(seconds=1), timedelta(hours=1)
SECRET, ISLAND = "jeton-de-sarah", ZoneInfo("Indian/Reunion")


@pytest.fixture
def mediator(people):
    return people["mediator"]


@pytest.fixture(autouse=True)
def straight(monkeypatch):
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def published():
    with publishing() as there:
        yield there


@pytest.fixture
def known(mediator, published, now):
    """The feed of the mediator, at an address of the loopback that no form would take."""
    return BusyFeed.objects.create(user=mediator, address=published.address, next_at=now)


def event(at, hours=1.0, more="SUMMARY:Chimio, 3 rue des Lilas"):
    return f"UID:{uuid4()}\nDTSTART:{at.astimezone(UTC):%Y%m%dT%H%M%SZ}\nDURATION:PT{int(hours * 60)}M\n{more}"


def day(now, days=3):
    return (now + timedelta(days=days)).replace(minute=0, second=0, microsecond=0)


def spans():
    return list(BusyTime.objects.values_list("starts_at", "ends_at"))


def fresh(one):
    return BusyFeed.objects.get(pk=one.pk)


def test_hours_are_kept_and_nothing_else(known, published, now):
    at = day(now)
    published.body = calendar(event(at), event(at + 5 * HOUR), event(at - timedelta(days=9)))
    assert reading.read_due(now) == 1
    assert spans() == [(at, at + HOUR), (at + 5 * HOUR, at + 6 * HOUR)]
    assert (fresh(known).read_at, fresh(known).next_at, fresh(known).trouble) == (now, now + reading.EVERY, "")
    with connection.cursor() as cursor:
        for table in ("agenda_busyfeed", "agenda_busytime"):
            cursor.execute(f"SELECT string_agg(t::text, ' ') FROM {table} t")
            text = cursor.fetchone()[0]
            assert not [word for word in ("Chimio", "Lilas", SECRET, "127.0.0.1") if word in text]


def test_each_reading_replaces_the_one_before(known, published, now):
    at = day(now)
    published.body = calendar(event(at))
    reading.read_due(now)
    published.body = calendar(event(at + 5 * HOUR))
    reading.read_due(now + reading.EVERY)
    assert spans() == [(at + 5 * HOUR, at + 6 * HOUR)]


@pytest.mark.parametrize(("over", "read"), [(-SECOND, 0), (timedelta(), 1), (SECOND, 1)])
def test_it_is_asked_for_once_an_hour(known, published, now, over, read):
    reading.read_due(now)
    assert reading.read_due(now + reading.EVERY + over) == read
    assert published.asked == 1 + read


BAD = {
    "refused": {"status": 404},
    "away": {"status": 503},
    "unknown": {"body": b"<!doctype html><title>Connexion</title>"},
    "large": {"body": b"x" * 5_000},
}


@pytest.mark.parametrize("trouble", BAD)
def test_a_feed_that_fails_keeps_what_was_known_and_says_since_when(
    known, published, now, trouble, monkeypatch, client_for, mediator, caplog
):
    monkeypatch.setattr(reading, "BYTES", 4_000)
    at = day(now)
    published.body = calendar(event(at))
    reading.read_due(now)
    for name, value in BAD[trouble].items():
        setattr(published, name, value)
    with caplog.at_level(logging.DEBUG):
        reading.read_due(now + reading.EVERY)
        reading.read_due(now + 2 * reading.EVERY)
    kept = fresh(known)
    assert spans() == [(at, at + HOUR)] and kept.read_at == now
    assert (kept.trouble, kept.failed_at) == (trouble, now + reading.EVERY)
    assert SECRET not in caplog.text
    page = client_for(mediator).get(PAGE).content.decode()
    assert kept.get_trouble_display() in page and "Ce qui en était connu reste" in page and SECRET not in page
    published.status, published.body = 200, calendar()
    reading.read_due(now + 3 * reading.EVERY)
    assert (fresh(known).trouble, fresh(known).failed_at, spans()) == ("", None, [])


@pytest.mark.parametrize(("more", "trouble"), [(-1, ""), (0, ""), (1, "large")])
def test_no_more_bytes_than_the_bound(known, published, now, more, trouble, monkeypatch):
    published.body = calendar(event(day(now)))
    monkeypatch.setattr(reading, "BYTES", len(published.body) - more)
    reading.read_due(now)
    assert fresh(known).trouble == trouble


def test_nothing_inside_the_network_is_asked(known, published, now, settings):
    settings.INNER_ADDRESSES = []
    reading.read_due(now)
    assert (fresh(known).trouble, published.asked) == ("inside", 0)


def test_one_bad_feed_stops_no_other(known, published, people, now):
    nobody = BusyFeed.objects.create(user=people["supervisor"], address="http://127.0.0.1:9/x", next_at=now - HOUR)
    published.body = calendar(event(day(now)))
    assert reading.read_due(now) == 2
    assert (fresh(nobody).trouble, fresh(known).trouble, len(spans())) == ("away", "", 1)


def test_what_no_signal_interrupts_ends_with_its_process(known, published, now, monkeypatch):
    """A bound of the machine, when all others have failed: the feed is told as too heavy, and what was known stays."""
    monkeypatch.setattr(reading, "SECONDS", 0.01)
    published.body = calendar(event(day(now)))
    reading.read_due(now)
    assert (fresh(known).trouble, spans()) == ("heavy", [])


def test_a_hostile_calendar_in_the_real_process(known, published, now):
    at = day(now)
    hostile = "UID:x\nDTSTART:19200101T000000Z\nDURATION:PT1S\nRRULE:FREQ=SECONDLY"
    published.body = calendar(hostile, event(at))
    reading.read_due(now)
    assert spans() == [(at, at + HOUR)] and (fresh(known).trouble, fresh(known).unread) == ("", 1)


def test_the_child_knows_nothing_of_us():
    """`expanding` runs where there is no Django, no secret and no database."""
    import ast
    from pathlib import Path

    named = {
        one.module or ""
        for path in ("child.py", "expanding.py")
        for one in ast.walk(ast.parse((Path(expanding.__file__).parent / path).read_text()))
        if isinstance(one, ast.ImportFrom)
    }
    assert not [one for one in named if one.startswith(("django", "relais.")) and one != "relais.foundation.confined"]


# --- what follows for slots


@pytest.fixture
def busy(mediator, now):
    """busy(starts, ends): so says the agenda of the mediator."""
    one = BusyFeed.objects.create(user=mediator, address="https://agenda.exemple.invalid/x", next_at=now + HOUR)
    return lambda starts, ends: BusyTime.objects.create(feed=one, starts_at=starts, ends_at=ends)


@pytest.mark.parametrize(("over", "is_busy"), [(-SECOND, False), (timedelta(), False), (SECOND, True)])
@pytest.mark.parametrize("edge", ["begins", "ends"])
def test_an_hour_taken_elsewhere_is_said_and_refused(busy, offer, visit, mediator, people, now, over, is_busy, edge):
    at = day(now)
    if edge == "begins":
        busy(at + HOUR / 2 - over, at + 9 * HOUR)
    else:
        busy(at - 9 * HOUR, at + over)
    assert taken.Free(None, [mediator]).takes(at, 30) == ("busy" if is_busy else "")
    assert not taken.Free(None, [people["mediator_2"]]).takes(at, 30)
    (slot,) = offer(visit(), hours=((at - now) / HOUR,), now=now)
    if is_busy:
        assert taken.still_free([slot]) == []
        with pytest.raises(taken.HourTaken, match="plus possible"):
            choose(slot, now=now)
    else:
        choose(slot, now=now)


def test_what_was_proposed_all_the_same_may_be_chosen(busy, offer, visit, mediator, now):
    at = day(now)
    slot, other = offer(visit(), hours=((at - now) / HOUR, (at - now) / HOUR + 1), now=now, regardless=[at])
    busy(at, at + 2 * HOUR)
    assert taken.still_free([slot, other]) == [slot], "the one of which it was said"
    assert clashes.spent(feed.mine(mediator), mediator, now) == []
    chosen = choose(slot, now=now)
    assert clashes.chosen(feed.mine(mediator), mediator, now) == [], "their agenda may hold this very appointment"
    assert chosen.regardless


def test_ticked_an_absence_still_refuses(busy, offer, visit, mediator, now, monkeypatch):
    """`regardless` is about their own agenda, and nothing else."""
    at = day(now)
    first, second = (offer(visit(), hours=((at - now) / HOUR,), now=now, regardless=[at])[0] for _ in range(2))
    choose(first, now=now)
    with pytest.raises(taken.HourTaken):
        choose(second, now=now)


# --- what somebody decides


@pytest.mark.parametrize(
    "typed",
    [
        "https://agenda.exemple.invalid/ical/x.ics?cle=1",
        " webcal://agenda.exemple.invalid/ical/x.ics?cle=1 ",
        "WEBCAL://agenda.exemple.invalid/ical/x.ics?cle=1",
    ],
)
def test_an_address_is_taken_as_programs_give_it(typed):
    assert reading.checked(typed) == "https://agenda.exemple.invalid/ical/x.ics?cle=1"


@pytest.mark.parametrize(
    "typed", ["", "http://a.exemple/x", "ftp://a.exemple/x", "https://", "agenda", "https://a b", "file:///etc/passwd"]
)
def test_what_is_no_address_is_refused(typed):
    with pytest.raises(NotAcceptable, match="https://"):
        reading.checked(typed)


@pytest.mark.parametrize(("more", "is_taken"), [(-1, True), (0, True), (1, False)])
def test_how_long_an_address_may_be(more, is_taken):
    typed = "https://a.exemple/".ljust(reading.LONGEST_ADDRESS + more, "x")
    if is_taken:
        assert reading.checked(typed) == typed
    else:
        with pytest.raises(NotAcceptable):
            reading.checked(typed)


def test_given_changed_and_taken_back_on_the_page(mediator, people, client_for, now):
    client = client_for(mediator)
    assert "Lire mon agenda" in client.get(PAGE).content.decode()
    wrong = client.post(PAGE, {"action": "read", "address": "agenda"})
    assert wrong.status_code == 422 and "elle commence par https://" in wrong.content.decode()
    assert client.post(PAGE, {"action": "read", "address": ""}).status_code == 422
    address = f"https://agenda.exemple.invalid/{SECRET}.ics"
    page = client.post(PAGE, {"action": "read", "address": address}, follow=True).content.decode()
    assert "agenda.exemple.invalid" in page and SECRET not in page and "pas encore lu" in page
    kept = BusyFeed.objects.get()
    assert (kept.user, kept.address) == (mediator, address)
    BusyTime.objects.create(feed=kept, starts_at=now, ends_at=now + HOUR)
    client.post(PAGE, {"action": "read", "address": address + "?2"})
    assert BusyFeed.objects.get().address == address + "?2" and spans() == [], "of the one before nothing is kept"
    assert "agenda.exemple.invalid" not in client_for(people["supervisor"]).get(PAGE).content.decode()
    client_for(people["supervisor"]).post(PAGE, {"action": "unread"})
    assert BusyFeed.objects.count() == 1
    assert "effacé" in client.post(PAGE, {"action": "unread"}, follow=True).content.decode()
    assert not BusyFeed.objects.exists()


def test_a_page_asks_nothing_of_the_web(mediator, client_for, published):
    client = client_for(mediator)
    client.post(PAGE, {"action": "read", "address": published.address.replace("http:", "https:")})
    client.get(PAGE)
    assert published.asked == 0


def test_of_whoever_leaves_nothing_is_read_nor_kept(known, published, mediator, now):
    Membership.objects.filter(user=mediator).update(role="funder")
    assert (reading.read_due(now), published.asked, BusyFeed.objects.count()) == (0, 0, 0)


def test_of_a_closed_account_neither(known, published, mediator, now):
    mediator.is_active = False
    mediator.save()
    assert (reading.read_due(now), published.asked, BusyFeed.objects.count()) == (0, 0, 0)


def test_an_address_taken_back_while_it_is_read_leaves_nothing(known, published, mediator, now):
    published.body = calendar(event(day(now)))
    found = claims.first(BusyFeed.objects.due(now).order_by("id"), lambda one: None)
    reading.stop(user=mediator)
    reading.read(found, now)
    assert not BusyFeed.objects.exists() and spans() == []


def test_the_page_costs_the_same_with_many_hours(mediator, client_for, busy, now):
    client = client_for(mediator)
    client.get(PAGE)

    def cost():
        with CaptureQueriesContext(connection) as made:
            client.get(PAGE)
        return len(made)

    before = cost()
    for hour in range(20):
        busy(now + hour * HOUR, now + (hour + 1) * HOUR)
    assert cost() == before


def test_a_clock_of_the_island_reads_days_as_they_are_there(known, published, now, monkeypatch):
    class There(away.Absences):
        def between(self, users, since, until):
            return []

        def clock(self, user):
            return ISLAND

    monkeypatch.setattr(away, "_declared", [There()])
    at = datetime.combine(day(now).date(), datetime.min.time(), ISLAND)
    published.body = calendar(f"UID:1\nDTSTART;VALUE=DATE:{at:%Y%m%d}")
    reading.read_due(now)
    assert spans() == [(at, at + timedelta(days=1))]
