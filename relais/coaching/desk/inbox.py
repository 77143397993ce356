"""The inbox: whom to answer first. Fast with fifty thousand conversations, because each part follows an index."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value

from relais.accounts.models import User

from ..models import Callback, Conversation, Draft, Line, Mention, Team, Transfer
from ..models.desk import DESK
from ..thread import grouped, unreached
from ..thread.grouped import Group

FILTERS = {"ouvertes": "Ouvertes", "miennes": "Les miennes", "equipes": "Mes équipes", "terminees": "Terminées"}
PASSED = timedelta(hours=24)
"""For how long a conversation shows from whom it came."""


class Parts:
    """Query sets shown one after the other as one list, for a Paginator.

    Only the numbers of the page asked for are read, from indexes; then its rows, by `decorate`. `several`: their reader answers on
    more than one line, whatever this page holds. `groups`: each stands in the place of its first one, whose `group` it is.
    """

    def __init__(
        self,
        *parts: QuerySet,
        decorate: Callable[[QuerySet], QuerySet],
        several: bool = False,
        groups: Iterable[Group] = (),
    ):
        self.parts, self.decorate, self.several = parts, decorate, several
        self.groups = {group.first: group for group in groups}
        self._counts: dict[int, int] | None = None

    def counts(self) -> dict[int, int]:
        """Of each part, in one query; an empty part is not there."""
        if self._counts is None:
            counted = [
                part.order_by()
                .annotate(part=Value(number))
                .values("part")
                .annotate(n=Count("pk"))
                .values_list("part", "n")
                for number, part in enumerate(self.parts)
            ]
            self._counts = dict(counted[0].union(*counted[1:], all=True) if len(counted) > 1 else counted[0])
        return self._counts

    def count(self) -> int:
        return sum(self.counts().values())

    def __len__(self) -> int:
        return self.count()

    @property
    def people(self) -> int:
        """Of all the rows, with those of a group counted one by one."""
        return self.count() + sum(group.size - 1 for group in self.groups.values())

    def __getitem__(self, wanted: slice) -> list[Conversation]:
        pks, before = [], 0
        for number, part in enumerate(self.parts):
            count = self.counts().get(number, 0)
            start, stop = max(0, wanted.start - before), min(count, wanted.stop - before)
            if start < stop:
                pks += part.values_list("pk", flat=True)[start:stop]
            before += count
        found = self.decorate(Conversation.objects.filter(pk__in=pks)).in_bulk(pks) if pks else {}
        for pk, conversation in found.items():
            conversation.group = self.groups.get(pk)
        grouped.name([self.groups[pk] for pk in found if pk in self.groups])
        # Between the two queries somebody may have erased everything.
        return [found[pk] for pk in pks if pk in found]


@dataclass(frozen=True)
class Teams:
    """The teams of an organisation: whose work a conversation is. `mine`: those the reader is in."""

    all: tuple[Team, ...]
    mine: tuple[Team, ...]

    def of(self, conversation: Conversation) -> list[Team]:
        """The team it was given to, else those that know its subject."""
        if conversation.team_id:
            return [team for team in self.all if team.pk == conversation.team_id]
        return [team for team in self.all if conversation.subject and conversation.subject in team.skills]

    def q(self, teams) -> Q:
        skills = {skill for team in teams for skill in team.skills}
        return Q(team__in=[team.pk for team in teams]) | Q(team=None, subject__in=skills)


def teams_for(user: User) -> Teams:
    member = Team.members.through.objects.filter(team=OuterRef("pk"), user=user)
    teams = tuple(Team.objects.visible_to(user).annotate(is_mine=Exists(member)))
    return Teams(teams, tuple(team for team in teams if team.is_mine))


def listing(user: User, wanted: str, teams: Teams, now: datetime) -> Parts:
    """What to show under one of FILTERS: open alarms first, then those who wait by deadline, then the last touched.

    Alarms that came together are one row, below every other alarm and above nobody else's deadline than that of one person: where they
    were all read, the row has its place among those who wait. What somebody has in hand stands by itself.
    """
    # Besides `visible_to`, the lines by number: the planner then follows the indexes that begin with the line.
    lines = list(Line.objects.filter(organisation__in=user.organisation_ids(*DESK)).values_list("pk", flat=True))
    seen = Conversation.objects.visible_to(user).filter(line__in=lines)
    if wanted == "miennes":
        seen = seen.filter(claimed_by=user)
    elif wanted == "equipes":
        seen = seen.filter(teams.q(teams.mine))

    def decorate(page: QuerySet) -> QuerySet:
        return _decorated(page, user, now)

    if wanted == "terminees":
        return Parts(
            seen.filter(state=Conversation.State.CLOSED).order_by("-updated_at", "id"),
            decorate=decorate,
            several=len(lines) > 1,
        )
    groups = grouped.of(seen) if wanted != "miennes" else []
    alone = seen.exclude(pk__in=[pk for group in groups for pk in group.members]) if groups else seen
    unread = seen.filter(pk__in=[group.first for group in groups if group.open])
    # Read, and still without an answer: in the place of its first one.
    elsewhere = [pk for group in groups for pk in group.members if group.open or pk != group.first]
    due = (F("due_at").asc(nulls_last=True), "-updated_at", "id")
    waiting = Q(state=Conversation.State.WAITING, is_alarming=False)
    parts = [
        alone.filter(is_alarming=True).order_by(*due),
        *([unread.order_by(*due)] if groups else []),
        seen.filter(waiting).exclude(pk__in=elsewhere).order_by(*due),
        alone.filter(state=Conversation.State.ANSWERED, is_alarming=False).order_by("-updated_at", "id"),
    ]
    return Parts(*parts, decorate=decorate, several=len(lines) > 1, groups=groups)


def _decorated(conversations: QuerySet, user: User, now: datetime) -> QuerySet:
    of_it = {"conversation": OuterRef("pk")}
    passed = Transfer.objects.filter(**of_it, receiver=user, at__gt=now - PASSED).exclude(giver=user).order_by("-at")
    return conversations.select_related("journey__commune", "claimed_by", "line").annotate(
        wants_callback=Exists(Callback.objects.filter(**of_it)),
        is_unreached=unreached.has_any(),
        has_draft=Exists(Draft.objects.filter(**of_it, user=user)),
        names_me=Exists(Mention.objects.filter(note__conversation=OuterRef("pk"), user=user, seen_at=None)),
        passed_by=Subquery(passed.values("by__display_name")[:1]),
    )


def unread_mentions(user: User) -> int:
    return Mention.objects.filter(user=user, seen_at=None).count()
