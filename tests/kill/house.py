"""Work done inside the house under test, by a process with its own Django: `python -m tests.kill.house ORDER [NUMBER…]`.

Each order prints one JSON value. The database is the one of RELAIS_DATA, never the test database.
"""

import json
import sys
import threading
from datetime import timedelta
from uuid import uuid4

import django


def prepare(writers: int, leavers: int) -> dict:
    """People, a line open day and night, `writers` conversations, and `leavers` more with a handover to agree to."""
    from django.utils import timezone

    from relais.accounts.services import ensure_demo_people
    from relais.catalogue.models import Structure
    from relais.coaching import services
    from relais.coaching.handover import handovers
    from relais.portal.demo import ensure_demo_line

    now = timezone.now()
    mediator = ensure_demo_people(now=now)["mediator"]
    line = ensure_demo_line(mediator.memberships.get().organisation)
    values = {"kind": "mission-locale", "name": "Mission locale d’essai", "departement": "45", "placement": "approximate", "digest": ""}
    structure = Structure.objects.create(source="kill", source_id="1", **values)
    found = {"writers": [], "leavers": []}
    for number in range(writers + leavers):
        opened = services.open_conversation(line=line, pseudonym=f"Lynx {number}", commune=None, touch="", body="bonjour", key=uuid4(), now=now)
        person = {"conversation": str(opened.conversation.pk), "cookie": opened.cookie}
        if number >= writers:
            services.claim(conversation=opened.conversation, user=mediator, now=now)
            person["partner"] = f"partenaire-{number}@exemple.invalid"
            handover = handovers.propose(
                conversation=opened.conversation, user=mediator, structure=structure, partner_email=person["partner"],
                summary="Cherche une formation.", key=uuid4(), now=now,
            )  # fmt: skip
            person["handover"] = str(handover.pk)
        found["writers" if number < writers else "leavers"].append(person)
    return found


def settle() -> None:
    """Send what still waits, as a worker would once every lease is over: what a dead process left becomes ambiguous."""
    from django.utils import timezone
    from django.utils.module_loading import autodiscover_modules

    from relais.foundation import outbox

    autodiscover_modules("tasks")
    outbox.send_due(timezone.now() + outbox.LEASE + timedelta(seconds=1))


def overdue(count: int) -> list[str]:
    """Conversations of three hours ago that nobody has answered: alert, escalation and breach are all due."""
    from django.utils import timezone

    from relais.accounts.services import ensure_demo_people
    from relais.coaching import services
    from relais.portal.demo import ensure_demo_line

    then = timezone.now() - timedelta(hours=3)
    line = ensure_demo_line(ensure_demo_people(now=then)["mediator"].memberships.get().organisation)
    opened = [services.open_conversation(line=line, pseudonym="Geai", commune=None, touch="", body="?", key=uuid4(), now=then) for _ in range(count)]
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
    users = [User.objects.create_user(f"{uuid4()}@exemple.invalid", display_name="Camille", approved_at=now) for _ in range(claimants)]
    for user in users:
        Membership.objects.create(user=user, organisation=organisation, role=Role.MEDIATOR)
    pool = [
        services.open_conversation(line=line, pseudonym="Merle", commune=None, touch="", body="?", key=uuid4(), now=now).conversation
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


def doors() -> None:
    """A line open day and night, and nobody in it yet."""
    from django.utils import timezone

    from relais.accounts.services import ensure_demo_people
    from relais.portal.demo import ensure_demo_line

    ensure_demo_line(ensure_demo_people(now=timezone.now())["mediator"].memberships.get().organisation)


def answer_all(people: int, times: int) -> dict:
    """A mediator who answers `people` people `times` times each, as they come; gives up after fifty seconds."""
    import time

    from django.utils import timezone

    from relais.accounts.services import ensure_demo_people
    from relais.coaching import services
    from relais.coaching.models import Conversation

    mediator = ensure_demo_people(now=timezone.now())["mediator"]
    done, deadline = {}, time.monotonic() + 50
    while sum(done.values()) < people * times and time.monotonic() < deadline:
        for conversation in Conversation.objects.all():
            if done.get(conversation.pk, 0) < times:
                now, number = timezone.now(), done.get(conversation.pk, 0)
                # Of age: their SMS leave at night too, whenever this is run.
                Conversation.objects.filter(pk=conversation.pk).update(age_band=Conversation.AgeBand.UNDER_26)
                services.claim(conversation=conversation, user=mediator, now=now)
                services.reply(conversation=conversation, user=mediator, body=f"réponse {number} à {conversation.pk}", key=uuid4(), now=now)
                done[conversation.pk] = number + 1
        time.sleep(0.2)
    return {"answered": sum(done.values())}


def said() -> dict:
    """{door: [what people wrote by it]}."""
    from relais.coaching.models import Message

    found = {}
    for message in Message.objects.filter(side="young"):
        found.setdefault(message.door, []).append(message.body)
    return found


ORDERS = {"prepare": prepare, "settle": settle, "overdue": overdue, "race": race, "doors": doors, "answer_all": answer_all, "said": said}

if __name__ == "__main__":
    from django.conf import settings

    from relais.foundation.postgres import ensure_running

    ensure_running(settings.DATA)
    django.setup()
    print(json.dumps(ORDERS[sys.argv[1]](*map(int, sys.argv[2:]))))
