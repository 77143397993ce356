"""Reads over the touches and the event log."""

from collections.abc import Iterable

from django.db.models import Count

from relais.foundation.models import EventRecord

from .events import TouchFollowed
from .models import Touch


def follows(codes: Iterable[str]) -> dict[str, int]:
    """How often each code was followed since it exists (one query); a code never followed counts 0."""
    codes = list(codes)
    rows = EventRecord.objects.filter(name=TouchFollowed.name, touch__in=codes).order_by().values_list("touch").annotate(Count("id"))
    return dict.fromkeys(codes, 0) | dict(rows)


def share_codes(stories: Iterable[str]) -> dict[str, str]:
    """Slug of a story → the code of its share button (one query); a story without one is left out."""
    return dict(Touch.objects.filter(kind=Touch.Kind.SHARE, story__in=list(stories)).order_by().values_list("story", "code"))
