"""A person who left something everywhere."""

from uuid import uuid4

import pytest

from relais.accounts.models import AccessRecord, Why
from relais.agenda.models import Appointment, GroupSession, Registration
from relais.channels import opt_outs
from relais.channels.models import Inbound, OptOut
from relais.coaching import services
from relais.coaching.models import (
    ChannelAddress,
    Conversation,
    Draft,
    Note,
    Transfer,
)
from relais.coaching.tests.conftest import commune, line, structure, write  # noqa: F401  (fixtures)
from relais.handovers import booked
from relais.handovers import services as handovers
from relais.handovers.models import FollowUp, HandoverMessage, OutcomeReport
from relais.journeys.models import Journey


class Canaries:
    """Words that exist nowhere else, one for each place where a person's words are kept."""

    def __init__(self):
        self.words = []

    def __call__(self, place: str) -> str:
        self.words.append(f"canari-{place}-{uuid4().hex[:8]}")
        return self.words[-1]


@pytest.fixture
def told(write, people, structure, now):  # noqa: F811
    """One person who left something everywhere, and what they left."""
    canary, mediator = Canaries(), people["mediator"]
    conversation = write(body=canary("premier-message")).conversation
    journey = conversation.journey
    Journey.objects.filter(pk=journey.pk).update(pseudonym=canary("pseudo")[:30])
    canary.words[-1] = canary.words[-1][:30]
    for number in range(20):
        services.write(journey=journey, body=canary(f"message-{number}"), key=uuid4(), now=now)
    services.claim(conversation=conversation, user=mediator, now=now)
    services.reply(conversation=conversation, user=mediator, body=canary("reponse"), key=uuid4(), now=now)
    services.ask_callback(journey=journey, kind="email", value=f"{canary('rappel')}@exemple.invalid", now=now)
    ChannelAddress.objects.create(
        conversation=conversation,
        channel="email",
        address=f"{canary('adresse')}@exemple.invalid",
        digest="d" * 64,
        last_at=now,
    )
    Inbound.objects.create(
        channel="email",
        owner=conversation.line.organisation_id,
        provider_id="1",
        sender=f"{canary('expediteur')}@exemple.invalid",
        sender_digest="d" * 64,
        subject=canary("objet"),
        body=canary("lettre"),
        not_before=now,
        received_at=now,
    )
    OptOut.objects.create(channel="email", digest="d" * opt_outs.SIGNS, how=OptOut.How.WORD, at=now)
    Note.objects.create(conversation=conversation, author=mediator, body=canary("note"), key=uuid4(), at=now)
    Draft.objects.create(conversation=conversation, user=mediator, body=canary("brouillon"), updated_at=now)
    handover = handovers.propose(
        conversation=conversation,
        user=mediator,
        structure=structure,
        partner_email="accueil@exemple.invalid",
        summary=canary("resume"),
        key=uuid4(),
        now=now,
    )
    handover = handovers.agree(
        handover=handover, journey=journey, name=canary("prenom")[:40], contact=canary("contact"), now=now
    )
    canary.words[-2] = canary.words[-2][:40]
    HandoverMessage.objects.create(handover=handover, side="partner", body=canary("a-trois"), key=uuid4(), at=now)
    Appointment.objects.create(
        **booked.about(conversation, handover).values(),
        proposal=uuid4(),
        kind="visit",
        starts_at=now,
        place=canary("lieu"),
        proposed_at=now,
    )
    session = GroupSession.objects.create(
        organisation=conversation.line.organisation,
        title="Atelier",
        about="Un CV.",
        kind="video",
        place="https://a.exemple.fr",
        zone="Europe/Paris",
        starts_at=now,
        minutes=60,
        seats=1,
        register_until=now,
        led_by=mediator,
        made_by=mediator,
        made_at=now,
    )
    Registration.objects.create(
        session=session,
        subject_kind="conversation",
        subject_id=conversation.pk,
        person=journey.pk,
        state="proposed",
        proposed_by=mediator,
        proposed_at=now,
    )
    OutcomeReport.objects.create(conversation=conversation, handover=handover, code="training", said_by="young", at=now)
    FollowUp.objects.create(conversation=conversation, milestone=3, due_at=now)
    handover.refusal = canary("refus")
    handover.save(update_fields=["refusal"])
    Transfer.objects.create(conversation=conversation, giver=mediator, by=mediator, reason=canary("passage"), at=now)
    AccessRecord.objects.create(
        at=now, user=mediator, action="read", kind="conversation", subject=str(conversation.pk), reason=Why.HELD
    )
    return Conversation.objects.select_related("journey").get(pk=conversation.pk), canary.words
