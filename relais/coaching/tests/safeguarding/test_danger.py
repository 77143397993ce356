"""Danger files: no step out of order, nobody alone, every reading traced, nothing sent."""

import re
from datetime import timedelta
from itertools import product
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from relais.accounts.models import AccessRecord
from relais.coaching.models import DangerEntry, DangerFile
from relais.coaching.rights import requests
from relais.coaching.safeguarding import danger, levels
from relais.foundation.models import EventRecord, Outbound
from relais.foundation.refusals import NotAcceptable, SecondPersonNeeded, WrongState

pytestmark = pytest.mark.django_db
State = DangerFile.State
FACTS = "Elle écrit : « il m’a encore tapée hier »."


@pytest.fixture
def made(write, people, now):
    """made(state, level) → a file in that state: opened by the mediator, read by the second one, decided and closed by different people."""

    def go(state=State.OPEN, level="B", decision="support", sent=True):
        conversation = write().conversation
        file = danger.open_file(
            conversation=conversation, user=people["mediator"], level=level, facts=FACTS, second_reader=people["mediator_2"], now=now
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
    "read": lambda file, people, now: danger.read_twice(file=file, user=people["mediator_2"], level="B", opinion="Lu.", now=now),
    "decide": lambda file, people, now: decide(file, people["supervisor"], now),
    "close": lambda file, people, now: danger.close(file=file, user=people["supervisor"], now=now),
    "sent": lambda file, people, now: danger.note_sent(file=file, user=people["mediator"], sent_to="CRIP", sent_at=now, receipt="", now=now),
    "add": lambda file, people, now: danger.add(file=file, user=people["mediator"], text="Un fait.", is_call=False, now=now),
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


def test_nobody_reads_their_own_file_a_second_time(made, people, write, now):
    with pytest.raises(SecondPersonNeeded):
        danger.read_twice(file=made(), user=people["mediator"], level="B", opinion="Moi.", now=now)
    with pytest.raises(SecondPersonNeeded):
        danger.open_file(
            conversation=write(key=uuid4()).conversation, user=people["mediator"], level="B", facts=FACTS, second_reader=people["mediator"], now=now
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
    danger.note_sent(file=file, user=people["mediator"], sent_to="CRIP du Loiret", sent_at=now, receipt="n° 12", now=now)
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


@pytest.mark.parametrize("minutes", [-61, 1])
def test_a_sending_is_between_the_opening_and_now(made, people, minutes, now):
    with pytest.raises(NotAcceptable):
        danger.note_sent(
            file=made(State.DECIDED), user=people["mediator"], sent_to="CRIP", sent_at=now + timedelta(minutes=minutes), receipt="", now=now
        )


def test_the_second_reader_is_asked_at_once_and_supervisors_after_an_hour_once(made, people, now):
    file = made()
    letter = Outbound.objects.get(key=f"danger:{file.pk}").payload
    assert letter["to"] == people["mediator_2"].email and "tapée" not in letter["text"]
    assert danger.call_late(now + timedelta(minutes=60)) == 0
    assert [danger.call_late(now + timedelta(minutes=minutes)) for minutes in (61, 62)] == [1, 0]
    late = Outbound.objects.filter(key__startswith="danger-late:")
    assert [row.payload["to"] for row in late] == [people["supervisor"].email]
    assert EventRecord.objects.filter(name="danger-file.late").count() == 1


def test_a_call_is_noted_before_any_second_reading(made, people, now):
    danger.add(file=made(level="A"), user=people["mediator"], text="15 appelé à 21 h 10.", is_call=True, now=now)
    assert list(DangerEntry.objects.values_list("action", flat=True)) == ["opened", "called"]


def test_no_word_of_it_in_the_log_nor_in_the_clear(made):
    made(State.DECIDED)
    assert not re.search("tapée|Suivi", str(list(EventRecord.objects.values_list("data", flat=True))))
    with connection.cursor() as cursor:
        for table in ("coaching_dangerfile", "coaching_dangerentry"):
            cursor.execute(f"SELECT t::text FROM {table} t")
            assert not re.search("tapée|Suivi rapproché", str(cursor.fetchall()))


def test_erasing_the_conversation_leaves_the_file_to_its_people(made, people, now):
    file = made()
    requests.erase(journey=file.conversation.journey, now=now)
    for name in ("mediator", "mediator_2", "supervisor"):
        assert DangerFile.objects.visible_to(people[name]).filter(pk=file.pk).exists()


# --- pages


def test_who_opens_it_and_who_does_not(made, people, make_user, client_for):
    """Opener, second reader, supervisors; not another mediator of the same team, not a volunteer, not an administrator."""
    file = made()
    other = make_user("mediator", organisation=file.organisation)
    doors = [people[name] for name in ("mediator", "mediator_2", "supervisor", "volunteer", "administrator")] + [other, make_user("supervisor")]
    pages = ["", "information-preoccupante"]
    found = [[client_for(user).get(f"/pro/danger/{file.pk}/{page}").status_code for page in pages] for user in doors]
    assert found == [[200, 302], [200, 302], [200, 302], [404, 404], [404, 404], [404, 404], [404, 404]]
    assert client_for(other).get("/pro/danger/").content.decode().count(str(file.pk)) == 0


def test_a_reason_is_typed_and_each_reading_leaves_a_trace(made, people, client_for):
    file = made()
    desk, address = client_for(people["supervisor"]), f"/pro/danger/{file.pk}/"
    assert "tapée" not in desk.get(address).content.decode()
    assert desk.get(f"{address}information-preoccupante").status_code == 302
    assert desk.post(f"{address}ajouter", {"text": "x"}).status_code == 302 and DangerEntry.objects.count() == 1
    assert desk.post(f"{address}raison", {"reason": "…"}).status_code == 422
    assert not AccessRecord.objects.filter(kind="dangerfile").exists()
    desk.post(f"{address}raison", {"reason": "je relis avant la réunion"})
    for _ in range(2):
        assert "tapée" in desk.get(address).content.decode()
    assert "tapée" in desk.get(f"{address}information-preoccupante").content.decode()
    traces = AccessRecord.objects.filter(kind="dangerfile", subject=str(file.pk), user=people["supervisor"]).order_by("pk")
    assert [trace.reason for trace in traces] == [*["je relis avant la réunion"] * 2, "information préoccupante : je relis avant la réunion"]


@pytest.mark.parametrize("age", ["under-15", "", "15-17"])
def test_the_whole_way_by_the_pages(write, people, client_for, age):
    """At thirteen as at any age, said or not: danger asks for nobody's agreement."""
    conversation = write(body="mon beau-père me frappe", age=age).conversation
    opener, reader, boss = (client_for(people[name]) for name in ("mediator", "mediator_2", "supervisor"))
    desk = f"/pro/conversations/{conversation.pk}/"
    assert opener.get(f"{desk}danger").status_code == 404, "not before its page was opened"
    opener.get(desk)
    assert "L226-2-1" in opener.get(f"{desk}danger").content.decode()
    answer = opener.post(f"{desk}danger", {"level": "B", "facts": FACTS, "second_reader": people["mediator_2"].pk})
    address = answer["Location"]
    assert re.fullmatch(r"/pro/danger/[0-9a-f-]{36}/", address) and "tapée" in opener.get(address).content.decode()
    assert "quelqu’un d’autre" in opener.post(f"{address}relire", {"level": "B", "opinion": "moi"}).content.decode()
    for person in (reader, boss):
        person.post(f"{address}raison", {"reason": "relecture"})
    assert reader.post(f"{address}relire", {"level": "B", "opinion": "Je confirme."}).status_code == 302
    said = {"decision": "crip", "reasons": "Coups répétés.", "parents": "not-told", "parents_reason": ""}
    refused = reader.post(f"{address}decider", said)
    assert refused.status_code == 422 and "Coups répétés." in refused.content.decode(), "what was typed stays"
    assert reader.post(f"{address}decider", said | {"parents_reason": "L’auteur vit au foyer."}).status_code == 302
    boss.post(f"{address}clore")
    assert DangerFile.objects.get().state == State.DECIDED
    file = DangerFile.objects.get()
    when = timezone.localtime(file.opened_at).strftime("%Y-%m-%dT%H:%M")
    assert boss.post(f"{address}transmis", {"sent_to": "CRIP du Loiret", "sent_at": when, "receipt": "n° 12"}).status_code == 302
    assert boss.post(f"{address}clore").status_code == 302 and DangerFile.objects.get().state == State.CLOSED
    text = boss.get(f"{address}information-preoccupante", {"format": "texte"})
    body = text.content.decode()
    assert "attachment" in text["Content-Disposition"] and FACTS in body and "Coups répétés." in body and "Colibri 12" in body
    assert not Outbound.objects.exclude(payload__isnull=True).filter(channel="email", key__contains="crip").exists()


def test_checklists_name_only_numbers_of_the_table_and_are_fresh(now):
    found = levels.levels()
    assert [line.number for line in found.A.to_ring()] == ["15", "17", "18", "112", "114"]
    assert all(checklist.to_ring() and checklist.steps for _, checklist in found.all())
    assert all(law.verified_on <= now.date() and law.source for law in found.law)
