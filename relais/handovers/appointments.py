"""Appointments of a conversation: who may propose, choose and call off; the agenda does the rest (`booked` says what is told of it)."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction

from relais.accounts.models import User
from relais.agenda import services as agenda
from relais.agenda import taken, video
from relais.agenda.forms import Asked, Met
from relais.agenda.models import Appointment, AppointmentQuerySet, ContactMode, MeetingPlace
from relais.coaching import thread
from relais.coaching.models import Conversation
from relais.coaching.models.conversation import CONVERSATION
from relais.foundation.refusals import NotAcceptable, WrongState
from relais.journeys.models import Journey

from . import booked, common
from .models import Handover, OutcomeReport


def of(conversation: Conversation) -> AppointmentQuerySet:
    return Appointment.objects.about(CONVERSATION, conversation.pk)


@transaction.atomic
def propose(
    *,
    conversation: Conversation,
    user: User | None,
    handover: Handover | None,
    kind: str,
    minutes: int,
    place: str,
    starts: list[datetime],
    key: UUID,
    regardless: Collection[datetime] = (),
    meeting_place: MeetingPlace | None = None,
    now: datetime,
) -> list[Appointment]:
    """Offer slots: who holds the conversation, or (without `user`) the partner who accepted `handover`. Sent twice (`key`), once.

    Raises NotAllowed, WrongState, common.NoAgreement.
    """
    held = thread.claimed_by(conversation, user) if user else thread.locked(conversation.pk)
    if already := list(of(held).filter(proposal=key)):
        return already
    if handover is not None:
        _, handover = common.agreed(handover, to=common.TO_STAFF if user else common.TO_PARTNER)
        if handover.state not in (common.OPEN if user else (Handover.State.ACCEPTED,)):
            raise WrongState(
                "Sans accord de la personne en cours, on ne peut pas fixer de rendez-vous avec cette structure."
            )
    if meeting_place is not None and handover is not None:
        raise NotAcceptable("Avec une structure, on se voit chez elle : laissez la liste des lieux vide.")
    if kind == Appointment.Kind.CALL_3 and handover is None:
        raise WrongState("Un appel à trois se propose avec une structure que la personne a acceptée.")
    return agenda.propose(
        about=booked.about(held, handover),
        kind=kind,
        minutes=minutes,
        place=place,
        starts=starts,
        key=key,
        by=user,
        staff=_there(held, user, handover, kind),
        # Of somebody's own agenda they alone decide, and not the structure that they meet.
        regardless=regardless if user else (),
        meeting_place=meeting_place,
        now=now,
    )


def _there(held: Conversation, user: User | None, handover: Handover | None, kind: str) -> list[User]:
    """Of the team: nobody where the person goes to see a structure without us."""
    if handover is not None and kind != Appointment.Kind.CALL_3:
        return []
    return [who for who in (user or held.claimed_by,) if who]


def rooms_open(conversation: Conversation, user: User, now: datetime) -> set[UUID]:
    """The appointments whose room `user` may enter now."""
    near = of(conversation).filter(staff=user, state=Appointment.State.CHOSEN, starts_at__lte=now + video.BEFORE)
    return {one.pk for one in near.exclude(video_room="") if video.is_open(one, now)}


WORDS = {
    taken.PERSON: "La personne a déjà un rendez-vous à cette heure-là.",
    taken.STAFF: "Vous avez déjà un rendez-vous à cette heure-là.",
    taken.AWAY: "Vous êtes en absence à cette heure-là : choisissez-en une autre.",
    taken.BUSY: "Votre agenda vous dit pris ou prise à cette heure-là.",
    taken.OFFERED: "Un rendez-vous est déjà proposé à cette heure-là, que personne n’a encore choisi.",
}


TO_PARTNER = dict.fromkeys(WORDS, "Quelqu’un n’est pas libre à cette heure-là.") | {
    taken.OFFERED: "Quelqu’un n’est peut-être pas libre à cette heure-là."
}


def asked(conversation: Conversation, user: User | None, handover: Handover | None) -> dict[str, Asked]:
    """For the form: why an hour is not free (`takes`), and why nobody could choose it (`refuses`).

    A structure does not learn whose hour it is, and may insist on none that is held.
    """
    words = WORDS if user else TO_PARTNER

    def met(starts_at: datetime, minutes: int, kind: str) -> str:
        return taken.Free(conversation.journey_id, _there(conversation, user, handover, kind)).takes(starts_at, minutes)

    def takes(starts_at: datetime, minutes: int, kind: str) -> Met:
        by = met(starts_at, minutes, kind)
        return Met(words.get(by, ""), is_busy=by == taken.BUSY)

    def away(starts_at: datetime, minutes: int, kind: str) -> Met:
        is_away = taken.away_then(_there(conversation, user, handover, kind), starts_at, minutes)
        return Met(words[taken.AWAY] if is_away else "")

    def held(starts_at: datetime, minutes: int, kind: str) -> Met:
        by = met(starts_at, minutes, kind)
        return Met(words[by] if by in taken.HOLDS else "")

    return {"takes": takes, "refuses": away if user else held}


@transaction.atomic
def choose(*, appointment: Appointment, journey: Journey, remind_by: str, address: str, now: datetime) -> Appointment:
    """The person takes one slot. `address`: where to be reminded, when that is not the channel they write by.

    Who may not agree alone leaves no address, and meets no structure that we told of them. Raises common.NoAgreement.
    """
    held = _held(appointment.subject_id, journey)
    if appointment.with_kind or remind_by != ContactMode.DOOR:
        common.check_age(held, to=common.TO_YOUNG)
    return agenda.choose(appointment=appointment, remind_by=remind_by, address=address, now=now)


@transaction.atomic
def none_fits(*, conversation: Conversation, journey: Journey, proposal: UUID, now: datetime) -> None:
    """No slot suits the person. Raises Appointment.DoesNotExist when it is not theirs."""
    held = _held(conversation.pk, journey)
    agenda.decline(kind=CONVERSATION, number=held.pk, proposal=proposal, now=now)


@transaction.atomic
def call_off(*, appointment: Appointment, journey: Journey, now: datetime) -> Appointment:
    """The person cannot come."""
    _held(appointment.subject_id, journey)
    return agenda.cancel(appointment=appointment, said=OutcomeReport.Said.YOUNG, now=now)


def _held(pk: UUID, journey: Journey) -> Conversation:
    """The conversation, locked. Raises Appointment.DoesNotExist when it is not that of `journey`."""
    held = thread.locked(pk)
    if held.journey_id != journey.pk:
        raise Appointment.DoesNotExist
    return held
