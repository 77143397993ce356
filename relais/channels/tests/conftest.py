"""Doors with their secrets, providers and networks on loopback."""

import pytest

from relais.channels import networks
from relais.foundation import keys, web
from tests.builders import WEBHOOK as SECRET
from tests.builders import channel_account

from .fakes import Mailbox, Provider, imap, serving

VALUES = {
    "instagram": {"account": "178", "token": "IGtoken"},
    "youtube": {"account": "UCus", "client_id": "client", "client_secret": "secret", "refresh_token": "long"},
    "tiktok": {"account": "open-id", "token": "TTtoken"},
}


@pytest.fixture(autouse=True)
def doors(settings):
    """All doors open, to nobody in particular: a test gives the addresses."""
    settings.INBOUND_EMAIL_SECRET = SECRET
    settings.SITE_URL = "https://relais.exemple.invalid"
    settings.DEFAULT_FROM_EMAIL = "Relais <bonjour@relais.exemple.invalid>"


@pytest.fixture
def provider():
    """provider(*answers) → a running `fakes.Provider`."""
    from contextlib import ExitStack

    with ExitStack() as stack:
        yield lambda *answers, kind=Provider: stack.enter_context(serving(kind(*answers)))


@pytest.fixture
def mailbox():
    """mailbox(*letters) → a running `fakes.Mailbox`."""
    from contextlib import ExitStack

    with ExitStack() as stack:
        yield lambda *letters, **options: stack.enter_context(imap(Mailbox(letters, **options)))


@pytest.fixture
def taken(now):
    """What a high app would have taken: taken() → [(channel, sender, body)] after one turn of its loop."""
    from relais.channels import services

    said = []

    def turn(at=None):
        services.deliver(lambda row, _: said.append((row.channel, row.sender, row.body)), now=at or now)
        return said

    return turn


@pytest.fixture
def connect(settings, monkeypatch, db):
    """connect(fake, owner=None) → the network by our account there, with its fake on loopback."""
    monkeypatch.setattr(web, "TIMEOUT", 0.3)
    monkeypatch.setattr("relais.channels.instagram.transport._media", {})

    def on(fake, owner=None):
        name = type(fake).__name__.lower()
        if name == "instagram":
            settings.INSTAGRAM_API_URL = f"{fake.address}/v25.0"
        elif name == "youtube":
            settings.YOUTUBE_API_URL, settings.YOUTUBE_TOKEN_URL = fake.address, f"{fake.address}/token"
        else:
            settings.TIKTOK_API_URL = f"{fake.address}/open_api/v1.3"
        channel_account(name, VALUES[name], owner=owner)
        return networks.serving(name, owner)

    return on


@pytest.fixture
def own_secret():
    """The secret of the house is that of this test’s database, which ends with it."""
    keys.house.cache_clear()
    yield
    keys.house.cache_clear()
