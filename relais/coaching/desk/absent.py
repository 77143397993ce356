"""The absences of those who answer, for the agenda: whole days, on the clock of the place where they answer."""

from collections.abc import Collection, Iterator
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import timezone

from relais.accounts.models import User
from relais.agenda import away, clashes, feed
from relais.foundation.jinja import plural

from ..models import Absence
from . import transfers

DAY = timedelta(days=1)


class Absences(away.Absences):
    def between(self, users: Collection[UUID], since: datetime, until: datetime) -> Iterator[away.Away]:
        # A day wider on each side: which day it is differs from one clock to another.
        near = Absence.objects.filter(
            user__in=users, first__lte=(until + DAY).date(), last__gte=(since - DAY).date()
        ).select_related("user")
        for absence in near:
            one = _span(absence, self.clock(absence.user))
            if one.starts_at < until and one.ends_at > since:
                yield one

    def clock(self, user: User) -> ZoneInfo:
        return transfers.clock(user)


def _span(absence: Absence, zone: ZoneInfo) -> away.Away:
    return away.Away(absence.user_id, midnight(absence.first, zone), midnight(absence.last + DAY, zone))


def midnight(day: date, zone: ZoneInfo) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()), zone)


def appointments_in_words(absence: Absence, reader: User, now: datetime) -> str:
    """What is agreed in that time and has to be moved, for who has just noted the absence; '' when nothing is."""
    span = _span(absence, transfers.clock(absence.user))
    count = clashes.within(feed.mine(absence.user), span.starts_at, span.ends_at, now)
    if not count:
        return ""
    told = f"{count} {plural(count, 'rendez-vous est déjà pris', 'rendez-vous sont déjà pris')} pendant cette absence"
    if absence.user_id == reader.pk:
        return f"{told} : votre page « Agenda » les montre, pour les déplacer."
    return f"{told} : la page « Agenda » de {absence.user} les montre ; le premier jour, ils passent avec les conversations."


away.declare(Absences())
