"""What a person chose, followed, kept and said, on their own device only: one cookie, never copied into the database.

The cookie appears with the first choice, not with a visit, and lives a year from the last one. Its value is
`1|audiences|occupations|saved|said`, each part a list of slugs joined by dots (`said`: story:kind).
"""

import re
from dataclasses import dataclass, fields, replace
from datetime import timedelta

from django.conf import settings
from django.utils.cache import patch_vary_headers

from ..models import ReactionCount, Story

COOKIE = "gouts" if settings.LOCAL else "__Host-gouts"
AGE = timedelta(days=365)
VERSION = "1"
_SLUG = re.compile(r"[-a-zA-Z0-9_]{1,60}\Z")
# A browser keeps 4,096 bytes of a cookie: the oldest choices leave first.
MOST = {"audiences": len(Story.Audience), "occupations": 12, "saved": 24, "said": 18}


@dataclass(frozen=True)
class Preferences:
    """Each field in the order it was chosen, the last at the end."""

    audiences: tuple[str, ...] = ()
    occupations: tuple[str, ...] = ()
    saved: tuple[str, ...] = ()
    said: tuple[str, ...] = ()

    def __bool__(self):
        return any(getattr(self, one.name) for one in fields(self))

    def with_(self, name: str, value: str, *, on: bool = True) -> "Preferences":
        """The same with `value` added at the end of the list `name`, or taken out."""
        kept = tuple(one for one in getattr(self, name) if one != value)
        return replace(self, **{name: (*kept, value)[-MOST[name] :] if on else kept})

    def kinds_said(self, story: str) -> set[str]:
        return {kind for slug, _, kind in (one.partition(":") for one in self.said) if slug == story}


def _is_good(name: str, value: str) -> bool:
    if name == "audiences":
        return value in Story.Audience.values
    slug, colon, kind = value.partition(":")
    return bool(_SLUG.match(slug)) and (kind in ReactionCount.Kind.values if name == "said" else not colon)


def read(request) -> Preferences:
    """The preferences this request carries. What a cookie should not hold is left out: anybody can write their own."""
    version, *parts = request.COOKIES.get(COOKIE, "").split("|")
    names = [one.name for one in fields(Preferences)]
    if version != VERSION or len(parts) != len(names):
        return Preferences()
    lists = {
        name: [value for value in part.split(".") if _is_good(name, value)]
        for name, part in zip(names, parts, strict=True)
    }
    return Preferences(**{name: tuple(dict.fromkeys(values))[-MOST[name] :] for name, values in lists.items()})


def write(response, preferences: Preferences):
    """Keep `preferences` on the device that receives `response`, or nothing at all when nothing is chosen any more."""
    secure = not settings.LOCAL
    if not preferences:
        response.delete_cookie(COOKIE, samesite="Lax")
        # A `__Host-` cookie is only forgotten by an answer that is as careful as the one that set it.
        response.cookies[COOKIE]["secure"] = secure
        return response
    value = "|".join([VERSION, *(".".join(getattr(preferences, one.name)) for one in fields(preferences))])
    response.set_cookie(COOKIE, value, max_age=AGE, secure=secure, httponly=True, samesite="Lax")
    return response


def personal(response, preferences: Preferences):
    """Mark an answer that was arranged by `preferences`: no cache may give it to somebody else."""
    patch_vary_headers(response, ["Cookie", "Save-Data"])
    if preferences:
        response.headers["Cache-Control"] = "private, no-store"
    return response
