"""The appointments of somebody who works here, and the sessions they lead, as a calendar that their own agenda subscribes to.

The secret address is shown on their page, renewed and taken back there. It says the least: a pseudonym, an hour, the place where one goes;
never a number that may be a young person's, never a civil name.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse

from relais.accounts import reading
from relais.accounts.models import Role, User
from relais.foundation import codes, links, sites
from relais.foundation.models import Link
from relais.foundation.refusals import LinkOver

from . import calendars, subjects
from .models import Appointment, AppointmentQuerySet, GroupSession, GroupSessionQuerySet

READERS = (Role.MEDIATOR, Role.SUPERVISOR)
PAST = timedelta(days=30)
MOST = 500
"""Appointments in a file: more than anybody has ahead of them."""


def _drawn(link: Link) -> str:
    """Shown again whenever they look; `sent_by` is another for each renewal, so that the one before opens nothing."""
    return f"{link.subject}:{link.sent_by}"


FEED = links.declare(
    links.Purpose(
        "agenda.feed",
        "/agenda/{}",
        "who works here, on their page « Agenda »",
        None,
        drawn=_drawn,
        layout="pro.html",
        hint="L’adresse de votre agenda se renouvelle sur votre page « Agenda ».",
    )
)


def mine(user: User) -> AppointmentQuerySet:
    """Those where `user` is expected, in the organisations where they still work."""
    return Appointment.objects.filter(staff=user, organisation__in=user.organisation_ids(*READERS))


def led(user: User) -> GroupSessionQuerySet:
    """The sessions that `user` leads, in the organisations where they still work."""
    return GroupSession.objects.visible_to(user).planned().filter(led_by=user)


@transaction.atomic
def renew(*, user: User, now: datetime) -> None:
    """A new address; the one before opens nothing from now on."""
    User.objects.select_for_update().get(pk=user.pk)
    links.revoke(FEED, user.pk, now=now)
    links.make(FEED, user.pk, now=now, sent_by=codes.readable(24))


def stop(*, user: User, now: datetime) -> None:
    links.revoke(FEED, user.pk, now=now)


def address_of(user: User, now: datetime) -> str:
    """'' when they have none."""
    link = links.newest(FEED, user.pk, now=now)
    home = user.organisations(*READERS).order_by("pk").first()
    return links.address(FEED, links.secret_of(link), organisation=home.pk) if link and home else ""


def owner(secret: str, now: datetime) -> User:
    """Whose calendar this address opens, as long as they work here and their account is not stopped. Raises LinkOver."""
    found = User.objects.working().filter(pk=links.opened(secret, FEED, now=now).subject).first()
    if found is None or reading.is_stopped(found) or not found.organisations(*READERS).exists():
        raise LinkOver(links.OVER)
    return found


def calendar(user: User, now: datetime) -> bytes:
    """The same bytes as long as nothing changed, so that an agenda that asks every hour is told « not modified »."""
    state = Appointment.State
    shown = (
        mine(user)
        .select_related("room")
        .filter(state__in=[state.CHOSEN, state.HELD, state.NO_SHOW], starts_at__gt=now - PAST)
    )
    found = list(shown.order_by("starts_at", "id")[:MOST])
    names = subjects.names(found)
    sessions = led(user).select_related("room").filter(starts_at__gt=now - PAST).order_by("starts_at", "id")[:MOST]
    appointments = [_event(one, names.get(one.pk, "")) for one in found]
    return calendars.written([*appointments, *map(_session, sessions)], name="Rendez-vous")


def _session(one: GroupSession):
    place = one.where if one.kind == GroupSession.Kind.VISIT else ""
    event = calendars.event(one, title=f"Séance : {one.title}", now=one.made_at, place=place, rings=False)
    event.add("url", sites.absolute(reverse("session", args=[one.pk]), organisation=one.organisation_id))
    return event


def _event(one: Appointment, name: str):
    # What is typed as the place of a call may be the young person's own number.
    place = one.where if one.kind == Appointment.Kind.VISIT else ""
    event = calendars.event(
        one, title=f"Rendez-vous ({name})" if name else "Rendez-vous", now=one.proposed_at, place=place, rings=False
    )
    event.add("url", sites.absolute(subjects.of(one).page(one.subject_id), organisation=one.organisation_id))
    return event
