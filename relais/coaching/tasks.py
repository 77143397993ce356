"""The clock of the answer line."""

from datetime import datetime

from relais.channels import services as channels
from relais.foundation.loops import loop

from .desk import transfers, volunteers
from .line import changed_hours, clock
from .messaging import intake
from .rights import broom


@loop(every=5, wakes_on=changed_hours.BELL)
def keep_promises(now: datetime) -> None:
    clock.turn(now)


@loop(every=5, wakes_on=channels.BELL)
def take_messages(now: datetime) -> None:
    channels.deliver(intake.take, now=now)


@loop(every=900)
def sweep_away(now: datetime) -> None:
    if broom.is_due(now):
        broom.sweep(now)


@loop(every=60, wakes_on=transfers.BELL)
def pass_on(now: datetime) -> None:
    transfers.move_due(now)


@loop(every=30)
def take_back_from_volunteers(now: datetime) -> None:
    volunteers.take_back(now)
