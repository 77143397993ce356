"""The page of the promise: every number is in the log, counted twice, and no small number gets out."""

import random
import uuid
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from relais.insights import promised, recount_promise
from relais.insights.promised import NEVER, Kept, publish

from .histories import event, write

pytestmark = pytest.mark.django_db
PARIS = ZoneInfo("Europe/Paris")


def wait(at, *, seconds=None, broken=False, merged=False, line=1):
    """The events of one wait."""
    subject = uuid.uuid4()
    own = [event("conversation.opened", at, subject=subject), event("wait.started", at, subject=subject, line=line)]
    if broken:
        own.append(event("promise.broken", at + timedelta(minutes=30), subject=subject))
    if seconds is not None:
        own.append(
            event(
                "conversation.answered",
                at + timedelta(hours=20),
                subject=subject,
                seconds=seconds,
                kept=not broken,
                first=True,
            )
        )
    if merged:
        own.append(event("conversation.merged", at + timedelta(minutes=5), subject=subject, into=str(uuid.uuid4())))
    return own


def this_month(now):
    return promised.count(now).months[promised.months(now)[-1]]


@pytest.fixture
def now():
    return datetime(2026, 11, 20, 12, tzinfo=PARIS)


def test_each_wait_counts_in_its_month_and_an_answer_ends_one_wait_only(now):
    subject = uuid.uuid4()
    write(
        event("wait.started", now - timedelta(days=30), subject=subject, line=1),
        event("conversation.answered", now - timedelta(days=29), subject=subject, seconds=60, kept=True, first=True),
        event(
            "conversation.answered", now - timedelta(days=28), subject=subject, seconds=9999, kept=False, first=False
        ),
        event("wait.started", now - timedelta(days=1), subject=subject, line=1),
    )
    months = promised.count(now).months
    assert months[date(2026, 10, 1)] == Kept(1, 1, 0, 60, 60)
    assert months[date(2026, 11, 1)] == Kept(0, 0, 1, None, None)


def test_a_month_begins_at_midnight_on_the_clock_of_the_site(now):
    midnight = datetime(2026, 11, 1, tzinfo=PARIS)
    write(*wait(midnight, seconds=1), *wait(midnight - timedelta(microseconds=1), seconds=1))
    assert [cell.number for cell in promised.count(now).months.values()] == [1, 1]


def test_who_was_never_answered_is_the_longest_wait_and_a_merge_hides_no_breach(now):
    write(
        *wait(now - timedelta(days=2), seconds=1800),
        *wait(now - timedelta(days=2), seconds=1801, broken=True),
        *wait(now - timedelta(days=2), broken=True),
        *wait(now - timedelta(days=2), broken=True, merged=True),
        *wait(now - timedelta(days=2), merged=True),
        *wait(now - timedelta(hours=1)),
    )
    assert this_month(now) == Kept(4, 1, 1, 1801, NEVER)


def test_closing_at_once_is_told(now):
    write(event("line.forced", now - timedelta(days=1), line=1, state="closed", minutes=60, waiting=7))
    write(event("line.forced", now - timedelta(days=1), line=1, state="usual", minutes=0, waiting=7))
    counted = promised.count(now)
    assert (counted.closed, counted.closed_on) == (1, 7)


def anything(seed, now):
    """A log of random steps in random order, over fourteen months, with what cannot happen."""
    dice, events = random.Random(seed), []
    names = [
        "wait.started",
        "wait.started",
        "conversation.answered",
        "conversation.rerouted",
        "promise.broken",
        "conversation.merged",
        "conversation.closed",
    ]
    for _ in range(150):
        subject = uuid.UUID(int=dice.getrandbits(128))
        at = now - timedelta(minutes=dice.randrange(60 * 24 * 430))
        for _ in range(dice.randrange(9)):
            name = dice.choice(names)
            has_line = name == "conversation.rerouted" or (
                name in ("wait.started", "promise.broken") and dice.random() < 0.9
            )
            data = {"line": dice.randrange(1, 4)} if has_line else {}
            if name == "conversation.answered":
                data = {
                    "seconds": dice.choice([0, 1799, 1800, 1801, dice.randrange(90_000)]),
                    "kept": True,
                    "first": True,
                }
            events.append(event(name, at + timedelta(hours=dice.randrange(900)), subject=subject, **data))
    dice.shuffle(events)
    return events


@pytest.mark.parametrize("seed", range(12))
def test_two_counts_agree_on_any_history(seed, now):
    write(*anything(seed, now))
    differences, compared = recount_promise.compare(now)
    assert differences == [] and compared >= 12


@pytest.mark.parametrize(
    "wrong",
    [
        ("<= %(within)s", "< %(within)s"),
        ("NOT merged", "TRUE"),
        ("0.9", "0.8"),
        ("AT TIME ZONE %(zone)s", "AT TIME ZONE 'UTC'"),
    ],
)
def test_a_count_made_wrong_on_purpose_is_found(wrong, now, monkeypatch):
    write(*(one for seconds in range(1, 21) for one in wait(now - timedelta(days=3), seconds=90 * seconds)))
    write(
        *wait(now, merged=True),
        *wait(datetime(2026, 11, 1, 0, 30, tzinfo=PARIS), seconds=1),
        *wait(now - timedelta(days=1), merged=True),
    )
    assert recount_promise.compare(now)[0] == []
    monkeypatch.setattr(promised, "_WAITS", promised._WAITS.replace(*wrong))
    assert recount_promise.compare(now)[0]


def test_the_command_recounts_it(now, capsys):
    write(*wait(now - timedelta(days=2), seconds=5))
    call_command("check-figures")
    assert "months and lines recounted, 0 differences" in capsys.readouterr().out


cells = st.builds(
    lambda number, within, pending: Kept(
        number, min(number, within), pending, 60 if number else None, 120 if number else None
    ),
    st.integers(0, 30),
    st.integers(0, 30),
    st.integers(0, 9),
)


@given(st.lists(cells, min_size=1, max_size=12))
def test_no_small_number_can_be_found_by_reading_or_by_subtracting(parts):
    whole = Kept(sum(one.number for one in parts), sum(one.within for one in parts), 0, 60, 120)
    shown, total = publish(parts, whole)
    hidden = [cell.number for cell, told in zip(parts, shown, strict=True) if told.hidden]
    if not total.hidden and any(hidden):
        assert sum(hidden) >= promised.SMALLEST or all(
            told.hidden or not cell.number for cell, told in zip(parts, shown, strict=True)
        )
    exact = [one for one in zip(parts, shown, strict=True) if one[1].share is None]
    if total.share is not None:
        for count in (sum(cell.within for cell, _ in exact), sum(cell.number - cell.within for cell, _ in exact)):
            assert not 0 < count < promised.SMALLEST
    for cell, told in [*zip(parts, shown, strict=True), (whole, total)]:
        if told.hidden:
            assert (told.number, told.share, told.median, told.at_least) == (None,) * 4
            continue
        assert not 0 < cell.number < promised.SMALLEST and not 0 < (told.pending or 0) < promised.SMALLEST
        late = cell.number - cell.within
        if told.share is not None:
            assert not 0 < late < promised.SMALLEST and not 0 < cell.within < promised.SMALLEST
        elif cell.number:
            assert (
                (told.at_least or 0) <= cell.within / cell.number <= (told.at_most if told.at_most is not None else 1)
            )
        assert told.ninth is None or cell.number >= promised.ENOUGH_FOR_NINTH


def months_of(now, sizes):
    for number, (answered, late) in enumerate(sizes):
        at = now - timedelta(days=31 * number, hours=1)
        write(*(one for n in range(answered) for one in wait(at - timedelta(minutes=n), seconds=300 + 20 * n)))
        write(*(one for n in range(late) for one in wait(at - timedelta(minutes=n), seconds=4000 + n, broken=True)))


def test_the_page_shows_bad_months_like_good_ones_and_hides_small_ones(client, now, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    months_of(now, [(40, 10), (24, 36), (3, 0), (60, 2), (30, 0)])
    page = client.get("/promesse").content.decode()
    assert "40\xa0%" in page and "80\xa0%" in page, "the bad month and the good one"
    assert "au moins 93\xa0%" in page, "two late answers are not told"
    assert page.count(">caché<") == 2, "the month of three, and the one that would give it away"
    assert "Les mauvais mois sont là aussi" in page


def test_the_page_without_a_single_wait_claims_nothing(client):
    page = client.get("/promesse").content.decode()
    assert "Trop tôt pour le dire" in page and "\xa0%" not in page


def test_the_same_for_programs(client, now, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    months_of(now, [(40, 10)])
    answer = client.get("/api/v1/promise").json()
    assert answer["total"] == 1
    assert answer["results"][0] == {
        "month": "2026-11-01",
        "number": 50,
        "share": 0.8,
        "at_least": None,
        "at_most": None,
        "median": 13,
        "ninth": 67,
        "pending": 0,
        "hidden": False,
    }
    assert client.get("/api/v1/promise?month=3").status_code == 400


def test_the_page_costs_few_queries(client, now, django_assert_max_num_queries):
    months_of(now, [(6, 6)])
    with django_assert_max_num_queries(9):
        client.get("/promesse")
