"""The promise: a human answers within so many minutes of opening time. Deadlines are columns; a clock claims rows.

The clock (`tick`) may run in several processes at once: each deadline is claimed by a conditional UPDATE of one row,
so an alert, an escalation and a breach happen once each per wait.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connection, transaction

from relais.accounts.models import Role, User
from relais.foundation import live, outbox
from relais.foundation.events import record
from relais.foundation.hours import NeverOpen

from . import mail
from .events import PromiseAlerted, PromiseBroken, PromiseEscalated, WaitStarted
from .models import Conversation, Line


def start_wait(conversation: Conversation, now: datetime) -> None:
    """The person has written and waits: set the deadlines, in opening time from this first unanswered message."""
    line = conversation.line
    conversation.state = Conversation.State.WAITING
    conversation.waiting_since = now
    conversation.alerted_at = conversation.escalated_at = conversation.broken_at = None
    conversation.alert_at, conversation.escalate_at, conversation.due_at = deadlines(line, now)
    record(WaitStarted(**conversation_ids(conversation)), now=now)


def end_wait(conversation: Conversation, now: datetime) -> tuple[int, bool]:
    """Somebody answered. Returns seconds of opening time waited, and whether the promise was kept."""
    waited = conversation.line.hours().between(conversation.waiting_since, now)
    kept = conversation.due_at is None or now <= conversation.due_at
    if not kept and conversation.broken_at is None:
        # The clock had not looked yet: a breach is written by whoever sees it first.
        record(PromiseBroken(**conversation_ids(conversation)), now=now)
    for deadline in ("waiting_since", "alert_at", "escalate_at", "due_at", "alerted_at", "escalated_at", "broken_at"):
        setattr(conversation, deadline, None)
    return int(waited.total_seconds()), kept


def deadlines(line: Line, since: datetime) -> tuple[datetime | None, datetime | None, datetime | None]:
    """Alert, escalation and end of the promise. All None for a line that never opens: it promises nothing."""
    hours = line.hours()
    try:
        return tuple(hours.add(since, timedelta(minutes=minutes)) for minutes in (line.alert_minutes, line.escalate_minutes, line.promise_minutes))
    except NeverOpen:
        return None, None, None


def conversation_ids(conversation: Conversation) -> dict:
    """What every event about a conversation says of it."""
    return {"touch": conversation.journey.touch, "journey": conversation.journey_id, "subject": conversation.id}


def tick(now: datetime) -> int:
    """Claim every deadline that has passed. Returns how many were claimed. Bounded work: one row a transaction."""
    claimed = 0
    for conversation in _claimed("alert_at", "alerted_at", now):
        record(PromiseAlerted(**conversation_ids(conversation)), now=now)
        _show(conversation)
        claimed += 1
    for conversation in _claimed("escalate_at", "escalated_at", now):
        record(PromiseEscalated(**conversation_ids(conversation)), now=now)
        _tell_supervisors(conversation, now)
        _show(conversation)
        claimed += 1
    for conversation in _claimed("due_at", "broken_at", now):
        record(PromiseBroken(**conversation_ids(conversation)), now=now)
        _show(conversation)
        claimed += 1
    return claimed


_CLAIM = """
UPDATE coaching_conversation SET {mark} = %s WHERE id = (
    SELECT id FROM coaching_conversation WHERE state = 'waiting' AND {mark} IS NULL AND {deadline} <= %s
    ORDER BY {deadline}, id LIMIT 1 FOR UPDATE SKIP LOCKED
) AND {mark} IS NULL RETURNING id
"""


def _claimed(deadline: str, mark: str, now: datetime) -> Iterator[Conversation]:
    """Conversations whose `deadline` has passed, each claimed (its `mark` set) in the transaction the caller works in."""
    while True:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(_CLAIM.format(deadline=deadline, mark=mark), [now, now])
                row = cursor.fetchone()
            if row is None:
                return
            yield Conversation.objects.select_related("line", "journey").get(pk=row[0])


def _tell_supervisors(conversation: Conversation, now: datetime) -> None:
    supervisors = User.objects.filter(
        memberships__organisation=conversation.line.organisation_id, memberships__role=Role.SUPERVISOR, is_active=True
    ).distinct()
    for supervisor in supervisors:
        key = f"escalation:{conversation.id}:{conversation.waiting_since:%Y%m%d%H%M%S}:{supervisor.pk.hex[:12]}"
        outbox.enqueue("email", key=key, payload=mail.escalation(supervisor, conversation), now=now)


def _show(conversation: Conversation) -> None:
    live.ring(f"inbox:{conversation.line.organisation_id}")
