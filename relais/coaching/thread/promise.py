"""The promise: a human answers within so many minutes of opening time. Deadlines are columns; a clock claims rows.

The clock (`tick`) may run in several processes at once: each deadline is claimed by a conditional UPDATE of one row,
so an alert, an escalation, a call to the structure on duty and a breach happen once each per wait.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection

from relais.accounts.scope import answerable
from relais.foundation import claims, live, notices, states
from relais.foundation.events import record
from relais.foundation.hours import NeverOpen

from ..events import PromiseAlerted, PromiseBroken, PromiseEscalated, PromiseOncalled, WaitStarted
from ..models import Conversation, Line

DEADLINES = ("alert_at", "escalate_at", "oncall_at", "due_at")
MARKS = ("alerted_at", "escalated_at", "oncalled_at", "broken_at", "apologised_at")
OF_A_WAIT = ("waiting_since", "promised_until", *DEADLINES, *MARKS)


def start_wait(conversation: Conversation, now: datetime, *, since: datetime | None = None) -> None:
    """The person has written and waits: set the deadlines, in opening time from this first unanswered message.

    `since`: when they wrote, if their message took a while to come in.
    """
    hold_hours(conversation.line)
    if conversation.state != Conversation.State.WAITING:
        states.turn(conversation, Conversation.State.WAITING)
    conversation.waiting_since = min(since or now, now)
    conversation.promised_until = None
    for mark in MARKS:
        setattr(conversation, mark, None)
    set_deadlines(conversation)
    record(WaitStarted(**conversation_ids(conversation), line=conversation.line_id), now=now)


def end_wait(conversation: Conversation, now: datetime) -> tuple[int, bool]:
    """Somebody answered. Returns seconds of opening time waited, and whether the promise was kept."""
    waited = conversation.line.hours().between(conversation.waiting_since, now)
    kept = conversation.due_at is None or now <= conversation.due_at
    if not kept and conversation.broken_at is None:
        # The clock had not looked yet: a breach is written by whoever sees it first.
        record(PromiseBroken(**conversation_ids(conversation), line=conversation.line_id), now=now)
    for column in OF_A_WAIT:
        setattr(conversation, column, None)
    return int(waited.total_seconds()), kept


def set_deadlines(conversation: Conversation) -> bool:
    """Count the deadlines of a wait again, in the hours as they are now known. Returns whether the end of the promise moved."""
    before, wanted = conversation.due_at, deadlines(conversation.line, conversation.waiting_since)
    if conversation.promised_until:
        wanted = _no_later(conversation.line, wanted, conversation.promised_until)
    for name, instant in zip(DEADLINES, wanted, strict=True):
        setattr(conversation, name, instant)
    return conversation.due_at != before


def deadlines(line: Line, since: datetime) -> tuple[datetime | None, ...]:
    """The instants of DEADLINES. All None for a line that never opens: it promises nothing. Nobody on call: no such instant."""
    hours = line.hours()
    steps = (
        line.alert_minutes,
        line.escalate_minutes,
        line.oncall_minutes if line.oncall_email else None,
        line.promise_minutes,
    )
    try:
        return tuple(None if step is None else hours.add(since, timedelta(minutes=step)) for step in steps)
    except NeverOpen:
        return (None,) * len(DEADLINES)


def _no_later(line: Line, wanted: tuple[datetime | None, ...], until: datetime) -> tuple[datetime | None, ...]:
    """The same instants, none after the one that leaves the time usual on this line before `until`."""
    left = (
        line.promise_minutes - step
        for step in (line.alert_minutes, line.escalate_minutes, line.oncall_minutes, line.promise_minutes)
    )
    caps = [until - timedelta(minutes=minutes) for minutes in left]
    if not line.oncall_email:
        caps[DEADLINES.index("oncall_at")] = None
    return tuple(cap if at is None else min(at, cap) for at, cap in zip(wanted, caps, strict=True))


def take_over(conversation: Conversation, line: Line, now: datetime) -> None:
    """The wait goes on on another line, which is told of it anew. It never ends later than the person was told, and what is
    broken stays so; somebody who had been answered waits again, from now."""
    hold_hours(line)
    promised = [at for at in (conversation.promised_until, conversation.due_at) if at]
    conversation.line = line
    if conversation.state != Conversation.State.WAITING:
        start_wait(conversation, now)
        return
    conversation.promised_until = min(promised, default=None)
    for mark in ("alerted_at", "escalated_at", "oncalled_at"):
        setattr(conversation, mark, None)
    set_deadlines(conversation)


def hold_hours(line: Line) -> None:
    """Until this transaction ends nobody opens or closes the line, so that its deadlines are never those of other hours."""
    # Shared: people who write at the same time do not wait for each other, only a supervisor's decision and they do.
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM coaching_line WHERE id = %s FOR SHARE", [line.pk])
    line.forget_hours()


def conversation_ids(conversation: Conversation) -> dict:
    """What every event about a conversation says of it."""
    return {"touch": conversation.journey.touch, "journey": conversation.journey_id, "subject": conversation.id}


def tick(now: datetime) -> int:
    """Claim every deadline that has passed, each once; returns how many were claimed."""
    return (
        claim("alert_at", "alerted_at", _alert, now)
        + claim("escalate_at", "escalated_at", _escalate, now)
        + claim("oncall_at", "oncalled_at", _call, now)
        + claim("due_at", "broken_at", _break, now)
    )


def claim(deadline: str, mark: str, do: Callable[[Conversation, datetime], None], now: datetime) -> int:
    """`do(conversation, now)` for each one that waits and whose `deadline` has passed, with its `mark` set; returns how many."""
    # Who answers at the very end of the promise keeps it (`end_wait`): the clock breaks it after that.
    past = "lt" if deadline == "due_at" else "lte"
    due = Conversation.objects.waiting().filter(**{mark: None, f"{deadline}__{past}": now}).order_by(deadline, "id")

    def marked(conversation: Conversation) -> None:
        setattr(conversation, mark, now)
        conversation.save(update_fields=[mark])
        do(conversation, now)

    return claims.each(due.select_related("line", "journey"), marked).done


def _alert(conversation: Conversation, now: datetime) -> None:
    record(PromiseAlerted(**conversation_ids(conversation)), now=now)
    _show(conversation)


def _escalate(conversation: Conversation, now: datetime) -> None:
    record(PromiseEscalated(**conversation_ids(conversation)), now=now)
    _tell_who_answers_for_it(conversation, now)
    _show(conversation)


def _call(conversation: Conversation, now: datetime) -> None:
    # Who is on call may have changed, or gone, since the wait began.
    if conversation.line.oncall_email:
        record(PromiseOncalled(**conversation_ids(conversation)), now=now)
        # The structure on call has no account here: it rings the organisation, or whoever its own rules name.
        _tell("oncall", "on_call", conversation.line.oncall_email, conversation, now)
    _show(conversation)


def _break(conversation: Conversation, now: datetime) -> None:
    record(PromiseBroken(**conversation_ids(conversation), line=conversation.line_id), now=now)
    _show(conversation)


def _tell_who_answers_for_it(conversation: Conversation, now: datetime) -> None:
    told = answerable(conversation.line.organisation_id)
    for person in told.people:
        _tell("escalation", "escalation", person.email, conversation, now, unsupervised=told.unsupervised)


def _tell(kind: str, letter: str, to: str, conversation: Conversation, now: datetime, **said) -> None:
    notices.tell(
        kind,
        f"coaching/{letter}",
        many=f"coaching/{letter}_many",
        to=to,
        context={"conversation": conversation, **said},
        now=now,
        organisation=conversation.line.organisation_id,
        about=conversation.pk,
    )


def _show(conversation: Conversation) -> None:
    live.notify(f"inbox:{conversation.line.organisation_id}")
