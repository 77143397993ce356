"""Search over one's own conversations. What is written is sealed, so the database cannot search it: it is opened here, within bounds."""

from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from django.db.models import Q

from relais.accounts import reading
from relais.accounts.models import AccessRecord, User
from relais.accounts.permissions import record_access

from ..models import Conversation, Message
from .work import fold

CONVERSATIONS, MESSAGES, SECONDS = 500, 20_000, 3.0
"""Beyond one of these the search stops, and says so: the oldest are left out."""
AROUND = 60
BATCH = 500


@dataclass(frozen=True)
class Hit:
    """`count` messages say it (0: only the pseudonym does). `excerpt` is '' for a file that the reader has not open today."""

    conversation: Conversation
    count: int
    excerpt: str


@dataclass(frozen=True)
class Found:
    hits: list[Hit]
    messages: int
    seconds: float
    is_whole: bool


def search(*, user: User, words: str, now: datetime) -> Found:
    """The conversations that `user` holds or has answered in where all `words` are said in one message, the last touched first.

    Leaves a trace. An excerpt is reading: it is shown only of files opened within the day's work (see accounts.reading).
    """
    start, wanted = monotonic(), fold(words).split()
    record_access(user, "search", "conversation", "own", now=now)
    own = Conversation.objects.visible_to(user).filter(Q(claimed_by=user) | Q(pk__in=Message.objects.filter(author=user).values("conversation")))
    recent = list(own.select_related("journey").order_by("-updated_at", "id")[: CONVERSATIONS + 1])
    conversations = {conversation.pk: conversation for conversation in recent[:CONVERSATIONS]}
    said: dict = {}
    read, is_whole = 0, len(recent) <= CONVERSATIONS
    rows = Message.objects.filter(conversation__in=conversations).order_by("-at", "-id").values_list("conversation", "body")[: MESSAGES + 1]
    for pk, body in rows.iterator(chunk_size=BATCH):
        if read == MESSAGES or monotonic() - start > SECONDS:
            is_whole = False
            break
        read += 1
        if all(word in fold(body) for word in wanted):
            said.setdefault(pk, []).append(body)
    opened = _open_today(user, said, now)
    hits = [
        Hit(conversation, len(said.get(pk, ())), excerpt(said[pk][0], wanted[0]) if pk in opened else "")
        for pk, conversation in conversations.items()
        if pk in said or all(word in fold(conversation.journey.pseudonym) for word in wanted)
    ]
    return Found(hits, read, monotonic() - start, is_whole)


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


def _open_today(user: User, pks, now: datetime) -> set:
    rows = AccessRecord.objects.filter(user=user, action=reading.READ, kind="conversation", at__gt=now - reading.DAYS_WORK, subject__in=map(str, pks))
    subjects = set(rows.order_by().values_list("subject", flat=True))
    return {pk for pk in pks if str(pk) in subjects}
