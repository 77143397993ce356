"""What handovers add to a conversation (see `coaching/hooks.py`)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse

from relais.agenda import services as agenda
from relais.agenda.models import Appointment, Registration
from relais.channels import opt_outs
from relais.channels.models import Channel
from relais.coaching import hooks
from relais.coaching.models import Conversation, Message
from relais.foundation.models import Outbound

from . import appointments, common, sessions
from .models import FollowUp, Handover

State = Handover.State
RUNNING = (State.PROPOSED, *common.OPEN)


# --- the desk


@hooks.panel(hooks.ACTIONS, "handovers/_desk_action.html")
def pass_the_baton(conversation: Conversation, now: datetime) -> dict:
    return {}


@hooks.panel(hooks.ASIDE, "handovers/_desk.html")
def batons(conversation: Conversation, now: datetime) -> dict:
    stuck = Outbound.objects.needing_a_human().filter(key__startswith="handover:")
    return {
        "handovers": Handover.objects.filter(conversation=conversation).select_related("structure"),
        "stuck": set(stuck.values_list("key", flat=True)),
        "refusing": _refusing(conversation),
    }


def _refusing(conversation: Conversation) -> set[str]:
    """The addresses of its partners who want no more letters."""
    handovers = Handover.objects.filter(conversation=conversation).order_by()
    owner = conversation.line.organisation_id
    theirs = handovers.values_list("partner_email", flat=True).distinct()
    return {one for one in theirs if opt_outs.holds(Channel.EMAIL, one, owner=owner)}


@hooks.panel(hooks.PATH, "handovers/_desk_appointments.html")
def slots(conversation: Conversation, now: datetime) -> dict:
    return {"appointments": appointments.of(conversation).shown(), "sessions": sessions.of(conversation)}


# --- the person's page


@hooks.coming
def to_decide(conversation: Conversation, now: datetime) -> Iterator[hooks.Next]:
    """A proposal to say yes or no to, and the words of three."""
    for one in Handover.objects.filter(conversation=conversation, state__in=RUNNING).select_related("structure"):
        name = one.structure.spoken
        if one.state == State.PROPOSED:
            yield hooks.Next(f"On te propose {name}.", reverse("agreement", args=[one.pk]), "Lire et décider")
        elif one.mode == Handover.Mode.JOINT:
            address = reverse("joint_thread", args=[one.pk])
            yield hooks.Next(f"Vous êtes trois à vous écrire, avec {name}.", address, "Lire et répondre")


@hooks.coming
def slots_to_come(conversation: Conversation, now: datetime) -> Iterator[hooks.Next]:
    """One of each proposal, nearest first."""
    ahead, seen = appointments.of(conversation).open().filter(starts_at__gt=now), set()
    for one, words in agenda.worded(ahead.order_by("starts_at", "id")):
        if one.proposal not in seen:
            seen.add(one.proposal)
            chosen = one.state == Appointment.State.CHOSEN
            text = f"Ton rendez-vous : {words}." if chosen else "On te propose un rendez-vous."
            address = reverse("appointment", args=[one.proposal])
            yield hooks.Next(text, address, "Voir" if chosen else "Choisir mon créneau")


@hooks.coming
def sessions_to_come(conversation: Conversation, now: datetime) -> Iterator[hooks.Next]:
    """Those that are proposed, where the person has a place, or waits for one."""
    for one in sessions.of(conversation).open().filter(session__starts_at__gt=now, session__state="planned"):
        address, words = reverse("own_session", args=[one.pk]), one.session.words
        if one.state == Registration.State.REGISTERED:
            yield hooks.Next(f"Ta séance : {words}.", address, "Voir")
        elif one.state == Registration.State.WAITING:
            yield hooks.Next(f"Tu es sur la liste d’attente : {words}.", address, "Voir")
        else:
            yield hooks.Next(f"On te propose une séance : {words}.", address, "Lire et décider")


@dataclass(frozen=True)
class About:
    """A message that is about a handover: its proposal, a word of three, or what became of it."""

    handover: Handover

    def below(self, message: Message, side: str) -> hooks.Below | None:
        name, is_young = self.handover.structure.name, side == "young"
        if message.side == Message.Side.NOTICE:
            return self._agreement() if is_young and self.handover.state in common.OPEN else None
        if message.key == self.handover.key:
            return self._proposal() if is_young else hooks.Below(f"Proposition à {name}")
        if is_young:
            return hooks.Below("Dans le message à trois", reverse("joint_thread", args=[self.handover.pk]))
        return hooks.Below(f"Dans le message à trois, avec {name}")

    def _proposal(self) -> hooks.Below:
        address = reverse("agreement", args=[self.handover.pk])
        if self.handover.state == State.PROPOSED:
            return hooks.Below("Lire et décider", address, is_to_do=True)
        return hooks.Below("Relire cette proposition", address)

    def _agreement(self) -> hooks.Below:
        return hooks.Below("Voir ou retirer mon accord", reverse("agreement", args=[self.handover.pk]))


@hooks.topics
def about(ids: set[UUID]) -> dict[UUID, About]:
    return {one.pk: About(one) for one in Handover.objects.filter(pk__in=ids).select_related("structure")}


# --- what ties a conversation to its team, or to itself


@hooks.keeps_on_line
def running(held: Conversation) -> str:
    if Handover.objects.filter(conversation=held, state__in=RUNNING, outcome="").exists():
        return "Une orientation est en cours : elle repose sur un accord donné à votre équipe. Notez d’abord sa suite."
    return ""


@hooks.keeps_on_line
def meeting(held: Conversation) -> str:
    if appointments.of(held).open().exists():
        return "Un rendez-vous est proposé ou choisi : réglez-le d’abord."
    # A place that they took, or wait for, is theirs and goes with them; who answers there could not say yes for this team.
    asked = sessions.of(held).filter(session__organisation=held.line.organisation_id, state=Registration.State.PROPOSED)
    if asked.exists():
        return "Une séance est proposée à la personne, qui n’a pas encore répondu : réglez-le d’abord, sur la page de la séance."
    return ""


@hooks.keeps_apart
def passed_on(gone: Conversation) -> str:
    """What was passed on, and counted, belongs to the path that the person agreed on."""
    if Handover.objects.filter(conversation=gone).exists():
        return "Cette conversation a une orientation : ouvrez-la, et joignez-lui l’autre."
    return ""


# --- what is known of a person


@hooks.reaches
def to_be_asked() -> QuerySet:
    """An address was left to be asked for news within the year."""
    return FollowUp.objects.exclude(address="").order_by().values("conversation")


@hooks.works_at
def partners(addresses: set[str]) -> Iterable[str]:
    return Handover.objects.filter(partner_email__in=addresses).order_by().values_list("partner_email", flat=True)


@hooks.names
def opened_by_partners(conversation: Conversation) -> Iterable[UUID]:
    return Handover.objects.filter(conversation=conversation).order_by().values_list("pk", flat=True)
