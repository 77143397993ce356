"""Reads over the touches and the event log."""

from collections.abc import Iterable

from django.db.models import Count, Max, Min, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from relais.foundation.models import EventRecord

from .events import TouchFollowed
from .models import Touch


def follows(code: str) -> dict:
    """{number, first, last}: how often this code was followed since it exists, and when (one query)."""
    rows = EventRecord.objects.filter(name=TouchFollowed.name, touch=code)
    return rows.aggregate(number=Count("id"), first=Min("at"), last=Max("at"))


def with_follows(touches: QuerySet[Touch]) -> QuerySet[Touch]:
    """The same, each with `followed`: how often its code was followed since it exists."""
    followed = EventRecord.objects.filter(name=TouchFollowed.name, touch=OuterRef("code")).order_by().values("touch")
    return touches.annotate(followed=Coalesce(Subquery(followed.annotate(number=Count("id")).values("number")), 0))


def share_codes(stories: Iterable[str]) -> dict[str, str]:
    """Slug of a story → the code of its share button (one query); a story without one is left out."""
    return dict(
        Touch.objects.filter(kind=Touch.Kind.SHARE, story__in=list(stories)).order_by().values_list("story", "code")
    )
