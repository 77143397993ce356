"""Letters, captions and telephone numbers, made up out of a number each: the same number is the same input for ever. Run inside a process with bounds."""

import time
from email.header import Header
from functools import cache
from pathlib import Path
from random import Random

LETTERS = Path(__file__).parents[2] / "relais" / "channels" / "tests" / "letters"
SLOWEST = 1.5
"""Seconds of the processor that one input may cost."""
SIGNS = "aéœ€ 😀ж\u00a0\u200b\u202e’\t-_.,:;<>=?@\"'()[]\\/%&#0123456789\n"


def broken(kind: str, seed: int, first: int, count: int) -> list[list[str]]:
    """(input, what is wrong) of those of the cases from `first` on that break their reader."""
    make, judge = KINDS[kind]
    found = []
    for number in range(first, first + count):
        made = make(Random(f"{kind}:{seed}:{number}"))
        began = time.process_time()
        try:
            wrong = judge(made)
        except Exception as error:
            wrong = f"{type(error).__name__}: {str(error)[:200]}"
        if not wrong and (spent := time.process_time() - began) > SLOWEST:
            wrong = f"it takes {spent:.1f} s of the processor"
        if wrong:
            found.append([repr(made)[:2000], wrong])
    return found


def _signs(dice: Random, most: int = 40) -> str:
    return "".join(dice.choices(SIGNS, k=dice.randint(0, most)))


# --- letters


@cache
def _real() -> tuple[bytes, ...]:
    return tuple(file.read_bytes() for file in sorted(LETTERS.glob("*.eml")))


def _word(dice: Random) -> bytes:
    """What may stand in a header: an encoded word, right or wrong."""
    charset = dice.choice(
        ("utf-8", "iso-8859-15", "windows-1252", "utf-7", "idna", "x", "utf-16", "koi8-r", "unicode_escape", "")
    )
    held = bytes(dice.choices(b"ABab09+/=_?% \xc3\xe9", k=dice.randint(0, 60)))
    made = (
        f"=?{charset}?{dice.choice('BbQqXx')}?".encode() + held + b"?=",
        str(Header(_signs(dice).replace("\n", " "), "utf-8").encode()).encode(),
        _signs(dice).encode("utf-8", "surrogatepass"),
        dice.randbytes(dice.randint(0, 30)),
    )
    return dice.choice(made).replace(b"\n", dice.choice((b" ", b"\r\n ", b"\n")))


def _head(dice: Random) -> bytes:
    names = (
        b"From",
        b"Reply-To",
        b"Subject",
        b"Date",
        b"To",
        b"References",
        b"In-Reply-To",
        b"Return-Path",
        b"Authentication-Results",
        b"Content-Type",
        b"Content-Disposition",
        b"Content-Transfer-Encoding",
        b"Auto-Submitted",
        b"List-Id",
        b"Precedence",
        b"MIME-Version",
        b"",
        b"X",
    )
    return b"".join(
        dice.choice(names) + b": " + _word(dice) + dice.choice((b"\r\n", b"\n")) for _ in range(dice.randint(0, 8))
    )


def letter(dice: Random) -> bytes:
    """A real one with pieces changed, or one made of nothing but odd headers."""
    if dice.random() < 0.3:
        return (
            b"From: lea@exemple.invalid\r\n"
            + _head(dice)
            + b"\r\n"
            + _signs(dice, 200).encode()
            + dice.randbytes(dice.randint(0, 40))
        )
    raw = bytearray(dice.choice(_real()))
    for _ in range(dice.randint(1, 6)):
        at = dice.randrange(len(raw) + 1)
        change = dice.choice(("cut", "put", "twice", "flip", "end", "head"))
        if change == "cut":
            del raw[at : at + dice.randint(1, 80)]
        elif change == "put":
            raw[at:at] = _word(dice)
        elif change == "twice":
            raw[at:at] = raw[max(0, at - dice.randint(1, 400)) : at]
        elif change == "flip" and at < len(raw):
            raw[at] = dice.randrange(256)
        elif change == "end":
            del raw[at:]
        else:
            raw[0:0] = _head(dice)
        raw = raw or bytearray(b"\n")
    return bytes(raw)


def _read_letter(made: bytes) -> str:
    from relais.channels.email.parsing import read

    told = read(made).fields()
    texts = [value for value in told.values() if isinstance(value, str)]
    if any("\0" in text or _is_half(text) for text in texts):
        return "signs that the database does not take"
    return ""


def _is_half(text: str) -> bool:
    return any("\ud800" <= sign <= "\udfff" for sign in text)


# --- captions


def _stamp(dice: Random) -> str:
    hours = dice.choice(("", f"{dice.randrange(100):02d}:", "0:", "999:"))
    return f"{dice.choice(('', '', '', '-'))}{hours}{dice.randrange(100):02d}:{dice.randrange(100):02d}{dice.choice('.,:')}{dice.randrange(1000)}"


def _cue(dice: Random) -> str:
    arrow = dice.choice(("-->", "-->", "-->", "->", "—>", "–>", "-- >", ""))
    tags = dice.choice(
        ("", "<i>", "<c.x>", "<00:00:01.000>", "{\\an8}", "<script>", "<v Léa>", "<" * 40, "&lt;&#0;&amp")
    )
    number = dice.choice(("", f"{dice.randrange(10**4)}\n", "NOTE x\n", "STYLE\n", "x" * 90 + "\n"))
    return f"{number}{_stamp(dice)} {arrow} {_stamp(dice)}{dice.choice(('', ' align:start', ' x'))}\n{tags}{_signs(dice)}\n{dice.choice(('', chr(10), chr(10) * 2))}"


def caption(dice: Random) -> bytes:
    head = dice.choice(
        ("", "WEBVTT\n\n", "WEBVTT\n", "WEBVTT Kind: captions\nLanguage: fr\n", "\ufeff\ufeff", "webvtt\n")
    )
    text = head + "".join(_cue(dice) for _ in range(dice.randint(0, 12)))
    text = text.replace("\n", dice.choice(("\n", "\n", "\r\n", "\r", "\n\r")))
    raw = text.encode(
        dice.choice(
            ("utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "mac-roman")
        ),
        "replace",
    )
    if dice.random() < 0.3:
        at = dice.randrange(len(raw) + 1)
        raw = raw[:at] + dice.randbytes(dice.randint(0, 5)) + raw[at + dice.randint(0, 5) :]
    return raw


def _read_caption(made: bytes) -> str:
    from relais.stories.studio import captions

    try:
        cues = captions.parse(made).cues
    except captions.Unreadable as error:
        return "" if error.errors else "it is refused without a word"
    if any(cue.end_ms <= cue.start_ms or cue.start_ms < 0 for cue in cues):
        return "a caption ends before it begins"
    again = captions.parse(captions.to_vtt(cues)).cues
    captions.warnings(cues)
    captions.transcript(captions.parse(captions.to_srt(cues)).cues)
    return (
        ""
        if len(again) == len(cues) and all("\0" not in cue.text and not _is_half(cue.text) for cue in cues)
        else "what we write is not what we read"
    )


# --- telephone numbers


MOBILES = ("6{:08d}", "7{:08d}")
BETWEEN = ("", " ", ".", "-", "\u00a0", "\u202f", "\u2011", "\u2013", "/", " - ")


def telephone(dice: Random) -> tuple[str, str]:
    """(as somebody writes it, the one form of it, or "" where it need not be a number)."""
    if dice.random() < 0.4:
        signs = dice.choice(("+0123456789 .-()", SIGNS + "٠١٢۳²①", "0123456789+"))
        return "".join(dice.choices(signs, k=dice.randint(0, 22))), ""
    digits = dice.choice(("6", "7")) + f"{dice.randrange(3, 9)}{dice.randrange(10**7):07d}"
    between = dice.choice(BETWEEN)
    pairs = between.join([digits[0], *(digits[at : at + 2] for at in range(1, 9, 2))])
    head = dice.choice(("0", "+33 ", "+33", "0033", "0033 ", "+33 (0)", "+33(0) ", "33", "(+33) ", "tel:+33"))
    mark = dice.choice(("", "", "\u202a", "\u200e", " "))
    return f"{mark}{head}{pairs}{mark and dice.choice(('', chr(0x202C), ' '))}", f"+33{digits}"


def _read_telephone(made: tuple[str, str]) -> str:
    import phonenumbers

    from relais.foundation import contacts

    written, right = made
    try:
        found = str(contacts.number(written))
    except ValueError:
        is_given = right and phonenumbers.is_valid_number(phonenumbers.parse(right))
        return f"refused, though it is {right}" if is_given else ""
    if right and found != right and not found.startswith("+262") and not found.startswith("+5"):
        return f"read as {found}"
    for shown in (found, contacts.shown(found), contacts.dialled(found)):
        if contacts.number(shown) != found:
            return f"{shown} is not {found} any more"
    return ""


KINDS = {
    "letter": (letter, _read_letter),
    "caption": (caption, _read_caption),
    "telephone": (telephone, _read_telephone),
}
