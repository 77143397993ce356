"""Letters to people on duty, at a pace that can be read: the first one leaves at once, the next ones together.

    notices.tell("alarm", "safeguarding/alarm", many="safeguarding/alarm_many", to=person.email, …)

What comes within PACE of a letter of the same kind to the same person is told in one more letter, which leaves at the end of
that time and says how many there are. What presses never waits for the pace of what does not: it has a pace of its own, so two letters leave
in a minute at most. Nothing is left untold, and nobody is sent a hundred letters in a minute: of those, one reads none.
"""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import connection

from . import codes, letters
from .models import Outbound

PACE = timedelta(minutes=1)
MILLISECOND = timedelta(milliseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TOLD, PRESSING = "told", "pressing"
"""In the payload of a letter: of how many things it tells, and how many of them cannot wait."""


def tell(
    kind: str,
    name: str,
    *,
    many: str,
    to: str,
    context: dict,
    now: datetime,
    organisation,
    about: UUID | None = None,
    pressing: bool = False,
) -> None:
    """Have the letter `name` leave, or be one of those that the letter `many` counts (`told`, of which `pressing`).

    In the transaction of what it tells, which calls it once for each thing and person. `many` is given the `context` of the last one.
    """
    owner = getattr(organisation, "pk", organisation)
    whose = f"{kind}:{codes.digest(f'{owner}|{to}|{PRESSING}' if pressing else f'{owner}|{to}')[:24]}"
    _hold(whose)
    # The key of each is the instant at which it leaves: the last one stands first.
    last = Outbound.objects.filter(key__startswith=f"{whose}:").order_by("-key").first()
    at = _instant(last) if last else None
    if last and at and at > now and _join(last, many, context, organisation, pressing=pressing):
        return
    leaves = max(now, at + PACE) if at else now
    letters.send(
        name,
        to=to,
        context=context,
        key=f"{whose}:{(leaves - EPOCH) // MILLISECOND:014}",
        now=now,
        organisation=organisation,
        about=about,
        not_before=leaves,
        counts={TOLD: 1, PRESSING: int(pressing)},
    )


def _join(last: Outbound, many: str, context: dict, organisation, *, pressing: bool) -> bool:
    """Whether the letter that waits for its instant tells of one more; not once it is on its way, or a human has decided about it."""
    counts = {TOLD: last.payload.get(TOLD, 1) + 1, PRESSING: last.payload.get(PRESSING, 0) + pressing}
    payload = letters.payload(many, to=last.payload.get("to", ""), context=context | counts, organisation=organisation)
    # It is of several now: whoever erases one of them takes nothing from the others.
    return bool(
        Outbound.objects.filter(pk=last.pk, state=Outbound.State.WAITING, attempts=0).update(
            payload=payload | counts, about=None
        )
    )


def _instant(row: Outbound) -> datetime:
    return EPOCH + int(row.key.rpartition(":")[2]) * MILLISECOND


def _hold(whose: str) -> None:
    """Two who tell the same person at once do it one after the other, until the first one's transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"notice:{whose}"])
