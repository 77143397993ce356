"""A conversation that is held; people whose alarms come in a burst."""

import random

import pytest

from relais.coaching import services
from relais.safeguarding.models import Alarm

from .bursts import FLAT, PRANKS, PRESSING, SECOND, THINGS, Burst, says


@pytest.fixture
def burst(line, now):
    """burst(number, origin=…, pressing=share) → people who write within ten seconds, each an alarm."""

    def go(number, *, origin=FLAT, pressing=0.0, seed=11, at=now, on=line, within=10 * SECOND):
        dice = random.Random(seed)
        made = []
        for place in range(number):
            words = dice.choice(PRESSING if dice.random() < pressing else PRANKS).format(dice.choice(THINGS))
            at_this = at + within * place / number
            made.append(says(on, words, at_this, origin=origin, pseudonym=f"Colibri {place}"))
        assert Alarm.objects.filter(subject_id__in=[one.pk for one in made]).count() == number, "each of them alarms"
        return Burst(made)

    return go


@pytest.fixture
def held(write, people, now):
    """A conversation that the mediator holds."""
    conversation = write().conversation
    return services.claim(conversation=conversation, user=people["mediator"], now=now)
