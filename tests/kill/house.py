"""Work done inside the house under test, by a process with its own Django: `python -m tests.kill.house ORDER [NUMBER…]`.

Each order prints one JSON value. The database is the one of RELAIS_DATA, never the test database.
"""

import json
import re
import sys
import threading
from datetime import timedelta
from uuid import uuid4

import django


def prepare(writers: int, leavers: int) -> dict:
    """People, a line open day and night, `writers` conversations, and `leavers` more with a handover to agree to."""
    from django.utils import timezone

    from relais.accounts.services import ensure_demo_people
    from relais.coaching import services
    from relais.coaching.guide import triage
    from relais.handovers import services as handovers
    from relais.portal.demo import ensure_demo_line
    from tests import builders

    now = timezone.now()
    mediator = ensure_demo_people(now=now)["mediator"]
    line = ensure_demo_line(mediator.memberships.get().organisation)
    structure = builders.structure()
    found = {"writers": [], "leavers": []}
    for number in range(writers + leavers):
        opened = services.open_conversation(
            line=line, pseudonym=f"Lynx {number}", commune=None, touch="", body="bonjour", key=uuid4(), now=now
        )
        person = {"conversation": str(opened.conversation.pk), "cookie": opened.cookie}
        if number >= writers:
            services.claim(conversation=opened.conversation, user=mediator, now=now)
            triage.describe(conversation=opened.conversation, said={"age_band": "18-25"}, by="young", now=now)
            person["partner"] = f"partenaire-{number}@exemple.invalid"
            handover = handovers.propose(
                conversation=opened.conversation,
                user=mediator,
                structure=structure,
                partner_email=person["partner"],
                summary="Cherche une formation.",
                key=uuid4(),
                now=now,
            )
            person["handover"] = str(handover.pk)
        found["writers" if number < writers else "leavers"].append(person)
    return found


def settle() -> None:
    """Send what still waits, as a worker would once every lease is over: what a dead process left becomes ambiguous.

    Then look again the next day: nothing of that leaves by itself.
    """
    from django.utils import timezone
    from django.utils.module_loading import autodiscover_modules

    from relais.foundation import outbox

    autodiscover_modules("tasks")
    for later in (outbox.LEASE + timedelta(seconds=1), timedelta(days=1)):
        outbox.send_due(timezone.now() + later)


def overdue(count: int) -> list[str]:
    """Conversations of three hours ago that nobody has answered: alert, escalation and breach are all due."""
    from django.utils import timezone

    from relais.accounts.services import ensure_demo_people
    from relais.coaching import services
    from relais.portal.demo import ensure_demo_line

    then = timezone.now() - timedelta(hours=3)
    line = ensure_demo_line(ensure_demo_people(now=then)["mediator"].memberships.get().organisation)
    opened = [
        services.open_conversation(line=line, pseudonym="Geai", commune=None, touch="", body="?", key=uuid4(), now=then)
        for _ in range(count)
    ]
    return [str(one.conversation.pk) for one in opened]


def race(rounds: int, claimants: int) -> list[dict]:
    """`claimants` mediators claim one conversation at once, each in a thread and a connection of its own, `rounds` times.

    One item a round: the conversation, the claimants who were told that they won, and who holds it.
    """
    from django.db import connection
    from django.utils import timezone

    from relais.accounts.models import Membership, Role, User
    from relais.accounts.services import ensure_demo_people
    from relais.coaching import services
    from relais.coaching.models import Conversation
    from relais.portal.demo import ensure_demo_line

    now = timezone.now()
    organisation = ensure_demo_people(now=now)["mediator"].memberships.get().organisation
    line = ensure_demo_line(organisation)
    users = [
        User.objects.create_user(f"{uuid4()}@exemple.invalid", display_name="Camille", approved_at=now)
        for _ in range(claimants)
    ]
    for user in users:
        Membership.objects.create(user=user, organisation=organisation, role=Role.MEDIATOR)
    pool = [
        services.open_conversation(
            line=line, pseudonym="Merle", commune=None, touch="", body="?", key=uuid4(), now=now
        ).conversation
        for _ in range(rounds)
    ]
    start, winners, others = threading.Barrier(claimants), {conversation.pk: [] for conversation in pool}, []

    def claim_all(user) -> None:
        for conversation in pool:
            start.wait(timeout=30)
            try:
                services.claim(conversation=conversation, user=user, now=now)
            except services.AlreadyClaimed:
                continue
            except Exception as error:
                others.append(repr(error))
                start.abort()
                raise
            winners[conversation.pk].append(str(user.pk))
        connection.close()

    threads = [threading.Thread(target=claim_all, args=(user,)) for user in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if others:
        raise RuntimeError(others[0])
    holders = dict(Conversation.objects.filter(pk__in=winners).values_list("pk", "claimed_by"))
    return [{"conversation": str(pk), "winners": won, "holder": str(holders[pk])} for pk, won in winners.items()]


def doors() -> dict[str, dict[str, str]]:
    """A line open day and night, nobody in it yet, and a copy kept of all that is promised to leave.

    {door: the cookies of a mediator of its own}: one account may not open the files of everybody.
    """
    from django.conf import settings
    from django.db import connection

    from relais.accounts.models import Role
    from relais.coaching.models import Conversation
    from relais.portal.demo import ensure_demo_line

    organisation = _organisation()
    ensure_demo_line(organisation)
    with connection.cursor() as cursor:
        # What has left is erased from the outbox; the copy says what it was.
        cursor.execute("CREATE TABLE promised AS SELECT key, channel, payload FROM foundation_outbound")
        # As whoever made it: what serves may not write into a table of ours.
        cursor.execute(
            "CREATE FUNCTION keep_promised() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS "
            "'BEGIN INSERT INTO promised VALUES (NEW.key, NEW.channel, NEW.payload); RETURN NULL; END'"
        )
        cursor.execute(
            "CREATE TRIGGER keep_promised AFTER INSERT ON foundation_outbound FOR EACH ROW EXECUTE FUNCTION keep_promised()"
        )
        # A notice that waits for its minute is joined by those that come meanwhile: what it says by then is what was promised.
        cursor.execute(
            "CREATE FUNCTION say_promised() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS "
            "'BEGIN UPDATE promised SET payload = NEW.payload WHERE key = NEW.key; RETURN NULL; END'"
        )
        cursor.execute(
            "CREATE TRIGGER say_promised AFTER UPDATE OF payload ON foundation_outbound FOR EACH ROW "
            "WHEN (NEW.state = 'waiting' AND OLD.state = 'waiting') EXECUTE FUNCTION say_promised()"
        )
    places = (
        Conversation.Channel.SITE,
        Conversation.Channel.EMAIL,
        Conversation.Channel.SMS,
        Conversation.Channel.DISCORD,
    )
    clients = {place: _signed_in(f"Camille {place}", Role.MEDIATOR, organisation) for place in places}
    return {place: {settings.SESSION_COOKIE_NAME: client.session.session_key} for place, client in clients.items()}


def _organisation():
    from django.utils import timezone

    from relais.accounts.services import ensure_demo_people

    return ensure_demo_people(now=timezone.now())["mediator"].memberships.get().organisation


def _signed_in(name: str, role: str, organisation):
    """The browser of somebody new, signed in as after a password and a code."""
    from tests import builders

    user = builders.user(role, organisation=organisation, email=f"{uuid4()}@exemple.invalid", display_name=name)
    return builders.client(user, SERVER_NAME="127.0.0.1")


def to_decide() -> list[str]:
    """The numbers of the letters on which a supervisor is asked to decide, page after page."""
    from relais.accounts.models import Role

    client, found, page = _signed_in("Hélène", Role.SUPERVISOR, _organisation()), set(), 1
    while (
        new := set(re.findall("/pro/envois/([^/]+)/renvoyer", client.get(f"/pro/envois/?page={page}").content.decode()))
        - found
    ):
        found, page = found | new, page + 1
    return sorted(found)


def promised() -> list[tuple]:
    """(channel, state, who, text) of all that was promised to leave since `doors`; None as the state of a row that is gone."""
    from django.db import connection

    from relais.foundation.sealed import unseal

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.channel, o.state, p.payload FROM promised p LEFT JOIN foundation_outbound o USING (key)"
        )
        found = [(channel, state, json.loads(unseal(payload))) for channel, state, payload in cursor.fetchall()]
    return [
        (channel, state, payload.get("token") or payload["to"], payload["text"]) for channel, state, payload in found
    ]


def said() -> dict:
    """{side: [(door, words) of each message of people who wrote during the last hour]}; `overdue` ones are older."""
    from django.utils import timezone

    from relais.coaching.models import Message

    found = {"young": [], "staff": []}
    for message in Message.objects.filter(
        side__in=found, conversation__opened_at__gt=timezone.now() - timedelta(hours=1)
    ):
        found[message.side].append((message.channel, message.body))
    return found


ORDERS = {order.__name__: order for order in (prepare, settle, overdue, race, doors, promised, said, to_decide)}

if __name__ == "__main__":
    from django.conf import settings

    from relais.foundation.postgres import ensure_running

    ensure_running(settings.DATA)
    django.setup()
    print(json.dumps(ORDERS[sys.argv[1]](*map(int, sys.argv[2:]))))
