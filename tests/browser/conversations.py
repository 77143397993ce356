"""One conversation in each state, made by the services; with a handover, one orientation in each of its states too.

A conversation: {"id", "cookie", "pseudonym"}; with a handover also {"handover", "link"} (and "follow" once accepted).
"""

from datetime import timedelta
from uuid import uuid4

from django.utils import timezone

from relais.accounts.models import User
from relais.agenda import services as agenda
from relais.agenda import sessions as agenda_sessions
from relais.agenda.models import GroupSession
from relais.catalogue.models import Commune, Structure
from relais.coaching import services
from relais.coaching.guide import triage
from relais.coaching.models import Conversation, Line
from relais.foundation.models import Outbound
from relais.handovers import ages, appointments, follow_ups, joint, sessions
from relais.handovers import services as handovers

SUMMARY = "Veut découvrir le métier d’éducateur. Cherche un stage de deux semaines."
told: dict[str, dict] = {}
people: dict[str, User] = {}


def conversation(name: str, ago: timedelta = timedelta()):
    opened = services.open_conversation(
        line=Line.objects.get(slug="demonstration"),
        pseudonym=f"Essai {name}",
        commune=Commune.objects.get(insee="45208"),
        touch="K7QM3",
        body="Bonjour, je voudrais en savoir plus sur le métier d’éducateur.",
        key=uuid4(),
        now=timezone.now() - ago,
    )
    triage.describe(conversation=opened.conversation, said={"age_band": "15-17"}, by="young", now=timezone.now() - ago)
    told[name] = {"id": str(opened.conversation.id), "cookie": opened.cookie, "pseudonym": f"Essai {name}"}
    return opened.conversation


def unaged() -> None:
    """One who did not say how old they are, was asked, and one who is under fifteen."""
    for name, band in (("unaged", ""), ("young", "under-15")):
        held = answered(name)
        triage.describe(conversation=held, said={"age_band": band}, by="young", now=timezone.now())
    ages.ask(
        conversation=Conversation.objects.get(pk=told["unaged"]["id"]), user=people["mediator"], now=timezone.now()
    )
    handover = sent("stopped")
    triage.describe(conversation=handover.conversation, said={"age_band": "under-15"}, by="young", now=timezone.now())


def answered(name: str):
    held = conversation(name)
    services.claim(conversation=held, user=people["mediator"], now=timezone.now())
    services.reply(
        conversation=held, user=people["mediator"], body="Bonjour ! Raconte-moi.", key=uuid4(), now=timezone.now()
    )
    return held


def proposed(name: str, mode: str = "letter"):
    held = answered(name)
    handover = handovers.propose(
        conversation=held,
        user=people["mediator"],
        structure=Structure.objects.get(source_id="45001S00"),
        partner_email=people["partner"].email,
        summary=SUMMARY,
        key=uuid4(),
        now=timezone.now(),
        mode=mode,
    )
    told[name]["handover"] = str(handover.id)
    return handover


def sent(name: str, mode: str = "letter"):
    handover = proposed(name, mode)
    handover = handovers.agree(
        handover=handover,
        journey=handover.conversation.journey,
        name="Lou",
        contact="06 00 00 00 00",
        now=timezone.now(),
    )
    told[name]["link"] = link(f"handover:{handover.id}")
    return handover


def fixed_days() -> None:
    """A message of three with two words in it, slots to choose, one that is chosen, one missed, and a question of news."""
    now = timezone.now()
    handover = sent("joint", mode="joint")
    joint.staff_says(
        handover=handover, user=people["mediator"], body="Je vous présente Essai joint.", key=uuid4(), now=now
    )
    joint.partner_says(handover=handover, body="Bienvenue ! Passez quand vous voulez.", key=uuid4(), now=now)
    for name in ("slots", "booked", "missed"):
        handover = sent(name, mode="call")
        handovers.accept(handover=handover, now=now)
        told[name]["follow"] = link(f"follow-up:{handover.id}")
        then = now - timedelta(days=9) if name == "missed" else now
        slots = appointments.propose(
            conversation=handover.conversation,
            user=people["mediator"],
            handover=handover,
            kind="call-3",
            minutes=30,
            place="02 38 00 00 00",
            starts=[then + timedelta(days=day) for day in (3, 4, 5)],
            key=uuid4(),
            now=then,
        )
        told[name]["proposal"] = str(slots[0].proposal)
        if name != "slots":
            journey = handover.conversation.journey
            appointments.choose(appointment=slots[0], journey=journey, remind_by="door", address="", now=then)
        if name == "missed":
            agenda.settle(appointment=slots[0], held_it=False, said="partner", now=now)
            follow_ups.ask_due(now + timedelta(days=8))
            told[name]["told"] = news(handover.conversation)
    at = now + timedelta(days=6)
    values = {"title": "Atelier CV", "about": "On fait ton CV.", "kind": "video", "place": "https://visio.exemple.fr/a"}
    values |= {"starts_at": at, "register_until": at, "minutes": 60, "seats": 1, "zone": "Europe/Paris"}
    team, leader = people["mediator"].memberships.get().organisation, people["mediator"]
    session = GroupSession(organisation=team, led_by=leader, **values)
    session = agenda_sessions.plan(session=session, by=leader, regardless=True, now=now)
    told["session"] = {"id": str(session.pk)}
    for name in ("seated", "queued", "session-asked"):
        one = sessions.invite(conversation=answered(name), session=session, user=leader, now=now)
        told[name]["session"] = str(one.pk)
        if name != "session-asked":
            journey = Conversation.objects.get(pk=one.subject_id).journey
            sessions.decide(registration=one, journey=journey, comes=True, now=now)
    held = answered("closed-long-ago")
    services.close(conversation=held, user=people["mediator"], now=now)
    held.follow_ups.exclude(milestone=3).delete()
    held.follow_ups.update(due_at=now)
    follow_ups.ask_due(now)
    told["closed-long-ago"]["news"] = news(held)


def news(held) -> str:
    """The address of the question last asked."""
    text = held.messages.filter(side="notice").order_by("-seq").first().body
    return "/nouvelles/" + text.partition("/nouvelles/")[2].split()[0]


def link(key: str) -> str:
    """Read before the transaction ends: once a letter has left, its text is erased."""
    text = Outbound.objects.get(key=key).payload["text"]
    return "/orientation/" + text.partition("/orientation/")[2].split()[0]
