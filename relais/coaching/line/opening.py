"""When a line is open and what it promises: set by who supervises it, followed at once by the deadlines of those who wait."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from itertools import pairwise

from django.db import connection, transaction

from relais.accounts.models import Role, User
from relais.channels.models import Inbound
from relais.foundation import live, loops, meanwhile
from relais.foundation.events import record
from relais.foundation.hours import DAYS
from relais.foundation.refusals import NotAcceptable, NotAllowed

from ..events import LineChanged
from ..models import Conversation, Line, LineClosure, OpeningWindow, Situation
from . import changed_hours, serving

ZONES = {
    "Europe/Paris": "Paris",
    "America/Guadeloupe": "Guadeloupe",
    "America/Martinique": "Martinique",
    "America/Cayenne": "Guyane",
    "Indian/Reunion": "La Réunion",
    "Indian/Mayotte": "Mayotte",
    "America/Miquelon": "Saint-Pierre-et-Miquelon",
    "Pacific/Noumea": "Nouvelle-Calédonie",
    "Pacific/Tahiti": "Tahiti",
    "Pacific/Wallis": "Wallis-et-Futuna",
}
LABELS = {
    "name": "Nom de la ligne",
    "time_zone": "Fuseau horaire",
    "departement": "Son propre département",
    "open_on_holidays": "Ouverte aussi les jours fériés",
    "promise_minutes": "Délai promis, en minutes",
    "alert_minutes": "Alerte à l’équipe, en minutes",
    "escalate_minutes": "Alerte aux responsables, en minutes",
    "oncall_name": "Structure d’astreinte",
    "oncall_email": "Son adresse e-mail",
    "oncall_minutes": "Alerte à l’astreinte, en minutes",
    "handover_working_hours": "Heures ouvrées laissées à un partenaire pour répondre",
    "departements": "Départements",
    "communes": "Communes",
    "situations": "Situations",
    "subjects": "Sujets",
}
"""What each setting of a line is called on its page."""
Week = Mapping[int, list[tuple[time, time]]]
"""{day, 0 for Monday: [(opens, closes), …]}; closing at midnight is 00:00."""
_TIME = r"(\d{1,2})\s*(?:[h:]\s*(\d{2})?)?"
_PART = re.compile(rf"\s*{_TIME}\s*(?:-|–|à)\s*{_TIME}\s*", re.IGNORECASE)


def windows_of(text: str) -> list[tuple[time, time]]:
    """« 9 h-12 h 30, 14 h-24 h » as pairs of hours, in order. Raises ValueError with the sentence to show."""
    found = []
    for part in filter(str.strip, re.split(r",|;|\bet\b", text.replace("\u00a0", " ").replace("\u202f", " "))):
        read = _PART.fullmatch(part)
        if not read:
            raise ValueError(f"« {part.strip()} » ne se lit pas. Écrivez par exemple : 9 h-12 h 30, 14 h-18 h.")
        hours = [(int(hour), int(minute or 0)) for hour, minute in (read.group(1, 2), read.group(3, 4))]
        if any(
            hour > 24 or minute > 59 or (hour == 24 and (minute or not number))
            for number, (hour, minute) in enumerate(hours)
        ):
            raise ValueError(f"« {part.strip()} » n’est pas une heure du jour.")
        if hours[1] <= hours[0]:
            raise ValueError(
                f"« {part.strip()} » finit avant de commencer. Pour une nuit, notez la fin le lendemain : 20 h-24 h, puis 0 h-6 h."
            )
        found.append(hours)
    found.sort()
    if any(one[1] > other[0] for one, other in pairwise(found)):
        raise ValueError("Deux ouvertures se chevauchent.")
    return [(time(*opens), time(closes[0] % 24, closes[1])) for opens, closes in found]


def in_words(windows: list[tuple[time, time]]) -> str:
    """What `windows_of` reads."""
    return ", ".join(f"{_hour(opens)}-{_hour(closes) if closes != time(0) else '24 h'}" for opens, closes in windows)


def _hour(at: time) -> str:
    return f"{at.hour} h {at.minute:02d}" if at.minute else f"{at.hour} h"


def week_of(line: Line) -> dict[int, list[tuple[time, time]]]:
    week = {day: [] for day in range(7)}
    for window in line.windows.all():
        week[window.weekday].append((window.opens, window.closes))
    return week


def told(line: Line, week: Week | None = None) -> dict[str, str]:
    """What the page of a line shows, {what it is called: how it reads}; with this week instead of its own."""
    names, week = serving.names_of([line]), week_of(line) if week is None else week
    special = {
        "time_zone": ZONES.get(line.time_zone, line.time_zone),
        "open_on_holidays": "oui" if line.open_on_holidays else "non",
        "departements": ", ".join(line.departements),
        "communes": ", ".join(names.get(insee, insee) for insee in line.communes),
        "situations": ", ".join(Situation(one).label for one in sorted(line.situations)),
        "subjects": ", ".join(Conversation.Subject(one).label for one in sorted(line.subjects)),
    }
    settings = {label: special.get(name, str(getattr(line, name))) for name, label in LABELS.items()}
    return settings | {day.capitalize(): in_words(week.get(number, [])) for number, day in enumerate(DAYS)}


class ServesNobody(NotAcceptable):
    """Another line gets everything: one more that limits itself to nothing would get nobody."""


@transaction.atomic
def keep(*, line: Line, user: User, week: Week, seen: str | None = None, now: datetime) -> Line:
    """Keep a line, new or changed, and its week. `seen`: the fingerprint of what was `told`; None when nobody was shown it before.

    Raises NotAllowed for whoever does not supervise its organisation, ChangedMeanwhile, ServesNobody for one more line that says not
    whom it serves.
    """
    _check(line, user)
    served_nobody = False
    if line.pk:
        # Who gets the rest may have been chosen since the page was shown: that is not decided here.
        before = Line.objects.select_for_update(no_key=True).get(pk=line.pk)
        if seen is not None and (kept := told(before)) != told(line, week):
            meanwhile.refuse_if_changed(seen, kept)
        line.is_fallback, served_nobody = before.is_fallback, not before.limits_itself
    else:
        with connection.cursor() as cursor:
            # Two people may open it at once: the second waits here, and finds the first one's.
            cursor.execute("LOCK TABLE coaching_line IN SHARE ROW EXCLUSIVE MODE")
        line.slug = _free_slug(line.slug)
    other = Line.objects.select_related("organisation").filter(is_fallback=True).exclude(pk=line.pk).first()
    if other and not line.limits_itself and not served_nobody:
        raise ServesNobody(
            f"« {other} », {other.organisation}, reçoit déjà tout le monde : dites quels lieux, quelles situations ou quels sujets sont pour cette ligne."
        )
    line.save()
    if line.is_fallback:
        # What came in before anybody ran this site has nobody yet.
        Inbound.objects.filter(owner=None).update(owner=line.organisation_id)
    line.windows.all().delete()
    OpeningWindow.objects.bulk_create(
        OpeningWindow(line=line, weekday=day, opens=opens, closes=closes)
        for day, windows in week.items()
        for opens, closes in windows
    )
    _tell(line, "settings", now)
    return line


def _free_slug(wanted: str) -> str:
    """`wanted`, or with the first number that makes it another one."""
    taken, number, slug = (
        set(Line.objects.filter(slug__startswith=wanted[:36]).values_list("slug", flat=True)),
        2,
        wanted,
    )
    while slug in taken:
        slug, number = f"{wanted[:36]}-{number}", number + 1
    return slug


@transaction.atomic
def close_days(*, line: Line, user: User, first: date, last: date, reason: str, now: datetime) -> LineClosure:
    """Close from one day to another, both included. Raises NotAllowed."""
    _check(line, user)
    Line.objects.select_for_update(no_key=True).get(pk=line.pk)
    closure = LineClosure.objects.create(line=line, first=first, last=last, reason=reason)
    _tell(line, "closed", now)
    return closure


@transaction.atomic
def reopen_days(*, closure: LineClosure, user: User, now: datetime) -> None:
    """Follow the week again on these days. Raises NotAllowed."""
    _check(closure.line, user)
    Line.objects.select_for_update(no_key=True).get(pk=closure.line_id)
    closure.delete()
    _tell(closure.line, "reopened", now)


def _check(line: Line, user: User) -> None:
    if not user.has(Role.SUPERVISOR, line.organisation_id):
        raise NotAllowed("Seule une personne « Responsable de l’équipe » de cette ligne peut changer ses horaires.")


def _tell(line: Line, what: str, now: datetime) -> None:
    """The worker lets the deadlines of those who wait follow (see `changed_hours.apply`)."""
    Line.objects.filter(pk=line.pk).update(hours_changed_at=now)
    line.forget_hours()
    record(
        LineChanged(line=line.pk, what=what, waiting=Conversation.objects.waiting().filter(line=line).count()), now=now
    )
    loops.wake(changed_hours.BELL)
    live.notify(f"inbox:{line.organisation_id}")
