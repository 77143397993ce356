"""Search over one's own conversations. What is written is sealed, so the database cannot search it: it is opened here, within bounds."""

from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from django.db.models import Q

from relais.accounts import reading
from relais.accounts.models import User, Why
from relais.accounts.permissions import record_access
from relais.foundation.folding import fold

from ..models import Conversation, Message
from ..models.conversation import CONVERSATION
from . import opening

CONVERSATIONS, MESSAGES, SECONDS = 500, 20_000, 3.0
"""Beyond one of these the search stops, and says so: the oldest are left out."""
AROUND = 60
BATCH = 500


@dataclass(frozen=True)
class Hit:
    """`count` messages say it, the last of them with these words around; 0 and '' when only the pseudonym does."""

    conversation: Conversation
    count: int
    excerpt: str


@dataclass(frozen=True)
class Found:
    hits: list[Hit]
    messages: int
    seconds: float
    is_whole: bool
    unread: int
    """How many were left closed, because a reason has to be said before anything of them is."""


def search(*, user: User, words: str, now: datetime, reason: str = "") -> Found:
    """The conversations that `user` holds or has answered in where all `words` are said in one message, the last touched first.

    To say that a word is there is to read: what is found is opened, as by its page, with the same trace and the same reason.
    Where that page would ask for one, `reason` is it; without, only the pseudonym is looked at. Raises TooMany.
    """
    start, wanted = monotonic(), fold(words).split()
    record_access(user, "search", "conversation", "own", now=now)
    own = Conversation.objects.visible_to(user).filter(
        Q(claimed_by=user) | Q(pk__in=Message.objects.filter(author=user).values("conversation"))
    )
    recent = list(own.select_related("journey").order_by("-updated_at", "id")[: CONVERSATIONS + 1])
    conversations = {conversation.pk: conversation for conversation in recent[:CONVERSATIONS]}
    reasons = _reasons(user, conversations, reason, now)
    said: dict = {}
    read, is_whole = 0, len(recent) <= CONVERSATIONS
    rows = (
        Message.objects.filter(conversation__in=reasons)
        .order_by("-at", "-id")
        .values_list("conversation", "body")[: MESSAGES + 1]
    )
    for pk, body in rows.iterator(chunk_size=BATCH):
        if read == MESSAGES or monotonic() - start > SECONDS:
            is_whole = False
            break
        read += 1
        if all(word in fold(body) for word in wanted):
            said.setdefault(pk, []).append(body)
    for why in {reasons[pk] for pk in said}:
        reading.open_files(
            user=user,
            kind=CONVERSATION,
            subjects=[pk for pk in said if reasons[pk] == why],
            reason=why,
            by=reading.SEARCH,
            now=now,
        )
    hits = [
        Hit(conversation, len(said.get(pk, ())), excerpt(said[pk][0], wanted[0]) if pk in said else "")
        for pk, conversation in conversations.items()
        if pk in said or all(word in fold(conversation.journey.pseudonym) for word in wanted)
    ]
    return Found(hits, read, monotonic() - start, is_whole, len(conversations) - len(reasons))


def excerpt(body: str, word: str) -> str:
    """A few words around the first place where `word` is."""
    # Folding may change the length (ligatures): the place is sought in what each letter folds to.
    folded = [fold(letter) for letter in body]
    at = "".join(folded).find(word)
    place = reached = 0
    while reached < at and place < len(body):
        reached += len(folded[place])
        place += 1
    start, stop = max(0, place - AROUND), place + len(word) + AROUND
    return f"{'…' if start else ''}{body[start:stop]}{'…' if stop < len(body) else ''}"


def _reasons(user: User, conversations: dict, reason: str, now: datetime) -> dict:
    """Those in which words may be looked for, with why."""
    opened = reading.open_now(user=user, kind=CONVERSATION, subjects=conversations, now=now)
    plain = opening.plain_reasons(user, conversations.values())
    why = {pk: plain[pk] or reason or (Why.OPEN if str(pk) in opened else "") for pk in conversations}
    return {pk: words for pk, words in why.items() if words}
