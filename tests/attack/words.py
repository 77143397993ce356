"""One's own words lost, and bad letters that hold back good ones."""

import time
from collections.abc import Iterator
from random import Random

from relais.channels.tests.fakes import Mailbox, imap
from relais.channels.tests.test_quoting import ANNOUNCED

from .campaign import Try, attack
from .house import House

BEGINNINGS = (
    "Le foyer m'a mise dehors",
    "On m'a frappée hier soir",
    "Le jeudi me va",
    "En 2026 mon père a écrit :",
    "Le 12 mars 2026 il est venu",
    "De : mon père",
    "Envoyé de chez ma mère",
    "> il m'a dit ça",
    "-- ",
    "Objet : je ne sais pas",
    "On peut se voir ?",
    "A : toi",
    "Le prof a écrit",
)


@attack("B1", "one’s own words cut off", small=5, large=600)
def quoted(house: House, dice: Random, cases: int) -> Iterator[Try]:
    """Each line that stands above an announcement is in the thread, or beside it; and what is dangerous in it rings."""
    sent = []
    for _ in range(cases):
        name, announced = dice.choice(sorted(ANNOUNCED.items()))
        lines = [f"{dice.choice(BEGINNINGS)} mot{dice.randrange(16**8):08x}" for _ in range(dice.randint(1, 5))]
        text = dice.choice(("\n", "\n\n", "\n \n")).join(lines)
        ending = dice.choice(("\n", "\n\n"))
        house.doors.email(f"p{dice.randrange(16**9):x}@exemple.invalid", text + ending + announced)
        sent.append((f"{text}{ending}{name}", [line.rpartition(" ")[2] for line in lines]))
    assert house.settled()
    everything = "\n".join(one[0] for one in house.inside("arrived"))
    for what, words in sent:
        lost = [word for word in words if word not in everything]
        yield Try(what, f"{len(lost)} of its lines are nowhere" if lost else "")
    first = f"p{dice.randrange(16**9):x}@exemple.invalid"
    house.doors.email(first, f"Coucou Sarah\nOn m'a frappée et j'ai envie de mourir\n\n{ANNOUNCED['gmail']}")
    assert house.settled()
    pk = house.inside("own", channel="email", sender=first)
    rings = house.inside("rows", query="SELECT 1 FROM safeguarding_alarm WHERE subject_id::text = %s", values=[pk])
    yield Try("danger one line above the announcement", "" if rings else "nothing rings")


def _poison(dice: Random, number: int) -> bytes:
    """A letter that breaks a header: its words are there all the same."""
    odd = dice.choice(
        (
            b"=?utf-8?B?QXBwZ?=",
            b"=?utf-8?Q?=ZZ?=",
            b"=?x?q?a?=",
            b"=?utf-8*fr?B?%s?=" % dice.randbytes(6),
            b"=?idna?q?xn--?=",
            b"=?punycode?q?a-?=",
            b"\xff\xfe",
            b"=?utf-8?B?" + b"A" * 20_000,
            b"\x00",
            b"=?unicode_escape?q?=5Cud800?=",
            b"=?utf-16?B?2AA=?=",
            b"=?hex?q?zz?=",
        )
    )
    date = dice.choice((b"Thu, 99 Foo 99999 99:99:99 +9999", b"-1", b"Mon, 1 Jan 0000 00:00:00 -9959", odd))
    sender = dice.choice(
        (
            b"%s <p%d@exemple.invalid>",
            b"Exemple, M <p%d@exemple.invalid>".replace(b"M", b"%s"),
            b"[ML] %s <p%d@exemple.invalid>",
            b'"%s <p%d@exemple.invalid>',
        )
    )
    charset = dice.choice(
        (
            b"martian",
            b"utf-7",
            b"unicode_escape",
            b"idna",
            b"\xff",
            b"",
            b"utf-16",
            b"zlib",
            b"undefined",
            b"mbcs",
            b"x" * 300,
        )
    )
    head = {
        b"From": sender % (odd, number),
        b"Subject": odd,
        b"Date": date,
        b"Message-ID": b"<%s-%d@x>" % (odd, number),
        b"References": b"<" * 50 + odd,
    }
    lines = b"".join(name + b": " + value + b"\r\n" for name, value in head.items())
    return (
        lines
        + b"Content-Type: text/plain; charset="
        + charset
        + b"\r\nContent-Transfer-Encoding: "
        + dice.choice((b"8bit", b"base65", odd, b"uuencode"))
        + b"\r\n\r\nmauvaise%d" % number
    )


def _good(word: str) -> bytes:
    return f"From: bon-{word}@exemple.invalid\r\nMessage-ID: <{word}@x.invalid>\r\nSubject: Bonjour\r\n\r\nbonne{word}\r\n".encode()


@attack("B2", "a bad letter that holds back good ones", small=8, large=400)
def poisoned(house: House, dice: Random, cases: int) -> Iterator[Try | None]:
    """By the door of a provider, and in a mailbox that is read; a good one stands behind every four. Looked at again later: a mailbox has its turn."""
    told: list[tuple[str, str]] = []
    boxed: list[bytes] = []
    for number in range(cases):
        bad, word = _poison(dice, dice.randrange(10**9)), f"{dice.randrange(16**8):08x}"
        told.append((repr(bad[:200]), ""))
        takes = [bad] + ([_good(word)] if number % 4 == 3 else [])
        if number % 4 == 3:
            told.append((f"the good one behind {number + 1}", word))
        if number % 2:
            boxed += takes
            continue
        for raw in takes:
            status = house.doors.letter(raw).status
            yield Try(repr(raw[:200]), "" if status == 200 else f"the door says {status}")
    with imap(Mailbox(boxed)) as box:
        house.inside("python", module="mailboxes", function="read_here", words={"values": box.values})
        yield None
        ends = time.monotonic() + 60 + 3 * len(boxed)
        while (unseen := set(box.letters) - box.seen) and time.monotonic() < ends:
            time.sleep(0.5)
        yield Try("the mailbox", f"{len(unseen)} of {len(boxed)} letters are never taken" if unseen else "")
    house.settled()
    arrived = house.inside("arrived")
    everything = "\n".join(one[0] for one in arrived)
    for what, word in told:
        if word:
            yield Try(what, "" if f"bonne{word}" in everything else "it did not arrive")
    page = house.browser("supervisor").get("/pro/entrees/").text
    aside = [one for one in arrived if one[1] in ("ignored", "refused")]
    yield Try("the page of what was set aside", "it says that nothing is" if aside and "Rien de côté" in page else "")
