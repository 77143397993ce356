"""After a broken promise: an apology at once, and a choice. It stays broken, whatever the person chooses."""

from datetime import datetime, time, timedelta

from django.db import transaction

from relais.foundation.events import record
from relais.foundation.refusals import NotAcceptable, WrongState
from relais.journeys.models import Journey

from .. import thread
from ..events import BreachChosen, CallbackAsked
from ..models import Callback, Conversation, Line
from ..thread import promise

APOLOGY = (
    "On t’avait promis une réponse à cette heure-ci, et elle n’est pas là. Pardon. Ton message n’est pas perdu. "
    "Tu peux rester ici, ou choisir d’être rappelé, ou qu’on t’écrive par SMS ou par e-mail."
)
STAY = "stay"
SLOT = timedelta(minutes=30)
NOTICE = timedelta(minutes=30)
"""Between the choice and the first slot: somebody has to see it."""
A_DAY, DAYS = 3, 2
EARLIEST, LATEST = time(8), time(20)
"""On the clock of the line: nobody is rung up at night, even by a line that never closes."""


class NotOffered(NotAcceptable):
    """This slot is over, or the line closed meanwhile."""


def apologise(now: datetime) -> int:
    """Say sorry in every wait whose promise was just broken, once; returns how many."""
    return promise.claim("broken_at", "apologised_at", _apologise, now)


def _apologise(conversation: Conversation, now: datetime) -> None:
    thread.system_message(thread.locked(conversation.pk), APOLOGY, now=now, leaves=True)


def slots(line: Line, now: datetime) -> list[datetime]:
    """Half hours of opening time at which one may be called: a few on the next day of opening, a few on the one after."""
    hours = line.hours()
    found: dict = {}
    for opens, closes in hours.openings(now + NOTICE):
        at = _half_hour(opens)
        while at + SLOT <= closes:
            local = at.astimezone(hours.zone)
            if EARLIEST <= local.time() < LATEST:
                if local.date() not in found and len(found) == DAYS:
                    return [slot for of_day in found.values() for slot in of_day]
                if len(found.setdefault(local.date(), [])) < A_DAY:
                    found[local.date()].append(at)
            at += SLOT
    return [slot for of_day in found.values() for slot in of_day]


def _half_hour(at: datetime) -> datetime:
    """`at` or the next half hour. Every time zone of France is whole hours from UTC but Marquesas', half an hour away."""
    late = timedelta(minutes=at.minute % 30, seconds=at.second, microseconds=at.microsecond)
    return at - late + SLOT if late else at


@transaction.atomic
def choose(*, journey: Journey, kind: str, value: str, slot: datetime | None, now: datetime) -> None:
    """The person says how to go on: STAY, or a kind of Callback. The desk sees a call back; choosing again replaces it.

    Raises NotOffered, or WrongState when no promise of theirs is broken (any more).
    """
    held = thread.locked(journey.conversation.pk)
    if held.state != Conversation.State.WAITING or held.broken_at is None:
        raise WrongState("Quelqu’un t’a répondu entre-temps.")
    if slot and slot not in slots(held.line, now):
        raise NotOffered("Ce créneau n’est plus libre. Choisis-en un autre.")
    record(BreachChosen(**promise.conversation_ids(held), choice=kind), now=now)
    if kind != STAY:
        values = {"kind": kind, "value": value, "slot": slot, "after_breach": True, "asked_at": now}
        Callback.objects.update_or_create(conversation=held, defaults=values)
        record(CallbackAsked(**promise.conversation_ids(held)), now=now)
    thread.notify_pages(held)
