"""Bytes that are no text, wherever a request may hold them, at every address of the URL resolver: never a fault of the house.

Over the wire, which no test client tidies up; `tests/test_odd_bytes.py` asks Django itself.
"""

import json
from collections.abc import Iterator
from random import Random
from urllib.parse import quote_from_bytes

from ..test_odd_bytes import BORDER, ODD, multipart, some, urlencoded
from .campaign import Try, attack
from .house import House
from .wire import FORM, Answer, Browser, send

RAW = [one for one in ODD if one != b"\0"] + [
    b"\x00",
    b"\x7f",
    b"\x1b[2J",
    b"\xc2\x85",
    "\u202e\ufeff".encode(),
    b"\xf0\x9f\x98",
]
HALF = ("\0", "\ud800", "\udfff", "\ud83d", "\udc00\ud800", "\ufffe")
NAMES = (
    b"User-Agent",
    b"Referer",
    b"Accept-Language",
    b"Accept",
    b"If-None-Match",
    b"If-Modified-Since",
    b"Range",
    b"Last-Event-ID",
    b"Content-Type",
    b"Content-Encoding",
    b"X-Forwarded-Host",
    b"X-Forwarded-Proto",
    b"Forwarded",
    b"X-Requested-With",
    b"Authorization",
    b"X-Relais-Signature",
    b"X-Signature-Timestamp",
    b"X-Signature-Ed25519",
    b"Expect",
    b"Upgrade",
    b"Origin",
    b"Sec-Fetch-Site",
    b"HX-Request",
)


def _anything(dice: Random) -> bytes:
    """What may stand in a header: no end of line, all the rest."""
    drawn = dice.choice((some(dice, dice.choice(RAW)), dice.randbytes(dice.randint(0, 60)), _shaped(dice)))
    return drawn.replace(b"\r", b"").replace(b"\n", b"")


def _shaped(dice: Random) -> bytes:
    return dice.choice(
        [
            b"bytes=%d-%d" % (dice.randrange(10**9), dice.randrange(10**9)),
            b"bytes=" + b"0-1," * dice.randint(1, 500),
            b"text/html;q=" + str(dice.random() * 10 ** dice.randint(-9, 9)).encode(),
            b"multipart/form-data; boundary=" + dice.randbytes(5),
            b'W/"' + dice.randbytes(9),
            b"Basic " + dice.randbytes(12),
            b"application/json; charset="
            + dice.choice((b"utf-7", b"punycode", b"idna", b"rot13", b"hex", b"x", b"\xff")),
            b"Thu, %d Jan 1 99:99:99 GMT" % dice.randrange(99),
            b"t=%d,s=%x" % (dice.randrange(10**12), dice.randrange(16**64)),
            b"fr" + b"-x" * dice.randint(1, 900) + b",*;q=nan",
        ]
    )


def _header(dice: Random, browser: Browser, path: bytes) -> Answer:
    method = dice.choice((b"GET", b"GET", b"POST", b"OPTIONS", b"PUT", b"FOO"))
    more = [(dice.choice(NAMES), _anything(dice)) for _ in range(dice.randint(1, 3))]
    return _send(browser, browser.head(method, path, more, b""))


def _cookie(dice: Random, browser: Browser, path: bytes) -> Answer:
    names = (b"__Host-session", b"__Host-csrf", b"__Host-parcours", b"gouts", b"messages", b"look", b"")
    cookie = b"; ".join(
        dice.choice(names) + b"=" + dice.choice((_anything(dice), b'"a\\000"', b'"\\303'[:-1])) for _ in range(3)
    )
    return _send(browser, browser.head(b"GET", path, [(b"Cookie", cookie)]))


def _path(dice: Random, browser: Browser, path: bytes) -> Answer:
    odd = quote_from_bytes(dice.choice(RAW)).encode()
    at = dice.randrange(1, len(path) + 1)
    return _send(
        browser,
        browser.head(
            b"GET",
            path[:at] + dice.choice((odd, b"%", b"%zz", b"//", b"/../", b"%2F", b";", b"%0d%0a")) + path[at:],
            [],
        ),
    )


def _query(dice: Random, browser: Browser, path: bytes) -> Answer:
    return _send(browser, browser.head(b"GET", path + b"?" + urlencoded(dice, dice.choice(RAW)), []))


def _form(dice: Random, browser: Browser, path: bytes) -> Answer:
    body = urlencoded(dice, dice.choice(RAW))
    return _send(browser, browser.head(b"POST", path, [(b"Content-Type", FORM.encode())], body))


def _multipart(dice: Random, browser: Browser, path: bytes) -> Answer:
    body = multipart(dice, dice.choice(RAW), dice.choice(("value", "name", "file name", "file")))
    return _send(
        browser,
        browser.head(b"POST", path, [(b"Content-Type", f"multipart/form-data; boundary={BORDER}".encode())], body),
    )


def _send(browser: Browser, request: bytes) -> Answer:
    return send(browser.port, request)


WAYS = {"header": _header, "cookie": _cookie, "path": _path, "query": _query, "form": _form, "multipart": _multipart}


def _tried(browsers: list[Browser], dice: Random, paths: list[str], ways: tuple[str, ...]) -> Try:
    path, way = dice.choice(paths), dice.choice(ways)
    answer = WAYS[way](dice, dice.choice(browsers), path.encode())
    if not answer.broke or answer.status == 501:
        return Try(way)
    return Try(f"{way} at {path}", f"it answers {answer.status}: {answer.text[:80]}")


@attack("14", "bytes that are no text", small=60, large=4000)
def anywhere(house: House, dice: Random, cases: int) -> Iterator[Try]:
    paths, browsers = house.inside("python", module="addresses", function="paths", words={}), _everybody(house)
    for _ in range(cases):
        yield _tried(browsers, dice, paths, tuple(WAYS))
    yield from _webhooks(house, dice, max(9, cases // 20))


@attack("14h", "made-up headers", small=60, share=0.25)
def headers(house: House, dice: Random, cases: int) -> Iterator[Try]:
    paths, browsers = house.inside("python", module="addresses", function="paths", words={}), _everybody(house)
    for _ in range(cases):
        yield _tried(browsers, dice, paths, ("header", "header", "cookie"))


def _everybody(house: House) -> list[Browser]:
    """A visitor as often as somebody of the team."""
    return [house.browser(), house.browser(), house.browser("new:supervisor"), house.browser("new:administrator")]


def _webhooks(house: House, dice: Random, cases: int) -> Iterator[Try]:
    """Signed as it must be: a fault of ours would have it delivered again and again. What has words in it is kept."""
    for number in range(cases):
        half, where = dice.choice(HALF), dice.choice(("id", "from", "text"))
        told = {
            "id": f"odd-{number}-{dice.randrange(10**9)}",
            "from": f"+336399{dice.randrange(10**5):05d}",
            "text": "Aide",
        }
        told[where] += half
        yield _judged(f"SMS, {where} with {half!a}", house.doors.signed_sms(json.dumps(told).encode()))
        raw = json.dumps(told, ensure_ascii=False).encode("utf-8", "surrogatepass")
        yield _judged(f"SMS, {where} with the bytes of {half!a}", house.doors.signed_sms(raw))
        user = {"id": "9" + half} if where == "from" else {"id": str(dice.randrange(10**9))}
        chat = {"type": 5, "id": told["id"], "application_id": "77", "token": "x" + half, "member": {"user": user}}
        field = {"custom_id": "message", "value": told["text"]}
        chat["data"] = {"custom_id": "talk", "components": [{"component": field}]}
        yield _judged(f"Discord, {where} with {half!a}", house.doors.signed_discord(json.dumps(chat).encode()))
        letter = b"From: a%s@exemple.invalid\r\nMessage-ID: <%d>\r\nSubject: %s\r\n\r\nAide %s" % (
            dice.choice(RAW),
            house.doors.number(),
            dice.choice(RAW),
            dice.choice(RAW),
        )
        yield _judged("a letter", house.doors.letter(letter))
        for shape in ("brevo", "mailjet", "postmark"):
            yield _judged(
                f"{shape}, any JSON",
                house.doors.letter(
                    json.dumps({"items": [half, {half: None}], "From": half, "Headers": half}).encode(), shape
                ),
            )


def _judged(what: str, answer: Answer) -> Try:
    return Try(what, f"it answers {answer.status}" if answer.broke or answer.status == 0 else "")
