"""Inside the house: the line of an evening, the people who answer on it, and what fills the rest of the rate.

`python -m bench.evening.stage prepare PAGES` prints the cast (see `prepare`);
`python -m bench.evening.stage fill RATE FILE` writes until its standard input ends, at RATE a second less what that input says others wrote;
`python -m bench.evening.stage kept` prints [[conversation, seq, side, token], …], every message that is in the database;
`python -m bench.evening.stage promised` prints {"figures": {…}, "recount": {…}} of the evening's line.
"""

import json
import random
import re
import sys
import threading
import time
from collections import deque
from datetime import time as clock
from uuid import uuid4

import django

MEDIATORS, ABSENT, AWAY = 20, 5, "Collègue"
BURST, ASKED = 3, 15
"""Messages that somebody writes in a row, and how many of the neighbour line wait for a colleague at one time."""
EVENING, BACKGROUND = "Ligne du soir", "Ligne voisine"
TEAMS = {
    "Métiers et formations": ["jobs", "training"],
    "Stages et travail": ["internship", "work"],
    "Vie quotidienne": ["money", "life", "lost"],
}
NAMES = (
    "Aïcha",
    "Bruno",
    "Claire",
    "Driss",
    "Élise",
    "Farid",
    "Gaëlle",
    "Hugo",
    "Ismaël",
    "Jeanne",
    "Kévin",
    "Léa",
    "Malik",
    "Nadia",
    "Olivier",
    "Paula",
    "Quentin",
    "Rose",
    "Samir",
    "Théa",
)
READY = {
    "salut": ("Premier bonjour", "Bonjour {pseudo} ! Je m’appelle {prenom}. Raconte-moi un peu."),
    "lieu": ("Demander où", "Tu habites vers quelle ville ? Je regarde ce qu’il y a près de chez toi."),
    "metier": (
        "Découvrir un métier",
        "Le mieux est souvent d’aller voir sur place une journée. On peut chercher ça ensemble.",
    ),
}
QUESTIONS = (
    "Bonjour, j’ai une question sur les formations.",
    "Merci, je regarde ça ce soir.",
    "D’accord, et il faut quel diplôme ?",
    "Je reviens vers vous.",
)
ANSWERS = (
    "Bonne question, je regarde avec toi.",
    "Oui, c’est possible, et il y a plusieurs chemins.",
    "Prends ton temps, on est là.",
)


def prepare(pages: int) -> dict:
    """Two lines of one organisation, open day and night: the evening's, empty, and its neighbour with `pages` conversations.

    {"line", "organisation", "mediators": [{"name", "user", "session"}], "supervisor": {…}, "pages": [[conversation, cookie], …],
    "before": [[month, seconds or null], …] the waits that the event log already holds}.
    """
    from django.apps import apps
    from django.db import transaction
    from django.utils import timezone

    from relais.accounts.models import Organisation, Role
    from relais.coaching import services
    from tests import builders

    now, model = timezone.now(), lambda name: apps.get_model("coaching", name)

    def person(name: str, role: str):
        return builders.user(
            role,
            organisation=organisation,
            email=f"{uuid4().hex[:12]}@exemple.invalid",
            display_name=name,
            full_name=name,
        )

    def card(user) -> dict:
        return {"name": user.display_name, "user": str(user.pk), "session": builders.session(user)}

    with transaction.atomic():
        organisation = Organisation.objects.create(name="Essai d’un soir", kind=Organisation.Kind.OPERATOR)
        # The first line answers: numbered before that of the demonstration.
        evening = model("Line").objects.create(
            pk=0, slug="ligne-du-soir", name=EVENING, organisation=organisation, departement="45"
        )
        background = model("Line").objects.create(
            slug="ligne-voisine", name=BACKGROUND, organisation=organisation, departement="45"
        )
        windows = [
            {"line": line, "weekday": day, "opens": clock(0), "closes": clock(0)}
            for line in (evening, background)
            for day in range(7)
        ]
        model("OpeningWindow").objects.bulk_create(model("OpeningWindow")(**window) for window in windows)
        mediators = [person(name, Role.MEDIATOR) for name in NAMES[:MEDIATORS]]
        supervisor = person("Inès", Role.SUPERVISOR)
        absent = [person(f"{AWAY} {number + 1}", Role.MEDIATOR) for number in range(ABSENT)]
        for number, (name, skills) in enumerate(TEAMS.items()):
            model("Team").objects.create(organisation=organisation, name=name, skills=skills).members.add(
                *mediators[number :: len(TEAMS)]
            )
        for shortcut, (title, body) in READY.items():
            said = {"shortcut": shortcut, "title": title, "body": body, "owner": mediators[0], "checked_on": now.date()}
            model("CannedReply").objects.create(organisation=organisation, **said)
        if not evening.hours().is_open(now):
            # A public holiday: the line is open on it, as a supervisor would decide.
            for line in (evening, background):
                model("LineOverride").objects.create(
                    line=line, is_open=True, start=now, end=now + timezone.timedelta(days=2), by=supervisor
                )
    found = []
    for start in range(0, pages, 200):
        with transaction.atomic():
            for number in range(start, min(start + 200, pages)):
                first = {
                    "pseudonym": f"Passant {number}",
                    "commune": None,
                    "touch": "",
                    "body": QUESTIONS[0],
                    "key": uuid4(),
                    "now": timezone.now(),
                }
                opened = services.open_conversation(line=background, **first)
                user = absent[number % ABSENT]
                services.claim(conversation=opened.conversation, user=user, now=timezone.now())
                services.reply(
                    conversation=opened.conversation, user=user, body=ANSWERS[0], key=uuid4(), now=timezone.now()
                )
                found.append([str(opened.conversation.pk), opened.cookie])
    return {
        "line": evening.pk,
        "organisation": str(organisation.pk),
        "mediators": [card(user) for user in mediators],
        "supervisor": card(supervisor),
        "pages": found,
        "background": background.pk,
    }


def fill(rate: int, path: str) -> None:
    """Somebody writes, a colleague answers a little later: [seq, conversation, side, at, before COMMIT, after], a line each, in `path`.

    Each line of standard input is how many messages others have written so far. Instants in nanoseconds.
    """
    from django.apps import apps
    from django.db import transaction
    from django.utils import timezone

    from relais.coaching import services

    conversations = list(
        apps.get_model("coaching", "Conversation")
        .objects.filter(line__name=BACKGROUND)
        .select_related("journey", "claimed_by")
        .order_by("id")
    )
    random.Random(1).shuffle(conversations)
    conversations = deque(conversations)
    others, over, start = [0], threading.Event(), time.monotonic()

    def listen() -> None:
        for line in sys.stdin:
            others[0] = int(line)
        over.set()

    threading.Thread(target=listen, daemon=True).start()
    dice, written, asked, turns = random.Random(2), 0, deque(), deque()
    with open(path, "w") as journal:
        while not over.is_set():
            if written + others[0] >= rate * (time.monotonic() - start):
                time.sleep(0.002)
                continue
            if not turns:
                # An answer comes a few seconds after the question; each is a few short messages, as people write.
                conversations.rotate(-1)
                asked.append(conversations[0])
                turns.extend([("young", asked[-1])] * BURST)
                if len(asked) > ASKED:
                    turns.extend([("staff", asked.popleft())] * BURST)
            told, (side, conversation) = time.monotonic(), turns.popleft()
            common = {
                "body": f"{dice.choice(ANSWERS if side == 'staff' else QUESTIONS)} [f{written:x}]",
                "key": uuid4(),
                "now": timezone.now(),
            }
            with transaction.atomic():
                if side == "staff":
                    message = services.reply(conversation=conversation, user=conversation.claimed_by, **common)
                else:
                    message = services.write(journey=conversation.journey, **common)
                before = time.time_ns()
            journal.write(
                json.dumps(
                    [
                        message.seq,
                        str(conversation.pk),
                        side,
                        message.at.timestamp(),
                        before,
                        time.time_ns(),
                        f"f{written:x}",
                    ]
                )
                + "\n"
            )
            written += 1
            if written % 100 == 0:
                journal.flush()
            # What the machine held up is made up for, and not thrown at it all at once.
            time.sleep(max(0.0, told + 1 / (1.5 * rate) - time.monotonic()))


def kept() -> list:
    from django.apps import apps

    token = re.compile(r"\[([a-z][0-9a-f]+)\]$")
    messages = (
        apps.get_model("coaching", "Message")
        .objects.filter(conversation__line__name__in=[EVENING, BACKGROUND])
        .order_by("conversation", "seq")
    )
    rows = []
    for pk, seq, side, body in messages.values_list("conversation_id", "seq", "side", "body").iterator(chunk_size=5000):
        rows.append([str(pk), seq, side, found[1] if (found := token.search(body)) else ""])
    return rows


def promised() -> dict:
    from dataclasses import asdict

    from django.utils import timezone

    from relais.insights import promised as figures
    from relais.insights import recount_promise as recount

    now = timezone.now()
    start, counted = figures.months(now)[0], figures.count(now)
    second = recount.replay((start.year, start.month), now)
    line = 0
    kept = asdict(counted.lines[line]) if line in counted.lines else None
    differences, compared = recount.compare(now)
    month = timezone.localdate(now).replace(day=1)
    return {
        "now": now.timestamp(),
        "figures": kept,
        "recount": second.get(line),
        "differences": differences,
        "compared": compared,
        "month": asdict(counted.months[month]),
    }


if __name__ == "__main__":
    from django.conf import settings

    from relais.foundation.postgres import ensure_running

    ensure_running(settings.DATA)
    django.setup()
    order, *words = sys.argv[1:]
    if order == "fill":
        fill(int(words[0]), words[1])
    else:
        print(json.dumps({"prepare": prepare, "kept": kept, "promised": promised}[order](*map(int, words))))
