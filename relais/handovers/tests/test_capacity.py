"""Weekly places: shown, kept while a proposal is open, refused with the reason and the next week."""

from datetime import date, datetime, timedelta
from threading import Thread
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from relais.coaching import services
from relais.foundation.models import Outbound
from relais.foundation.refusals import Full
from relais.handovers import capacity
from relais.handovers import services as handovers
from relais.handovers.models import Handover, PartnerCapacity

PARIS = ZoneInfo("Europe/Paris")
THURSDAY = datetime(2026, 11, 26, 10, 0, tzinfo=PARIS)
MONDAY = date(2026, 11, 23)
NEXT = MONDAY + timedelta(days=7)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("that_year")]


@pytest.fixture
def now():
    return THURSDAY


@pytest.fixture
def offer(write, people, structure):
    """offer(wait=False) → a handover proposed on a Thursday, in a conversation of its own."""

    def go(*, wait=False, at=THURSDAY):
        conversation = write(at=at, key=uuid4()).conversation
        services.claim(conversation=conversation, user=people["mediator"], now=at)
        return handovers.propose(
            conversation=conversation,
            user=people["mediator"],
            structure=structure,
            partner_email="a@exemple.invalid",
            summary="Un stage",
            key=uuid4(),
            now=at,
            wait=wait,
        )

    return go


def agree(handover, now=THURSDAY):
    return handovers.agree(handover=handover, journey=handover.conversation.journey, name="", contact="", now=now)


def test_without_a_capacity_nothing_is_limited(offer, structure):
    assert offer().intake_week is None
    assert capacity.places([structure], THURSDAY) == {}


def test_a_place_is_kept_from_the_proposal_on_and_given_back_by_a_no(offer, structure, people):
    capacity.say(structure=structure, weekly=2, user=people["mediator"], now=THURSDAY)
    handover = offer()
    assert handover.intake_week == MONDAY
    assert capacity.places([structure], THURSDAY)[structure.pk] == capacity.Places(2, 1, NEXT, 2)
    handovers.decline(handover=handover, journey=handover.conversation.journey, now=THURSDAY)
    assert capacity.places([structure], THURSDAY)[structure.pk].left == 2


def test_full_says_why_and_offers_the_next_week(offer, structure, people):
    capacity.say(structure=structure, weekly=1, user=people["mediator"], now=THURSDAY)
    offer()
    with pytest.raises(Full, match="lundi 30 novembre, il en reste 1"):
        offer()
    assert Handover.objects.count() == 1
    waiting = offer(wait=True)
    assert waiting.intake_week == NEXT
    sent = agree(waiting)
    letter = Outbound.objects.get(key=f"handover:{sent.pk}")
    assert letter.not_before.astimezone(PARIS) == datetime(2026, 11, 30, 9, 0, tzinfo=PARIS), (
        "its letter leaves with its week"
    )
    assert sent.return_at > letter.not_before
    assert "lundi 30 novembre" in sent.conversation.messages.last().body


def test_a_structure_that_takes_nobody_says_so(offer, structure, people):
    capacity.say(structure=structure, weekly=0, user=people["mediator"], now=THURSDAY)
    with pytest.raises(Full, match="plus de place avant"):
        offer(wait=True)


def test_who_agrees_later_takes_a_place_of_that_week(offer, structure, people):
    capacity.say(structure=structure, weekly=1, user=people["mediator"], now=THURSDAY)
    handover = offer()
    assert agree(handover, THURSDAY + timedelta(days=7)).intake_week == NEXT


def test_the_week_is_the_structures_own(structure):
    structure.time_zone = "Indian/Reunion"
    # Sunday evening in Paris is Monday on the island.
    assert capacity.monday(structure, datetime(2026, 11, 22, 22, 0, tzinfo=PARIS)) == MONDAY
    structure.time_zone = "America/Martinique"
    assert capacity.monday(structure, datetime(2026, 11, 23, 2, 0, tzinfo=PARIS)) == MONDAY - timedelta(days=7)


@pytest.mark.django_db(transaction=True)
def test_the_last_place_is_given_once(write, people, structure):
    capacity.say(structure=structure, weekly=3, user=people["mediator"], now=THURSDAY)
    conversations = [write(at=THURSDAY, key=uuid4()).conversation for _ in range(8)]
    for conversation in conversations:
        services.claim(conversation=conversation, user=people["mediator"], now=THURSDAY)
    refused = []

    def propose(conversation):
        try:
            handovers.propose(
                conversation=conversation,
                user=people["mediator"],
                structure=structure,
                partner_email="a@exemple.invalid",
                summary="Un stage",
                key=uuid4(),
                now=THURSDAY,
            )
        except Full:
            refused.append(conversation)
        finally:
            connection.close()

    threads = [Thread(target=propose, args=(one,)) for one in conversations]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert (Handover.objects.filter(intake_week=MONDAY).count(), len(refused)) == (3, 5)


def test_partners_say_it_for_structures_addressed_to_them_only(offer, structure, people, client_for, make_user):
    handover = offer()
    Handover.objects.update(partner_email=people["partner"].email)
    agree(handover)
    address = f"/pro/structures/{structure.pk}/accueil"
    partner = client_for(people["partner"])
    assert partner.post(address, {"weekly": "4"}).status_code == 302
    assert PartnerCapacity.objects.get().weekly == 4
    assert partner.post(address, {"weekly": ""}).status_code == 302
    assert not PartnerCapacity.objects.exists()
    assert partner.post(address, {"weekly": "-1"}).status_code == 422
    assert client_for(make_user("partner")).get(address).status_code == 404
    assert client_for(people["funder"]).get(address).status_code == 404


def test_the_page_of_the_mediator_shows_the_places(offer, structure, people, client_for, commune):
    handover = offer()
    conversation = handover.conversation
    conversation.journey.commune = commune
    conversation.journey.save()
    capacity.say(structure=structure, weekly=1, user=people["mediator"], now=THURSDAY)
    client = client_for(people["mediator"])
    client.get(f"/pro/conversations/{conversation.pk}/")
    page = client.get(f"/pro/conversations/{conversation.pk}/relais").content.decode()
    assert "encore 1 place cette semaine" in page or "complet cette semaine" in page
