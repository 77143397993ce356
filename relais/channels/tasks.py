"""Loops of the doors: those that fetch exist only where a mailbox or a service is set."""

import imaplib
import logging
from datetime import datetime

from django.conf import settings

from relais.foundation.loops import loop
from relais.foundation.outbox import PermanentError, TemporaryError

from . import http, services
from .email import imap, reading
from .sms import ovh

log = logging.getLogger(__name__)

if settings.IMAP_URL:

    @loop(every=30)
    def fetch_letters(now: datetime) -> None:
        try:
            imap.fetch(settings.IMAP_URL, now)
        except (OSError, imaplib.IMAP4.error) as error:
            log.warning("The mailbox does not answer, the next turn looks again: %s", error)


if settings.SMS_DIALECT == "ovh":

    @loop(every=15)
    def fetch_sms(now: datetime) -> None:
        try:
            ovh.fetch(now)
        except (TemporaryError, PermanentError, http.Unsure) as error:
            log.warning("No SMS could be fetched, the next turn looks again: %s", error)


@loop(every=5, wakes_on=services.UNREAD_BELL)
def read_letters(now: datetime) -> None:
    reading.read_all(now)
