"""What was sent to the person and did not arrive, told to who answers them.

Nothing is kept of it here: the rows of the outbox say it, until somebody looks at them, or sends them again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from relais.accounts.models import Role, User
from relais.accounts.permissions import record_access
from relais.channels import opt_outs
from relais.channels.services import Returned, heeds_returned
from relais.foundation import live, outbox
from relais.foundation.masking import mask
from relais.foundation.models import Outbound
from relais.foundation.refusals import NotAllowed

from ..models import Callback, Conversation
from .outbound import Channel, conversation_of

WAYS = {Channel.EMAIL: "par e-mail", Channel.SMS: "par SMS", Channel.DISCORD: "sur Discord"}
TO_THE_PERSON = ("reply", "nudge")
"""Kinds of letters that bring them what the team wrote."""


@dataclass(frozen=True)
class Unreached:
    """`pk`: of its letter. `at`: when it was written. `is_sure`: False when it may have left. `reason`: what the provider said, without an address."""

    pk: UUID
    way: str
    at: datetime
    is_sure: bool
    reason: str


def letters() -> QuerySet[Outbound]:
    return Outbound.objects.needing_a_human().filter(_kinds())


def _kinds() -> Q:
    return reduce(or_, (Q(key__startswith=f"{kind}:") for kind in TO_THE_PERSON))


def has_any() -> Exists:
    """For a queryset of conversations: whether something of theirs did not arrive."""
    return Exists(letters().filter(about=OuterRef("pk")))


def conversations() -> QuerySet[Conversation]:
    """Those of which something did not arrive: few, found from the letters."""
    return Conversation.objects.filter(pk__in=letters().filter(about__isnull=False).values("about"))


def since() -> Subquery:
    """For a queryset of conversations: when the first of it was written."""
    return Subquery(letters().filter(about=OuterRef("pk")).order_by("created_at").values("created_at")[:1])


def of(conversation: Conversation) -> list[Unreached]:
    return [
        Unreached(row.pk, WAYS[row.channel], row.created_at, row.state != Outbound.State.AMBIGUOUS, mask(row.error))
        for row in letters().filter(about=conversation.pk)
    ]


def other_ways(conversation: Conversation) -> list[str]:
    """By what else the person may be reached, in words: never the address itself."""
    failed = set(letters().filter(about=conversation.pk).values_list("channel", flat=True))
    written = {address.channel for address in conversation.addresses.all()} - failed
    ways = [f"cette personne a aussi écrit {WAYS[channel]}" for channel in WAYS if channel in written]
    left = Callback.objects.filter(conversation=conversation).first()
    if left and left.kind not in failed:
        ways.append(f"elle a demandé à être recontactée {left.get_kind_display()}")
    return ways


def leave(*, conversation: Conversation, user: User, shown: Iterable[UUID], now: datetime) -> None:
    """Who answers has seen what was `shown`: nothing of it is sent again, and nothing more of it is told.

    Raises NotAllowed for who neither holds the conversation nor supervises it: whoever answered must hear of it first.
    """
    mine = conversation.claimed_by_id in (user.pk, None)
    if not mine and not user.has(Role.SUPERVISOR, conversation.line.organisation_id):
        raise NotAllowed("C’est à la personne qui tient cette conversation de le voir.")
    if outbox.leave(letters().filter(about=conversation.pk, pk__in=shown)):
        record_access(user, "leave", "outbound", conversation.pk, now=now)
        _refresh(conversation)


@heeds_returned
def _came_back(letter: Returned) -> None:
    """Believed of whoever holds our letter to that address: its headers carry what only it was given."""
    number = conversation_of(letter.thread) if letter.thread else None
    conversation = number and Conversation.objects.filter(pk=number).first()
    if not conversation:
        return
    addresses = set(_by_email(conversation))
    if {opt_outs.proof_of(address) for address in addresses}.isdisjoint(letter.proofs):
        return
    if row := _which(conversation, letter, is_only=len(addresses) == 1):
        outbox.came_back(
            row, f"Le serveur de cette adresse l’a rendue{f' ({letter.status})' if letter.status else ''}."
        )


def _which(conversation: Conversation, letter: Returned, *, is_only: bool) -> Outbound | None:
    """The one that is named. Some providers change that name: then the last one, where all went to one address."""
    left = Outbound.objects.filter(_kinds(), about=conversation.pk, channel=Channel.EMAIL, state=Outbound.State.SENT)
    left = list(left.order_by("-sent_at"))
    if letter.serials:
        return next((row for row in left if outbox.serial_of(row.key) in letter.serials), None)
    return left[0] if left and is_only else None


def _by_email(conversation: Conversation) -> list[str]:
    left = Callback.objects.filter(conversation=conversation, kind=Callback.Kind.EMAIL)
    written = conversation.addresses.filter(channel=Channel.EMAIL)
    return [*(one.address for one in written), *(one.value for one in left)]


@outbox.stuck
def _show_at_once(row: Outbound) -> None:
    if outbox.kind_of(row.key) not in TO_THE_PERSON:
        return
    for conversation in Conversation.objects.select_related("line").filter(pk=row.about):
        _refresh(conversation)


def _refresh(conversation: Conversation) -> None:
    live.notify(f"inbox:{conversation.line.organisation_id}")
