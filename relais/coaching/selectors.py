"""Reads of the answer line over several tables."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q, QuerySet, prefetch_related_objects

from relais.accounts.models import Membership, User
from relais.journeys.models import Journey

from .events import ConversationAnswered
from .line import pace, routing
from .models import Conversation, Line, Message
from .models.conversation import TEAM

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
    reader: str
    broken: bool
    is_at_risk: bool
    """At the pace of now, the answer would come after what was promised, and the team has been alerted: before that instant of the
    promise there is time for more of them to come, and a word of delay would only frighten."""


def lines() -> QuerySet[Line]:
    """Every line of this installation, the oldest first."""
    return Line.objects.select_related("organisation").order_by("id")


def with_a_team() -> QuerySet[Line]:
    """Those whose organisation has somebody to answer."""
    return lines().filter(organisation__in=Membership.objects.filter(role__in=TEAM, user__in=User.objects.working()).order_by().values("organisation"))


def answering() -> QuerySet[Line]:
    """Those, and the one that gets the rest: nobody is sent where nobody is."""
    return lines().filter(Q(is_fallback=True) | Q(pk__in=with_a_team().order_by().values("pk")))


def are_several() -> bool:
    """Whether who answers depends on the person: with one line there is nothing to say of it."""
    return Line.objects.all()[1:].exists()


def choice_for(known: routing.Case = routing.NOBODY) -> routing.Choice | None:
    """The line that answers somebody of whom this is `known`, with its hours read, and why; None before any is open."""
    if not (every := list(answering())):
        return None
    choice = routing.choose(every, known)
    prefetch_related_objects([choice.line], "windows", "closures", "overrides")
    return choice


def line_for(known: routing.Case = routing.NOBODY) -> Line | None:
    """The line alone."""
    choice = choice_for(known)
    return choice and choice.line


def own_conversation(journey: Journey) -> Conversation | None:
    conversations = Conversation.objects.select_related("line__organisation", "journey__commune", "claimed_by")
    return conversations.prefetch_related("line__windows", "line__closures", "line__overrides").filter(journey=journey).first()


def wait_of(conversation: Conversation, now: datetime) -> Wait | None:
    """None when nobody waits."""
    if conversation.state != Conversation.State.WAITING:
        return None
    hours = conversation.line.hours()
    is_open = hours.is_open(now)
    place = _place(conversation) if is_open else None
    about = pace.in_words(place * step) if place and (step := pace.minutes_each(conversation.line, now)) else None
    return Wait(
        is_open=is_open,
        place=place,
        due_at=conversation.due_at,
        opens_at=None if is_open else hours.next_opening(now),
        late=conversation.due_at is not None and now > conversation.due_at,
        usual=usual_wait(conversation.line, now) if is_open else None,
        about=about,
        reader=str(conversation.claimed_by) if conversation.claimed_by else "",
        broken=conversation.broken_at is not None,
        is_at_risk=bool(about and _is_near(conversation, now) and hours.between(now, conversation.due_at) < timedelta(minutes=about)),
    )


def _is_near(conversation: Conversation, now: datetime) -> bool:
    """Whether the end of the promise is so near that its own team is alerted, with the desk's list and the wall."""
    return conversation.due_at is not None and conversation.alert_at is not None and conversation.alert_at <= now


def _place(conversation: Conversation) -> int:
    """1 for the next one to be answered: those of the same line whose deadline is earlier, plus one."""
    ahead = Conversation.objects.waiting().filter(line=conversation.line_id)
    if conversation.due_at is None:
        return ahead.filter(waiting_since__lt=conversation.waiting_since).count() + 1
    return ahead.filter(Q(due_at__lt=conversation.due_at) | Q(due_at=conversation.due_at, id__lt=conversation.id)).count() + 1


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
    return list(messages.select_related("author", "handover__structure", "conversation__journey"))
