"""Letters made to keep a reader busy, drawn with a seed: each holds a word of a person, « Aide », where there is room for one."""

import random

HEAD = b"From: lea@exemple.invalid\r\nMessage-ID: <%d@exemple.invalid>\r\nSubject: Bonjour\r\n"


def letters(seed: int = 20261129) -> dict[str, bytes]:
    """{what it does: the letter}."""
    dice = random.Random(seed)
    number = iter(range(1000))

    def typed(kind: bytes, body: bytes = b"Aide", head: bytes = b"") -> bytes:
        return HEAD % next(number) + head + b"Content-Type: " + kind + b"\r\n\r\n" + body

    def mixed(parts: bytes, boundary: bytes = b"x") -> bytes:
        return typed(b"multipart/mixed; boundary=" + boundary, parts)

    def level(n):
        return b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (n, n + 1)

    names = [bytes(dice.choices(b"abcdefgh", k=3)) for _ in range(50)]
    return {
        "continuations": typed(b"text/plain; " + b"a*0*=utf-8''x; " * 7500),
        "continuations of many names": typed(
            b"text/plain; " + b"; ".join(dice.choice(names) + b"*%d*=utf-8''x" % n for n in range(6000))
        ),
        "parameters": typed(b"text/plain; " + b"a=b; " * 7500),
        "folded parameters": typed(b"text/plain;\r\n" + b" a=b;\r\n" * 7500),
        "quotes never closed": typed(b'text/plain; a="' + b'\\"' * 50_000),
        "parts with long headers": mixed(
            (b"--x\r\nContent-Type: text/plain; " + b"a*0*=utf-8''x; " * 1000 + b"\r\n\r\nAide\r\n") * 90
        ),
        "parts in parts": mixed(b"".join(level(n) for n in range(6000)) + b"\r\nAide", b"b0"),
        "empty parts": mixed(b"Aide\r\n" + b"--x\r\n\r\n" * 50_000),
        "boundaries that are none": mixed(b"--x\r\n\r\nAide " + b"--x" * 150_000),
        "one long header": HEAD % next(number) + b"X-Long: " + b"y" * 3_000_000 + b"\r\n\r\nAide",
        "many headers": HEAD % next(number) + b"".join(b"X-%d: y\r\n" % n for n in range(100_000)) + b"\r\nAide",
        "comments in the sender": b"From: " + b"(<" * 5000 + b"<lea@exemple.invalid>\r\n\r\nAide",
        "dots in the sender": b"From: " + b"a.b-" * 500 + b"@" + b"a-" * 500 + b"\r\n\r\nAide",
        "encoded words": (HEAD % next(number)).replace(b"Bonjour", b"=?utf-8?q?a?= " * 3000) + b"\r\nAide",
        "comments of HTML": typed(b"text/html", b"Aide" + b"<!--" * 75_000),
        "signs of HTML": typed(b"text/html", b"Aide" + b"<" * 300_000),
        "cells": typed(b"text/html", b"Aide" + b"<td>" * 75_000),
        "slow character set": typed(b"text/plain; charset=punycode", b"a-" * 250_000 + b"Aide"),
        "flowed": typed(b"text/plain; format=flowed", b"Aide " + b"a \n" * 300_000),
        "announcements": typed(b"text/plain; charset=utf-8", "Le 12 mars 2026, Aide a écrit :\n".encode() * 5000),
        "dates": typed(b"text/plain", b"Aide\n" + (b"Le " + b"1 " * 60 + b"\n") * 2000),
        "names of headers": typed(b"text/plain", b"Aide\n" + b"A:\nDe:\n" * 30_000),
        "a name in many pieces": typed(
            b"text/plain",
            b"Aide",
            b"Content-Disposition: attachment; " + b";".join(b"filename*%d=x" % n for n in range(3000)) + b"\r\n",
        ),
        "noise": HEAD % next(number) + b"\r\n" + dice.randbytes(300_000),
    }
