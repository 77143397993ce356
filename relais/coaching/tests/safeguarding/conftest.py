"""Volunteers with and without a valid check."""

from datetime import timedelta

import pytest
from django.utils import timezone

from relais.accounts.models import VolunteerCheck


@pytest.fixture
def checked(people):
    """checked(days=…) → a check of the demonstration volunteer that ends in so many days."""

    def make(days=365, user=None):
        today = timezone.localdate()
        return VolunteerCheck.objects.create(
            user=user or people["volunteer"], number="H-1", issued_on=today - timedelta(days=40), verified_on=today - timedelta(days=30),
            expires_on=today + timedelta(days=days), verified_by=people["supervisor"],
        )  # fmt: skip

    return make
