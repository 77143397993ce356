"""Ways to be reached, in a text: telephone, e-mail, accounts on networks, links, social security number; also written to hide."""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from relais.safeguarding.detection.words import folded

Span = tuple[int, int]
SAID = tomllib.loads((Path(__file__).parent / "content" / "personal.toml").read_text("utf-8"))


@cache
def listed(name: str) -> frozenset[str]:
    """The folded words of one list of content/personal.toml."""
    return frozenset(folded(word) for word in SAID[name].split())


# --- numbers, in digits or in words

DIGITS = r"(?<![^\W\d_])[oO](?=[ ._/-]?\d)|\d+"
ITEM = re.compile(rf"{DIGITS}|[^\W\d_]+")
# Whatever is neither a letter nor a colon: « 06~39~98 », « 0️⃣6️⃣ ».
BETWEEN = re.compile(r"(?:[^\w:;]|_){0,4}(?:(?:puis|et|ensuite)\s{1,2})?")
WORTH = {folded(word): value for word, value in SAID["numbers"].items()}
FRENCH = r"(?:(?:0033|33)0?|0)[1-79]\d{8}"
ABROAD = r"(?:00)?[1-9]\d{8,13}"
DATE = re.compile(r"(?<!\d)(?:0?[1-9]|[12]\d|3[01])[/.-](?:0?[1-9]|1[0-2])[/.-](?:19|20)\d\d(?!\d)")
NIR = re.compile(
    r"(?<!\d)[12][ .]?\d\d[ .]?(?:0[1-9]|1[0-2]|[2-9]\d)[ .]?(?:\d\d|2[ABab])[ .]?\d{3}[ .]?\d{3}(?:[ .]?\d\d)?(?!\d)"
)


def nirs(text: str) -> Iterator[Span]:
    return (match.span() for match in NIR.finditer(text))


def phones(text: str) -> Iterator[Span]:
    """French numbers in every form, 08 (services) left out; foreign ones when written with + or 00."""
    text = DATE.sub(lambda date: "x" * len(date.group()), text)
    for run in _runs(text):
        digits, owner = "", []
        for item, (value, _, _) in enumerate(run):
            digits += value
            owner += [item] * len(value)
        is_abroad = "+" in text[max(0, run[0][1] - 2) : run[0][1]]
        for match in re.finditer(FRENCH if not is_abroad else f"{FRENCH}|{ABROAD}", digits):
            yield from _whole(text, run, owner, *match.span())
        if digits.startswith("00") and not re.match(FRENCH, digits) and re.fullmatch(ABROAD, digits):
            yield run[0][1], run[-1][2]


def _whole(text: str, run: list, owner: list[int], first: int, last: int) -> Iterator[Span]:
    """The characters of digits `first` to `last`, when they begin and end with whole groups."""
    begins = first == 0 or owner[first - 1] != owner[first]
    ends = last == len(owner) or owner[last] != owner[last - 1]
    start, end = run[owner[first]][1], run[owner[last - 1]][2]
    if begins and ends:
        start -= len(re.search(r"(?:\+\s?|\()?$", text[max(0, start - 2) : start]).group())
        yield start, end


def _runs(text: str) -> Iterator[list[tuple[str, int, int]]]:
    """Numbers that follow one another with nothing but spaces and points between: lists of (digits, start, end)."""
    run: list[tuple[str, int, int]] = []
    for digits, start, end in _numbers(text):
        if run and not BETWEEN.fullmatch(text, run[-1][2], start):
            yield run
            run = []
        run.append((digits, start, end))
    if run:
        yield run


def _numbers(text: str) -> Iterator[tuple[str, int, int]]:
    """Each group of digits and each number in words (« quatre-vingt-dix-huit » is one), as digits."""
    held: list[tuple[int, int, int]] = []
    for match in ITEM.finditer(text):
        piece = match.group()
        value = None if piece[0].isdigit() or piece in "oO" else WORTH.get(folded(piece))
        if piece[0].isdigit() or (piece in "oO" and match.end() < len(text)):
            yield from _spoken(held)
            held = []
            yield piece.replace("o", "0").replace("O", "0"), match.start(), match.end()
        elif value is not None:
            held.append((value, match.start(), match.end()))
        elif piece != "et":
            yield from _spoken(held)
            held = []
    yield from _spoken(held)


def _spoken(held: list[tuple[int, int, int]]) -> Iterator[tuple[str, int, int]]:
    place = 0
    while place < len(held):
        value, start, end = held[place]
        place += 1
        if value == 4 and place < len(held) and held[place][0] == 20:
            value, end = 80, held[place][2]
            place += 1
        if value >= 20 and place < len(held):
            top = 20 if value in (60, 80) else 10
            if 0 < held[place][0] < top:
                value, end = value + held[place][0], held[place][2]
                place += 1
        if value % 10 == 0 and value % 20 == 10 and place < len(held) and 7 <= held[place][0] <= 9:
            # dix-sept, soixante-dix-huit, quatre-vingt-dix-neuf
            value, end = value + held[place][0], held[place][2]
            place += 1
        yield str(value), start, end


# --- e-mail and links

TLD = r"(?:fr|com|net|org|eu|be|ch|lu|io|info|re|gp|mq|gf|yt|nc|pf|uk|de|es|it|pt)"
AT = re.compile(
    r"\s?@\s?|\s?[\[({<]\s?(?:at|a|arobase?|arobaze?)\s?[\])}>]\s?|\s(?:at|arobase?|arobaze?|arobasse)\s", re.I
)
DOT = r"(?:\s?[.,]\s?|\s?[\[({]\s?(?:dot|point)\s?[\])}]\s?|\s(?:dot|point)\s)"
# Before the @ a comma or a full stop and a space end what was said: « 06 12 34 56 78, lea@… » is a telephone, then an address.
DOT_BEFORE = DOT.replace(r"\s?[.,]\s?", r"[.,](?!\s)|\s\.\s")
BEFORE = re.compile(rf"[\w+-]{{1,40}}(?:{DOT_BEFORE}[\w+-]{{1,40}}){{0,3}}$", re.I)
# « lea essai 93 arobase… »: the words of an address said aloud.
ALOUD = re.compile(r"(?:[^\W\d_]{2,20}\s){0,2}$")
AFTER = re.compile(rf"[\w-]{{1,40}}(?:(?:\.[\w-]{{2,20}}){{1,4}}|(?:{DOT}[\w-]{{2,40}}){{0,2}}{DOT}{TLD}\b)", re.I)
CLOSE_AFTER = re.compile(r"[^\W\d_][\w-]{2,40}", re.I)
LINK = re.compile(
    rf"(?:https?://|www\.)[^\s<>«»\"]{{2,500}}"
    rf"|(?<![\w@.-])(?:[\w-]{{1,40}}\.){{1,3}}(?:{TLD}|gg|me|ly|link|app|tv|gl|co)/[^\s<>«»\"]{{1,500}}"
    rf"|(?<![\w@.-])(?:[\w-]{{2,40}}\.){{1,3}}(?:fr|com|net|org|eu|gg)(?![\w.-]|\s?@)",
    re.I,
)


def links(text: str) -> Iterator[Span]:
    for match in LINK.finditer(text):
        yield match.start(), match.start() + len(match.group().rstrip(".,;:!?)"))


def emails(text: str) -> Iterator[Span]:
    for at in AT.finditer(text):
        before = BEFORE.search(text[max(0, at.start() - 90) : at.start()])
        after = AFTER.match(text, at.end())
        if at.group() in (" @", "@ ") and not (after and re.search(rf"\.{TLD}$", after.group())):
            continue  # « sur insta @lea », « rdv à 9h@ la gare »
        if not after and at.group() == "@":
            after = CLOSE_AFTER.match(text, at.end())
        if before and after:
            start = at.start() - len(before.group())
            if "@" not in at.group():
                start -= _said_before(text[max(0, start - 45) : start])
            yield start, after.end()


def _said_before(text: str) -> int:
    """How many characters before an address said aloud belong to it."""
    words = ALOUD.search(text).group()
    kept = len(words)
    for match in re.finditer(r"\S+\s", words):
        if folded(match.group().strip()) in listed("not_said") | {"est", "mail", "adres", "mel", "cest", "ekri", "moi"}:
            kept = len(words) - match.end()
    return kept


# --- accounts on networks

AROUND = 8
"""How many words from the name of a network an account may stand."""

NAMED = re.compile(r"(?<![\w.@])@[\w.\-]{2,30}")
PIECE = re.compile(r"[\w.\-#'’]+|[👻📷]|[:=➡→]|->")
# 3eme, 18h30, 2nde, 15kg: letters and digits, and no account.
PLAIN = re.compile(
    r"\d+(?:[.,h:]\d+)?(?:h|e|er|ere|ère|eme|ème|nd|nde|ans?|km|k|kg|cm|m|min|x|j|s|am|pm)?\d{0,2}|[a-z]{1,2}\d{1,2}|bac.?\d",
    re.I,
)
SAYS = {":", "=", "➡", "→", "->", "c", "c'est", "c’est", "cest", "est", "s'appelle", "s’appelle"}


def accounts(text: str) -> Iterator[Span]:
    """`@name` anywhere; near the name of a network, what looks like an account, or stands after « mon insta c’est »."""
    for match in NAMED.finditer(text):
        yield match.start(), match.start() + len(match.group().rstrip(".-"))
    pieces = [(match.group().strip(".-'’"), match) for match in PIECE.finditer(text)]
    networks = [place for place, (piece, _) in enumerate(pieces) if _is_network(piece)]
    shorts = [place for place, (piece, _) in enumerate(pieces) if folded(piece) in listed("short")]
    for place, (piece, match) in enumerate(pieces):
        start = match.start() + match.group().find(piece)
        near = any(abs(place - network) <= AROUND for network in networks[:200])
        if _looks_like_one(piece) and (near or any(place - short in (1, 2) for short in shorts)):
            yield start, start + len(piece)
        elif (
            place > 1
            and near
            and (said := _says(pieces, place))
            and folded(piece) not in listed("not_said")
            and not _is_network(piece)
        ):
            last = place
            while said == "name" and last + 1 < len(pieces) and pieces[last + 1][0][:1].isupper() and last < place + 2:
                last += 1
            yield start, pieces[last][1].start() + len(pieces[last][0])


def _is_network(piece: str) -> bool:
    return (piece != "" and piece in "👻📷") or folded(piece) in listed("networks")


def _looks_like_one(piece: str) -> bool:
    if not 3 <= len(piece) <= 32 or PLAIN.fullmatch(piece) or "'" in piece or "’" in piece:
        return False
    letters = sum(letter.isalpha() for letter in piece)
    return letters > 1 and (
        "_" in piece
        or "#" in piece
        or "." in piece
        or ("-" in piece and letters < len(piece) - 1)
        or letters < len(piece) - piece.count("-")
    )


def _says(pieces: list, place: int) -> str:
    """« name » after « mon snap c’est », « snap : », « sur facebook je suis »; '' otherwise."""
    before = [folded(piece) if piece not in SAYS else piece for piece, _ in pieces[max(0, place - 4) : place]]
    if before[-1] in SAYS and any(word in listed("networks") for word in before[-3:-1]):
        is_mine = any(
            word in ("mon", "ma", "mes", "moi")
            for word in (folded(piece) for piece, _ in pieces[max(0, place - 5) : place])
        )
        return "name" if is_mine or before[-1] in (":", "=", "➡", "→", "->") else ""
    if before[-2:] == [folded("je"), folded("suis")] and pieces[place][0][:1].isupper():
        return "name" if any(word in listed("networks") for word in before[:-2]) else ""
    return ""
