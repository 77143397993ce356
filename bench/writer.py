"""Inside the house: conversations to open, and messages written in them by the real services.

`python -m bench.writer prepare PAGES` prints [[conversation, cookie], …];
`python -m bench.writer write RATE SECONDS` prints [[number, conversation, nanoseconds just before COMMIT, and just after], …].
"""

import json
import random
import sys
import time
from uuid import uuid4

import django

from relais.coaching.line import directory

PSEUDONYM = "Banc d’essai"


def prepare(pages: int) -> list:
    from django.db import transaction
    from django.utils import timezone

    from relais.accounts.services import ensure_demo_people
    from relais.coaching import services

    now, line, found = timezone.now(), directory.line_for(), []
    mediator = ensure_demo_people(now=now)["mediator"]
    with transaction.atomic():
        for _ in range(pages):
            opened = services.open_conversation(
                line=line, pseudonym=PSEUDONYM, commune=None, touch="", body="bonjour", key=uuid4(), now=now
            )
            services.claim(conversation=opened.conversation, user=mediator, now=now)
            found.append([str(opened.conversation.pk), opened.cookie])
    return found


def write(rate: int, seconds: int) -> list:
    """At `rate` a second whatever each takes: a late message is written at once. One in two is an answer."""
    from django.db import transaction
    from django.utils import timezone

    from relais.coaching import services
    from relais.coaching.models import Conversation

    conversations = list(
        Conversation.objects.filter(journey__pseudonym=PSEUDONYM).select_related("journey", "claimed_by")
    )
    random.Random(1).shuffle(conversations)
    told, start = [], time.monotonic()
    for number in range(rate * seconds):
        time.sleep(max(0.0, start + number / rate - time.monotonic()))
        conversation = conversations[number % len(conversations)]
        common = {"body": f"banc {number}", "key": uuid4(), "now": timezone.now()}
        with transaction.atomic():
            if number % 2:
                services.reply(conversation=conversation, user=conversation.claimed_by, **common)
            else:
                services.write(journey=conversation.journey, **common)
            before = time.time_ns()
        told.append([number, str(conversation.pk), before, time.time_ns()])
    return told


if __name__ == "__main__":
    from django.conf import settings

    from relais.foundation.postgres import ensure_running

    ensure_running(settings.DATA)
    django.setup()
    print(json.dumps({"prepare": prepare, "write": write}[sys.argv[1]](*map(int, sys.argv[2:]))))
