"""What open pages of the answer line receive: the thread for both sides, and the doorbell of the inbox."""

from time import time
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from relais.accounts import reading
from relais.accounts.models import Membership
from relais.accounts.sessions import Badge, at_work, still_at_work
from relais.foundation.live import Item, Pass, feed
from relais.journeys import services as journeys

from . import hooks
from .models import Conversation, Message
from .models.conversation import TEAM
from .thread import is_volunteer
from .web import render


def _fetch(feed: str, side: str, wanted: dict[str, int]) -> list[Item]:
    """New messages of many conversations in one query."""
    query = Q(pk__in=[])
    for topic, after in wanted.items():
        query |= Q(conversation=UUID(topic.removeprefix(f"{feed}:")), seq__gt=after)
    messages = (
        Message.objects.filter(query).select_related("author", "conversation__journey").order_by("conversation", "seq")
    )
    return [
        Item(f"{feed}:{message.conversation_id}", message.seq, render(message, side))
        for message in hooks.tell_topics(list(messages))
    ]


class _TeamFeed:
    """What only the team of an organisation may watch. A pass rests on who opened it, by which session, in which organisation."""

    def still(self, passes: set[Pass]) -> set[Pass]:
        badges = still_at_work({right.proof[0] for right in passes})
        teams = Membership.objects.filter(user__in={badge.user for badge in badges}, role__in=TEAM).values_list(
            "user", "organisation"
        )
        there = set(teams)
        return {
            right for right in passes if right.proof[0] in badges and (right.proof[0].user, right.proof[1]) in there
        }

    def _pass(self, topic: str, badge: Badge, organisation: UUID) -> Pass:
        return Pass(topic, str(badge.user), (badge, organisation))


@feed("conversation")
class YoungFeed:
    """The young person's own thread, by the cookie of their path."""

    def authorise(self, cookies: dict[str, str], subject: str) -> Pass | None:
        journey = journeys.by_cookie(cookies.get(settings.JOURNEY_COOKIE_NAME))
        found = journey and Conversation.objects.filter(journey=journey, pk=_uuid(subject)).exists()
        return Pass(f"conversation:{_uuid(subject)}") if found else None

    def fetch(self, wanted: dict[str, int]) -> list[Item]:
        return _fetch("conversation", "young", wanted)


@feed("desk")
class DeskFeed(_TeamFeed):
    """The same thread for who answers."""

    def authorise(self, cookies: dict[str, str], subject: str) -> Pass | None:
        user, badge = at_work(cookies)
        conversation = (
            user and Conversation.objects.visible_to(user).select_related("line").filter(pk=_uuid(subject)).first()
        )
        # A stream lives a quarter of an hour, and a volunteer's right may end within the minute: their page asks again instead.
        if conversation and is_volunteer(user, conversation):
            return None
        # The page itself is what counts as opening a file; a stream without a page would be reading uncounted.
        found = conversation and reading.has_open(
            user=user, kind="conversation", subject=conversation.pk, now=timezone.now()
        )
        return self._pass(f"desk:{conversation.pk}", badge, conversation.line.organisation_id) if found else None

    def still(self, passes: set[Pass]) -> set[Pass]:
        good = super().still(passes)
        number = {right: UUID(right.topic.removeprefix("desk:")) for right in good}
        # It may have gone to a line of another organisation meanwhile.
        where = dict(
            Conversation.objects.filter(pk__in=number.values()).order_by().values_list("pk", "line__organisation")
        )
        return {right for right in good if where.get(number[right]) == right.proof[1]}

    def fetch(self, wanted: dict[str, int]) -> list[Item]:
        return _fetch("desk", "staff", wanted)


@feed("inbox")
class InboxFeed(_TeamFeed):
    """Says only that the inbox of an organisation changed; the page asks for the list again."""

    def authorise(self, cookies: dict[str, str], subject: str) -> Pass | None:
        user, badge = at_work(cookies)
        organisation = _uuid(subject)
        found = user and not user.roles_in(organisation).isdisjoint(TEAM)
        return self._pass(f"inbox:{organisation}", badge, organisation) if found else None

    def fetch(self, wanted: dict[str, int]) -> list[Item]:
        # There is nothing to number here: the instant in milliseconds only has to grow.
        return [Item(topic, max(after + 1, int(time() * 1000)), "", "changed") for topic, after in wanted.items()]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
