"""Loops of the channels: those that ask a provider for what came in, for each account in service."""

from datetime import datetime

from relais.foundation.loops import loop

from . import readings, services
from .email import imap, reading
from .models import Channel
from .sms import ovh


@loop(every=30)
def fetch_letters(now: datetime) -> None:
    readings.read_each(Channel.EMAIL, imap.fetch, now=now)


@loop(every=15)
def fetch_sms(now: datetime) -> None:
    readings.read_each(Channel.SMS, ovh.read, now=now, asked=ovh.is_asked)


@loop(every=5, wakes_on=services.UNREAD_BELL)
def read_letters(now: datetime) -> None:
    reading.read_all(now)
