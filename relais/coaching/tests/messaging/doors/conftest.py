"""Messages that arrive by a door, at noon, and the answers to them."""

from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from relais.channels import services as channels
from relais.coaching import services
from relais.coaching.messaging import intake
from relais.coaching.models import Conversation
from relais.foundation.models import Outbound

NOON = datetime(2026, 11, 20, 12, tzinfo=ZoneInfo("Europe/Paris"))
LEA, MOBILE, MEMBER = "lea@exemple.invalid", "+33639980001", "80351110224678912"


@pytest.fixture
def now():
    return NOON


@pytest.fixture(autouse=True)
def site(settings, line):
    settings.SITE_URL = "https://relais.exemple.invalid"


@pytest.fixture
def arrive(now):
    """arrive("email", "Bonjour", …) → the conversation it went to, after one turn of the loop."""
    count = iter(range(1000))

    def go(channel, body, *, sender=None, at=None, when=None, **more):
        sender = sender or {"email": LEA, "sms": MOBILE, "discord": MEMBER}[channel]
        if channel == "discord":
            more |= {"reply_token": "jeton", "reply_until": (at or now) + timedelta(minutes=15)}
        channels.receive(channel=channel, provider_id=f"n{next(count)}", sender=sender, body=body, at=at or now, **more)
        channels.deliver(intake.take, now=when or at or now)
        return Conversation.objects.select_related("journey", "line").order_by("-updated_at").first()

    return go


@pytest.fixture
def answer(people, now):
    """answer(conversation, "Bonjour", at) → the outgoing rows that the answer made, by channel."""

    def go(conversation, body="Bonjour, raconte-moi.", at=None):
        before = set(Outbound.objects.values_list("pk", flat=True))
        services.claim(conversation=conversation, user=people["mediator"], now=at or now)
        services.reply(conversation=conversation, user=people["mediator"], body=body, key=uuid4(), now=at or now)
        return list(Outbound.objects.exclude(pk__in=before).order_by("created_at"))

    return go
