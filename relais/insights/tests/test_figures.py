import uuid
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from relais.handovers.models import OutcomeCode
from relais.insights import counting, periods
from relais.insights.figures import FIGURES, Period, Value

from .histories import event, life, write

pytestmark = pytest.mark.django_db
A, B = "K7QM3", "A4WQ7"
EVER = Period()


def total(period=EVER):
    return counting.count(period, known=[A, B])[None]


def test_an_empty_log_has_every_line_and_divides_nothing():
    counted = counting.count(Period(), known=[A])
    assert set(counted) == {A, "", None}
    for line in counted.values():
        assert set(line) == {figure.slug for figure in FIGURES}
        assert line["answered"] == Value(0, 0, 0, None)
        assert line["opened"] == Value(0, None, None, 0)
        assert line["first-delay"].value is None


def test_a_whole_life_counts_once_in_every_step(now):
    write(
        *life(now, touch=A, kind="job")[1], event("touch.followed", now, touch=A), event("touch.followed", now, touch=A)
    )
    counted = counting.count(Period(), known=[A, B])
    assert counted[A] == counted[None]
    assert counted[A]["followed"].value == 2
    for slug in ("answered", "within-30", "handed-over", "accepted", "outcome", "placed", "outcome-job"):
        assert counted[A][slug] == Value(1, 1, 0, 1.0), slug
    for slug in ("broken", "refused", "returned", "outcome-training"):
        assert counted[A][slug] == Value(0, 1, 0, 0.0), slug
    assert counted[B]["answered"] == counted[""]["answered"] == Value(0, 0, 0, None)


def test_what_happened_twice_counts_once(now):
    subject, events = life(now, touch=A, seconds=100)
    later = now + timedelta(hours=1)
    again = [
        "conversation.opened",
        "promise.broken",
        "promise.broken",
        "handover.sent",
        "handover.accepted",
        "outcome.recorded",
    ]
    extra = [event(name, later, touch=A, subject=subject, kind="none") for name in again]
    write(
        *events,
        *extra,
        event("conversation.answered", later, touch=A, subject=subject, seconds=9000, kept=False, first=True),
    )
    counted = total()
    assert counted["opened"].value == 1
    assert counted["first-delay"] == Value(1, 1, 0, 100.0)
    assert counted["within-30"] == Value(1, 1, 0, 1.0)
    assert counted["broken"] == Value(1, 1, 0, 1.0)
    assert counted["accepted"] == Value(1, 1, 0, 1.0)
    # The last outcome replaces the first.
    assert counted["outcome-training"].numerator == 0
    assert counted["outcome-none"].numerator == 1
    assert counted["placed"].numerator == 0


def test_who_still_waits_is_missing_and_not_a_failure(now):
    opened = [life(now, until="started")[1] for _ in range(4)]
    broken, closed = uuid.uuid4(), uuid.uuid4()
    for subject, name in ((broken, "promise.broken"), (closed, "conversation.closed")):
        write(
            event("conversation.opened", now, subject=subject),
            event(name, now + timedelta(minutes=40), subject=subject),
        )
    write(
        *(one for events in opened for one in events),
        *life(now, seconds=1800, until="answered")[1],
        *life(now, seconds=1801, until="answered")[1],
    )
    counted = total()
    assert counted["answered"] == Value(2, 8, 4, 0.25)
    # Only first waits that are over: 2 answered, 1 broken, 1 closed without an answer.
    assert counted["within-30"] == Value(1, 4, 4, 0.25)
    assert counted["first-delay"] == Value(2, 8, 6, 1800.5)
    assert counted["broken"] == Value(1, 8, 4, 0.125)


@pytest.mark.parametrize(
    "steps, accepted, refused, returned",
    [
        (["sent"], Value(0, 1, 1, 0.0), Value(0, 1, 1, 0.0), Value(0, 1, 1, 0.0)),
        (["sent", "refused"], Value(0, 1, 0, 0.0), Value(1, 1, 0, 1.0), Value(0, 1, 0, 0.0)),
        (["sent", "returned", "sent"], Value(0, 1, 1, 0.0), Value(0, 1, 1, 0.0), Value(1, 1, 0, 1.0)),
        (["sent", "refused", "sent", "accepted"], Value(1, 1, 0, 1.0), Value(1, 1, 0, 1.0), Value(0, 1, 0, 0.0)),
        (["sent", "stopped"], Value(0, 1, 0, 0.0), Value(0, 1, 0, 0.0), Value(0, 1, 0, 0.0)),
        (["sent", "withdrawn"], Value(0, 1, 0, 0.0), Value(0, 1, 0, 0.0), Value(0, 1, 0, 0.0)),
        (["accepted"], Value(0, 0, 0, None), Value(0, 0, 0, None), Value(0, 0, 0, None)),
    ],
)
def test_what_became_of_a_handover(now, steps, accepted, refused, returned):
    subject, events = life(now, until="proposed")
    write(
        *events,
        *(event(f"handover.{step}", now + timedelta(hours=n + 1), subject=subject) for n, step in enumerate(steps)),
    )
    counted = total()
    assert (counted["accepted"], counted["refused"], counted["returned"]) == (accepted, refused, returned)


def test_a_proposal_without_a_reply_is_missing(now):
    write(*life(now, until="proposed")[1])
    assert total()["handed-over"] == Value(0, 1, 1, 0.0)


def test_a_period_holds_its_first_instant_and_not_its_last(now):
    paris = ZoneInfo("Europe/Paris")
    period = periods.dates(date(2026, 3, 29), date(2026, 3, 29))
    # The day the clocks change has 23 hours.
    assert period.end.astimezone(UTC) - period.start.astimezone(UTC) == timedelta(hours=23)
    for at in (
        datetime(2026, 3, 28, 23, 59, 59, tzinfo=paris),
        period.start,
        period.end - timedelta(microseconds=1),
        period.end,
    ):
        write(*life(at, until="started")[1], event("touch.followed", at, touch=A))
    assert total(period)["opened"].value == 2
    assert total(period)["followed"].value == 2
    assert total(Period(None, period.start))["opened"].value == 1


def test_a_late_step_belongs_to_the_period_of_the_conversation(now):
    subject, events = life(now - timedelta(days=100), until="accepted")
    write(*events, event("outcome.recorded", now, subject=subject, kind="school", again=False))
    assert total(periods.days_back(30, now))["outcome"] == Value(0, 0, 0, None)
    assert total(periods.days_back(180, now))["outcome-school"] == Value(1, 1, 0, 1.0)


def test_unknown_codes_join_those_without_one_and_foreign_codes_are_nowhere(now):
    for touch in (A, "", "XXXXX", B):
        write(*life(now, touch=touch)[1], event("touch.followed", now, touch=touch))
    counted = counting.count(Period(), known=[A], excluded=[B])
    assert {line: values["opened"].value for line, values in counted.items()} == {A: 1, "": 2, None: 3}
    assert {line: values["followed"].value for line, values in counted.items()} == {A: 1, "": 2, None: 3}


def test_every_figure_says_all_it_counts():
    assert len({figure.slug for figure in FIGURES}) == len(FIGURES)
    for figure in FIGURES:
        assert figure.definition.endswith((".", "».")), figure.slug
        assert figure.numerator_text, figure.slug
        assert bool(figure.denominator) == bool(figure.denominator_text)
        assert bool(figure.missing) == bool(figure.missing_text)
    assert {figure.slug for figure in FIGURES} >= {f"outcome-{kind}" for kind in OutcomeCode.values}


def test_the_whole_log_takes_two_queries(now, django_assert_num_queries):
    with django_assert_num_queries(2):
        counting.count(Period(), known=[A, B])


def _after(now, until, *more):
    """A conversation up to the step `until`, then `more` events: (name, data), an hour apart."""
    subject, events = life(now, until=until)
    write(
        *events,
        *(event(name, now + timedelta(hours=n + 1), subject=subject, **data) for n, (name, data) in enumerate(more)),
    )


def test_accompanied_is_a_structure_that_accepted_or_a_day_that_was_held(now):
    _after(now, "accepted")
    _after(now, "answered", ("appointment.chosen", {}), ("appointment.held", {}))
    _after(now, "answered", ("appointment.chosen", {}), ("appointment.missed", {}))
    _after(now, "answered", ("appointment.chosen", {}))
    _after(now, "sent")
    _after(now, "answered", ("handover.accepted", {}))
    counted = total()
    assert counted["accompanied"] == Value(2, 6, 2, 2 / 6)
    assert counted["met"] == Value(1, 2, 1, 0.5)


def test_on_their_way_counts_the_last_news_whoever_said_it(now):
    said = [
        ("training", True),
        ("registered-ml", True),
        ("volunteering", True),
        ("grant", False),
        ("lost", False),
        ("moved", False),
    ]
    for kind, _ in said:
        _after(now, "accepted", ("outcome.recorded", {"kind": kind, "said": "young", "milestone": 3}))
    _after(
        now,
        "accepted",
        ("outcome.recorded", {"kind": "training"}),
        ("outcome.recorded", {"kind": "none", "milestone": 6}),
    )
    _after(now, "accepted")
    _after(now, "answered", ("outcome.recorded", {"kind": "job"}))
    counted = total()
    assert counted["re-engaged"] == Value(sum(counts for _, counts in said), 8, 1, 3 / 8)
    assert counted["placed"].numerator == 1


def test_unknown_before_is_what_the_partner_checked_and_nothing_else(now):
    for known in ("unknown", "known", "accompanied", "unsure"):
        _after(now, "accepted", ("handover.checked", {"known": known}))
    _after(now, "accepted", ("handover.checked", {"known": "unknown"}), ("handover.checked", {"known": "known"}))
    _after(now, "accepted")
    assert total()["unknown-before"] == Value(1, 4, 2, 0.25)


def test_news_at_a_milestone_are_of_those_who_were_asked(now):
    asked = ("follow-up.asked", {"milestone": 6})
    _after(now, "answered", asked, ("outcome.recorded", {"kind": "job-long", "milestone": 6, "said": "young"}))
    _after(now, "answered", asked, ("outcome.recorded", {"kind": "none", "milestone": 6, "said": "young"}))
    _after(now, "answered", asked, ("outcome.recorded", {"kind": "job-long", "milestone": 3, "said": "young"}))
    _after(now, "answered", ("outcome.recorded", {"kind": "job-long", "milestone": 6, "said": "staff"}))
    counted = total()
    assert counted["placed-6"] == Value(1, 3, 1, 1 / 3)
    assert counted["placed-3"] == Value(0, 0, 0, None)


def test_telling_it_once(now):
    _after(now, "accepted", ("handover.told", {"again": True}), ("handover.told", {"again": False}))
    _after(now, "accepted", ("handover.told", {"again": True}))
    _after(now, "accepted")
    assert total()["told-once"] == Value(1, 2, 1, 0.5)
