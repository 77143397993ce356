"""What is left to say of an appointment awaits who was expected at it, and nobody else."""

from datetime import timedelta

import pytest

from relais.agenda import services, today
from relais.foundation.today import EACH

from .conftest import choose

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def told(user, now) -> list[str]:
    return [task.words for task in today.over(user, now)]


def test_whose_hour_has_come_awaits_who_was_expected_until_it_is_said(visit, offer, people, now):
    taken = choose(offer(visit(), now=now - 73 * HOUR)[0], now=now - 73 * HOUR)
    mediator, at = people["mediator"], taken.starts_at
    assert told(mediator, at - timedelta(seconds=1)) == []
    (task,) = today.over(mediator, at)
    assert task.words == "Rendez-vous avec Collège d’Essai : a-t-il eu lieu ?" and task.since == at
    assert task.address == f"/pro/essai/{taken.subject_id}"
    assert told(people["mediator_2"], at) == told(people["supervisor"], at) == []
    services.settle(appointment=taken, held_it=True, said="staff", now=now)
    assert told(mediator, now) == []


def test_what_was_only_proposed_or_called_off_awaits_nobody(visit, offer, people, now):
    offer(visit(), now=now - 73 * HOUR)
    taken = choose(offer(visit(), hours=(71,), now=now - 73 * HOUR)[0], now=now - 73 * HOUR)
    services.cancel(appointment=taken, said="young", now=now - 72 * HOUR)
    assert told(people["mediator"], now) == []


def test_those_beyond_the_first_lead_to_the_agenda(visit, offer, people, now):
    for hour in range(EACH + 1):
        choose(offer(visit(), hours=(hour + 1,), minutes=30, now=now - 99 * HOUR)[0], now=now - 99 * HOUR)
    last = list(today.over(people["mediator"], now))
    assert len(last) == EACH + 1 and last[-1].address == "/pro/agenda/"
