"""Passing the baton: proposed by a mediator, agreed by the person, taken or refused by a partner, back by itself otherwise.

The conversation is always locked before the handover, in every function, so that two of them never wait for each other.
"""

from datetime import datetime, time, timedelta
from functools import partial
from uuid import UUID

from django.db import transaction

from relais.accounts.models import User
from relais.accounts.scope import people
from relais.agenda import services as agenda
from relais.agenda.models import Appointment
from relais.catalogue.models import Structure
from relais.coaching import thread
from relais.coaching.models import Conversation
from relais.coaching.models.conversation import TEAM
from relais.coaching.thread import promise
from relais.foundation import claims, letters, links, states
from relais.foundation.events import record
from relais.foundation.grammar import upper_first
from relais.foundation.jinja import day, moment
from relais.foundation.refusals import Full, LinkOver, WrongState
from relais.journeys.models import Journey

from . import capacity, common, follow_ups, outcomes
from .common import agreed, locked, office, return_to_line
from .events import (
    HandoverAccepted,
    HandoverChecked,
    HandoverDeclined,
    HandoverProposed,
    HandoverRefused,
    HandoverReturned,
    HandoverSent,
    HandoverStopped,
    HandoverWithdrawn,
)
from .models import Handover

AGREEMENT = timedelta(days=365)
"""Until when the person's agreement to pass these things on holds, unless withdrawn before."""

State = Handover.State


@transaction.atomic
def propose(
    *,
    conversation: Conversation,
    user: User,
    structure: Structure,
    partner_email: str,
    summary: str,
    key: UUID,
    now: datetime,
    mode: str = Handover.Mode.LETTER,
    wait: bool = False,
) -> Handover:
    """Ask the person whether this may be passed on to that structure. Nothing leaves before they agree.

    A place of the structure's week is kept meanwhile. Raises Full when there is none and one does not `wait` for it,
    common.NoAgreement when the person is too young to say yes.
    """
    held = thread.claimed_by(conversation, user)
    common.check_age(held, to=common.TO_STAFF)
    if already := Handover.objects.filter(key=key).first():
        return already
    if held.handovers.filter(state__in=[State.PROPOSED, State.SENT]).exists():
        raise WrongState("Un relais est déjà proposé ou en attente dans cette conversation.")
    week = capacity.book(structure, now=now, wait=wait)
    handover = Handover.objects.create(
        conversation=held,
        structure=structure,
        partner_email=partner_email,
        proposed_by=user,
        summary=summary,
        key=key,
        proposed_at=now,
        mode=mode,
        intake_week=week,
    )
    record(HandoverProposed(**promise.conversation_ids(held)), now=now)
    thread.answer(
        held,
        user=user,
        body=f"Je te propose de te mettre en lien avec {structure.spoken}.",
        key=key,
        now=now,
        topic=handover.pk,
    )
    return handover


@transaction.atomic
def agree(*, handover: Handover, journey: Journey, name: str, contact: str, now: datetime) -> Handover:
    """The person agrees, on record: what is passed on, to whom, until when. The partner's letter leaves at commit, or in its week.

    Raises common.NoAgreement under fifteen, and when the age is not said.
    """
    held, handover = agreed(handover, journey, to=common.TO_YOUNG)
    if handover.state == State.SENT:
        return handover
    states.turn(handover, State.SENT)
    handover.intake_week, leaves = _week(handover, now)
    handover.shared_name, handover.shared_contact = name, contact
    handover.agreed_at, handover.agreed_until = now, now + AGREEMENT
    handover.return_at = office(handover.structure).add(leaves, timedelta(hours=held.line.handover_working_hours))
    handover.save()
    common.write_to_partner(
        "handover",
        handover,
        key=f"handover:{handover.id}",
        now=now,
        not_before=leaves,
        address=common.make_link(handover, common.ANSWER, now=now, until=handover.return_at),
        expires=handover.return_at,
    )
    record(HandoverSent(**promise.conversation_ids(held)), now=now)
    thread.system_message(held, receipt(handover, leaves=leaves if leaves > now else None), now=now, topic=handover.pk)
    return handover


def _week(handover: Handover, now: datetime) -> tuple:
    """The week whose place it takes, and when the letter leaves."""
    structure = handover.structure
    try:
        week = capacity.book(structure, now=now, wait=True, after=handover.intake_week, apart_from=handover)
    except Full:
        # The person said yes to what we proposed: it leaves, and the partner may still say no.
        week = capacity.monday(structure, now)
    hours = office(structure)
    first = week and hours.next_opening(datetime.combine(week, time(0), hours.zone))
    return week, max(now, first) if first else now


def receipt(handover: Handover, *, leaves: datetime | None) -> str:
    """What the person agreed to, kept in their thread, word for word. Their name and contact are only on the receipt's page."""
    name, place = handover.structure.name, handover.structure.spoken
    when = (
        f"Ta demande partira {moment(leaves)}, dès que {place} a une place"
        if leaves
        else f"Ta demande part vers {place}"
    )
    return (
        f"Tu es d’accord. {when}.\n\nTransmis, mot pour mot : « {handover.summary} »\nÀ : {name}.\n"
        f"Jusqu’au : {day(handover.agreed_until)}.\nTu peux retirer ton accord à tout moment, ici même."
    )


@transaction.atomic
def decline(*, handover: Handover, journey: Journey, now: datetime) -> Handover:
    """The person says no: nothing is passed on, the conversation goes on."""
    held, handover = locked(handover, journey)
    states.turn(handover, State.DECLINED)
    handover.save()
    record(HandoverDeclined(**promise.conversation_ids(held)), now=now)
    return_to_line(held, "Tu préfères ne pas être mis en lien pour l’instant. On continue ici, avec toi.", now=now)
    return handover


@transaction.atomic
def withdraw(*, handover: Handover, journey: Journey, now: datetime) -> Handover:
    """The person takes their agreement back: the partner's page shows nothing more and what was shared is erased here.

    A partner who was told of it is asked to erase it too; one whose letter had not left never hears of it.
    """
    held, handover = locked(handover, journey)
    if _end(held, handover, State.WITHDRAWN):
        common.write_to_partner("withdrawn", handover, key=f"withdrawn:{handover.id}", now=now, goes_with=False)
    record(HandoverWithdrawn(**promise.conversation_ids(held)), now=now)
    return_to_line(
        held,
        f"Tu as retiré ton accord. {upper_first(handover.structure.spoken)} ne peut plus lire ta demande.",
        now=now,
    )
    return handover


@transaction.atomic
def stop(*, handover: Handover, now: datetime) -> Handover:
    """The person turns out to be too young to agree, or takes back the age they had said: as if the agreement had never been.

    The partner is asked to erase what they read, without being told why; the mediator who proposed it is told by letter.
    """
    held, handover = locked(handover)
    heard = _end(held, handover, State.STOPPED)
    if heard:
        # Nothing of the reason, which would tell of the person.
        common.write_to_partner("closed", handover, key=f"closed:{handover.id}", now=now, goes_with=False)
    record(HandoverStopped(**promise.conversation_ids(held)), now=now)
    if _hears(handover, held):
        _write_to_mediator("stopped", handover, key=f"stopped:{handover.id}", now=now)
    why = "Tu as moins de 15 ans" if held.age_band else "On ne connaît pas ton âge"
    what = (
        "ta demande est arrêtée, et on lui demande d’effacer ce qu’elle a lu" if heard else "rien ne lui est transmis"
    )
    text = f"{why}, alors on ne passe rien de toi à une structure. {upper_first(handover.structure.spoken)} : {what}."
    if held.state == Conversation.State.CLOSED:
        # Ended long ago, perhaps: nobody waits, and nobody is called for it.
        thread.system_message(held, text, now=now)
    else:
        return_to_line(held, f"{text} On continue ici, avec toi.", now=now)
    return handover


def _hears(handover: Handover, held: Conversation) -> bool:
    """Whether who passed the baton still answers on this line, and is written to."""
    return people(held.line.organisation_id, *TEAM).filter(pk=handover.proposed_by_id).exists()


def _write_to_mediator(letter: str, handover: Handover, *, key: str, now: datetime) -> None:
    """To who passed the common. What it is about, they read at their desk."""
    held = handover.conversation
    letters.send(
        f"handovers/{letter}",
        to=handover.proposed_by.email,
        context={"handover": handover, "conversation": held},
        key=key,
        now=now,
        organisation=held.line.organisation_id,
        about=held.pk,
    )


def _end(held: Conversation, handover: Handover, state: str) -> bool:
    """Close the partner's page and forget what was shared. True when the partner may have heard of it."""
    was_out = handover.state != State.PROPOSED
    states.turn(handover, state)
    handover.shared_name = handover.shared_contact = ""
    handover.save()
    handover.words.all().delete()
    agenda.drop_with(common.HANDOVER, handover.pk)
    follow_ups.drop(held)
    return not common.take_back(handover) and was_out


# --- the partner's side


def by_link(*, secret: str, now: datetime) -> Handover:
    """The handover of a partner's link, while the agreement it rests on holds. Raises LinkOver."""
    link = links.opened(secret, common.ANSWER, common.FOLLOW, now=now)
    found = Handover.objects.select_related(
        "structure", "conversation__line__organisation", "conversation__journey__commune"
    )
    handover = found.filter(pk=link.subject).first()
    if handover is None or not _holds(handover, now):
        raise LinkOver(links.OVER)
    return handover


def _holds(handover: Handover, now: datetime) -> bool:
    return handover.conversation.may_agree and handover.agreed_until is not None and now < handover.agreed_until


@transaction.atomic
def link_again(*, pk: str, now: datetime) -> None:
    """The first link of a partner who accepted came to its end: their second one leaves once more, to the address of the first letter."""
    _, handover = locked(Handover.objects.get(pk=pk))
    if handover.state == State.ACCEPTED and _holds(handover, now):
        _send_follow_up(handover, f"again:{handover.pk}:{now:%Y%m%d%H%M}", now)


def _send_follow_up(handover: Handover, key: str, now: datetime) -> None:
    # Who accepted did so on an agreement that has an end.
    assert handover.answered_at and handover.agreed_until
    until = min(handover.answered_at + common.FOLLOW_UP, handover.agreed_until)
    link = common.make_link(handover, common.FOLLOW, now=now, until=until)
    common.write_to_partner("follow_up", handover, key=key, now=now, address=link, expires=until)


@transaction.atomic
def accept(*, handover: Handover, now: datetime, known: str = "") -> Handover:
    """The partner takes the baton; a second link lets them tell the outcome later. `known`: as in `check`, if they looked."""
    held, handover = agreed(handover, to=common.TO_PARTNER)
    if handover.state == State.ACCEPTED:
        return handover
    states.turn(handover, State.ACCEPTED)
    handover.answered_at = now
    handover.save()
    _send_follow_up(handover, f"follow-up:{handover.id}", now)
    seconds = int(office(handover.structure).between(handover.agreed_at or now, now).total_seconds())
    record(HandoverAccepted(**promise.conversation_ids(held), seconds=seconds), now=now)
    _checked(held, handover, known, now)
    follow_ups.plan(held, now=now, told=True)
    thread.system_message(
        held,
        _ACCEPTED[handover.mode].format(name=upper_first(handover.structure.spoken)),
        now=now,
        topic=handover.pk,
        leaves=True,
    )
    return handover


_ACCEPTED: dict[str, str] = {
    Handover.Mode.LETTER: "{name} a accepté ta demande et va te contacter.",
    Handover.Mode.JOINT: "{name} a accepté ta demande. Vous pouvez vous écrire à trois, avec nous.",
    Handover.Mode.CALL: "{name} a accepté ta demande. On te propose bientôt des créneaux pour un appel à trois, avec nous.",
}


@transaction.atomic
def check(*, handover: Handover, known: str, now: datetime) -> None:
    """The partner looked whether the person was known before to the mission locale or France Travail (a Conversation.Known)."""
    held, handover = agreed(handover, to=common.TO_PARTNER)
    if handover.state != State.ACCEPTED:
        raise WrongState(Handover.MOVES.late_in(handover.state))
    _checked(held, handover, known, now)


def _checked(held: Conversation, handover: Handover, known: str, now: datetime) -> None:
    if known and known != handover.known_checked:
        handover.known_checked = known
        handover.save(update_fields=["known_checked"])
        record(HandoverChecked(**promise.conversation_ids(held), known=known), now=now)


@transaction.atomic
def refuse(*, handover: Handover, reason: str, now: datetime) -> Handover:
    """The partner cannot; the reason goes to the mediator, and the person is not left alone."""
    held, handover = agreed(handover, to=common.TO_PARTNER)
    states.turn(handover, State.REFUSED)
    handover.answered_at, handover.refusal = now, reason
    handover.save()
    record(HandoverRefused(**promise.conversation_ids(held)), now=now)
    text = f"{upper_first(handover.structure.spoken)} ne peut pas te recevoir. {_call_off(handover)}On cherche une autre solution avec toi."
    return_to_line(held, text, now=now)
    return handover


def _call_off(handover: Handover) -> str:
    """Nobody goes and sees a structure that does not expect them: said to the person where something had been agreed."""
    was_chosen = (
        Appointment.objects.meeting(common.HANDOVER, handover.pk).filter(state=Appointment.State.CHOSEN).exists()
    )
    agenda.drop_with(common.HANDOVER, handover.pk)
    return "Le rendez-vous prévu est annulé. " if was_chosen else ""


@transaction.atomic
def record_outcome(*, handover: Handover, outcome: str, now: datetime, milestone: int = 0) -> Handover:
    """What came of it, told by the partner: to the person in plain words, and to the mediator who had passed the common.

    Recorded again, the last one counts and the log keeps both. `milestone`: months after, or 0.
    """
    held, handover = agreed(handover, to=common.TO_PARTNER)
    if handover.state != State.ACCEPTED:
        raise WrongState("Acceptez d’abord la demande : la suite se note après.")
    if not outcomes.note(
        held, code=outcome, said=outcomes.Said.PARTNER, milestone=milestone, handover=handover, now=now
    ):
        return handover
    handover.outcome, handover.outcome_at = outcome, now
    handover.save(update_fields=["outcome", "outcome_at"])
    text = f"{upper_first(handover.structure.spoken)} nous a donné des nouvelles : {outcomes.WORDS[outcome][0]}. Si ce n’est pas ça, écris-le ici."
    message = thread.system_message(held, text, now=now, topic=handover.pk, leaves=True)
    if _hears(handover, held):
        _write_to_mediator("outcome", handover, key=f"outcome:{handover.id}:{message.seq}", now=now)
    return handover


def return_unanswered(now: datetime) -> int:
    """Bring back what no partner answered in time; returns how many came back."""
    due = Handover.objects.filter(state=State.SENT, return_at__lte=now).order_by("return_at")
    return claims.each(due, partial(_return, now=now), under="conversation").done


def _return(due: Handover, *, now: datetime) -> None:
    held, handover = locked(due)
    states.turn(handover, State.RETURNED)
    handover.save()
    record(HandoverReturned(**promise.conversation_ids(held)), now=now)
    text = f"{upper_first(handover.structure.spoken)} n’a pas encore répondu. {_call_off(handover)}On reprend ta demande avec toi."
    return_to_line(held, text, now=now)
