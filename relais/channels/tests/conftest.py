"""Doors with their secrets, and providers on loopback."""

import pytest

from tests.builders import WEBHOOK as SECRET

from .fakes import Mailbox, Provider, imap, serving


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
