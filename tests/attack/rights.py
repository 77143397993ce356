"""Somebody of the house who goes too far, alone: what their pages let them do and read."""

from collections.abc import Iterator
from random import Random

from .campaign import Try, attack
from .house import House

ROLES = ("mediator", "supervisor", "campaign_manager", "funder", "administrator", "partner")


READINGS = "SELECT 1 FROM accounts_access WHERE subject = %s AND action = 'read'"


def _desk(pk: str, what: str = "") -> str:
    return f"/pro/conversations/{pk}/{what}"


@attack("3", "one administrator alone makes a right", small=6, large=300)
def alone(house: House, dice: Random, cases: int) -> Iterator[Try]:
    administrator, team = house.browser("administrator"), house.cast["organisation"]
    people = [house.inside("member", role=role) for role in ("partner", "mediator", "funder")]
    people += [house.cast["administrator"], house.cast["stranger"]]
    before = house.inside("rights")
    for number in range(cases):
        who, roles = dice.choice(people), dice.sample(ROLES, dice.randint(1, 4))
        way = dice.choice(("roles", "invite", "approve", "reopen", "confirm"))
        if way == "roles":
            administrator.post(f"/pro/equipe/{who}/roles/{team}", {"roles": roles})
        elif way == "invite":
            fields = {"email": f"x{number}@exemple.invalid", "organisation": team, "role": roles[0]}
            administrator.post("/pro/equipe/inviter", fields)
        elif way == "confirm":
            query = "SELECT id FROM accounts_rightrequest"
            for (asked,) in house.inside("rows", query=query):
                administrator.post(f"/pro/equipe/demandes/{asked}/accepter")
        else:
            administrator.post(f"/pro/equipe/{who}/{'approuver' if way == 'approve' else 'rouvrir'}")
        more = [one for one in house.inside("rights") if one not in before]
        yield Try(
            f"{way}, {', '.join(roles) if way in ('roles', 'invite') else ''}", f"it gives {more}" if more else ""
        )


@attack("4", "joining two conversations as a way to read", small=2, large=60)
def joining(house: House, dice: Random, cases: int) -> Iterator[Try]:
    for number in range(cases):
        word = f"SECRET-{dice.randrange(16**8):08x}"
        mediator = house.browser("new:mediator")
        (mine,), (other,) = house.inside("opened", count=1, body="à moi"), house.inside("opened", count=1, body=word)
        steps = [
            (_desk(mine, "reunir"), {"other": other, "reason": "Même numéro"}),
            (_desk(mine, "reunir"), {"other": other, "reason": "x", "seen": "1"}),
            (_desk(mine, f"reunir?other={other}"), None),
            (_desk(mine, "reunir"), {"pseudonym": "Lynx"}),
            (_desk(mine, "prendre"), {}),
            (_desk(mine), None),
            (_desk(mine, "suite?apres=0"), None),
        ]
        dice.shuffle(steps)
        texts = [mediator.go(path, fields).text for path, fields in steps]
        there = house.inside("where", text=word)
        read = any(word in text for text in texts)
        wrong = "it is joined" if [one["pk"] for one in there] != [other] else ""
        if read and not house.inside("rows", query=READINGS, values=[other]):
            wrong = "what nobody opened is on a page, without a trace"
        yield Try(f"order {number}", wrong)


@attack("5", "reading as much as one can without being stopped", small=1, large=40)
def quota(house: House, dice: Random, cases: int) -> Iterator[Try]:
    """However the readings of a day are spread, the two hundred and first is not shown."""
    numbers = house.inside("opened", count=6, age_band="18-25")
    for _ in range(cases):
        mediator = house.browser("new:mediator")
        who = house.inside("whose", session=mediator.cookies["__Host-session"])
        shape = dice.choice(("all at once", "spread", "by night"))
        hours = {
            "all at once": lambda: 0.5,
            "spread": lambda: dice.uniform(0, 23.9),
            "by night": lambda: dice.uniform(8, 16),
        }[shape]
        before = 200 - dice.randint(0, 3)
        left = house.inside("has_read", user=who, hours=[hours() for _ in range(before)])
        statuses = []
        for pk in numbers:
            # Not taken: what one holds is one's work.
            answer = mediator.get(_desk(pk))
            if "Pourquoi ouvrir" in answer.text:
                mediator.post(_desk(pk, "raison"), {"reason": "replacement"})
                answer = mediator.get(_desk(pk))
            statuses.append("SECRET" in answer.text)
        read = sum(statuses)
        yield Try(f"{before} files {shape}", f"{read} more are shown, {left} may be" if read > left else "")


@attack("6", "an account that is stopped", small=20, large=400)
def stopped(house: House, dice: Random, cases: int) -> Iterator[Try]:
    """Every page of a mediator and a supervisor, with objects of theirs."""
    addresses = [one for role in ("mediator", "supervisor") for one in house.inside("doors", role=role)]
    browsers = [house.browser(f"new:{role}") for role in ("mediator", "supervisor")]
    for one in browsers:
        house.inside("stop", user=house.inside("whose", session=one.cookies["__Host-session"]))
    for name, method, address in dice.sample(addresses, min(cases, len(addresses))):
        status = dice.choice(browsers).ask(method, address).status
        yield Try(f"{method} {name}", f"it answers {status}" if status != 403 else "")


@attack("13", "the reason to open a minor’s file", small=2, large=40)
def reasons(house: House, dice: Random, cases: int) -> Iterator[Try]:
    """Nothing of a file that a colleague ended is shown before a reason was said, in whatever order the buttons are pressed."""
    for _ in range(cases):
        (pk,) = house.inside("ended", count=1, by="mediator_2")
        mediator = house.browser("new:mediator")
        presses = [
            "prendre",
            "rendre",
            "brouillon",
            "note",
            "repondre",
            "terminer",
            "passer",
            "reunir",
            "situation",
            "suite",
        ]
        chosen = dice.sample(presses, dice.randint(1, 4))
        fields = {
            "body": "x",
            "key": "6f1c3a52-6f5c-4f0e-9d6c-0d5b8c2a1f00",
            "take": "on",
            "to": house.cast["supervisor"],
        }
        texts = [mediator.post(_desk(pk, press), fields).text for press in chosen]
        texts += [mediator.get(_desk(pk)).text, mediator.get(_desk(pk, "suite?apres=0")).text]
        shown = any("SECRET" in text for text in texts)
        yield Try(" then ".join(chosen), "it is shown, and nobody said why" if shown else "")
