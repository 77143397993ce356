"""Passing the baton: proposed by a mediator, agreed by the person, taken or refused by a partner, back by itself otherwise.

The conversation is always locked before the handover, in every function, so that two of them never wait for each other.
"""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from relais.accounts.models import User
from relais.catalogue.models import Structure
from relais.foundation import codes, outbox
from relais.foundation.events import record
from relais.foundation.hours import OFFICE, OpeningHours
from relais.journeys.models import Journey

from . import mail, promise, services
from .events import (
    HandoverAccepted,
    HandoverDeclined,
    HandoverProposed,
    HandoverRefused,
    HandoverReturned,
    HandoverSent,
    HandoverWithdrawn,
    OutcomeRecorded,
)
from .models import Conversation, Handover

FOLLOW_UP = timedelta(days=365)
"""How long the partner's second link, the one that records the outcome, stays valid."""
AGREEMENT = timedelta(days=365)
"""Until when the person's agreement to pass these things on holds, unless withdrawn before."""

State = Handover.State


class LinkUnknown(services.CoachingError):
    """No handover has this link."""


class LinkExpired(services.CoachingError):
    """The link was good, and is not any more."""


@transaction.atomic
def propose(*, conversation: Conversation, user: User, structure: Structure, partner_email: str, summary: str, key: UUID, now: datetime) -> Handover:
    """Ask the person whether this may be passed on to that structure. Nothing leaves before they agree."""
    held = services._held_by(conversation, user)
    if already := Handover.objects.filter(key=key).first():
        return already
    if held.handovers.filter(state__in=[State.PROPOSED, State.SENT]).exists():
        raise services.WrongState("Un relais est déjà proposé ou en attente dans cette conversation.")
    handover = Handover.objects.create(
        conversation=held, structure=structure, partner_email=partner_email, proposed_by=user, summary=summary, key=key, proposed_at=now
    )
    record(HandoverProposed(**promise.conversation_ids(held)), now=now)
    services.answer(held, user=user, body=f"Je te propose de te mettre en lien avec {structure.name}.", key=key, now=now, handover=handover)
    return handover


@transaction.atomic
def agree(*, handover: Handover, journey: Journey, name: str, contact: str, now: datetime) -> Handover:
    """The person agrees, on record: what is passed on, to whom, until when. The partner's letter leaves at commit."""
    held, handover = _locked(handover, journey=journey)
    if handover.state == State.SENT:
        return handover
    _move(handover, State.SENT)
    secret = codes.secret()
    handover.shared_name, handover.shared_contact = name, contact
    handover.agreed_at, handover.agreed_until = now, now + AGREEMENT
    handover.return_at = _office(handover.structure).add(now, timedelta(hours=held.line.handover_working_hours))
    handover.link_digest, handover.link_expires_at = codes.digest(secret), handover.return_at
    handover.save()
    outbox.enqueue("email", key=f"handover:{handover.id}", payload=mail.handover(handover, secret), now=now)
    record(HandoverSent(**promise.conversation_ids(held)), now=now)
    text = f"Tu es d’accord : ta demande part vers {handover.structure.name}. Tu peux retirer ton accord à tout moment."
    services.notice(held, text, now=now, handover=handover)
    return handover


@transaction.atomic
def decline(*, handover: Handover, journey: Journey, now: datetime) -> Handover:
    """The person says no: nothing is passed on, the conversation goes on."""
    held, handover = _locked(handover, journey=journey)
    _move(handover, State.DECLINED)
    handover.save()
    record(HandoverDeclined(**promise.conversation_ids(held)), now=now)
    _back_to_us(held, "Tu préfères ne pas être mis en lien pour l’instant. On continue ici, avec toi.", now=now)
    return handover


@transaction.atomic
def withdraw(*, handover: Handover, journey: Journey, now: datetime) -> Handover:
    """The person takes their agreement back: the partner's page shows nothing more, what was shared is erased here."""
    held, handover = _locked(handover, journey=journey)
    _move(handover, State.WITHDRAWN)
    handover.shared_name = handover.shared_contact = ""
    handover.save()
    record(HandoverWithdrawn(**promise.conversation_ids(held)), now=now)
    _back_to_us(held, f"Tu as retiré ton accord. {handover.structure.name} ne peut plus lire ta demande.", now=now)
    return handover


# --- the partner's side


def by_link(*, secret: str, now: datetime) -> Handover:
    """The handover of a partner's link. Raises LinkUnknown, LinkExpired with what to do."""
    digest = codes.digest(secret)
    found = Handover.objects.select_related("structure", "conversation__line__organisation", "conversation__journey__commune")
    handover = found.filter(link_digest=digest).first() or found.filter(follow_digest=digest).first()
    if handover is None:
        raise LinkUnknown("Ce lien ne mène à rien. Vérifiez qu’il est copié en entier, ou écrivez à l’équipe qui vous l’a envoyé.")
    expires = handover.link_expires_at if handover.link_digest == digest else handover.follow_expires_at
    if now > expires:
        raise LinkExpired("Ce lien a expiré. La demande est revenue à l’équipe Relais, qui peut vous l’adresser à nouveau.")
    return handover


@transaction.atomic
def accept(*, handover: Handover, now: datetime) -> Handover:
    """The partner takes the baton; a second link lets them tell the outcome later."""
    held, handover = _locked(handover)
    if handover.state == State.ACCEPTED:
        return handover
    _move(handover, State.ACCEPTED)
    secret = codes.secret()
    handover.answered_at = now
    handover.follow_digest, handover.follow_expires_at = codes.digest(secret), now + FOLLOW_UP
    handover.save()
    outbox.enqueue("email", key=f"follow-up:{handover.id}", payload=mail.follow_up(handover, secret), now=now)
    seconds = int(_office(handover.structure).between(handover.agreed_at, now).total_seconds())
    record(HandoverAccepted(**promise.conversation_ids(held), seconds=seconds), now=now)
    services.notice(held, f"{handover.structure.name} a accepté ta demande et va te contacter.", now=now, handover=handover)
    return handover


@transaction.atomic
def refuse(*, handover: Handover, reason: str, now: datetime) -> Handover:
    """The partner cannot; the reason goes to the mediator, and the person is not left alone."""
    held, handover = _locked(handover)
    _move(handover, State.REFUSED)
    handover.answered_at, handover.refusal = now, reason
    handover.save()
    record(HandoverRefused(**promise.conversation_ids(held)), now=now)
    _back_to_us(held, f"{handover.structure.name} ne peut pas te recevoir. On cherche une autre solution avec toi.", now=now)
    return handover


@transaction.atomic
def record_outcome(*, handover: Handover, outcome: str, now: datetime) -> Handover:
    """What came of it. Recorded again, the last one counts and the log keeps both."""
    held, handover = _locked(handover)
    if handover.state != State.ACCEPTED:
        raise services.WrongState("Acceptez d’abord la demande : la suite se note après.")
    if handover.outcome == outcome:
        return handover
    again = bool(handover.outcome)
    handover.outcome, handover.outcome_at = outcome, now
    handover.save(update_fields=["outcome", "outcome_at"])
    record(OutcomeRecorded(**promise.conversation_ids(held), kind=outcome, again=again), now=now)
    services.notice(
        held, f"{handover.structure.name} nous a donné des nouvelles : {handover.get_outcome_display().lower()}.", now=now, handover=handover
    )
    return handover


def return_unanswered(now: datetime) -> int:
    """Bring back what no partner answered in time. Safe in several processes at once; returns how many came back."""
    returned = 0
    for pk in Handover.objects.filter(state=State.SENT, return_at__lte=now).order_by("return_at").values_list("pk", flat=True):
        returned += _return_one(pk, now)
    return returned


@transaction.atomic
def _return_one(pk: UUID, now: datetime) -> int:
    held, handover = _locked(Handover.objects.get(pk=pk))
    if handover.state != State.SENT or handover.return_at > now:
        return 0
    _move(handover, State.RETURNED)
    handover.save()
    record(HandoverReturned(**promise.conversation_ids(held)), now=now)
    _back_to_us(held, f"{handover.structure.name} n’a pas encore répondu. On reprend ta demande avec toi.", now=now)
    return 1


# --- inside a transaction


def _locked(handover: Handover, journey: Journey | None = None) -> tuple[Conversation, Handover]:
    held = services.locked(handover.conversation_id)
    if journey is not None and held.journey_id != journey.pk:
        raise Handover.DoesNotExist
    handover = Handover.objects.select_for_update(of=("self",)).select_related("structure").get(pk=handover.pk)
    handover.conversation = held
    return held, handover


_TOO_LATE: dict[str, str] = {
    State.PROPOSED: "La personne n’a pas encore donné son accord.",
    State.DECLINED: "La personne a préféré ne pas être mise en lien.",
    State.SENT: "Cette demande est déjà partie.",
    State.ACCEPTED: "Cette demande est déjà acceptée.",
    State.REFUSED: "Cette demande a déjà été refusée.",
    State.RETURNED: "Sans réponse à temps, la demande est revenue à l’équipe Relais.",
    State.WITHDRAWN: "La personne a retiré son accord.",
}


def _move(handover: Handover, to: str) -> None:
    if to not in Handover.MOVES.get(handover.state, ()):
        raise services.WrongState(_TOO_LATE[handover.state])
    handover.state = to


def _back_to_us(held: Conversation, text: str, *, now: datetime) -> None:
    """The person is ours again: they wait for a human, with the same promise."""
    if held.state != Conversation.State.WAITING:
        held.closed_at = None
        promise.start_wait(held, now)
    services.notice(held, text, now=now)


def _office(structure: Structure) -> OpeningHours:
    return OpeningHours(zone=ZoneInfo(structure.time_zone), windows=OFFICE, departement=structure.departement)
