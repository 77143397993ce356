"""Danger files: no step out of order, nobody alone, nothing sent."""

import re
from datetime import timedelta
from itertools import product

import pytest
from django.db import IntegrityError, connection, transaction

from relais.accounts.models import User
from relais.foundation.models import EventRecord, Outbound
from relais.foundation.refusals import NotAcceptable, SecondPersonNeeded, WrongState
from relais.safeguarding import danger, levels, watched
from relais.safeguarding.models import DangerEntry, DangerFile

from .conftest import FACTS

pytestmark = pytest.mark.django_db
State = DangerFile.State


@pytest.fixture
def made(house, people, now):
    """made(state, level) → a file in that state: opened by the mediator, read by the second one, decided and closed by different people."""

    def go(state=State.OPEN, level="B", decision="support", sent=True):
        file = danger.open_file(
            subject=house,
            user=people["mediator"],
            level=level,
            facts=FACTS,
            second_reader=people["mediator_2"],
            now=now,
        )
        if state != State.OPEN:
            file = danger.read_twice(file=file, user=people["mediator_2"], level=level, opinion="Je confirme.", now=now)
        if state in (State.DECIDED, State.CLOSED):
            file = decide(file, people["mediator_2"], now, decision=decision)
        if state == State.CLOSED:
            file = danger.close(file=file, user=people["supervisor"], now=now)
        return file

    return go


def decide(file, user, now, **changes):
    said = {"decision": "support", "reasons": "Suivi rapproché.", "parents": "told", "parents_reason": ""} | changes
    return danger.decide(file=file, user=user, now=now, **said)


STEPS = {
    "read": lambda file, people, now: danger.read_twice(
        file=file, user=people["mediator_2"], level="B", opinion="Lu.", now=now
    ),
    "decide": lambda file, people, now: decide(file, people["supervisor"], now),
    "close": lambda file, people, now: danger.close(file=file, user=people["supervisor"], now=now),
    "sent": lambda file, people, now: danger.note_sent(
        file=file, user=people["mediator"], sent_to="CRIP", sent_at=now, receipt="", now=now
    ),
    "add": lambda file, people, now: danger.add(
        file=file, user=people["mediator"], text="Un fait.", is_call=False, now=now
    ),
}
ALLOWED = {
    State.OPEN: {"read", "add"},
    State.READ_TWICE: {"decide", "add"},
    State.DECIDED: {"close", "sent", "add"},
    State.CLOSED: set(),
}


@pytest.mark.parametrize(("state", "step"), list(product(State.values, STEPS)))
def test_every_step_in_every_state(made, people, state, step, now):
    file = made(state)
    if step in ALLOWED[state]:
        STEPS[step](file, people, now)
        return
    before = list(DangerEntry.objects.values_list("action", flat=True))
    with pytest.raises(WrongState):
        STEPS[step](file, people, now)
    file.refresh_from_db()
    assert file.state == state and list(DangerEntry.objects.values_list("action", flat=True)) == before


def test_nobody_reads_their_own_file_a_second_time(made, people, house, now):
    with pytest.raises(SecondPersonNeeded):
        danger.read_twice(file=made(), user=people["mediator"], level="B", opinion="Moi.", now=now)
    with pytest.raises(SecondPersonNeeded):
        danger.open_file(
            subject=house,
            user=people["mediator"],
            level="B",
            facts=FACTS,
            second_reader=people["mediator"],
            now=now,
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        DangerFile.objects.update(second_reader=people["mediator"])


@pytest.mark.parametrize("level", ["A", "B", "C"])
def test_who_decided_does_not_close_except_a_mere_worry(made, people, level, now):
    file = made(State.DECIDED, level)
    if level == "C":
        assert danger.close(file=file, user=people["mediator_2"], now=now).state == State.CLOSED
        return
    with pytest.raises(SecondPersonNeeded, match="deuxième personne"):
        danger.close(file=file, user=people["mediator_2"], now=now)
    assert danger.close(file=file, user=people["mediator"], now=now).closed_by == people["mediator"]


@pytest.mark.parametrize(("level", "refused"), [("A", True), ("B", True), ("C", False)])
def test_the_database_itself_wants_another_to_close(made, people, level, refused, now):
    file = DangerFile.objects.filter(pk=made(State.DECIDED, level).pk)
    if not refused:
        assert file.update(state="closed", closed_by=people["mediator_2"], closed_at=now) == 1
        return
    with pytest.raises(IntegrityError, match="danger_closed_by_another"), transaction.atomic():
        file.update(state="closed", closed_by=people["mediator_2"], closed_at=now)
    assert file.update(state="closed", closed_by=people["mediator"], closed_at=now) == 1


@pytest.mark.parametrize("decision", ["crip", "prosecutor"])
def test_what_was_to_be_sent_is_noted_before_the_end(made, people, decision, now):
    file = made(State.DECIDED, decision=decision)
    with pytest.raises(WrongState, match="à qui et quand"):
        danger.close(file=file, user=people["supervisor"], now=now)
    danger.note_sent(file=file, user=people["mediator"], sent_to="CRIP du Loiret", sent_at=now, receipt="", now=now)
    danger.note_sent(
        file=file, user=people["mediator"], sent_to="CRIP du Loiret", sent_at=now, receipt="n° 12", now=now
    )
    assert danger.close(file=file, user=people["supervisor"], now=now).receipt == "n° 12"


def test_the_database_itself_refuses_an_end_without_a_decision(made):
    file = made()
    with pytest.raises(IntegrityError), transaction.atomic():
        DangerFile.objects.filter(pk=file.pk).update(state="closed")


@pytest.mark.parametrize(
    "changes",
    [{"reasons": " "}, {"parents": "not-told"}, {"parents": "not-applicable"}],
    ids=["no reason", "parents without why", "a minor has parents"],
)
def test_a_decision_says_why(made, people, changes, now):
    file = made(State.READ_TWICE)
    with pytest.raises(NotAcceptable):
        decide(file, people["supervisor"], now, **changes)
    file.refresh_from_db()
    assert file.state == State.READ_TWICE and not file.decision


@pytest.mark.parametrize(("known", "is_told"), [(True, False), (None, False), (False, True)])
def test_what_is_erased_leaves_whether_parents_are_to_be_told(made, houses, house, people, now, known, is_told):
    """The age was there when the file was opened: it is not forgotten with the rest while somebody has to decide."""
    file = made(State.READ_TWICE)
    houses.minor = known is True
    if known is None:
        DangerFile.objects.update(subject_id=None)  # erased before this was kept
    else:
        watched.let_go("house", house.pk)
    if is_told:
        assert decide(file, people["supervisor"], now, parents="not-applicable").state == State.DECIDED
    else:
        with pytest.raises(NotAcceptable):
            decide(file, people["supervisor"], now, parents="not-applicable")


def test_of_what_is_decided_nothing_more_is_kept(made, houses, house):
    file = made(State.DECIDED)
    watched.let_go("house", house.pk)
    file.refresh_from_db()
    assert file.subject_id is None and file.was_minor is None


@pytest.mark.parametrize("minutes", [-61, 1])
def test_a_sending_is_between_the_opening_and_now(made, people, minutes, now):
    with pytest.raises(NotAcceptable):
        danger.note_sent(
            file=made(State.DECIDED),
            user=people["mediator"],
            sent_to="CRIP",
            sent_at=now + timedelta(minutes=minutes),
            receipt="",
            now=now,
        )


def test_the_second_reader_is_asked_at_once_and_supervisors_after_an_hour_once(made, people, now):
    file = made()
    letter = Outbound.objects.get(key=f"danger:{file.pk}").payload
    assert letter["to"] == people["mediator_2"].email and "tapée" not in letter["text"]
    assert danger.call_late(now + timedelta(minutes=60)) == 0
    assert [danger.call_late(now + timedelta(minutes=minutes)) for minutes in (61, 62)] == [1, 0]
    late = Outbound.objects.filter(key__startswith="danger-late:")
    assert sorted(row.payload["to"] for row in late) == [people["mediator_2"].email, people["supervisor"].email]
    assert EventRecord.objects.filter(name="danger-file.late").count() == 1


@pytest.mark.parametrize("is_there", [True, False])
def test_without_supervisor_those_beyond_hear_of_it(made, people, now, is_there):
    """They are told whom to ring, and given no way into the file."""
    file = made()
    User.objects.filter(pk=people["supervisor"].pk).update(is_active=False)
    if not is_there:
        DangerFile.objects.update(subject_id=None)
    assert danger.call_late(now + timedelta(minutes=61)) == 1
    told = {row.payload["to"]: row.payload for row in Outbound.objects.filter(key__startswith="danger-late:")}
    assert str(file.pk) in told.pop(people["mediator_2"].email)["text"], "who was to read it, may still"
    late = list(told.values())
    administering = {people["administrator"].email, people["administrator_2"].email}
    assert {one["to"] for one in late} == administering | ({"astreinte@exemple.invalid"} if is_there else set())
    assert all(str(file.pk) not in one["text"] and str(people["mediator"]) in one["text"] for one in late)


def test_the_only_supervisor_who_opened_it_is_not_the_one_to_be_told(made, people, now):
    file = made()
    DangerFile.objects.update(opened_by=people["supervisor"])
    assert danger.call_late(now + timedelta(minutes=61)) == 1
    told = {row.payload["to"] for row in Outbound.objects.filter(key__startswith="danger-late:")}
    administering = {people["administrator"].email, people["administrator_2"].email}
    assert told == administering | {people["mediator_2"].email, "astreinte@exemple.invalid"}
    assert DangerFile.objects.get(pk=file.pk).state == State.OPEN


def test_a_call_is_noted_before_any_second_reading(made, people, now):
    danger.add(file=made(level="A"), user=people["mediator"], text="15 appelé à 21 h 10.", is_call=True, now=now)
    assert list(DangerEntry.objects.values_list("action", flat=True)) == ["opened", "called"]


def test_no_word_of_it_in_the_log_nor_in_the_clear(made):
    made(State.DECIDED)
    assert not re.search("tapée|Suivi", str(list(EventRecord.objects.values_list("data", flat=True))))
    with connection.cursor() as cursor:
        for table in ("safeguarding_dangerfile", "safeguarding_dangerentry"):
            cursor.execute(f"SELECT t::text FROM {table} t")
            assert not re.search("tapée|Suivi rapproché", str(cursor.fetchall()))


def test_checklists_name_only_numbers_of_the_table_and_are_fresh(now):
    found = levels.levels()
    assert [line.number for line in found.A.to_ring()] == ["15", "17", "18", "112", "114"]
    assert all(checklist.to_ring() and checklist.steps for _, checklist in found.all())
    assert all(law.verified_on <= now.date() and law.source for law in found.law)
