"""What the accounts of those who work here have for who looks after them."""

from datetime import timedelta

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from relais.channels.models import ChannelAccount
from relais.foundation.jinja import day
from relais.foundation.models import Run
from relais.foundation.schedule import failing, job_of
from relais.foundation.today import Task, awaits, first

from . import providers, volunteers
from .models import ReadingStop, RightRequest, Site, User, VolunteerCheck

SOON = timedelta(days=30)
"""How long before its end a volunteer's check is asked for again."""


@awaits(at="team")
def accounts(user, now):
    """Inert until somebody of the administration accepts them, other than who invited them."""
    waiting = (
        User.objects.administered_by(user)
        .filter(is_active=True, approved_at=None)
        .exclude(invited_by=user)
        .order_by("date_joined", "pk")
    )

    def task(one):
        return Task(
            f"Le compte de {one.named} attend votre accord",
            "Regarder",
            reverse("member", args=[one.pk]),
            since=one.date_joined,
        )

    return first(waiting, task, Task("D’autres comptes attendent un accord", "Voir la liste", reverse("team")))


@awaits(at="team")
def rights(user, now):
    """Asked for by one, confirmed by another: not by who asked, nor for oneself."""
    asked = (
        RightRequest.objects.waiting(now)
        .filter(organisation__in=user.administered())
        .exclude(requested_by=user)
        .exclude(user=user)
    )

    def task(one):
        return Task(
            f"{one.requested_by} demande : {one.words()}",
            "Décider",
            reverse("team"),
            due_at=one.requested_at + RightRequest.LIFE,
        )

    return first(
        asked.select_related("requested_by", "user").order_by("requested_at", "id"),
        task,
        Task("D’autres demandes", "Voir la liste", reverse("team")),
    )


@awaits(at="channel_accounts")
def channel_accounts(user, now):
    """Asked for by one, accepted by another."""
    asked = providers.visible_to(user).waiting(now).exclude(asked_by=user.pk).order_by("asked_at", "id")

    def task(one):
        words = f"{one.get_channel_display()} : un compte attend une seconde personne ({providers.place(one.owner)})"
        return Task(
            words, "Décider", providers.page_of(one.owner, one.channel), due_at=one.asked_at + ChannelAccount.LIFE
        )

    return first(asked, task, Task("D’autres comptes attendent", "Voir la liste", reverse("channel_accounts")))


@awaits
def accounts_failing(user, now):
    """Of which nothing could be read for a while: what is written there waits unseen."""
    for one, reading in providers.failing(user, now):
        words = f"{one.get_channel_display()}, {providers.place(one.owner)} : en panne. {reading.error}"
        yield Task(
            words, "Regarder", providers.page_of(one.owner, one.channel), since=reading.read_at or reading.failed_at
        )


@awaits(at="team")
def stops(user, now):
    """Whoever read too much is stopped until the administration looks."""
    stopped = ReadingStop.objects.filter(lifted_at=None, user__in=User.objects.administered_by(user)).exclude(user=user)
    stopped = (
        stopped.exclude(requests__in=RightRequest.objects.waiting(now)).select_related("user").order_by("at", "id")
    )

    def task(one):
        return Task(
            f"Le compte de {one.user} s’est arrêté : trop de dossiers ouverts",
            "Regarder",
            reverse("team"),
            since=one.at,
        )

    return first(stopped, task, Task("D’autres comptes arrêtés", "Voir la liste", reverse("team")))


@awaits(at="team")
def checks(user, now):
    """The check of a volunteer ends soon: without it they no longer answer minors."""
    today = timezone.localdate(now)
    ending = VolunteerCheck.objects.valid(today).filter(
        expires_on__lte=today + SOON, user__in=volunteers.looked_after_by(user).filter(approved_at__isnull=False)
    )
    renewed = VolunteerCheck.objects.valid(today).filter(expires_on__gt=today + SOON).values("user")

    def task(one):
        words = f"La vérification de {one.user} est à refaire avant le {day(one.expires_on)}"
        return Task(words, "Noter la nouvelle", reverse("volunteers"))

    ending = ending.exclude(user__in=renewed).select_related("user").order_by("expires_on", "id")
    return first(ending, task, Task("D’autres vérifications à refaire", "Voir la liste", reverse("volunteers")))


@awaits
def unsaid(user, now):
    """Whoever opens a site reads there who is behind it: until somebody writes it down, the page says that it is missing."""
    if user.administers_all() and not Site.objects.exists():
        yield Task("Le site n’a encore ni nom ni mentions légales", "Les noter", reverse("sites"))
    lacking = Site.objects.visible_to(user).filter(Q(publisher="") | Q(publication_director="") | Q(hosting=""))
    for site in lacking.only("host", "name", "is_default").order_by("pk"):
        yield Task(
            f"Les mentions légales du site {site} ne disent pas encore qui est derrière",
            "Compléter",
            reverse("site", args=[site.pk]),
        )


@awaits
def jobs(user, now):
    """What should have been done by itself and was not: until a later run goes well, or somebody turns it off."""
    if not user.administers_all():
        return
    for one in failing():
        how = "s’est interrompu" if one.last_state == Run.State.BROKEN else "a échoué"
        yield Task(f"« {job_of(one).words} » {how}", "Regarder", reverse("job", args=[one.job]), since=one.last_at)
