"""A line, a person who wrote, a structure that takes people in."""

from datetime import time
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from relais.accounts import reading
from relais.catalogue.models import Commune, Structure
from relais.coaching import services
from relais.coaching.doors import merging
from relais.coaching.models import Conversation, Line, OpeningWindow


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
    line = Line.objects.create(slug="ligne", name="Ligne", organisation=organisation, departement="45", open_on_holidays=True)
    OpeningWindow.objects.bulk_create(OpeningWindow(line=line, weekday=day, opens=time(0), closes=time(0)) for day in range(7))
    return line


@pytest.fixture
def write(line, now):
    """write(body) → Opened: somebody writes for the first time. `age`: their band, '' when they did not say."""

    def go(body="Bonjour", *, at=None, touch="K7QM3", commune=None, on=None, key=None, age=Conversation.AgeBand.UNDER_18):
        opened = services.open_conversation(
            line=on or line, pseudonym="Colibri 12", commune=commune, touch=touch, body=body, key=key or uuid4(), now=at or now
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
    return Structure.objects.create(
        source="test", source_id="1", kind=Structure.Kind.MISSION_LOCALE, name="Mission locale de Montargis", departement="45",
        commune=commune, placement=Structure.Placement.BY_NAME, email="accueil@exemple.invalid", digest="",
    )  # fmt: skip


@pytest.fixture
def join(people, now):
    def go(keep, other, *, at=None, user=None):
        """By somebody who holds both and has opened both, and has seen them as they are now."""
        who, pks = user or people["mediator"], {keep.pk, other.pk}
        Conversation.objects.filter(pk__in=pks).update(claimed_by=who, claimed_at=now)
        reading.open_files(user=who, kind="conversation", subjects=pks, reason="répondre", now=at or now)
        seen = merging.state_of(*(Conversation.objects.get(pk=one.pk) for one in (keep, other)))
        return merging.merge(keep=keep, other=other, user=who, reason="Elle le dit elle-même", seen=seen, now=at or now)

    return go


def partner_at(address: str) -> Client:
    """A browser in which the partner pressed « Lire la demande » at the address of their link."""
    browser = Client()
    assert browser.post(address, {"action": "open"}).status_code == 302
    return browser
