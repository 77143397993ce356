"""The public reader of one letter. What comes in by a channel is read by `reading`, in a process of its own."""

from email.utils import parseaddr

from django.conf import settings

from . import threads
from .letter import House, Letter, read_mime

UNREADABLE = "[Cette lettre n’a pas pu être lue. La personne peut être recontactée à son adresse.]"


def house() -> House:
    return House((parseaddr(settings.DEFAULT_FROM_EMAIL)[1],), threads.host(), settings.EMAIL_CHECKED_BY)


def read(raw: bytes) -> Letter:
    """The letter in these bytes, whole or cut anywhere. Never raises; its time only grows with their number."""
    return read_mime(raw, house())
