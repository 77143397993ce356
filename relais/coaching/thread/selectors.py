"""Reads of the answer line over several tables."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q

from relais.foundation.hours import NeverOpen
from relais.journeys.models import Journey

from .. import hooks
from ..events import ConversationAnswered
from ..models import Conversation, Line, Message
from . import grouped, throughput

ENOUGH = 5
"""Answers below which no measured delay is shown: with fewer, it would tell about one person."""
RECENT, LAST = timedelta(days=30), 500
"""What is usual is what happened lately; on a busy line, five hundred answers say it as well as all of them, and at once."""


@dataclass(frozen=True)
class Wait:
    """What a person who waits may honestly be told. Instants in UTC; `usual` in seconds, `about` in minutes of opening time.

    `broken`: the promise was broken, and this person may choose how to go on.
    """

    is_open: bool
    place: int | None
    due_at: datetime | None
    opens_at: datetime | None
    late: bool
    usual: int | None
    about: int | None
    is_crowded: bool
    """Many wrote at once from one place: they take one place of the queue, and more time than that."""
    reader: str
    broken: bool
    is_at_risk: bool
    """At the pace of now, the answer would come after what was promised, and the team has been alerted: before that instant of the
    promise there is time for more of them to come, and a word of delay would only frighten. Said at once where those who are there cannot
    be in time."""


def own_conversation(journey: Journey) -> Conversation | None:
    conversations = Conversation.objects.select_related("line__organisation", "journey__commune", "claimed_by")
    return (
        conversations.prefetch_related("line__windows", "line__closures", "line__overrides")
        .filter(journey=journey)
        .first()
    )


def wait_of(conversation: Conversation, now: datetime) -> Wait | None:
    """None when nobody waits."""
    if conversation.state != Conversation.State.WAITING:
        return None
    line = conversation.line
    hours = line.hours()
    is_open = hours.is_open(now)
    place, answers = _place(conversation) if is_open else (None, 0)
    step, here = throughput.for_who_is_there(line, now) if place else (None, 0)
    about = throughput.in_words(answers * step) if step else None
    # Those who are there cannot keep it, whatever comes: it is said at once, as it was before they wrote (`later_than_promised`).
    is_beyond = bool(step and here and answers * step > line.promise_minutes)
    return Wait(
        is_open=is_open,
        place=place,
        due_at=conversation.due_at,
        opens_at=None if is_open else hours.next_opening(now),
        late=conversation.due_at is not None and now > conversation.due_at,
        usual=usual_wait(line, now) if is_open else None,
        about=about,
        is_crowded=place is not None and answers > place,
        reader=str(conversation.claimed_by) if conversation.claimed_by else "",
        broken=conversation.broken_at is not None,
        is_at_risk=is_beyond
        or bool(
            about and _is_near(conversation, now) and hours.between(now, conversation.due_at) < timedelta(minutes=about)
        ),
    )


def _is_near(conversation: Conversation, now: datetime) -> bool:
    """Whether the end of the promise is so near that its own team is alerted, with the desk's list and the wall."""
    return conversation.due_at is not None and conversation.alert_at is not None and conversation.alert_at <= now


def _place(conversation: Conversation) -> tuple[int, int]:
    """(1 for the next one to be answered: those of the same line whose deadline is earlier, plus one; as many answers to give until theirs).

    Of those who came together (`grouped`), all together take one place. Each of them may be somebody to answer, and counts for the time,
    until all was read and a human has said of them that they are a flood (`Group.spared`).
    """
    waiting = Conversation.objects.waiting().filter(line=conversation.line_id)
    if conversation.due_at is None:
        earlier = Q(waiting_since__lt=conversation.waiting_since)
    else:
        earlier = Q(due_at__lt=conversation.due_at) | Q(due_at=conversation.due_at, id__lt=conversation.id)
    ahead = waiting.filter(earlier)
    place = answers = ahead.count() + 1
    for group in grouped.of(ahead) if place > 2 else ():
        # For one of them the others of the group are people like any other.
        if group.pk != conversation.alarm_group_id:
            place -= group.size - 1
            answers -= group.spared
    return place, answers


STEP = timedelta(minutes=15)
"""An hour that is told is no more precise."""


def later_than_promised(line: Line, now: datetime, *, coming: int = 1) -> datetime | None:
    """When somebody who writes now may expect an answer, where those who are there cannot keep the promise at the pace measured: those who
    wait and one more, divided by what they answer in a minute, are more minutes than promised. `coming`: none, where they have written
    just now and wait already. None while they can, or nothing is measured."""
    step, _ = throughput.for_who_is_there(line, now)
    if step is None:
        return None
    waiting = Conversation.objects.waiting().filter(line=line)
    number = waiting.count()
    if number > 1:
        number -= sum(group.spared for group in grouped.of(waiting))
    minutes = (number + coming) * step
    if minutes <= line.promise_minutes:
        return None
    try:
        at = line.hours().add(now, timedelta(minutes=minutes))
    except NeverOpen:
        return None
    return at + (datetime.min.replace(tzinfo=at.tzinfo) - at) % STEP


_USUAL = """
SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) FROM (
    SELECT (data ->> 'seconds')::int AS seconds FROM foundation_event
    WHERE name = %s AND at >= %s AND at < %s AND (data ->> 'line')::int = %s ORDER BY at DESC LIMIT %s) last
"""


def usual_wait(line: Line, now: datetime) -> int | None:
    """Median seconds of opening time before an answer of this line, of the LAST ones within RECENT, from the event log; None below ENOUGH."""
    with connection.cursor() as cursor:
        cursor.execute(_USUAL, [ConversationAnswered.name, now - RECENT, now, line.pk, LAST])
        count, median = cursor.fetchone()
    return int(median) if count >= ENOUGH else None


def thread(conversation: Conversation, after: int = 0) -> list[Message]:
    """The messages after number `after`, with what a template needs of each."""
    messages = conversation.messages.filter(seq__gt=after).order_by("seq")
    return hooks.tell_topics(list(messages.select_related("author", "conversation__journey")))
