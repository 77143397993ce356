"""Opening or closing a line at once, and what that, or other hours, changes for those who wait.

A decision is a row (`LineOverride`) that stays: a wait is counted in the hours that really were. The deadlines of those who
wait then follow, one conversation a transaction, and each is told in words. Closing pauses what is still promised; what is
already broken stays broken. How often it happened, and how many waited, is in the event log and on the page of the promise.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import uuid5

from django.db import transaction

from relais.accounts.models import Role, User
from relais.foundation import claims, live, loops
from relais.foundation.events import record
from relais.foundation.jinja import clock, day
from relais.foundation.refusals import NotAcceptable, NotAllowed

from .. import thread
from ..events import DeadlineMoved, LineForced
from ..models import Conversation, Line, LineOverride
from ..thread import promise

BELL = "changed_hours"
ALL = 100_000
"""More than any line has waiting: those already told are looked at again, so that a smaller number would never come to the end."""
OPEN, CLOSED = "open", "closed"
LONGEST = timedelta(days=14)
"""Beyond that, a closure belongs in the calendar of the line, where people see it coming."""


@dataclass(frozen=True)
class Waiting:
    """Who waits on a line, by what becomes of their deadline when its hours change. `follows`: it follows. `held`: it follows, and not
    beyond what they were promised before (by another line, or in two conversations that were joined). `broken`: it is over."""

    follows: int
    held: int
    broken: int

    @property
    def total(self) -> int:
        return self.follows + self.held + self.broken


def waiting_on(line: Line) -> Waiting:
    waiting = Conversation.objects.waiting().filter(line=line)
    broken = waiting.exclude(broken_at=None).count()
    held = waiting.filter(broken_at=None).exclude(promised_until=None).count()
    return Waiting(follows=waiting.count() - broken - held, held=held, broken=broken)


@transaction.atomic
def open_or_close_now(
    *, line: Line, user: User, state: str, until: datetime | None, message: str, now: datetime
) -> Line:
    """Open (OPEN) or close (CLOSED) the line from now `until` an instant; '' gives it back to its hours.

    `message` is shown to those who wait and on the page where people write. Raises NotAcceptable, or NotAllowed for whoever
    does not supervise the organisation of the line.
    """
    if not user.has(Role.SUPERVISOR, line.organisation_id):
        raise NotAllowed("Seule une personne « Responsable de l’équipe » de cette ligne peut l’ouvrir ou la fermer.")
    if state and not (until and now < until <= now + LONGEST):
        raise NotAcceptable(f"Choisissez une fin dans l’avenir, dans {LONGEST.days} jours au plus.")
    held = Line.objects.select_for_update(no_key=True).get(pk=line.pk)
    current = LineOverride.objects.filter(line=held, start__lte=now, end__gt=now).first()
    if not state and current is None:
        raise NotAcceptable("Cette ligne suit déjà ses heures.")
    if current:
        # Cut short: those who wait follow again, unless the new decision makes them follow anyway.
        current.end, current.applied_at = now, now if state else None
        current.save(update_fields=["end", "applied_at"])
    if state:
        LineOverride.objects.create(line=held, is_open=state == OPEN, start=now, end=until, message=message, by=user)
    minutes = int((until - now).total_seconds() // 60) if state else 0
    waiting = Conversation.objects.waiting().filter(line=held).count()
    record(LineForced(line=held.pk, state=state or "usual", minutes=minutes, waiting=waiting), now=now)
    loops.wake(BELL)
    live.notify(f"inbox:{held.organisation_id}")
    return held


def apply(now: datetime) -> int:
    """Let the deadlines of those who wait follow the decisions that they do not follow yet.

    Returns how many conversations were told. Stopped in the middle, it goes on at the next turn: nobody is told twice.
    """
    told = 0
    for override in LineOverride.objects.filter(applied_at=None).select_related("line"):
        mark, said = f"{override.pk}:{override.end.isoformat()}", override.message if override.end > now else ""
        turn = _all_follow(override.line, mark, now, said=said)
        told += turn.done
        if not turn.left:
            LineOverride.objects.filter(pk=override.pk, end=override.end, applied_at=None).update(applied_at=now)
    for line in Line.objects.exclude(hours_changed_at=None):
        turn = _all_follow(line, f"hours:{line.hours_changed_at.isoformat()}", now, only_if_moved=True)
        told += turn.done
        if not turn.left:
            Line.objects.filter(pk=line.pk, hours_changed_at=line.hours_changed_at).update(hours_changed_at=None)
    return told


def _all_follow(line: Line, mark: str, now: datetime, **how) -> claims.Turn:
    waiting = Conversation.objects.waiting().filter(line=line).order_by("waiting_since", "id")
    # Nobody comes back for one that is passed over once the decision is written down as followed.
    return claims.each(waiting, partial(_follow, mark=mark, now=now, **how), patient=True, most=ALL)


def _follow(waiting: Conversation, *, mark: str, now: datetime, said: str = "", only_if_moved: bool = False) -> bool:
    """Whether the person was told. `mark` names the decision: it is told once."""
    held = thread.locked(waiting.pk)
    key = uuid5(held.pk, mark)
    if held.messages.filter(key=key).exists():
        return False
    has_moved = held.broken_at is None and promise.set_deadlines(held)
    if has_moved:
        record(DeadlineMoved(**promise.conversation_ids(held)), now=now)
    if only_if_moved and not has_moved:
        held.save(update_fields=promise.DEADLINES)
        return False
    thread.system_message(held, _in_words(held, said, now), now=now, key=key, leaves=True)
    return True


def _in_words(held: Conversation, said: str, now: datetime) -> str:
    """Instants in full: it will be read later."""
    hours = held.line.hours()
    opens = None if hours.is_open(now) else hours.next_opening(now)
    if opens:
        first = f"La ligne est fermée. Elle rouvre {day(opens, hours.zone)} à {clock(opens, hours.zone)}."
    else:
        first = "La ligne est ouverte." if hours.is_open(now) else "La ligne est fermée."
    said = f"« {said} »" if said else ""
    if held.broken_at or held.due_at is None:
        last = "Ton message est toujours là."
    elif not hours.is_open(now) and (opens is None or held.due_at <= opens):
        # Promised before it came here, and kept as it was: the two sentences must not deny each other.
        at = f"{day(held.due_at, hours.zone)} avant {clock(held.due_at, hours.zone)}"
        last = f"Une réponse t’a été promise {at}\u00a0: cela reste vrai, même si la ligne est fermée à cette heure-là."
    else:
        last = f"Réponse promise {day(held.due_at, hours.zone)} avant {clock(held.due_at, hours.zone)}."
    return " ".join(part for part in (first, said, last) if part)
