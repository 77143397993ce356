"""Messages that leave: a row in the caller's transaction, the effect after it, and never twice.

`enqueue` writes the row. `send_due` (a loop of the worker for each channel: a slow provider delays nobody else) claims rows one by one: the row says SENDING, in a
transaction of its own, before the provider is spoken to. Errors are types: `TemporaryError` is tried again later,
`PermanentError` is shown to a human. A row still SENDING after LEASE was left by a dead process; nobody can know
whether the message went out, so it becomes AMBIGUOUS and a human decides.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial, reduce
from operator import or_
from time import monotonic
from uuid import UUID

from django.db.models import Q, QuerySet

from . import claims, keys, loops, states
from .database.patience import let_go
from .models import Outbound

log = logging.getLogger(__name__)
BELL = "outbound"
LEASE = timedelta(minutes=2)
RETRIES = (1, 5, 15, 60, 240)
"""Minutes before each new try; after the last one the message is shown as refused."""
TOO_LONG = timedelta(minutes=10)
"""A message that fails for longer is no hiccup of the provider: who looks after the installation is told before the last try."""


class TemporaryError(Exception):
    """The provider could not take the message now: nothing left. `after`: how long it asks to be left alone."""

    after = timedelta()


class PermanentError(Exception):
    """The provider will never take this message as it is."""


class Unwanted(Exception):
    """Whoever it is for wants nothing more by this way. No error: nothing is to be decided, and it is never tried again."""


_transports: dict[str, Callable[[dict], str | None]] = {}
_guards: list[Callable[[Outbound], None]] = []
UNREADABLE = timedelta(minutes=15)
"""Until a message that could not be opened is looked at again."""
_told_of_stuck: list[Callable[[Outbound], None]] = []
LEFT_OF_STOPPED = ("to", "subject")
"""Of a message that was stopped, what is kept: for whom it was. Its text, which may hold a link, opens nothing any more."""


def transport(channel: str):
    """Decorator for the function of a channel that takes a payload, with the `owner` of its row, its `kind` and its `serial`, and returns once the
    provider has accepted it: how that one names it, or nothing where it never tells what became of it."""

    def keep(function):
        _transports[channel] = function
        loops.loop(every=5, wakes_on=BELL, name=f"{__name__}.{channel}")(partial(send_due, channel=channel))
        return function

    return keep


def guard(function):
    """Decorator for a function that is asked of each row at the moment it leaves, whatever its channel: it raises Unwanted."""
    _guards.append(function)
    return function


def stuck(function):
    """Decorator for a function that is told of each row that did not arrive, or of which nobody knows, once that is kept; and when it did after all."""
    _told_of_stuck.append(function)
    return function


def kind_of(key: str) -> str:
    """What a message is, in the word that its key begins with: « invitation », « reply »."""
    return key.partition(":")[0]


def serial_of(key: str) -> str:
    """Eight hexadecimal digits that stand for one message outside: sent again it is the same one."""
    return keys.sign(f"outbound:{key}")[:8]


def enqueue(
    channel: str,
    *,
    key: str,
    payload: dict,
    now: datetime,
    owner: UUID | None,
    not_before: datetime | None = None,
    about: UUID | None = None,
) -> None:
    """Promise that `payload` will leave by `channel`, once. The same `key` again changes nothing; it begins with its kind (`kind_of`).

    `owner`: the organisation that looks at it when it does not leave; None only for a letter of the installation itself.
    `about`: the conversation that it tells of; whoever erases that one erases this too (`forget`).
    """
    values = {
        "channel": channel,
        "payload": payload,
        "not_before": not_before or now,
        "created_at": now,
        "owner": owner,
        "about": about,
    }
    _, created = Outbound.objects.get_or_create(key=key, defaults=values)
    if created:
        loops.wake(BELL)


def forget(about: UUID) -> int:
    """Erase what waits to leave about a conversation, and the trace of what left. Returns how many rows."""
    return Outbound.objects.filter(about=about).delete()[0]


def move(*, old: UUID, new: UUID) -> None:
    """What tells of one conversation tells of another, and is forgotten with it."""
    Outbound.objects.filter(about=old).update(about=new)


def send_again(pk: UUID, *, now: datetime) -> bool:
    """A human decides that what may not have left must leave (again). False when there is nothing to decide."""
    stuck = Outbound.objects.needing_a_human().filter(pk=pk)
    decided = states.move_all(stuck, Outbound.State.WAITING, not_before=now, attempts=0, error="")
    if decided:
        loops.wake(BELL)
    return bool(decided)


def leave(rows: QuerySet[Outbound]) -> int:
    """A human decides that nothing of `rows` is to be sent any more. Returns how many waited for that decision."""
    return states.move_all(rows.filter(state__in=Outbound.STUCK), Outbound.State.LEFT, payload={}, error="")


def came_back(row: Outbound, error: str) -> None:
    """Its provider had taken it, and says now that nobody got it."""
    _settle(row, Outbound.State.RETURNED, error=error[:300])


def arrived(row: Outbound) -> None:
    """Its provider says that it was delivered, whatever it said before; what a human has decided meanwhile stays."""
    _settle(row, Outbound.State.DELIVERED, error="")


def failing(now: datetime) -> QuerySet[Outbound]:
    """What has failed, try after try, for more than TOO_LONG. The first try is not kept: it was at least its RETRIES before the last one."""
    since = (
        Q(attempts=number + 1, claimed_at__lt=now - TOO_LONG + timedelta(minutes=sum(RETRIES[:number])))
        for number in range(len(RETRIES) + 1)
    )
    return Outbound.objects.tried_again().filter(reduce(or_, since))


def send_due(now: datetime, channel: str = "") -> int:
    """Send what is due, by this `channel` only if one is named; returns how many were tried. Safe to run in several processes at once."""
    for abandoned in Outbound.objects.filter(state=Outbound.State.SENDING, claimed_at__lt=now - LEASE):
        _settle(
            abandoned,
            Outbound.State.AMBIGUOUS,
            error="Le programme s’est arrêté pendant l’envoi : parti ou non, on ne sait pas.",
        )
    started, tried = monotonic(), 0
    # Many letters take minutes: each is claimed at its own instant, or its lease would be over before it began.
    while not loops.stopping.is_set() and (row := _claim(now + timedelta(seconds=monotonic() - started), channel)):
        _send(row, row.claimed_at or now)
        tried += 1
    return tried


def _claim(now: datetime, channel: str) -> Outbound | None:
    def take(row: Outbound) -> None:
        states.turn(row, Outbound.State.SENDING)
        row.claimed_at, row.attempts = now, row.attempts + 1
        row.save(update_fields=["state", "claimed_at", "attempts"])

    def put_off(pk: UUID) -> None:
        """It cannot be opened while a key is missing: its turn comes again, behind the others. /health/ready and the log tell who runs the site."""
        Outbound.objects.filter(pk=pk, state=Outbound.State.WAITING).update(not_before=now + UNREADABLE)

    due = Outbound.objects.filter(state=Outbound.State.WAITING, not_before__lte=now).order_by("not_before", "id")
    return claims.first(due.filter(channel=channel) if channel else due, take, put_off=put_off)


def _ask_guards(row: Outbound) -> None:
    """Raises Unwanted; TemporaryError where one of them could not say: nothing has left yet, and nobody must wonder whether it did."""
    try:
        for ask in _guards:
            ask(row)
    except Unwanted:
        raise
    except Exception as error:
        log.exception("Nobody could say whether %s may leave; it waits", row.key)
        raise TemporaryError("Les refus de recevoir n’ont pas pu être lus.") from error


def _send(row: Outbound, now: datetime) -> None:
    changed: dict = {}
    try:
        _ask_guards(row)
        outside = {"owner": row.owner, "kind": kind_of(row.key), "serial": serial_of(row.key)}
        let_go()
        known_as = _transports[row.channel]({**row.payload, **outside}) or ""
    except Unwanted:
        kept = {name: row.payload[name] for name in LEFT_OF_STOPPED if name in row.payload}
        state, changed = Outbound.State.STOPPED, {"error": "", "payload": kept}
    except TemporaryError as error:
        if row.attempts <= len(RETRIES):
            wait = max(timedelta(minutes=RETRIES[row.attempts - 1]), error.after)
            state, changed = Outbound.State.WAITING, {"not_before": now + wait}
        else:
            state = Outbound.State.FAILED
        changed["error"] = str(error)[:300]
    except PermanentError as error:
        state, changed = Outbound.State.FAILED, {"error": str(error)[:300]}
    except Exception as error:
        # A fault nobody foresaw, perhaps in the middle of the message: it may have left, so it is not tried again.
        log.exception("Sending %s failed", row.key)
        state, changed = Outbound.State.AMBIGUOUS, {"error": str(error)[:300]}
    else:
        # What was sent need not be kept: the text may hold a link, the address is somebody's.
        state, changed = Outbound.State.SENT, {"sent_at": now, "error": "", "payload": {}, "known_as": known_as}
    _settle(row, state, **changed)


def _settle(row: Outbound, state: str, **changed) -> None:
    """Not save(): a letter taken back while the provider was spoken to is no row any more, and must not come back to wait."""
    settled = states.move_all(Outbound.objects.filter(pk=row.pk), state, **changed)
    if not settled or not {state, row.state} & set(Outbound.STUCK):
        return
    for tell in _told_of_stuck:
        try:
            tell(row)
        except Exception:
            log.exception("Nobody was told that %s did not leave; it stands on the page of letters", row.key)
