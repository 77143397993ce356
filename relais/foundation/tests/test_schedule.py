"""What runs by itself: at its hour whatever the clocks do, once whoever looks, told when it goes wrong."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from threading import Barrier
from uuid import uuid4

import psycopg
import pytest
from django.db import connection, transaction

from relais.foundation import schedule
from relais.foundation.database.patience import let_go
from relais.foundation.loops import connection_parameters
from relais.foundation.models import Run, Schedule
from relais.foundation.refusals import AlreadyThere, NotAcceptable
from relais.foundation.running import Hand

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NIGHT = datetime(2026, 11, 25, 2, 30, tzinfo=UTC)
"""Half past three in Paris, a Wednesday."""


@pytest.fixture
def did():
    """What the job was given, each time."""
    return []


@pytest.fixture
def job(monkeypatch, did):
    """The only job of the house: it fails when it is given « raté » and breaks when it is given « cassé »."""
    monkeypatch.setattr(schedule, "registry", {})

    @schedule.scheduled("essai", "Essayer", usual="03:20")
    def essai(lines, now):
        did.append(lines)
        if lines == ["raté"]:
            raise schedule.Failed("Cela n’a pas marché.", "It did not work.")
        if lines == ["cassé"]:
            raise ValueError("secret")
        return "C’est fait."

    return schedule.registry["essai"]


def on(now, **values):
    return Schedule.objects.create(job="essai", is_on=True, hour=time(3, 20), **{"next_at": now} | values)


# --- the clock


def paris(day: str, hour: str) -> datetime:
    """An instant of winter or summer time, said with its offset."""
    return datetime.fromisoformat(f"{day}T{hour}")


@pytest.mark.parametrize(
    ("hour", "after", "expected"),
    [
        # To summer time: half past two does not come on that night, and the night after is an hour shorter.
        ("02:30", paris("2027-03-27", "02:30:00+01:00"), paris("2027-03-28", "03:30:00+02:00")),
        ("02:30", paris("2027-03-28", "03:30:00+02:00"), paris("2027-03-29", "02:30:00+02:00")),
        ("03:20", paris("2027-03-27", "03:20:00+01:00"), paris("2027-03-28", "03:20:00+02:00")),
        # To winter time: half past two comes twice, and counts once.
        ("02:30", paris("2027-10-30", "02:30:00+02:00"), paris("2027-10-31", "02:30:00+02:00")),
        ("02:30", paris("2027-10-31", "02:30:00+02:00"), paris("2027-11-01", "02:30:00+01:00")),
        ("02:30", paris("2027-10-31", "02:30:00+01:00"), paris("2027-11-01", "02:30:00+01:00")),
        ("03:20", paris("2027-10-30", "03:20:00+02:00"), paris("2027-10-31", "03:20:00+01:00")),
        ("00:00", paris("2026-12-31", "23:59:59+01:00"), paris("2027-01-01", "00:00:00+01:00")),
    ],
)
def test_its_hour_on_the_wall_whatever_the_clocks_do(hour, after, expected):
    assert schedule.following(time.fromisoformat(hour), "all", after) == expected


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ("all", [25, 26, 27, 28]),
        ("working", [25, 26, 27, 30]),
        ("2", [25, 2, 9]),
        ("5", [28, 5, 12]),
        ("6", [29, 6, 13]),
    ],
)
def test_its_days(days, expected):
    found, at = [], datetime(2026, 11, 25, tzinfo=UTC)
    for _ in expected:
        at = schedule.following(time(3, 20), days, at)
        found.append(at.day)
    assert found == expected


# --- runs


@pytest.mark.django_db
def test_a_job_is_done_at_its_hour_and_told(job, did):
    on(NIGHT, lines="une\n\n deux ")
    assert schedule.claim(NIGHT - timedelta(seconds=1)) is None
    run = schedule.claim(NIGHT)
    assert schedule.claim(NIGHT) is None, "it runs"
    schedule.perform(run.pk)
    run.refresh_from_db()
    assert (run.state, run.words, did) == ("done", "C’est fait.", [["une", "deux"]])
    assert Schedule.objects.get().next_at == datetime(2026, 11, 26, 2, 20, tzinfo=UTC)
    schedule.perform(run.pk)
    assert len(did) == 1, "what is over is not done again"


@pytest.mark.django_db
def test_nights_that_were_missed_are_made_up_for_once(job):
    on(NIGHT - 5 * DAY)
    schedule.perform(schedule.claim(NIGHT).pk)
    assert schedule.claim(NIGHT) is None and Schedule.objects.get().next_at > NIGHT


@pytest.mark.django_db
def test_what_is_off_does_not_run(job):
    Schedule.objects.create(job="essai", hour=time(3, 20))
    Schedule.objects.create(job="gone", is_on=True, hour=time(3, 20), next_at=NIGHT)
    assert schedule.claim(NIGHT) is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("line", "told"), [("raté", ("Cela n’a pas marché.", "It did not work.")), ("cassé", (schedule.UNEXPECTED, ""))]
)
def test_a_failure_is_told_and_tried_again_once_in_an_hour(job, did, now, line, told):
    kept = on(now, lines=line)
    schedule.perform(schedule.claim(now).pk)
    first = Run.objects.get()
    assert (first.state, first.words, first.said, first.is_retry) == ("failed", *told, False)
    assert list(Schedule.objects.failing()) == [kept]
    kept.refresh_from_db()
    assert kept.retry_at == first.ended_at + HOUR
    # However near the next night is, it comes after.
    Schedule.objects.update(next_at=now + DAY)
    assert schedule.claim(kept.retry_at - timedelta(seconds=1)) is None
    second = schedule.claim(kept.retry_at)
    schedule.perform(second.pk)
    second.refresh_from_db()
    kept.refresh_from_db()
    assert (second.state, second.is_retry, kept.retry_at) == ("failed", True, None)
    Schedule.objects.update(lines="autre")
    schedule.perform(schedule.claim(kept.next_at).pk)
    assert not Schedule.objects.failing().exists() and len(did) == 3


@pytest.mark.django_db
def test_what_somebody_asks_for_runs_first_and_is_not_tried_again(job):
    kept = on(NIGHT + DAY, lines="raté")
    by = uuid4()
    run = schedule.ask(kept, by=by, now=NIGHT)
    with pytest.raises(AlreadyThere):
        schedule.ask(kept, by=by, now=NIGHT)
    assert schedule.claim(NIGHT + 2 * DAY) == run, "and not a second one beside it"
    schedule.perform(run.pk)
    run.refresh_from_db()
    kept.refresh_from_db()
    assert (run.state, run.asked_by, kept.retry_at) == ("failed", by, None)


@pytest.mark.django_db
def test_what_somebody_does_by_hand_takes_the_place_of_the_second_try(job, now):
    kept = on(now, lines="raté")
    schedule.perform(schedule.claim(now).pk)
    Schedule.objects.update(lines="")
    schedule.ask(Schedule.objects.get(), by=uuid4(), now=now)
    schedule.perform(schedule.claim(now).pk)
    kept.refresh_from_db()
    assert kept.retry_at is None and not Schedule.objects.failing().exists()


@pytest.mark.django_db(transaction=True)
def test_of_nodes_that_look_at_the_same_instant_one_runs_it(job):
    on(NIGHT)
    starts = Barrier(4)

    def look(_):
        try:
            connection.ensure_connection()
            starts.wait(timeout=30)
            return schedule.claim(NIGHT)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as nodes:
        found = [run for run in nodes.map(look, range(4)) if run]
    assert len(found) == Run.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_asked_for_at_the_instant_at_which_it_is_due_it_runs_once(job):
    kept = on(NIGHT)

    def look():
        try:
            return schedule.claim(NIGHT)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as node:
        with transaction.atomic():
            asked = schedule.ask(Schedule.objects.select_for_update().get(pk=kept.pk), by=uuid4(), now=NIGHT)
            assert node.submit(look).result() is None
        assert node.submit(look).result() == asked
        assert node.submit(look).result() is None
    assert Run.objects.count() == 1


# --- processes


HOLDS = """
import sys, time, psycopg
with psycopg.connect(sys.argv[1], autocommit=True) as held:
    held.execute("SELECT pg_advisory_lock(hashtext(%s))", [sys.argv[2]])
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.mark.django_db(transaction=True)
def test_a_run_whose_process_is_killed_is_seen_told_and_tried_again(job):
    kept = on(NIGHT)
    run = schedule.claim(NIGHT)
    later = NIGHT + 4 * HOUR
    words = {
        name: value for name, value in connection_parameters().items() if name not in ("options", "client_encoding")
    }
    where = psycopg.conninfo.make_conninfo(**words)
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDS, where, f"relais run {run.pk}"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout.readline() == "held\n"
        assert schedule.find_broken(later) == 0, "it lives, however long it takes"
    finally:
        process.kill()
        process.communicate()
    for _ in range(200):
        if schedule.find_broken(later):
            break
    run.refresh_from_db()
    kept.refresh_from_db()
    assert (run.state, run.words, kept.retry_at) == ("broken", schedule.GONE, later + HOUR)
    assert list(Schedule.objects.failing()) == [kept]
    assert not schedule.finish(run.pk, Run.State.DONE, "C’est fait.", now=later), "what comes too late changes nothing"


@pytest.mark.django_db(transaction=True)
def test_a_run_that_asks_the_web_is_not_taken_for_a_dead_one(job, monkeypatch):
    """A job that waits for somebody else keeps its lock: another node would begin it again beside it."""
    found = []

    def look():
        try:
            return schedule.find_broken(NIGHT + 4 * HOUR)
        finally:
            connection.close()

    @schedule.scheduled("demande", "Demander", usual="03:20")
    def asks(lines, now):
        let_go()
        with ThreadPoolExecutor(1) as node:
            found.append(node.submit(look).result())
        return "C’est fait."

    Schedule.objects.create(job="demande", is_on=True, hour=time(3, 20), next_at=NIGHT)
    run = schedule.claim(NIGHT)
    schedule.perform(run.pk)
    run.refresh_from_db()
    assert (found, run.state) == ([0], "done")


def hand(program: str) -> Hand:
    return Hand((sys.executable, "-c", program))


@pytest.mark.django_db(transaction=True)
def test_the_worker_waits_for_no_process_and_has_one_at_a_time(job):
    on(NIGHT)
    held = hand("import time; time.sleep(600)")
    held.turn(NIGHT)
    process = held.held.process
    schedule.registry["autre"] = job
    Schedule.objects.create(job="autre", is_on=True, hour=time(3, 20), next_at=NIGHT)
    held.turn(NIGHT + HOUR / 60)
    assert process.poll() is None and Run.objects.count() == 1
    # It is asked to stop after its longest time, and told.
    held.turn(NIGHT + job.within)
    process.wait(timeout=30)
    held.turn(NIGHT + job.within + timedelta(seconds=5))
    broken = Run.objects.get(state="broken")
    assert broken.words == "Arrêté : cela durait depuis plus de 4\u00a0h\u00a000."
    os.killpg(held.held.process.pid, 9)
    held.held.process.wait(timeout=30)


@pytest.mark.django_db(transaction=True)
def test_a_process_that_hears_nothing_is_killed(job):
    on(NIGHT)
    held = hand(
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
    )
    held.turn(NIGHT)
    process = held.held.process
    held.turn(NIGHT + job.within + HOUR)
    process.wait(timeout=30)
    held.turn(NIGHT + job.within + 2 * HOUR)
    assert Run.objects.filter(state="broken").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_process_that_ends_without_a_word_is_broken(job):
    on(NIGHT)
    held = hand("raise SystemExit(3)")
    held.turn(NIGHT)
    held.held.process.wait(timeout=30)
    held.turn(NIGHT + timedelta(seconds=10))
    assert [run.words for run in Run.objects.all()] == [schedule.GONE] and held.held is None


# --- what somebody decides


@pytest.mark.django_db
def test_a_row_for_each_job_and_those_that_begin_on_have_their_hour(job, now):
    schedule.scheduled("nuit", "Chaque nuit", usual="05:10", begins_on=lambda: True)(lambda lines, now: "")
    schedule.ensure(now)
    schedule.ensure(now + DAY)
    assert list(Schedule.objects.values_list("job", "is_on", "next_at")) == [
        ("essai", False, None),
        ("nuit", True, schedule.following(time(5, 10), "all", now)),
    ]


@pytest.mark.django_db
def test_what_lacks_something_is_not_turned_on(job, now):
    schedule.scheduled("sans", "Sans rien", usual="05:10", lacks=lambda: "Il manque tout.")(lambda lines, now: "")
    schedule.ensure(now)
    kept = Schedule.objects.get(job="sans")
    with pytest.raises(NotAcceptable, match="manque tout"):
        schedule.change(kept, hour=time(5), days="all", is_on=True, lines="", now=now)
    with pytest.raises(NotAcceptable, match="manque tout"):
        schedule.ask(kept, by=uuid4(), now=now)
    assert schedule.change(kept, hour=time(5), days="all", is_on=False, lines="", now=now).next_at is None


@pytest.mark.django_db
def test_another_hour_counts_at_once_and_off_is_off(job, now):
    kept = on(now, retry_at=now)
    schedule.change(kept, hour=time(1), days="6", is_on=True, lines="", now=NIGHT)
    assert (kept.next_at, kept.retry_at) == (datetime(2026, 11, 29, tzinfo=UTC), None)
    schedule.change(kept, hour=time(1), days="6", is_on=False, lines="", now=NIGHT)
    assert kept.next_at is None and not Schedule.objects.failing().exists()
