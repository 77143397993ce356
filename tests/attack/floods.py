"""Floods: who counts whom, what one network may lock for others, what a prank costs those on duty, and who holds a connection open."""

import socket
import time
from collections.abc import Iterator
from random import Random

from .campaign import Try, attack
from .house import House
from .streams import Stream
from .wire import HOST, Browser, send

WRONG, LOCKED = "22222222222{}", "Trop de codes faux"
LONGEST = 200
"""Seconds after which a connection that gives nothing is gone: a minute at most, and what a busy machine adds."""
TRIES = 30
"""Of wrong resume codes from one network in an hour (foundation/ratelimit.py)."""


def _walk(dice: Random, number: int) -> tuple[str, callable]:
    """(what it is, an address at each call) of one network, as proxies write it."""
    net, host = f"2001:db8:{dice.randrange(16**4):x}:{number:x}", f"192.0.2.{number % 250}"
    return dice.choice(
        [
            ("an IPv6 /64", lambda: f"{net}:{dice.randrange(16**4):x}:{dice.randrange(16**4):x}::1"),
            ("an IPv6 /64 with ports", lambda: f"[{net}::{dice.randrange(1, 16**4):x}]:{dice.randrange(1024, 65535)}"),
            ("one IPv4 with ports", lambda: f"{host}:{dice.randrange(1024, 65535)}"),
            ("one IPv4 written in IPv6", lambda: f"::ffff:{host}"),
            ("forged first entries", lambda: f"10.{dice.randrange(256)}.{dice.randrange(256)}.9, unknown, {host}"),
            ("a zone", lambda: f"{net}::{dice.randrange(1, 16**4):x}%eth0"),
        ]
    )


@attack("10", "limits that are walked around, or that lock others out", small=1, large=40)
def limits(house: House, dice: Random, cases: int) -> Iterator[Try]:
    owner = house.browser()
    owner.open("Bonjour")
    right = house.inside("code", cookie=owner.cookies["__Host-parcours"])
    for number in range(cases):
        what, address = _walk(dice, number)
        entered = [
            Browser(house.port, address()).post("/parler/reprendre", {"code": WRONG.format(dice.choice("3456789"))})
            for _ in range(TRIES + 3)
        ]
        mine = Browser(house.port, address()).post("/parler/reprendre", {"code": right}).status
        far = house.browser(address=f"2001:db9:{number:x}::1").post("/parler/reprendre", {"code": WRONG.format(2)})
        wrong = ""
        if not all(LOCKED in answer.text for answer in entered[TRIES:]):
            wrong = f"it is not locked after {TRIES} wrong codes"
        elif mine != 302:
            wrong = f"the right code of a neighbour answers {mine}"
        elif LOCKED in far.text or LOCKED in entered[0].text:
            wrong = "another network is locked too"
        yield Try(what, wrong)


RUBBISH = (
    "unknown",
    "1.2.3.4:5678",
    "[2001:db8::1]:80",
    "_hidden",
    "",
    ",",
    "1.2.3.4,",
    "é",
    "0x7f.1",
    "1.2.3",
    "::",
    "a" * 3000,
    "1.2.3.4, \0",
    '"[::1]"',
    "-1",
    "fe80::1%25eth0",
    "١.٢.٣.٤",
)


@attack("15", "rubbish in X-Forwarded-For", small=15, large=1500)
def forwarded(house: House, dice: Random, cases: int) -> Iterator[Try]:
    places = (
        "/compte/login/",
        "/parler/reprendre",
        "/parler",
        "/r/ABCDEF",
        "/compte/password/reset/",
        "/orientation/x",
        "/live/inbox/1",
    )
    for _ in range(cases):
        written = dice.choice((dice.choice(RUBBISH), f"{dice.choice(RUBBISH)}, {dice.choice(RUBBISH)}"))
        place, browser = dice.choice(places), Browser(house.port, written)
        fields = {
            "login": f"x{dice.randrange(10**6)}@exemple.invalid",
            "email": "x@exemple.invalid",
            "password": "x",
            "code": "x",
        }
        answer = browser.go(place, dice.choice((fields, None)))
        yield Try(f"{place} with {written[:40]!r}", f"it answers {answer.status}" if answer.broke else "")


@attack("11", "a prank of many alarms", small=6, large=300)
def prank(house: House, dice: Random, cases: int) -> Iterator[Try]:
    """None is hidden, and those on duty get few letters."""
    words = ("je vais me suicider", "j'ai envie de mourir", "il me frappe, il va me tuer", "je veux me tuer ce soir")
    raised = "SELECT count(*) FROM safeguarding_alarm"
    told = "SELECT count(*) FROM foundation_outbound WHERE key LIKE 'alarm%%'"
    before, letters = (int(house.inside("rows", query=query)[0][0]) for query in (raised, told))
    for _ in range(cases):
        house.browser(address=f"2001:db8:77:77::{dice.randrange(16**4):x}").open(dice.choice(words))
    found = int(house.inside("rows", query=raised)[0][0]) - before
    yield Try(f"{cases} alarms", f"only {found} of {cases} ring" if found < cases else "")
    wrote = int(house.inside("rows", query=told)[0][0]) - letters
    yield Try(f"letters of {cases} alarms", f"{wrote} letters" if wrote > 20 else "")


@attack("12", "connections that are held open", small=20, large=120)
def held(house: House, dice: Random, cases: int) -> Iterator[Try | None]:
    """Slow heads, slow bodies, heads without an end, bodies that were announced and never come, and too many streams."""
    slow = []
    for _ in range(cases):
        what, start = dice.choice(
            [
                ("half a head", b"GET / HTTP/1.1\r\nHost: x\r\n"),
                ("nothing at all", b""),
                ("a body that never comes", _head(b"POST", 10 ** dice.randint(2, 14))),
                ("half a body", _head(b"POST", 10_000) + b"a" * 500),
            ]
        )
        line = socket.create_connection(("127.0.0.1", house.port), timeout=5)
        line.sendall(start)
        slow.append((what, line, time.monotonic()))
    for size in (33_000, 200_000):
        name = dice.choice((b"X-Long: ", b"Cookie: "))
        answer = send(house.port, b"GET / HTTP/1.1\r\nHost: x\r\n" + name + b"a" * size + b"\r\n\r\n")
        yield Try(f"a header of {size} bytes", "" if answer.status in (0, 431, 400) else f"it answers {answer.status}")
    young = house.browser()
    young.open("Bonjour MANY")
    pk = house.inside("where", text="Bonjour MANY")[0]["pk"]
    streams = [Stream(young, f"/live/conversation/{pk}?after=1") for _ in range(24)]
    let_in = sum(stream.until(b"\r\n\r\n") and b" 200 " in stream.got[:20] for stream in streams)
    yield Try("24 streams of one conversation", "" if let_in == 20 else f"{let_in} are open")
    for stream in streams:
        stream.close()
    yield None
    for what, line, begun in slow:
        while not (over := _is_over(line)) and time.monotonic() < begun + LONGEST:
            time.sleep(1)
        yield Try(what, "" if over else f"it is still held open after {LONGEST} s")
        line.close()


def _is_over(line: socket.socket) -> bool:
    line.setblocking(False)
    try:
        while line.recv(65536):
            pass
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


def _head(method: bytes, length: int) -> bytes:
    return b"%s /parler HTTP/1.1\r\nHost: %s\r\nX-Forwarded-Proto: https\r\nContent-Length: %d\r\n\r\n" % (
        method,
        HOST.encode(),
        length,
    )
