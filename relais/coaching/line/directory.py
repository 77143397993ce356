"""Which lines there are, and which one answers somebody."""

from uuid import UUID

from django.db.models import Q, QuerySet, prefetch_related_objects

from relais.accounts.models import Membership, Role, User

from ..models import Line
from ..models.conversation import TEAM
from . import routing


def lines() -> QuerySet[Line]:
    """Every line of this installation, the oldest first."""
    return Line.objects.select_related("organisation").order_by("id")


def with_a_team() -> QuerySet[Line]:
    """Those whose organisation has somebody to answer."""
    return lines().filter(
        organisation__in=Membership.objects.filter(role__in=TEAM, user__in=User.objects.working())
        .order_by()
        .values("organisation")
    )


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


def own_line(organisation: UUID) -> Line | None:
    """The line of an organisation that answers whoever writes to its own accounts: the one that gets the rest, else one that is for everybody, else the
    oldest, even while its team has nobody: it was this organisation that they wrote to. None where it has no line."""
    theirs = list(lines().filter(organisation=organisation).prefetch_related("windows", "closures", "overrides"))
    return min(theirs, key=lambda line: (not line.is_fallback, routing.is_limited(line), line.pk), default=None)


def supervised(user: User) -> QuerySet:
    """The lines of the organisations where `user` supervises."""
    return Line.objects.filter(organisation__in=user.organisation_ids(Role.SUPERVISOR))
