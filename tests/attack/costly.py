"""Letters that cost: a few bytes that keep a reader busy. The page of the help numbers answers meanwhile, and every letter is seen by somebody."""

import base64
import gzip
import io
import json
import zipfile
from collections.abc import Iterator
from random import Random

from relais.channels.tests.hostile import HEAD, letters

from .campaign import Try, attack
from .house import House


def _mixed(parts: list[bytes]) -> bytes:
    inside = b"".join(b"--x\r\n" + part + b"\r\n" for part in parts)
    return HEAD % 0 + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + inside + b"--x--\r\n"


def _file(kind: bytes, name: bytes, held: bytes) -> bytes:
    head = b"Content-Type: %s; name=%s\r\nContent-Disposition: attachment; filename=%s\r\n" % (kind, name, name)
    return head + b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(held)


def _zip(dice: Random) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for number in range(dice.randint(1, 4)):
            file.writestr(f"{number}.xml", b"\0" * dice.randint(1, 8) * 1_000_000)
    return out.getvalue()


def _calendar(dice: Random) -> bytes:
    rule = dice.choice(
        (
            "FREQ=SECONDLY",
            "FREQ=SECONDLY;COUNT=999999999",
            "FREQ=YEARLY;BYDAY=MO;INTERVAL=0",
            "FREQ=DAILY;UNTIL=99991231",
        )
    )
    lines = [
        "BEGIN:VCALENDAR",
        "METHOD:REPLY",
        *["BEGIN:VEVENT", f"RRULE:{rule}", "END:VEVENT"] * dice.randint(1, 5000),
    ]
    return "\r\n".join(lines).encode()


def _more(dice: Random) -> dict[str, bytes]:
    size, word = dice.randint(1000, 20_000), b"Content-Type: text/plain\r\n\r\nAide"
    drawn = bytes(dice.choices(b"abc=;*'\" 0%", k=size))
    return {
        "a zip bomb": _mixed([word, _file(b"application/zip", b"a.zip", _zip(dice))]),
        "a gzip bomb": _mixed([word, _file(b"application/gzip", b"a.gz", gzip.compress(b"\0" * 20_000_000))]),
        "a calendar bomb": _mixed([word, b"Content-Type: text/calendar\r\n\r\n" + _calendar(dice)]),
        "drawn parameters": HEAD % 0 + b"Content-Type: text/plain; " + drawn + b"\r\n\r\nAide",
        "a drawn boundary": HEAD % 0 + b"Content-Type: multipart/mixed; boundary=" + drawn[:70] + b"\r\n\r\nAide",
        "nested HTML": HEAD % 0
        + b"Content-Type: text/html\r\n\r\nAide"
        + dice.choice((b"<div>", b"<b>", b"<!--", b"&#", b"<a href='", b"</p>")) * size,
        "letters in letters": HEAD % 0 + b"Content-Type: message/rfc822\r\n\r\n" * (size // 20) + b"Aide",
        "quoted lines": HEAD % 0 + b"\r\n" + (b">" * dice.randint(1, 200) + b" Aide\n") * (size // 40),
        "dates announced": HEAD % 0 + b"\r\nAide\n" + b"Le 12 mars 2026 " * size,
        "one line": HEAD % 0
        + b"\r\nAide "
        + dice.choice((b"code ", b"code:::", b"a@", b"http://", b"- ", b" \t")) * size,
    }


def _numbered(raw: bytes, number: int) -> bytes:
    """The same letter as one that never came: its number is its own."""
    return raw.replace(b"Message-ID: <", b"Message-ID: <%d-" % number, 1)


@attack("2", "letters that cost", small=6, large=300)
def costly(house: House, dice: Random, cases: int) -> Iterator[Try]:
    drawn: list[tuple[str, bytes]] = []
    while len(drawn) < cases:
        several = list((letters(dice.randrange(10**6)) | _more(dice)).items())
        dice.shuffle(several)
        drawn += several
    sent, help_ = [], house.browser()
    for what, raw in drawn[:cases]:
        raw = _numbered(raw, house.doors.number())
        shape = dice.choice(("mime", "mime", "mime", "brevo"))
        if shape == "brevo":
            item = {"Headers": {"From": "lea@exemple.invalid", "Message-ID": f"<b{house.doors.number()}@x>"}}
            raw = json.dumps({"items": [item | {"RawTextBody": "Aide", "RawHtmlBody": raw.decode("latin-1")}]}).encode()
        before = house.processor()
        status = house.doors.letter(raw, shape).status
        spent = house.processor() - before
        beside = help_.get("/aide").status
        wrong = "" if status == beside == 200 else f"the door says {status}, the page of help {beside}"
        if not wrong and spent > 1 + len(raw) / 10_000_000:
            wrong = f"{spent:.1f} s of the web process for {len(raw)} bytes"
        sent.append(Try(f"{what} ({shape}, {len(raw)} bytes)", wrong))
    left = house.settled()
    yield from sent
    stuck = house.inside("rows", query="SELECT count(*) FROM channels_inbound WHERE state IN ('unread', 'new')")[0][0]
    yield Try("all of them", "" if left else f"{stuck} are neither in a conversation nor shown")
