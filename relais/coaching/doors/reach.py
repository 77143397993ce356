"""Letters and SMS of the program to an address that the person left for one purpose. They say that there is something, never what about."""

from datetime import datetime

from relais.foundation import outbox

from ..models import By, Conversation
from . import outbound


def send(conversation: Conversation, *, by: str, address: str, sms: str, letter: str, key: str, now: datetime) -> None:
    """`sms` in one segment, at an hour when it may ring; `letter` as plain text. By.DOOR sends nothing: the thread's own door does."""
    if by == By.SMS:
        outbound.enqueue_sms(conversation, address, sms, key=key, now=now)
    elif by == By.EMAIL:
        payload = {"to": address, "subject": outbound.name_for(conversation) + outbound.SUBJECT, "text": letter, "thread": outbound.thread_of(conversation), "automatic": True}
        outbox.enqueue("email", key=key, payload=payload, now=now, about=conversation.pk, owner=conversation.line.organisation_id)
