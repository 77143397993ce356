"""Letters and SMS of the program to an address that the person left for one purpose. They say that there is something, never what about."""

from datetime import datetime

from relais.agenda.models import ContactMode
from relais.coaching.models import Conversation
from relais.coaching.thread import outbound


def notify_contact(
    conversation: Conversation, *, by: str, address: str, sms: str, letter: str, said: dict, key: str, now: datetime
) -> None:
    """`sms` in one segment, at an hour when it may ring; or the `letter` of this name, in which `said` stands. ContactMode.DOOR
    sends nothing: the thread's own channel does."""
    if by == ContactMode.SMS:
        outbound.enqueue_sms(conversation, address, sms, key=key, now=now)
    elif by == ContactMode.EMAIL:
        outbound.write(conversation, letter, to=address, key=key, now=now, **said)
