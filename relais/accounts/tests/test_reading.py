"""How many files an account may open: warned, then stopped, then lifted by somebody else."""

from datetime import timedelta
from uuid import uuid4

import pytest

from relais.accounts import reading
from relais.accounts.models import AccessRecord, ReadingStop, RightRequest
from relais.foundation.models import EventRecord, Outbound

pytestmark = pytest.mark.django_db


def read(user, now, subject=None):
    reading.open_file(user=user, kind="conversation", subject=subject or uuid4(), reason="répondre", now=now)


def test_ten_thousand_files_stop_at_two_hundred(people, now):
    user, shown = people["mediator"], 0
    for _ in range(400):
        try:
            read(user, now)
        except reading.TooMany:
            continue
        shown += 1
    assert shown == reading.LIMIT == AccessRecord.objects.filter(user=user).count()
    assert ReadingStop.objects.get().files == 200
    letters = list(Outbound.objects.values_list("key", flat=True))
    told = {people[name].pk.hex[:12] for name in ("supervisor", "administrator", "administrator_2")}
    assert {key.rsplit(":", 1)[1] for key in letters if key.startswith("reading-stop")} == told
    assert {key.rsplit(":", 1)[1] for key in letters if key.startswith("reading-warning")} == told
    assert EventRecord.objects.filter(name="reading.stopped").count() == EventRecord.objects.filter(name="reading.warned").count() == 1


def test_the_same_file_again_counts_once_and_hours_go_by(people, now):
    subject = uuid4()
    for _ in range(300):
        read(people["mediator"], now, subject)
    for minute in range(600):
        read(people["mediator"], now + timedelta(seconds=25 * minute))
    assert not ReadingStop.objects.exists()


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
    assert reading.has_open(user=people["mediator"], kind="conversation", subject=subject, now=now + timedelta(hours=11))
    assert not reading.has_open(user=people["mediator_2"], kind="conversation", subject=subject, now=now)
    assert not reading.has_open(user=people["mediator"], kind="conversation", subject=subject, now=now + timedelta(hours=13))
    ReadingStop.objects.create(user=people["mediator"], at=now, files=201)
    assert not reading.has_open(user=people["mediator"], kind="conversation", subject=subject, now=now)


def test_a_supervisor_sees_the_stop_and_says_why_it_ends(people, client_for, now):
    stop = ReadingStop.objects.create(user=people["mediator"], at=now, files=201)
    supervisor = client_for(people["supervisor"])
    assert "a ouvert 201 dossiers" in supervisor.get("/pro/equipe/").content.decode()
    supervisor.post(f"/pro/equipe/arrets/{stop.pk}/lever", {"reason": " "})
    assert ReadingStop.objects.filter(lifted_at=None).exists()
    supervisor.post(f"/pro/equipe/arrets/{stop.pk}/lever", {"reason": "Vu ensemble"})
    assert ReadingStop.objects.filter(lifted_at=None).exists(), "asked is not lifted"
    assert "Sa remise en route est demandée" in supervisor.get("/pro/equipe/").content.decode()
    client_for(people["administrator"]).post(f"/pro/equipe/demandes/{RightRequest.objects.get().pk}/accepter")
    assert ReadingStop.objects.get().reason == "Vu ensemble"
