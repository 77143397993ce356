"""A line, a person who wrote, a structure that takes people in."""

import threading
from datetime import timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from relais.accounts import reading
from relais.accounts.models import VolunteerCheck
from relais.catalogue.models import Commune
from relais.coaching import services, thread
from relais.coaching.messaging import merging
from relais.coaching.models import Conversation
from tests import builders


@pytest.fixture
def that_year(monkeypatch, now):
    """For a file whose `now` is a fixed day: a day is said without its year in that year only."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)


@pytest.fixture
def by_day(monkeypatch):
    """The clock goes on from half past two in the afternoon of today: at night no SMS leaves."""
    clock = timezone.now
    started = clock()
    at = started.astimezone(ZoneInfo("Europe/Paris")).replace(hour=14, minute=30)
    monkeypatch.setattr("django.utils.timezone.now", lambda: at + (clock() - started))


@pytest.fixture
def line(people):
    """Open day and night, holidays too, in the organisation of `people`."""
    organisation = people["mediator"].memberships.get().organisation
    return builders.line(organisation, slug="ligne", departement="45")


@pytest.fixture
def write(line, now):
    """write(body) → Opened: somebody writes for the first time. `age`: their band, '' when they did not say."""

    def go(
        body="Bonjour", *, at=None, touch="K7QM3", commune=None, on=None, key=None, age=Conversation.AgeBand.UNDER_18
    ):
        opened = services.open_conversation(
            line=on or line,
            pseudonym="Colibri 12",
            commune=commune,
            touch=touch,
            body=body,
            key=key or uuid4(),
            now=at or now,
        )
        Conversation.objects.filter(pk=opened.conversation.pk).update(age_band=age)
        opened.conversation.age_band = age
        return opened

    return go


@pytest.fixture
def commune(db):
    return Commune.objects.create(
        insee="45208",
        name="Montargis",
        departement="45",
        region="24",
        postcodes=["45200"],
        population=15000,
        latitude=48.0,
        longitude=2.73,
        key="montargis",
    )


@pytest.fixture
def structure(commune):
    return builders.structure(commune=commune, email="accueil@exemple.invalid")


@pytest.fixture
def join(people, now):
    def go(keep, other, *, at=None, user=None):
        """By somebody who holds both and has opened both, and has seen them as they are now."""
        who, pks = user or people["mediator"], {keep.pk, other.pk}
        Conversation.objects.filter(pk__in=pks).update(claimed_by=who, claimed_at=now)
        reading.open_files(user=who, kind="conversation", subjects=pks, reason="held", now=at or now)
        seen = merging.state_of(*(Conversation.objects.get(pk=one.pk) for one in (keep, other)))
        return merging.merge(keep=keep, other=other, user=who, reason="Elle le dit elle-même", seen=seen, now=at or now)

    return go


@pytest.fixture
def checked(people):
    """checked(days=…) → a check of the demonstration volunteer that ends in so many days."""

    def make(days=365, user=None):
        today = timezone.localdate()
        return VolunteerCheck.objects.create(
            user=user or people["volunteer"],
            number="H-1",
            issued_on=today - timedelta(days=40),
            verified_on=today - timedelta(days=30),
            expires_on=today + timedelta(days=days),
            verified_by=people["supervisor"],
        )

    return make


def _held(pk, begun, over):
    with transaction.atomic():
        thread.locked(pk)
        begun.set()
        over.wait(timeout=30)
    connection.close()


@pytest.fixture
def hold():
    """hold(conversation) → what lets it go again, and waits until that is done."""
    ending = []

    def begin(conversation):
        begun, over = threading.Event(), threading.Event()
        holding = threading.Thread(target=_held, args=(conversation.pk, begun, over))
        holding.start()
        assert begun.wait(timeout=30)

        def let_go():
            over.set()
            holding.join(timeout=30)

        ending.append(let_go)
        return let_go

    yield begin
    for let_go in ending:
        let_go()


def partner_at(address: str) -> Client:
    """A browser in which the partner pressed « Lire la demande » at the address of their link."""
    browser = Client()
    assert browser.post(address, {"action": "open"}).status_code == 302
    return browser
