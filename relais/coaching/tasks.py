"""The clock of the answer line."""

from datetime import datetime

from relais.channels import services as channels
from relais.foundation.loops import loop

from .desk import transfers
from .doors import intake
from .handover import ages, appointments, follow_ups, handovers
from .line import clock, lineup
from .rights import broom
from .safeguarding import alarms, danger, volunteers


@loop(every=5, wakes_on=lineup.BELL)
def keep_promises(now: datetime) -> None:
    clock.turn(now)


@loop(every=5, wakes_on=channels.BELL)
def take_messages(now: datetime) -> None:
    channels.deliver(intake.take, now=now)


@loop(every=30)
def bring_back(now: datetime) -> None:
    handovers.return_unanswered(now)


@loop(every=30)
def keep_to_ages(now: datetime) -> None:
    ages.end_standing(now)


@loop(every=900)
def sweep_away(now: datetime) -> None:
    if broom.is_due(now):
        broom.sweep(now)


@loop(every=60, wakes_on=transfers.BELL)
def pass_on(now: datetime) -> None:
    transfers.move_due(now)


@loop(every=30)
def call_again(now: datetime) -> None:
    alarms.remind(now)
    danger.call_late(now)


@loop(every=30)
def take_back_from_volunteers(now: datetime) -> None:
    volunteers.take_back(now)


@loop(every=60)
def remind_of_appointments(now: datetime) -> None:
    appointments.remind_due(now)


@loop(every=600)
def ask_for_news(now: datetime) -> None:
    follow_ups.ask_due(now)
