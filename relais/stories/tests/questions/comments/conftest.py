"""A story with a copy on a network, a network that is a fake, and who moderates."""

import pytest

from relais.channels.tests.fakes import serving
from relais.channels.tests.networks import Instagram
from relais.foundation import web
from relais.stories.tests.asking import copied
from tests import builders

from .said import REEL


@pytest.fixture
def copy(story, moderator, now):
    return copied(story, moderator, now)


@pytest.fixture
def fake(settings, monkeypatch, db):
    """Instagram on loopback, with the account of the installation; nothing below the reel yet."""
    monkeypatch.setattr(web, "TIMEOUT", 0.3)
    monkeypatch.setattr("relais.channels.instagram.transport._media", {})
    settings.SITE_URL = "https://relais.exemple.invalid"
    with serving(Instagram({REEL: []})) as running:
        builders.instagram_account(running, settings)
        yield running
