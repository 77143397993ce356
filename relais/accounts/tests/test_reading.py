"""How many files an account may open: warned, then stopped, then lifted by somebody else."""

from datetime import timedelta
from importlib import import_module
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from relais.accounts import reading
from relais.accounts.models import AccessRecord, ReadingStop, RightRequest
from relais.foundation.models import EventRecord, Outbound

pytestmark = pytest.mark.django_db


def read(user, now, subject=None):
    reading.open_file(user=user, kind="conversation", subject=subject or uuid4(), reason="held", now=now)


def test_ten_thousand_files_stop_at_two_hundred(people, now):
    user, shown = people["mediator"], 0
    for _ in range(400):
        try:
            read(user, now)
        except reading.TooMany:
            continue
        shown += 1
    assert shown == reading.STOP.files == AccessRecord.objects.filter(user=user).count()
    assert ReadingStop.objects.get().files == 200
    letters = list(Outbound.objects.values_list("key", flat=True))
    told = {people[name].pk.hex[:12] for name in ("supervisor", "administrator", "administrator_2")}
    assert {key.rsplit(":", 1)[1] for key in letters if key.startswith("reading-stop")} == told
    assert {key.rsplit(":", 1)[1] for key in letters if key.startswith("reading-warning")} == told
    assert (
        EventRecord.objects.filter(name="reading.stopped").count()
        == EventRecord.objects.filter(name="reading.warned").count()
        == 1
    )


def read_many(user, now, number):
    """So many different files, shown together."""
    reading.open_files(
        user=user, kind="conversation", subjects=[uuid4() for _ in range(number)], reason="reading", now=now
    )


def warnings():
    return EventRecord.objects.filter(name="reading.warned").count()


def read_until_stopped(user, instants) -> int:
    """How many were shown."""
    for shown, at in enumerate(instants):
        try:
            read(user, at)
        except reading.TooMany:
            return shown
    return len(instants)


def test_the_same_file_again_counts_once(people, now):
    subject = uuid4()
    for _ in range(300):
        read(people["mediator"], now, subject)
    assert not ReadingStop.objects.exists() and warnings() == 0


@pytest.mark.parametrize(("files", "told"), [(29, 0), (30, 0), (31, 1), (60, 1)])
def test_more_than_thirty_an_hour_are_told_once(files, told, people, now):
    read_many(people["mediator"], now, 28)
    read_until_stopped(people["mediator"], [now + timedelta(seconds=number) for number in range(28, files)])
    assert warnings() == told


@pytest.mark.parametrize(("files", "stops"), [(199, 0), (200, 0), (201, 1)])
def test_more_than_two_hundred_a_day_are_a_stop(files, stops, people, now):
    read_many(people["mediator"], now, 198)
    shown = read_until_stopped(people["mediator"], [now + timedelta(hours=20)] * (files - 198))
    assert ReadingStop.objects.count() == stops and shown == min(files, 200) - 198


def test_a_day_of_patience_is_a_stop_too(people, now):
    """Twenty-nine an hour were never told of: the day has a limit of its own."""
    for hour in range(6):
        read_many(people["mediator"], now + timedelta(hours=hour), 29)
    assert read_until_stopped(people["mediator"], [now + timedelta(hours=7)] * 29) == 200 - 6 * 29
    assert warnings() == 0


def test_it_is_told_again_each_hour_while_it_lasts(people, now):
    for number in range(38):
        read_many(people["mediator"], now + timedelta(minutes=7.5 * number), 5)
    assert warnings() == 4, "at 45 min, then hour after hour"


@pytest.mark.parametrize(("after", "shown"), [(timedelta(hours=24), 1), (timedelta(hours=23, minutes=59), 0)])
def test_a_file_is_forgotten_after_a_day(after, shown, people, now):
    read_many(people["mediator"], now, 200)
    assert read_until_stopped(people["mediator"], [now + after]) == shown


def test_what_was_read_before_a_stop_was_lifted_is_forgiven(people, now):
    user = people["mediator"]
    read_many(user, now, 200)
    assert read_until_stopped(user, [now]) == 0
    reading.lift(
        stop=ReadingStop.objects.get(), by=people["supervisor"], reason="Vu ensemble", now=now + timedelta(minutes=1)
    )
    read_many(user, now + timedelta(minutes=2), 200)
    assert read_until_stopped(user, [now + timedelta(minutes=2)]) == 0


def test_several_files_at_once_are_shown_together_or_not_at_all(people, now):
    user = people["mediator"]
    read_many(user, now, 199)
    with pytest.raises(reading.TooMany):
        reading.open_files(user=user, kind="conversation", subjects=[uuid4(), uuid4()], reason="reading", now=now)
    assert AccessRecord.objects.filter(user=user).count() == 199


def test_a_stop_lasts_until_somebody_else_lifts_it(people, now):
    stop = ReadingStop.objects.create(user=people["mediator"], at=now, files=201)
    with pytest.raises(reading.TooMany):
        read(people["mediator"], now + timedelta(days=30))
    reading.lift(stop=stop, by=people["mediator"], reason="c'est bon", now=now)
    with pytest.raises(reading.TooMany):
        read(people["mediator"], now)
    lifted = reading.lift(stop=stop, by=people["supervisor"], reason="Recherche demandée par le service", now=now)
    assert lifted.lifted_by == people["supervisor"]
    read(people["mediator"], now)


def test_a_file_is_open_for_a_days_work(people, now):
    subject = uuid4()
    assert not reading.has_open(user=people["mediator"], kind="conversation", subject=subject, now=now)
    read(people["mediator"], now, subject)
    assert reading.has_open(
        user=people["mediator"], kind="conversation", subject=subject, now=now + timedelta(hours=11)
    )
    assert not reading.has_open(user=people["mediator_2"], kind="conversation", subject=subject, now=now)
    assert not reading.has_open(
        user=people["mediator"], kind="conversation", subject=subject, now=now + timedelta(hours=13)
    )
    ReadingStop.objects.create(user=people["mediator"], at=now, files=201)
    assert not reading.has_open(user=people["mediator"], kind="conversation", subject=subject, now=now)


def test_a_supervisor_sees_the_stop_and_says_why_it_ends(people, client_for, now):
    stop = ReadingStop.objects.create(user=people["mediator"], at=now, files=201)
    supervisor = client_for(people["supervisor"])
    assert "a ouvert 201 dossiers en un jour" in supervisor.get("/pro/equipe/").content.decode()
    supervisor.post(f"/pro/equipe/arrets/{stop.pk}/lever", {"reason": " "})
    assert ReadingStop.objects.filter(lifted_at=None).exists()
    supervisor.post(f"/pro/equipe/arrets/{stop.pk}/lever", {"reason": "Vu ensemble"})
    assert ReadingStop.objects.filter(lifted_at=None).exists(), "asked is not lifted"
    assert "Sa remise en route est demandée" in supervisor.get("/pro/equipe/").content.decode()
    client_for(people["administrator"]).post(f"/pro/equipe/demandes/{RightRequest.objects.get().pk}/accepter")
    assert ReadingStop.objects.get().reason == "Vu ensemble"


def test_a_reason_is_a_code(people, now):
    with pytest.raises(ValueError, match="elle a seize ans"):
        reading.open_file(
            user=people["mediator"], kind="conversation", subject=uuid4(), reason="elle a seize ans", now=now
        )
    assert not AccessRecord.objects.filter(action="read").exists()


def test_words_of_before_become_codes(people, now):
    """What was typed when a reason was free text; the rest of the trace stays as it was."""
    codes = import_module("relais.accounts.migrations.0012_reasons_are_codes")
    said = {
        ("read", "répondre : la personne attend"): "waits",
        ("read", "Zoé me l’a demandé, elle est malade"): "other",
        ("read", "chercher : lecture"): "search:reading",
        ("read", "information préoccupante : coups du père"): "report:other",
        ("read", "par le lien envoyé au partenaire"): "par le lien envoyé au partenaire",
        ("pass-on", "Loiret > Paris : il a déménagé : foyer"): "Loiret > Paris",
        ("invite", "mediator : ce que c’est"): "mediator : ce que c’est",
    }
    for action, reason in said:
        AccessRecord.objects.create(at=now, action=action, kind="x", subject=action, reason=reason)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with connection.schema_editor() as editor:
        codes.to_codes(None, editor)
    assert list(AccessRecord.objects.filter(kind="x").order_by("pk").values_list("reason", flat=True)) == [
        *said.values()
    ]
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_access SET reason = '' WHERE kind = 'x'")
