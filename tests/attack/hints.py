"""A hint taken for a proof: somebody else's address or number above a message, with a code of one's own, wherever a code may stand."""

from collections.abc import Iterator
from random import Random

from .campaign import Try, attack
from .house import House
from .wire import HOST

FORGED = ("spf=fail dkim=fail dmarc=fail", "dmarc=none", "dkim=pass header.d=ailleurs.invalid; dmarc=none", "")
PLACES = ("body", "subject", "quoted", "both", "glued", "folded", "html")


def _head(house: House, sender: str, proof: str) -> str:
    told = f"Authentication-Results: mx.{HOST}; {proof} header.from={sender.rpartition('@')[2]}\r\n" if proof else ""
    return f"{told}Message-ID: <{house.doors.number()}@x.invalid>\r\nSubject: Bonjour\r\n"


def _two_authors(house: House, dice: Random, sender: str, code: str) -> str:
    """A letter whose domain is proven, and that names the victim beside its true author, who has an address at the same provider."""
    ex = f"ex@{sender.rpartition('@')[2]}"
    senders = dice.choice(
        (
            (sender, ex),
            (f"{sender}, {ex}",),
            (f"<{sender}>, <{ex}>",),
            (f"<{ex}> <{sender}>",),
            (f"(<{sender}>) {ex}",),
            (f'"{ex}" <{sender}>',),
        )
    )
    head = _head(house, sender, "dmarc=pass") + "".join(f"From: {one}\r\n" for one in senders)
    house.doors.letter(f"{head}\r\ncode {code}".encode())
    return f"e-mail, proven, From {senders}".replace(sender, "victim")


def _forged(house: House, dice: Random, sender: str, code: str) -> str:
    """Send a letter that their server never sent; returns how."""
    proof, place = dice.choice(FORGED), dice.choice(PLACES)
    said = {
        "body": f"code {code}",
        "quoted": f"Bonjour\n\nLe ven. 27 nov. 2026 à 14:03, Relais a écrit :\n> code {code}\n",
        "both": f"code {code}",
        "glued": f"Voilà.Code:{code.replace('-', '').lower()} merci",
        "folded": "mon code\u00a0: " + " ".join(code.replace("-", "")),
    }.get(place, "Bonjour")
    subject, domain = f"code {code}" if place in ("subject", "both") else "Bonjour", sender.rpartition("@")[2]
    if dice.random() < 0.3:
        # The attacker's own header, below the true one, in the name of a server that is not ours.
        proof = f"{proof or 'dmarc=none'} header.from={domain}\r\nAuthentication-Results: mx.autre.invalid; dmarc=pass"
    if place == "html":
        head = f"{_head(house, sender, proof)}From: {sender}\r\nContent-Type: text/html\r\n"
        house.doors.letter(f"{head}\r\n<p>code <b>{code}</b></p>".encode())
    else:
        house.doors.email(sender, said, subject=subject, proof=proof)
    return f"e-mail, {proof or 'nothing said of it'}, code in {place}"


@attack("1", "a hint taken for a proof", small=2, large=120)
def senders(house: House, dice: Random, cases: int) -> Iterator[Try]:
    """The victim has a conversation by this door; the attacker one on the site, and its code."""
    told = []
    for number in range(cases):
        word = f"SECRET-{dice.randrange(16**8):08x}"
        door = dice.choice(("email", "sms")) if number else "email"
        victim = (
            f"lea{word[-8:].lower()}@exemple.invalid" if door == "email" else f"+3363998{dice.randrange(10**4):04d}"
        )
        getattr(house.doors, door)(victim, word)
        attacker = house.browser()
        attacker.open("Bonjour, je suis quelqu’un d’autre")
        told.append((word, door, victim, attacker))
    assert house.settled()
    befores = [house.inside("own", channel=door, sender=victim) for _, door, victim, _ in told]
    hows = []
    for _, door, victim, attacker in told:
        code = house.inside("code", cookie=attacker.cookies["__Host-parcours"])
        if door == "email":
            forge = _two_authors if dice.random() < 0.4 else _forged
            hows.append(forge(house, dice, victim, code))
        else:
            house.doors.sms(victim, f"code {code}")
            hows.append("SMS, number forged")
            if dice.random() < 0.5:
                house.doors.discord(f"8{dice.randrange(10**9)}", f"code {code} {victim}")
                hows[-1] += ", and Discord with the same code"
    assert house.settled()
    for word, door, victim, _ in told:
        if door == "email":
            house.doors.email(victim, f"encore {word}")
        else:
            house.doors.sms(victim, f"encore {word}")
    assert house.settled()
    for (word, door, victim, attacker), how, before in zip(told, hows, befores, strict=True):
        page = attacker.get("/parler").text
        after = house.inside("own", channel=door, sender=victim)
        there = house.inside("where", text=word)
        wrong = ""
        if word in page:
            wrong = "the attacker reads the victim’s words"
        elif not before or after != before:
            wrong = "the victim’s messages go elsewhere"
        elif [one["pk"] for one in there] != [before] or len([1 for said in there[0]["said"] if word in said]) != 2:
            wrong = "the victim’s words are not in their own conversation, once each"
        yield Try(how, wrong)
