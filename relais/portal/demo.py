"""The demonstration: fictional people and a fictional past, plainly marked, made with the same services as the real thing.

Seeded: the same from run to run, apart from the day it is told from. Running it again adds nothing.
"""

import random
from datetime import datetime, time, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from django.db import transaction

from relais.accounts.models import Organisation, User
from relais.accounts.services import ensure_demo_people
from relais.agenda import services as agenda
from relais.agenda.demo import ensure_demo_places, ensure_demo_sessions
from relais.campaigns.events import TouchFollowed
from relais.campaigns.models import Touch
from relais.campaigns.services import ensure_demo_touches
from relais.catalogue.models import Commune, Structure
from relais.catalogue.selectors import nearest_structures
from relais.coaching import services
from relais.coaching.guide import triage
from relais.coaching.models import Conversation, Line, LineClosure, OpeningWindow
from relais.foundation import states
from relais.foundation.events import record
from relais.foundation.models import Outbound
from relais.foundation.pseudonyms import ANIMALS
from relais.handovers import appointments, sessions
from relais.handovers import services as handovers
from relais.handovers.models import OutcomeCode
from relais.stories.demo.loading import ensure_demo_studio, load_demo_clips, load_demo_stories, proofread_demo
from relais.stories.demo.questions import ensure_demo_questions

from .demo_desk import ensure_demo_desk
from .demo_safeguarding import ensure_demo_safeguarding

Age = Conversation.AgeBand
SEED = 2026
DAYS = 42
PLACES = ("45208", "45155", "45252", "45234", "45147", "18033", "13055", "97411")
QUESTIONS = (
    "salut je sais pas quoi faire après la 3e, j'aime bien m'occuper des petits",
    "Bonjour, j'ai vu la vidéo sur l'aide à domicile. Il faut un diplôme ?",
    "j'ai arrêté le lycée en mars, est-ce que je peux quand même faire éduc ?",
    "C'est possible de faire un stage sans passer par mon collège ?",
    "Je bosse en restauration et je veux changer, par où je commence ?",
    "cc vous êtes une vraie personne ?",
)
ANSWERS = (
    "Bonjour ! Oui, une vraie personne. Raconte-moi un peu : qu'est-ce qui t'a plu dans la vidéo ?",
    "Bonjour, oui c'est possible, et il y a plusieurs chemins. Tu habites près de quelle ville ?",
    "Merci de ton message. On peut regarder ça ensemble : tu as déjà parlé à quelqu'un de ton projet ?",
)
AGES = (Age.UNDER_18, Age.UNDER_18, Age.UNDER_26, Age.UNDER_26, Age.ADULT)
SUMMARY = "Cherche un premier contact avec le métier. Souhaite un rendez-vous pour parler formation et stage."


def ensure_demo(*, now: datetime) -> dict[str, User]:
    """Everything the demonstration needs; safe to run again. Returns the people by role."""
    people = ensure_demo_people(now=now)
    organisation = people["mediator"].memberships.get().organisation
    load_demo_stories(organisation=organisation, now=now)
    load_demo_clips(organisation=organisation, now=now)
    ensure_demo_studio(people=people, now=now)
    proofread_demo(now=now)
    ensure_demo_touches(organisation=organisation, now=now)
    line = ensure_demo_line(organisation)
    ensure_demo_places(organisation)
    ensure_demo_desk(people=people, organisation=organisation, now=now)
    ensure_demo_questions(people=people, now=now)
    if not Conversation.objects.filter(line=line).exists():
        _past(line, people, now)
    ensure_demo_safeguarding(people=people, line=line, now=now)
    return people


def ensure_demo_line(organisation: Organisation) -> Line:
    """Open day and night, so that the walk can be tried at any hour (`close_line` shows the other face)."""
    line, created = Line.objects.get_or_create(
        slug="demonstration",
        defaults={
            "name": "Ligne de démonstration",
            "organisation": organisation,
            "departement": "45",
            "open_on_holidays": True,
        },
    )
    if created:
        OpeningWindow.objects.bulk_create(
            OpeningWindow(line=line, weekday=day, opens=time(0), closes=time(0)) for day in range(7)
        )
    return line


def close_line(line: Line, *, closed: bool, now: datetime) -> None:
    """Close the demonstration line until tomorrow, or open it again."""
    today = now.astimezone(line.hours().zone).date()
    line.closures.all().delete()
    if closed:
        LineClosure.objects.create(line=line, first=today, last=today, reason="Démonstration de la ligne fermée")


def _past(line: Line, people: dict[str, User], now: datetime) -> None:
    """Six weeks of a fictional service, lived through the services with the clock of then."""
    dice = random.Random(SEED)
    touches = list(Touch.objects.filter(is_demo=True).order_by("code"))
    places = list(Commune.objects.filter(insee__in=PLACES).order_by("insee")) or [None]
    with transaction.atomic():
        for day in range(DAYS, 0, -1):
            morning = now - timedelta(days=day)
            for touch in touches:
                for _ in range(dice.randrange(0, 9)):
                    record(TouchFollowed(touch=touch.code), now=morning + timedelta(minutes=dice.randrange(600)))
            for _number in range(dice.randrange(0, 4)):
                touch = dice.choice([*touches, None])
                start = morning + timedelta(minutes=dice.randrange(600))
                _one_life(dice, line, people, dice.choice(places), touch.code if touch else "", start, now)
        _calls_ahead(people, now)
        _sessions_ahead(people, now)
    # Letters of a past that never was: they must not leave today.
    old = Outbound.objects.filter(state=Outbound.State.WAITING, created_at__lt=now - timedelta(hours=1))
    states.move_all(old, Outbound.State.SENT, sent_at=now, payload={})


def _one_life(dice, line, people, place, touch, start, now) -> None:
    """One fictional person, as far as chance takes them; never beyond `now`."""

    def key() -> UUID:
        return UUID(int=dice.getrandbits(128), version=4)

    mediator = people[dice.choice(["mediator", "mediator_2"])]
    pseudonym = f"{dice.choice(ANIMALS)} {dice.randrange(10, 99)} (démo)"
    opened = services.open_conversation(
        line=line, pseudonym=pseudonym, commune=place, touch=touch, body=dice.choice(QUESTIONS), key=key(), now=start
    )
    conversation, journey = opened.conversation, opened.conversation.journey
    then = start + timedelta(minutes=dice.choice([2, 4, 6, 9, 12, 18, 24, 28, 41]))
    services.claim(conversation=conversation, user=mediator, now=then)
    services.reply(conversation=conversation, user=mediator, body=dice.choice(ANSWERS), key=key(), now=then)
    structure = nearest_structures(place, limit=1) if place else []
    if dice.random() < 0.5 or not structure:
        return
    triage.describe(
        conversation=conversation, said={"age_band": dice.choice(AGES)}, by="young", now=then + timedelta(minutes=15)
    )
    handover = handovers.propose(
        conversation=conversation,
        user=mediator,
        structure=structure[0],
        partner_email=people["partner"].email,
        summary=SUMMARY,
        key=key(),
        now=then + timedelta(minutes=20),
    )
    agreed = then + timedelta(minutes=35)
    if dice.random() < 0.15:
        handovers.decline(handover=handover, journey=journey, now=agreed)
        services.reply(
            conversation=conversation,
            user=mediator,
            body="Aucun problème, on continue ensemble.",
            key=key(),
            now=agreed + timedelta(minutes=5),
        )
        return
    handover = handovers.agree(handover=handover, journey=journey, name="", contact="", now=agreed)
    answered = agreed + timedelta(hours=dice.randrange(1, 60))
    if answered > min(now, handover.return_at):
        return
    if dice.random() < 0.2:
        handovers.refuse(handover=handover, reason="Plus de place ce mois-ci.", now=answered)
        services.reply(
            conversation=conversation,
            user=mediator,
            body="On cherche une autre porte, je reviens vers toi.",
            key=key(),
            now=answered + timedelta(minutes=9),
        )
        return
    handovers.accept(handover=handover, known=dice.choice(["unknown", "known", "accompanied", ""]), now=answered)
    if dice.random() < 0.6:
        _meet(dice, handover, key(), answered, now)
    told = answered + timedelta(days=dice.randrange(3, 20))
    if told < now and dice.random() < 0.7:
        handovers.record_outcome(handover=handover, outcome=dice.choice(OutcomeCode.values), now=told)


def _meet(dice, handover, key, answered, now) -> None:
    """An appointment that the partner proposes, the person takes, and that is held or missed when its day has come."""
    starts = [answered + timedelta(days=day) for day in (4, 5, 6)]
    slots = appointments.propose(
        conversation=handover.conversation,
        user=None,
        handover=handover,
        kind="visit",
        minutes=30,
        place="À l’accueil (démonstration)",
        starts=starts,
        key=key,
        now=answered + timedelta(minutes=5),
    )
    taken = dice.choice(slots)
    if answered + timedelta(hours=3) > now:
        return
    journey = handover.conversation.journey
    appointments.choose(
        appointment=taken, journey=journey, remind_by="door", address="", now=answered + timedelta(hours=3)
    )
    if taken.starts_at + timedelta(hours=1) < now:
        agenda.settle(
            appointment=taken, held_it=dice.random() < 0.8, said="partner", now=taken.starts_at + timedelta(hours=1)
        )


def _calls_ahead(people: dict[str, User], now: datetime) -> None:
    """What stands in the agendas of the team: two calls each, this week."""
    for mediator in (people["mediator"], people["mediator_2"]):
        mine = Conversation.objects.filter(claimed_by=mediator, state=Conversation.State.ANSWERED)
        for days, conversation in zip((2, 5), mine.order_by("-opened_at")[:2], strict=False):
            at = (now + timedelta(days=days)).astimezone(ZoneInfo(conversation.line.time_zone))
            slots = appointments.propose(
                conversation=conversation,
                user=mediator,
                handover=None,
                kind="call",
                minutes=30,
                place="",
                starts=[at.replace(hour=14, minute=0, second=0, microsecond=0)],
                key=uuid5(conversation.pk, "call"),
                now=now,
            )
            appointments.choose(
                appointment=slots[0], journey=conversation.journey, remind_by="door", address="", now=now
            )


def _sessions_ahead(people: dict[str, User], now: datetime) -> None:
    """A workshop that is full, with somebody who waits for a place; a visit that was just proposed."""
    leader = people["mediator"]
    workshop, visit = ensure_demo_sessions(leader, now)
    mine = list(
        Conversation.objects.filter(claimed_by=leader, state=Conversation.State.ANSWERED).order_by("-opened_at")[:6]
    )
    for conversation in mine[: workshop.seats + 1]:
        one = sessions.invite(conversation=conversation, session=workshop, user=leader, now=now)
        sessions.decide(registration=one, journey=conversation.journey, comes=True, now=now)
    for conversation in mine[-2:]:
        sessions.invite(conversation=conversation, session=visit, user=leader, now=now)


def give_nearby_addresses(people: dict[str, User]) -> None:
    """Real structures have no e-mail in their public list: in the demonstration all letters go to the demonstration partner."""
    Structure.objects.filter(email="").update(email=people["partner"].email)
