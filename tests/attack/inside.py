"""The process that knows the house from inside: `python -m tests.attack.inside MEMORY` reads an order a line, and answers a line of JSON.

It prepares what an attack needs, and judges by the database with the role that owns it; no attack goes through here.
"""

import json
import os
import resource
import sys
from datetime import timedelta
from uuid import uuid4

import django

ORDERS = {}


def order(function):
    ORDERS[function.__name__] = function
    return function


def _people() -> dict:
    from django.utils import timezone

    from relais.accounts.services import ensure_demo_people

    return ensure_demo_people(now=timezone.now())


@order
def prepare(key: str) -> dict:
    """People, a line open day and night, and the doors. `key`: the public one of Discord. Gives numbers by name."""
    from django.utils import timezone

    from relais.portal.demo import ensure_demo_line
    from tests import builders

    from .wire import SECRET

    people = _people()
    organisation = people["mediator"].memberships.get().organisation
    line = ensure_demo_line(organisation)
    builders.sms_account(webhook_secret=SECRET)
    builders.discord_account(public_key=key, application_id="77")
    far = builders.user("mediator", now=timezone.now())
    return {name: str(user.pk) for name, user in people.items()} | {
        "organisation": str(organisation.pk),
        "line": line.pk,
        "stranger": str(far.pk),
    }


@order
def session(role: str) -> str:
    """The key of a session of somebody of the team, or of a new member of this role (« new:mediator »)."""
    from tests import builders

    kind, _, name = role.rpartition(":")
    if not kind:
        return builders.session(_people()[name])
    organisation = _people()["mediator"].memberships.get().organisation
    return builders.session(builders.user(name, organisation=organisation, email=f"{uuid4().hex}@exemple.invalid"))


@order
def member(role: str) -> str:
    """The number of a new member of the team."""
    return whose(session(f"new:{role}"))


@order
def whose(session: str) -> str:
    """The number of the account of this session."""
    from django.contrib.sessions.backends.db import SessionStore

    return SessionStore(session)["_auth_user_id"]


@order
def settled() -> bool:
    from relais.channels.models import Inbound

    return not Inbound.objects.coming_in().exists()


@order
def all_left() -> bool:
    """Whether nothing waits to leave now."""
    from django.utils import timezone

    from relais.foundation.models import Outbound

    return not Outbound.objects.filter(state="waiting", not_before__lte=timezone.now()).exists()


@order
def opened(count: int, body: str = "SECRET", **fields) -> list[str]:
    """As many conversations of people who wrote on the site."""
    from django.utils import timezone

    from relais.coaching import services
    from relais.coaching.models import Conversation, Line

    made = []
    for _ in range(count):
        one = services.open_conversation(
            line=Line.objects.get(slug="demonstration"),
            pseudonym="Lynx",
            commune=None,
            touch="",
            body=body,
            key=uuid4(),
            now=timezone.now(),
        )
        made.append(str(one.conversation.pk))
    Conversation.objects.filter(pk__in=made).update(**fields)
    return made


@order
def ended(count: int, by: str) -> list[str]:
    """As many that somebody of the team answered and ended."""
    from django.utils import timezone

    from relais.coaching import services
    from relais.coaching.models import Conversation

    user, now, numbers = _people()[by], timezone.now(), opened(count)
    for one in Conversation.objects.filter(pk__in=numbers):
        services.claim(conversation=one, user=user, now=now)
        services.reply(conversation=one, user=user, body="Voilà", key=uuid4(), now=now)
        services.close(conversation=one, user=user, now=now)
    return numbers


@order
def where(text: str) -> list[dict]:
    """Each conversation in which somebody wrote `text`: its number, its channel, how many senders lead to it, what it says."""
    from relais.coaching.models import Conversation

    found = []
    for one in Conversation.objects.all():
        said = [f"{message.body}\n{message.whole}" for message in one.messages.all()]
        if any(text in body for body in said):
            senders = one.addresses.filter(receives=True).count()
            found.append({"pk": str(one.pk), "channel": one.channel, "senders": senders, "said": said})
    return found


@order
def code(cookie: str) -> str:
    """The resume code of whose browser holds this cookie, as their page shows it."""
    from relais.foundation import codes
    from relais.journeys import services

    return codes.grouped(services.resume_code(services.by_cookie(cookie)))


@order
def rows(query: str, values: list | None = None) -> list:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(query, values or [])
        return [[str(value) for value in row] for row in cursor.fetchall()] if cursor.description else []


@order
def as_who_serves(statements: list[str]) -> list[str]:
    """Those of these statements that the role that serves may run. Nothing of them stays."""
    import psycopg
    from django.conf import settings

    from config.environment import database

    may = []
    for statement in statements:
        with psycopg.connect(**database(settings.DATA, serving=True)) as link:
            try:
                link.execute(statement)
                may.append(statement)
            except psycopg.Error:
                pass
            link.rollback()
    return may


@order
def own(channel: str, sender: str) -> str:
    """The conversation to which this sender's messages come."""
    from relais.coaching.models import ChannelAddress
    from relais.foundation import contacts

    digest = contacts.digest(channel, sender)
    found = ChannelAddress.objects.receiving().filter(channel=channel, digest=digest).first()
    return str(found.conversation_id) if found else ""


@order
def arrived() -> list[list]:
    """(subject and words, state, reason, sender) of all that came in; of what was taken, the words in its conversation."""
    from relais.channels.models import Inbound
    from relais.coaching.models import Message

    said = {message.key: f"{message.body}\n{message.whole}" for message in Message.objects.filter(side="young")}
    return [
        [said.get(one.pk, f"{one.subject}\n{one.body}\n{one.whole}"), one.state, one.reason, one.sender]
        for one in Inbound.objects.all()
    ]


@order
def rights() -> list:
    """Every right that counts now: who, what, where; and who may come in."""
    from relais.accounts.models import Membership, User

    rows = [[str(one.user_id), one.role, str(one.organisation_id)] for one in Membership.objects.all()]
    return sorted(rows + [[str(one.pk), "in", ""] for one in User.objects.exclude(approved_at=None)])


@order
def stop(user: str) -> None:
    """As after two hundred files."""
    from django.utils import timezone

    from relais.accounts.models import ReadingStop

    ReadingStop.objects.create(user_id=user, at=timezone.now(), files=201)


@order
def has_read(user: str, hours: list[float]) -> int:
    """One file an hour given, so long ago; gives how many the account may still open before it is stopped."""
    from django.utils import timezone

    from relais.accounts import reading
    from relais.accounts.models import AccessRecord

    now = timezone.now()
    AccessRecord.objects.bulk_create(
        AccessRecord(
            at=now - timedelta(hours=ago),
            user_id=user,
            action="read",
            kind="conversation",
            subject=str(uuid4()),
            reason="reading",
        )
        for ago in hours
    )
    return reading.STOP.files - sum(timedelta(hours=ago) < reading.STOP.per for ago in hours)


@order
def doors(role: str) -> list[list[str]]:
    """(name, method, address) of all that this role may open in the table of permissions, with objects of its own."""
    from django.urls import reverse
    from django.utils import timezone

    from tests import builders
    from tests.permissions.addresses import ADDRESSES
    from tests.permissions.rows import World
    from tests.permissions.table import ROWS

    people, now = _people(), timezone.now()

    def make_user(*words, **fields):
        return builders.user(*words, now=now, **fields)

    world, found = World(people, make_user, now), []
    for name in sorted(name for name in ADDRESSES if name in ROWS):
        row = ROWS[name]
        if role in row.opens and not row.is_public and not row.enrolment:
            kwargs = row.thing(world, people[role], "own") if row.thing else row.kwargs
            found.append([name, row.method.upper(), reverse(name, kwargs=kwargs)])
    return found


@order
def secret_routes() -> list[str]:
    """Every address that ends in a secret, with « {} » in its place."""
    from .secrets import routes

    return routes()


@order
def links() -> dict[str, str]:
    """{path with « {} »: a secret that is good there}."""
    from django.utils import timezone

    from relais.foundation import links as made

    now, found = timezone.now(), {}
    numbers = opened(1)
    for name, purpose in made.PURPOSES.items():
        subject = _people()["mediator"].pk if name == "agenda.feed" else numbers[0]
        found[purpose.path] = made.make(name, subject, now=now)
    return found


@order
def everywhere(words: list[str]) -> dict[str, list[str]]:
    """{word: the places where it is}: every column of every table, opened where it is sealed, sessions, and every file of the data folder."""
    from .leftovers import places

    return places(words)


@order
def made_up(kind: str, seed: int, first: int, count: int) -> list[list[str]]:
    """(input, what is wrong) of those of these cases that break their reader."""
    from .made_up import broken

    return broken(kind, seed, first, count)


@order
def python(module: str, function: str, words: dict):
    """A judgement that one attack alone needs, in its own module."""
    from importlib import import_module

    return getattr(import_module(f"tests.attack.{module}"), function)(**words)


def main(memory: int) -> None:
    if memory:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    # What a library prints is no answer.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    django.setup()
    from django.utils.module_loading import autodiscover_modules

    autodiscover_modules("tasks")
    for line in sys.stdin:
        name, words = json.loads(line)
        print(json.dumps(ORDERS[name](**words)), file=answers, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
