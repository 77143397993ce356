"""The line as its supervisors see it right now: who waits, since when, what is at risk, who is there and what each holds."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from relais.accounts.models import Role, User
from relais.foundation.events import record
from relais.foundation.refusals import NotAllowed

from ..events import ConversationAnswered, PromiseBroken, TeamKept
from ..line.directory import supervised
from ..models import Conversation, Line, Team
from ..thread import grouped, unreached
from . import presence
from .inbox import Teams, teams_for

SHOWN = 30
"""Conversations at risk on the wall; beyond, the inbox."""


@dataclass(frozen=True)
class Today:
    """Since midnight on the line's clock: waits ended, of which within the promise, and promises broken."""

    answered: int
    kept: int
    broken: int

    @property
    def share(self) -> int | None:
        """Per cent, rounded down: never better than it was. None when nothing was answered."""
        return 100 * self.kept // self.answered if self.answered else None


@dataclass(frozen=True)
class LineNow:
    """One line. `oldest`: opening time since the first unanswered message of who waits longest."""

    line: Line
    is_open: bool
    until: datetime | None
    waiting: int
    at_risk: int
    late: int
    unreached: int
    oldest: timedelta | None
    today: Today


@dataclass(frozen=True)
class Holder:
    """A colleague: what they hold, and whether a page of theirs is open."""

    user: User
    is_here: bool
    is_writing: bool
    held: int
    waiting: int


@dataclass(frozen=True)
class Wall:
    lines: list[LineNow]
    teams: list[tuple[Team | None, int, int]]
    holders: list[Holder]
    urgent: list[Conversation]
    of: Teams


def look(user: User, now: datetime) -> Wall:
    """What `user` supervises. About fifteen queries, whatever the number of conversations."""
    lines = list(supervised(user).prefetch_related("windows", "closures", "overrides"))
    waiting = Conversation.objects.visible_to(user).waiting().filter(line__in=lines)
    teams = teams_for(user)
    return Wall(
        [_line_now(line, waiting, now) for line in lines],
        _per_team(waiting, teams, now),
        _holders(lines, now),
        _urgent(waiting, now),
        teams,
    )


def _urgent(waiting: QuerySet, now: datetime) -> list[Conversation]:
    """Whom to look at first, SHOWN of them. Alarms that came together are one row, after every other alarm; it is told by its `group`."""
    groups = {group.first: group for group in grouped.of(at_risk(waiting, now))}
    rows = at_risk(waiting, now).select_related("journey__commune", "line", "claimed_by")
    alone = rows.exclude(pk__in=[pk for group in groups.values() for pk in group.members])
    found = [*alone.order_by("-is_alarming", "due_at", "id")[:SHOWN], *(rows.filter(pk__in=groups) if groups else ())]
    for conversation in found:
        conversation.group = groups.get(conversation.pk)
    never = datetime.max.replace(tzinfo=UTC)

    def rank(one: Conversation) -> tuple:
        is_read = not (one.group.open if one.group else one.is_alarming)
        return is_read, bool(one.group and not is_read), one.due_at or never, one.pk

    return sorted(found, key=rank)[:SHOWN]


def at_risk(waiting: QuerySet, now: datetime) -> QuerySet:
    """Those whose alert has passed, late ones included, and those who may be in danger."""
    return waiting.filter(_risky(now))


def _risky(now: datetime) -> Q:
    """One rule for the figures and for the list below them."""
    return Q(alert_at__lte=now) | Q(is_alarming=True)


def _line_now(line: Line, waiting: QuerySet, now: datetime) -> LineNow:
    hours = line.hours()
    counts = waiting.filter(line=line).aggregate(
        waiting=Count("pk"), risk=Count("pk", filter=_risky(now)), late=Count("pk", filter=Q(due_at__lt=now))
    )
    oldest = waiting.filter(line=line).order_by("waiting_since").values_list("waiting_since", flat=True).first()
    is_open = hours.is_open(now)
    return LineNow(
        line=line,
        is_open=is_open,
        until=hours.closes_at(now) if is_open else hours.next_opening(now),
        waiting=counts["waiting"],
        at_risk=counts["risk"],
        late=counts["late"],
        unreached=unreached.conversations().filter(line=line).count(),
        oldest=hours.between(oldest, now) if oldest else None,
        today=today(line, now),
    )


# The events name their line: what was erased since still counts.
_TODAY = """
SELECT count(*) FILTER (WHERE e.name = %(answered)s), count(*) FILTER (WHERE e.name = %(answered)s AND (e.data ->> 'kept')::boolean),
       count(*) FILTER (WHERE e.name = %(broken)s)
FROM foundation_event e
WHERE e.name IN (%(answered)s, %(broken)s) AND e.at >= %(since)s AND e.at <= %(now)s AND (e.data ->> 'line')::int = %(line)s
"""


def today(line: Line, now: datetime) -> Today:
    """From the event log, since midnight on the line's clock."""
    since = timezone.localtime(now, line.hours().zone).replace(hour=0, minute=0, second=0, microsecond=0)
    names = {"answered": ConversationAnswered.name, "broken": PromiseBroken.name}
    with connection.cursor() as cursor:
        cursor.execute(_TODAY, names | {"since": since, "now": now, "line": line.pk})
        return Today(*cursor.fetchone())


def _per_team(waiting: QuerySet, teams: Teams, now: datetime) -> list[tuple[Team | None, int, int]]:
    """(team, waiting, of which at risk). A conversation of two teams counts in both; the last line is of those of no team."""
    figures = {"n": Count("pk"), "risk": Count("pk", filter=_risky(now))}
    by_kind = list(waiting.order_by().values("team", "subject").annotate(**figures))
    rows: list[tuple[Team | None, int, int]] = []
    for team in teams.all:
        own = [
            row for row in by_kind if row["team"] == team.pk or (row["team"] is None and row["subject"] in team.skills)
        ]
        rows.append((team, sum(row["n"] for row in own), sum(row["risk"] for row in own)))
    skills = {skill for team in teams.all for skill in team.skills}
    nobody = [row for row in by_kind if row["team"] is None and row["subject"] not in skills]
    return [*rows, (None, sum(row["n"] for row in nobody), sum(row["risk"] for row in nobody))]


def _holders(lines: list[Line], now: datetime) -> list[Holder]:
    organisations = {line.organisation_id for line in lines}
    people = {user.pk: user for organisation in organisations for user in presence.colleagues(organisation)}
    open_ones = (
        Conversation.objects.filter(line__in=lines, claimed_by__in=people)
        .exclude(state=Conversation.State.CLOSED)
        .order_by()
    )
    held = {
        row["claimed_by"]: row
        for row in open_ones.values("claimed_by").annotate(
            n=Count("pk"), waiting=Count("pk", filter=Q(state=Conversation.State.WAITING))
        )
    }
    pages = presence.present(organisations, now)
    here, writing = {page.user.pk for page in pages}, {page.user.pk for page in pages if page.is_writing}
    none = {"n": 0, "waiting": 0}
    holders = [
        Holder(user, pk in here, pk in writing, held.get(pk, none)["n"], held.get(pk, none)["waiting"])
        for pk, user in people.items()
    ]
    return sorted(holders, key=lambda holder: (not holder.is_here, str(holder.user)))


@transaction.atomic
def keep_team(*, team: Team, members: list[User], user: User, now: datetime) -> Team:
    """Make or change a team; members are colleagues of the same organisation. Raises NotAllowed."""
    if not user.has(Role.SUPERVISOR, team.organisation_id):
        raise NotAllowed("Seule une personne « Responsable de l’équipe » de cette organisation change ses équipes.")
    team.save()
    team.members.set([member for member in members if member in presence.colleagues(team.organisation_id)])
    record(TeamKept(team=team.pk), now=now)
    return team
