"""The two health addresses, against the real tables."""

from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils.module_loading import autodiscover_modules

from relais.foundation.loops import registry
from relais.foundation.models import Heartbeat


@pytest.fixture
def turning(db, now):
    autodiscover_modules("tasks")
    return [Heartbeat.objects.create(name=loop.name, every=loop.every, at=now) for loop in registry.values()]


def test_ready_when_all_loops_turn(client, turning):
    answer = client.get("/health/ready")
    assert answer.status_code == 200, answer.json()
    assert answer.json()["database"] == answer.json()["migrations"] == "ok"
    assert set(answer.json()["worker"].values()) == {"ok"}


def test_a_stopped_loop_shows(client, turning, now):
    beat = turning[0]
    Heartbeat.objects.filter(pk=beat.pk).update(at=now - timedelta(seconds=3 * beat.every + 40))
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["worker"][beat.name] == "late"


def test_a_loop_that_no_longer_exists_is_forgotten(client, turning, now):
    Heartbeat.objects.create(name="relais.gone.tasks.nothing", every=1, at=now - timedelta(days=9))
    assert client.get("/health/ready").status_code == 200


def test_a_worker_that_never_ran_shows(client, db):
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert set(answer.json()["worker"].values()) == {"never"}


def test_a_dead_database_shows(client, db):
    def refuse(execute, sql, params, many, context):
        raise OperationalError("gone")

    with connection.execute_wrapper(refuse):
        answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["database"] == "down"
