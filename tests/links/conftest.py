"""A link of each purpose, made by the use case that sends it. The clock stands still, by day: at night no SMS leaves."""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.core.cache import cache

from relais.accounts import services as accounts
from relais.agenda import feed as agenda
from relais.channels import opt_outs
from relais.coaching import services as coaching
from relais.coaching.models import Conversation
from relais.coaching.tests.conftest import commune, join, line, structure, write  # noqa: F401
from relais.coaching.thread import links as private
from relais.foundation import keys
from relais.foundation.models import Outbound
from relais.handovers import follow_ups
from relais.handovers import services as handovers
from relais.stories.models import Story
from relais.stories.questions import content_reports, moderation, questions
from relais.stories.tests.asking import answering, online, shown

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
PARTNER, YOUNG = "accueil@exemple.invalid", "lea@exemple.invalid"


@pytest.fixture
def now(time_machine):
    time_machine.move_to(NOON, tick=False)
    return NOON


@pytest.fixture(autouse=True)
def own_secret(settings):
    """Each test draws the secret of the house for itself, and leaves none behind."""
    settings.SITE_URL = "https://relais.exemple.invalid"
    cache.clear()
    keys.house.cache_clear()
    yield
    keys.house.cache_clear()


@pytest.fixture
def world(people, line, write, structure, now):  # noqa: F811
    class World:
        """What a maker needs; a maker gives the path of the link."""

        def __init__(self):
            self.people, self.line, self.write, self.structure, self.now = people, line, write, structure, now
            self.mediator = people["mediator"]

        def story(self):
            return Story.objects.filter(slug="au-coeur").first() or online(people, now)

        def path(self, text: str, head: str) -> str:
            return re.search(rf"({head}[\w-]+)", text)[1]

        def letter(self, key: str, head: str) -> str:
            return self.path(Outbound.objects.get(key=key).payload["text"], head)

        def conversation(self) -> Conversation:
            """Of somebody of age, who wrote by e-mail."""
            made = write(age=Conversation.AgeBand.UNDER_26).conversation
            made.channel = "email"
            made.save(update_fields=["channel"])
            made.addresses.create(channel="email", address=YOUNG, digest=uuid4().hex, last_at=now)
            return made

        def sent(self):
            held = coaching.claim(conversation=self.conversation(), user=self.mediator, now=now)
            values = {"partner_email": PARTNER, "summary": "Cherche un stage", "key": uuid4()}
            handover = handovers.propose(conversation=held, user=self.mediator, structure=structure, now=now, **values)
            return handovers.agree(handover=handover, journey=held.journey, name="Lou", contact="", now=now)

    return World()


def invitation(world):
    administrator = world.people["administrator"]
    team = administrator.memberships.get().organisation
    made = accounts.invite(
        actor=administrator, email="lina@exemple.invalid", organisation=team, role="mediator", now=world.now
    )
    return world.letter(f"invitation:{made.pk}", "/pro/invitation/")


def conversation(world):
    made = world.conversation()
    address = private.make(made, now=world.now, sent_by=f"address:{made.addresses.get().pk}")
    return world.path(address, "/parler/l/")


def news(world):
    held = world.conversation()
    held.follow_ups.create(milestone=3, by="email", address=YOUNG, due_at=world.now)
    assert follow_ups.ask_due(world.now) == 1
    return world.letter(f"asked:{held.follow_ups.get().pk}:first", "/nouvelles/")


def partner_answers(world):
    return world.letter(f"handover:{world.sent().pk}", "/orientation/")


def partner_follows(world):
    handover = handovers.accept(handover=world.sent(), now=world.now)
    return world.letter(f"follow-up:{handover.pk}", "/orientation/")


def question(world):
    story = world.story()
    _, secret = questions.ask(story=story, pseudonym="Loutre 12", body="Et si ?", key=uuid4(), touch="", now=world.now)
    return f"/questions/{secret}"


def notice(world):
    text = content_reports.Text(world.story())
    made, _ = content_reports.report(
        text=text, ground="false", details="C’est faux.", email="lea@exemple.invalid", key=uuid4(), now=world.now
    )
    return world.letter(f"notice-received:{made.pk.hex}", "/signaler/suivi/")


def answer(world):
    asked = shown(world.story(), world.mediator, world.now)
    return f"/questions/repondre/{answering(moderation.give_link(question=asked, user=world.mediator, now=world.now))}"


def feed(world):
    agenda.renew(user=world.mediator, now=world.now)
    return world.path(agenda.address_of(world.mediator, world.now), "/agenda/")


def no_more(world):
    return opt_outs.address_for(YOUNG, None, now=world.now).removeprefix("https://relais.exemple.invalid")


MADE = {
    "channels.no-more": no_more,
    "agenda.feed": feed,
    "accounts.invitation": invitation,
    "coaching.conversation": conversation,
    "coaching.news": news,
    "coaching.orientation.answer": partner_answers,
    "coaching.orientation.follow": partner_follows,
    "stories.question": question,
    "stories.notice": notice,
    "stories.answer": answer,
}
LIVES = {
    "agenda.feed": None,
    "channels.no-more": timedelta(days=365),
    "accounts.invitation": timedelta(days=7),
    "coaching.conversation": timedelta(days=7),
    "coaching.news": timedelta(days=45),
    "coaching.orientation.answer": None,
    "coaching.orientation.follow": timedelta(days=365),
    "stories.question": None,
    "stories.notice": None,
    "stories.answer": timedelta(days=14),
}
"""Written twice on purpose: whoever changes one says so here."""
