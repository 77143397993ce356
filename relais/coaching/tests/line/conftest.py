"""A second line, of another organisation."""

from datetime import time

import pytest

from relais.accounts.models import Organisation
from relais.coaching import services
from relais.coaching.models import Line, OpeningWindow


@pytest.fixture
def there(db):
    return Organisation.objects.create(name="Mission locale d’Essai")


@pytest.fixture
def theirs(make_user, there):
    return {role: make_user(role, organisation=there) for role in ("mediator", "supervisor")}


@pytest.fixture
def loiret(line, there, theirs):
    """The line of another organisation, with its people, for the Loiret; open day and night, and slower to promise."""
    made = Line.objects.create(
        slug="loiret",
        name="Ligne du Loiret",
        organisation=there,
        departements=["45"],
        open_on_holidays=True,
        promise_minutes=90,
        alert_minutes=40,
        escalate_minutes=70,
        oncall_minutes=80,
    )
    OpeningWindow.objects.bulk_create(
        OpeningWindow(line=made, weekday=day, opens=time(0), closes=time(0)) for day in range(7)
    )
    return made


@pytest.fixture
def holds(people, now):
    """A mediator of the first line holds the conversation."""
    return lambda conversation: services.claim(conversation=conversation, user=people["mediator"], now=now)
