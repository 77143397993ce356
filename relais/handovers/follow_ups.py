"""News asked again at 3, 6 and 12 months, by the channel the person chose, answered by one press without an account.

Nobody is chased: each question is asked once, reminded once, and one press stops them all. A question of the program is
no sign of life of the person: it does not put off the day their conversation is erased. Who may not agree alone is not asked.
"""

from datetime import datetime, timedelta
from functools import partial

from django.db import transaction

from relais.agenda.models import ContactMode
from relais.coaching import thread
from relais.coaching.models import Conversation, Message
from relais.coaching.thread import outbound, promise
from relais.foundation import claims, keys, links, sites
from relais.foundation.events import record
from relais.foundation.models import Link, Outbound
from relais.foundation.refusals import LinkOver
from relais.journeys.models import Journey

from . import common, outcomes
from .contact import notify_contact
from .events import FollowUpAsked, FollowUpStopped, HandoverTold
from .models import FollowUp, Handover

DAY = timedelta(days=1)
# The last one a little early: a conversation, and the agreement with a partner, end with the year; there must be time to answer.
AFTER = {3: 91 * DAY, 6: 182 * DAY, 12: 350 * DAY}
TOLD, TOLD_AFTER = 0, 7 * DAY
"""The milestone of the other question: did you have to tell your story again?"""
LIFE = 45 * DAY
"""How long the link of a question answers."""
REMIND = 10 * DAY
NAMES = {3: "trois mois", 6: "six mois", 12: "presque un an"}


def plan(held: Conversation, *, now: datetime, told: bool = False) -> None:
    """Put the questions in the calendar, once a conversation; `told`: a partner has just accepted. In a transaction."""
    for milestone, after in AFTER.items():
        FollowUp.objects.get_or_create(conversation=held, milestone=milestone, defaults={"due_at": now + after})
    if told:
        FollowUp.objects.get_or_create(conversation=held, milestone=TOLD, defaults={"due_at": now + TOLD_AFTER})


def drop(held: Conversation) -> None:
    """Forget the questions not answered yet, and their letters that wait: the agreement they came with was taken back."""
    open_ones = held.follow_ups.filter(answered_at=None)
    numbers = list(open_ones.values_list("pk", flat=True))
    for pk in numbers:
        Outbound.objects.filter(key__startswith=f"asked:{pk}:", state=Outbound.State.WAITING).delete()
    links.forget(NEWS, *numbers)
    open_ones.delete()


@transaction.atomic
def choose(*, journey: Journey, by: str, address: str, now: datetime) -> None:
    """ContactMode which channel the person wants to be asked. Only for questions to come; the address goes with the answers.

    Raises common.NoAgreement.
    """
    held = thread.locked(journey.conversation.pk)
    common.check_age(held, to=common.TO_YOUNG)
    plan(held, now=now)
    held.follow_ups.filter(answered_at=None).exclude(milestone=TOLD).update(by=by, address="")
    for follow_up in held.follow_ups.filter(answered_at=None).exclude(milestone=TOLD):
        follow_up.address = address
        follow_up.save(update_fields=["address"])


@transaction.atomic
def stop(*, conversation: Conversation, now: datetime) -> None:
    """Ask nothing more. The rows stay, so that no later closing plans the questions again."""
    held = thread.locked(conversation.pk)
    plan(held, now=now)
    if stopped := list(held.follow_ups.filter(answered_at=None).values_list("pk", flat=True)):
        held.follow_ups.filter(pk__in=stopped).update(asked_at=now, reminded_at=now, answered_at=now, address="")
        links.revoke(NEWS, *stopped, now=now)
        record(FollowUpStopped(**promise.conversation_ids(held)), now=now)


# --- the loop


def ask_due(now: datetime) -> int:
    """Ask what is due, remind once who did not answer; returns how many were told."""
    of_age = FollowUp.objects.filter(conversation__age_band__in=Conversation.MAY_AGREE)
    due = of_age.filter(asked_at=None, due_at__lte=now).order_by("due_at", "id")
    silent = of_age.filter(
        asked_at__lte=now - REMIND, asked_at__gt=now - LIFE, reminded_at=None, answered_at=None
    ).order_by("asked_at", "id")
    asked = claims.each(due, partial(_ask, now=now), under="conversation")
    return asked.done + claims.each(silent, partial(_remind, now=now), under="conversation").done


def _ask(follow_up: FollowUp, *, now: datetime) -> None:
    follow_up.conversation = thread.locked(follow_up.conversation_id)
    follow_up.asked_at = now
    record(FollowUpAsked(**promise.conversation_ids(follow_up.conversation), milestone=follow_up.milestone), now=now)
    _tell(follow_up, question(follow_up), now)
    if follow_up.milestone != TOLD:
        for handover in follow_up.conversation.handovers.filter(state=Handover.State.ACCEPTED).select_related(
            "structure"
        ):
            key = f"news:{handover.pk}:{follow_up.milestone}"
            common.write_to_partner(
                "news",
                handover,
                key=key,
                now=now,
                address=common.partner_address(handover),
                since=NAMES[follow_up.milestone],
            )


def _remind(follow_up: FollowUp, *, now: datetime) -> None:
    follow_up.conversation = thread.locked(follow_up.conversation_id)
    follow_up.reminded_at = now
    _tell(
        follow_up,
        f"On te le demande une dernière fois : {question(follow_up)[:1].lower()}{question(follow_up)[1:]}",
        now,
    )


def _locked(pk: int) -> FollowUp | None:
    """With its conversation, locked first; None when one of them was erased meanwhile."""
    found = FollowUp.objects.filter(pk=pk).first()
    held = (
        found
        and Conversation.objects.filter(pk=found.conversation_id).exists()
        and thread.locked(found.conversation_id)
    )
    follow_up = held and FollowUp.objects.select_for_update().filter(pk=pk).first()
    if follow_up:
        follow_up.conversation = held
    return follow_up or None


def question(follow_up: FollowUp) -> str:
    if follow_up.milestone == TOLD:
        return "Une structure a accepté de t’aider. Est-ce que tu as dû tout raconter une deuxième fois ?"
    return f"Ça fait {NAMES[follow_up.milestone]} qu’on s’est parlé. Tu en es où ?"


def _tell(follow_up: FollowUp, text: str, now: datetime, time: str = "") -> None:
    """A new link each time: of what was stored, only its digest can be read. The one before stops working."""
    held = follow_up.conversation
    links.revoke(NEWS, follow_up.pk, now=now)
    address = links.address(
        NEWS,
        links.make(NEWS, follow_up.pk, now=now, about=held.pk, sent_by=_way(follow_up)),
        organisation=held.line.organisation_id,
    )
    message = _aside(held, f"{text} Un seul bouton à toucher : {address}", now)
    if follow_up.by == ContactMode.DOOR:
        outbound.deliver(message)
    else:
        site = sites.of(held.line.organisation_id)
        key = f"asked:{follow_up.pk}:{time or ('again' if follow_up.reminded_at else 'first')}"
        notify_contact(
            held,
            by=follow_up.by,
            address=follow_up.address,
            sms=f"{site.name} : une question pour toi. {address}",
            letter="handovers/question",
            said={"words": text, "address": address},
            key=key,
            now=now,
        )
    follow_up.save()


def _aside(held: Conversation, text: str, now: datetime) -> Message:
    """A sentence in the thread that is no sign of life."""
    kept = {name: getattr(held, name) for name in ("updated_at", "erase_at", "erase_told_at")}
    message = thread.append(held, side=Message.Side.NOTICE, body=text, key=None, now=now)
    for name, value in kept.items():
        setattr(held, name, value)
    held.save(update_fields=list(kept))
    return message


# --- the answer


def by_link(secret: str, *, now: datetime) -> FollowUp:
    """Raises LinkOver."""
    link = links.opened(secret, NEWS, now=now)
    found = (
        FollowUp.objects.select_related("conversation__journey", "conversation__line").filter(pk=link.subject).first()
    )
    if found is None:
        raise LinkOver(links.OVER)
    return found


@transaction.atomic
def _again(link: Link, now: datetime) -> None:
    """Ask once more, because they asked for it, as long as it goes where the link had gone."""
    follow_up = _locked(int(link.subject))
    if follow_up and follow_up.conversation.may_agree and _way(follow_up) == link.sent_by != "gone":
        _tell(follow_up, question(follow_up), now, time=f"{now:%Y%m%d%H%M}")


def _way(follow_up: FollowUp) -> str:
    """To whom a question goes, of which nothing can be read."""
    if follow_up.by == ContactMode.DOOR:
        address = outbound.address_of(follow_up.conversation)
        return f"door:{address.pk}" if address else "site"
    return f"{follow_up.by}:{keys.sign(f'coaching.news:{follow_up.address}')[:24]}" if follow_up.address else "gone"


NEWS = links.declare(
    links.Purpose(
        "coaching.news",
        "/nouvelles/{}",
        "who wrote, by the channel they chose to be asked by",
        LIFE,
        short=True,
        again=_again,
        young=True,
        hint="Ce n’est pas grave : tu peux donner de tes nouvelles dans ta conversation.",
        ways=(("Ouvrir ma conversation", "/parler"), ("J’ai un code de reprise", "/parler/reprendre")),
    )
)


@transaction.atomic
def answer(*, follow_up: FollowUp, code: str, now: datetime) -> None:
    """The person says where they are. They may press again while the link is good: the last one counts, all are kept."""
    held, follow_up = _held(follow_up, now)
    if outcomes.note(held, code=code, said=outcomes.Said.YOUNG, milestone=follow_up.milestone, now=now):
        thread.system_message(held, f"Tu nous as dit où tu en es : {outcomes.WORDS[code][0]}.", now=now)
    _answered(follow_up, now)


@transaction.atomic
def tell(*, follow_up: FollowUp, again: bool, now: datetime) -> None:
    """Whether they had to tell their story again, of the last partner who accepted. Said once."""
    held, follow_up = _held(follow_up, now)
    handover = held.handovers.filter(state=Handover.State.ACCEPTED).order_by("-answered_at", "id").first()
    if handover and handover.told_again != again:
        handover.told_again = again
        handover.save(update_fields=["told_again"])
        record(HandoverTold(**promise.conversation_ids(held), again=again), now=now)
    if follow_up.milestone == TOLD:
        _answered(follow_up, now)


def _held(follow_up: FollowUp, now: datetime) -> tuple[Conversation, FollowUp]:
    locked = _locked(follow_up.pk)
    if locked is None or not links.is_live(NEWS, follow_up.pk, now=now):
        raise LinkOver(links.OVER)
    return locked.conversation, locked


def _answered(follow_up: FollowUp, now: datetime) -> None:
    follow_up.answered_at, follow_up.address = follow_up.answered_at or now, ""
    follow_up.save(update_fields=["answered_at", "address"])
