"""Why somebody opens a file: plain when it is their work or waits for anybody, said by them otherwise. The same for taking it in hand."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from relais.accounts import reading
from relais.accounts.models import User
from relais.foundation.refusals import NotAllowed

from ..models import Conversation, Mention, Message, Transfer

KIND = "conversation"


class SayWhy(NotAllowed):
    """A reason has to be said first, on the page that opens the file."""

    def __init__(self):
        super().__init__("Dites d’abord pourquoi vous ouvrez ce dossier.")


def plain_reasons(user: User, conversations: Iterable[Conversation]) -> dict[UUID, str]:
    """For each, why `user` opens it when that is plain; '' where they have to say it."""
    wanted = list(conversations)
    asked = set(Mention.objects.filter(user=user, note__conversation__in=wanted, seen_at=None).values_list("note__conversation", flat=True))
    return {one.pk: _plain(user, one, one.pk in asked) for one in wanted}


def _plain(user: User, conversation: Conversation, is_asked: bool) -> str:
    if conversation.claimed_by_id == user.pk:
        return "répondre : conversation prise en main"
    if is_for_anybody(conversation):
        return "répondre : la personne attend"
    if is_asked:
        return "aider : un collègue le demande dans une note"
    return "" if conversation.is_minor else "lecture"


def is_for_anybody(conversation: Conversation) -> bool:
    """It waits and nobody has it: the list itself is the reason to take it."""
    return conversation.claimed_by_id is None and conversation.state == Conversation.State.WAITING


def has_reason(conversation: Conversation, user: User, now: datetime) -> bool:
    """Taking in hand is no way around the reason: False where opening would ask for it, and they have not opened it."""
    plain = plain_reasons(user, [conversation])[conversation.pk]
    return bool(plain) or reading.has_open(user=user, kind=KIND, subject=conversation.pk, now=now)


@reading.own_work(KIND)
def own_work(user: User, subjects: set[str]) -> set[str]:
    """What they have answered in, and what they hold because it waits or because somebody passed it to them.

    What they took otherwise is counted until they answer: taking is no way to read many.
    """
    answered = Exists(Message.objects.filter(conversation=OuterRef("pk"), author=user))
    passed = Exists(Transfer.objects.filter(conversation=OuterRef("pk"), receiver=user).exclude(by=user))
    held = Q(claimed_by=user) & (Q(state=Conversation.State.WAITING) | passed)
    own = Conversation.objects.filter(held | answered, pk__in=subjects)
    return {str(pk) for pk in own.values_list("pk", flat=True)}


@reading.belongs(KIND)
def belongs(subjects: set[str]) -> set[UUID]:
    return set(Conversation.objects.filter(pk__in=subjects).order_by().values_list("line__organisation", flat=True))
