"""A conversation held since that hour, three slots proposed in it, a structure that has agreed."""

from uuid import uuid4

import pytest

from relais.coaching import services
from relais.handovers import services as handovers

from .booking import NOW, propose


@pytest.fixture
def held(write, people):
    opened = write(at=NOW)
    services.claim(conversation=opened.conversation, user=people["mediator"], now=NOW)
    opened.conversation.cookie = opened.cookie
    return opened.conversation


@pytest.fixture
def offered(held, people):
    """Three slots of a call, in three, four and five days."""
    return propose(held, people["mediator"])


@pytest.fixture
def accepted(held, people, structure):
    handover = handovers.propose(
        conversation=held,
        user=people["mediator"],
        structure=structure,
        partner_email="accueil@exemple.invalid",
        summary="Un stage",
        key=uuid4(),
        now=NOW,
        mode="call",
    )
    handovers.agree(handover=handover, journey=held.journey, name="", contact="", now=NOW)
    return handovers.accept(handover=handover, now=NOW)
