"""What handovers, appointments and words of three share: who may agree, the locks, the partner's links and letters, the way back to us."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from relais.agenda.models import Appointment
from relais.catalogue.models import Structure
from relais.coaching import thread
from relais.coaching.models import Conversation
from relais.coaching.thread import promise
from relais.foundation import letters, links
from relais.foundation.hours import OFFICE, OpeningHours
from relais.foundation.models import Link, Outbound
from relais.foundation.refusals import NotAllowed
from relais.journeys.models import Journey

from .models import Handover


def _subject(link: Link) -> str:
    """Every letter gives the same link."""
    return link.subject


def _again(link: Link, now: datetime) -> None:
    from . import services

    services.link_again(pk=link.subject, now=now)


FOLLOW_UP = timedelta(days=365)
"""How long the partner's second link, the one that records the outcome, stays valid; never longer than the agreement."""
_PATH, _PARTNER = "/orientation/{}", "the partner, by e-mail"
_HINT = "Une demande restée sans réponse revient à l’équipe qui vous l’a envoyée ; elle peut vous l’adresser à nouveau."
# The first lives until the demand comes back unanswered: each handover has its own end.
ANSWER = links.declare(
    links.Purpose(
        "coaching.orientation.answer",
        _PATH,
        _PARTNER,
        None,
        drawn=_subject,
        again=_again,
        hint=_HINT,
        layout="pro.html",
    )
)
FOLLOW = links.declare(
    links.Purpose(
        "coaching.orientation.follow", _PATH, _PARTNER, FOLLOW_UP, drawn=_subject, hint=_HINT, layout="pro.html"
    )
)
LINKS = (ANSWER, FOLLOW)
HANDOVER = "handover"
"""The kind under which the agenda knows the other party of an appointment."""
OPEN = (Handover.State.SENT, Handover.State.ACCEPTED)
"""While a handover is one of these, the partner reads what was agreed."""


class NoAgreement(NotAllowed):
    """No agreement of this person holds, so nothing about them goes to a structure."""


class TooYoung(NoAgreement):
    """Under fifteen, one does not consent alone (loi 78-17, article 45)."""


class AgeNotSaid(NoAgreement):
    """Nobody said whether they are fifteen: treated as if they were not."""


TO_YOUNG, TO_STAFF, TO_PARTNER = "young", "staff", "partner"
CLOSED = "L’accord de la personne n’est plus valable : cette demande est fermée, et plus rien n’en est lisible."
"""To a partner, who does not learn why."""
_SENTENCES = {
    TO_YOUNG: (
        "Avant 15 ans, ton accord ne suffit pas : on ne transmet rien de toi à une structure. Tu peux l’appeler toi-même, ou avec nous.",
        "Dis-nous d’abord ton âge. Tant qu’on ne le sait pas, on ne transmet rien de toi à une structure.",
    ),
    TO_STAFF: (
        "Cette personne a moins de 15 ans : son accord ne suffit pas. Rien ne part vers une structure.",
        "L’âge de cette personne n’est pas connu : aucun accord ne peut être enregistré. Rien ne part vers une structure.",
    ),
    TO_PARTNER: (CLOSED, CLOSED),
}


def check_age(held: Conversation, *, to: str) -> None:
    """Raises TooYoung or AgeNotSaid, in words for whoever asked (`to`), unless this person may agree."""
    if held.may_agree:
        return
    young, unknown = _SENTENCES[to]
    raise TooYoung(young) if held.age_band else AgeNotSaid(unknown)


def locked(handover: Handover, journey: Journey | None = None) -> tuple[Conversation, Handover]:
    """The conversation, then the handover, both locked. Raises Handover.DoesNotExist when it is not that of `journey`."""
    held = thread.locked(handover.conversation_id)
    if journey is not None and held.journey_id != journey.pk:
        raise Handover.DoesNotExist
    handover = (
        Handover.objects.select_for_update(of=("self",)).select_related("structure", "proposed_by").get(pk=handover.pk)
    )
    handover.conversation = held
    return held, handover


def agreed(handover: Handover, journey: Journey | None = None, *, to: str) -> tuple[Conversation, Handover]:
    """As `locked`, for whatever rests on the person's agreement. Raises NoAgreement too."""
    held, handover = locked(handover, journey)
    check_age(held, to=to)
    return held, handover


def make_link(handover: Handover, purpose: str, *, now: datetime, until: datetime) -> str:
    """The partner's link, as the whole address."""
    secret = links.make(purpose, handover.pk, now=now, until=until, about=handover.conversation_id)
    return links.address(purpose, secret, organisation=handover.conversation.line.organisation_id)


def partner_address(handover: Handover) -> str:
    """The partner's page, as long as the link of its state is good."""
    purpose = FOLLOW if handover.state == Handover.State.ACCEPTED else ANSWER
    return links.address(
        purpose, links.drawn(purpose, handover.pk), organisation=handover.conversation.line.organisation_id
    )


def write_to_partner(
    letter: str,
    handover: Handover,
    *,
    key: str,
    now: datetime,
    not_before: datetime | None = None,
    goes_with: bool = True,
    **said,
) -> None:
    """A letter to the partner of `handover`, in which `said` stands. `goes_with`: erased with the conversation while it waits."""
    held = handover.conversation
    letters.send(
        f"handovers/{letter}",
        to=handover.partner_email,
        context={"handover": handover, "organisation": held.line.organisation, **said},
        key=key,
        now=now,
        organisation=held.line.organisation,
        about=held.pk if goes_with else None,
        not_before=not_before,
    )


def sent_to_partner(handover: Handover) -> QuerySet:
    """Every letter of this handover to its partner, in whatever state."""
    mine = Q(key__in=[f"handover:{handover.pk}", f"follow-up:{handover.pk}"])
    for kind in ("words", "news", "again"):
        mine |= Q(key__startswith=f"{kind}:{handover.pk}:")
    for pk in Appointment.objects.meeting(HANDOVER, handover.pk).values_list("pk", flat=True):
        mine |= Q(key__startswith=f"appointment:{pk}:")
    return Outbound.objects.filter(mine, about=handover.conversation_id)


def take_back(handover: Handover) -> bool:
    """Take back the partner's letters that have not left, also those that somebody could send again. True when the partner never heard of it."""
    waits = [Outbound.State.WAITING, Outbound.State.FAILED, Outbound.State.STOPPED]
    unheard = Outbound.objects.filter(key=f"handover:{handover.pk}", state__in=waits).exists()
    sent_to_partner(handover).exclude(state=Outbound.State.SENT).delete()
    return unheard


def return_to_line(held: Conversation, text: str, *, now: datetime) -> None:
    """The person is ours again: they wait for a human, with the same promise, and are told so where they are."""
    if held.state != Conversation.State.WAITING:
        held.closed_at = None
        promise.start_wait(held, now)
    thread.system_message(held, text, now=now, leaves=True)


def office(structure: Structure) -> OpeningHours:
    return OpeningHours(zone=ZoneInfo(structure.time_zone), windows=OFFICE, departement=structure.departement)
