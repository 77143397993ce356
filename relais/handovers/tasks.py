"""The clock of the baton."""

from datetime import datetime

from relais.foundation.loops import loop

from . import ages, follow_ups, services


@loop(every=30)
def bring_back(now: datetime) -> None:
    services.return_unanswered(now)


@loop(every=30)
def keep_to_ages(now: datetime) -> None:
    ages.end_standing(now)


@loop(every=600)
def ask_for_news(now: datetime) -> None:
    follow_ups.ask_due(now)
