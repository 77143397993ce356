"""People whose alarms came together (`safeguarding.groups`), as one row of a list and of the queue while they wait and nobody has them."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.contrib.postgres.aggregates import BoolAnd, BoolOr
from django.db.models import Q, QuerySet

from relais.safeguarding.models import Alarm

from ..models import Conversation
from ..models.conversation import CONVERSATION

SHOWN = 10
"""People of a group named in the list itself; its page names all."""


@dataclass
class Group:
    """`members`: those whose alarm presses first, then by deadline. `open`: those with an alarm that nobody has read, `urgent` those
    where it presses, `nobody` those of whom a human said that no one in danger, and no one in particular, wrote it. `due_at`: the earliest deadline, that of `first`, in whose place the group stands. `named`: see `name`."""

    pk: UUID
    members: list[UUID]
    open: int
    urgent: int
    nobody: int
    first: UUID
    due_at: datetime | None
    named: list[Conversation] = field(default_factory=list)
    pressing: set[UUID] = field(default_factory=set)

    @property
    def size(self) -> int:
        return len(self.members)

    @property
    def spared(self) -> int:
        """How many answers less they are than people: once all was read, those of a flood are one. A class that joked, or whom the
        program misread, is as many people to answer."""
        return 0 if self.open else max(0, self.nobody - 1)


def of(conversations: QuerySet) -> list[Group]:
    """The groups among `conversations`, by deadline. One query where there are none. One person alone is no group."""
    rows = list(
        conversations.in_a_group().order_by("due_at", "id").values_list("alarm_group", "pk", "due_at", "is_alarming")
    )
    if not rows:
        return []
    theirs = Alarm.objects.filter(subject_kind=CONVERSATION, subject_id__in=[pk for _, pk, *_ in rows])
    of_each = (
        theirs.order_by()
        .values_list("subject_id")
        .annotate(presses=BoolOr(Q(seen_at=None, is_urgent=True)), flood=BoolAnd(Q(together=Alarm.Together.FLOOD)))
    )
    alarms = {pk: (presses, flood) for pk, presses, flood in of_each}
    found: dict[UUID, list[tuple]] = {}
    for group, *one in rows:
        found.setdefault(group, []).append(one)
    pressing = {pk for pk, (presses, _) in alarms.items() if presses}
    nobody = {pk for pk, (_, flood) in alarms.items() if flood}
    return [_group(pk, theirs, pressing, nobody) for pk, theirs in found.items() if len(theirs) > 1]


def _group(pk: UUID, theirs: list[tuple], pressing: set[UUID], nobody: set[UUID]) -> Group:
    """`theirs`: (number, deadline, whether an alarm is open), by deadline."""
    first, due_at, _ = theirs[0]
    ordered = sorted(theirs, key=lambda one: (one[0] not in pressing, not one[2]))
    members = [one for one, *_ in ordered]
    pressing = pressing.intersection(members)
    return Group(
        pk,
        members,
        open=sum(is_open for *_, is_open in theirs),
        urgent=len(pressing),
        nobody=len(nobody.intersection(members)),
        first=first,
        due_at=due_at,
        pressing=pressing,
    )


def name(shown: list[Group]) -> None:
    """Put into each of them the first SHOWN of its people. One query."""
    wanted = [pk for group in shown for pk in group.members[:SHOWN]]
    found = Conversation.objects.select_related("journey").in_bulk(wanted) if wanted else {}
    for group in shown:
        group.named = [found[pk] for pk in group.members[:SHOWN] if pk in found]
