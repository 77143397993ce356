"""What is set for the doors is checked when the site starts, with a sentence."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import environment


@pytest.mark.parametrize("value", ["court", "a/" * 20])
def test_a_secret_that_could_be_guessed_or_cut_is_refused(monkeypatch, value):
    monkeypatch.setenv("INBOUND_EMAIL_SECRET", value)
    with pytest.raises(ImproperlyConfigured, match="INBOUND_EMAIL_SECRET"):
        environment.webhook_secret("INBOUND_EMAIL_SECRET")
