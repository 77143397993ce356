"""Pieces of text become whole sentences, each character of which knows the piece it came from."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .lexicon import listed

LONGEST = 1500
"""Characters; Grammalecte says nothing of a sentence over 2,000, so a longer one is cut at a space."""

MARKUP = re.compile(r"<[^<>\n]*>|\{\\[^{}]*\}")
SOUNDS = re.compile(r"\[[^\[\]]*\]|[♪♫]+")
DASH = re.compile(r"\s*[-–—]\s")
WORD = re.compile(r"[^\W\d_]+")
FINAL = re.compile(r"[.!?…][»”\"’')\]\s]*$")
END = re.compile(r"[.!?…]+\s*[»”\")\]]*\s+|[\U0001f000-\U0001faff\u2600-\u27bf\ufe0f\u200d]+\s+")
ABBREVIATION = re.compile(r"\b(?:[A-Z]|M|Mme|Mlle|Mr|Dr|St|Ste|av|bd|p|ex|n)\.$")

CARRIES = listed(
    "le la les l un une des du de d au aux à en dans sur sous chez avec sans pour par vers entre contre et ou mais donc car ni que qu qui quand "
    "si comme je j tu il elle on nous vous ils elles ne n me m te t se s y mon ma mes ton ta tes son sa ses notre nos votre vos leur leurs ce c "
    "cet cette ces chaque plusieurs est sont suis es été avait étais était très plus moins trop lorsque puisque parce"
)
"""A line that ends with one of these is not over, even when the next begins with a capital (« avec | Jeanne »)."""


@dataclass(frozen=True)
class Passage:
    """`pieces` are consecutive: the cues of a caption track, or a single piece for a title."""

    name: str
    pieces: Sequence[str]


@dataclass(frozen=True)
class Sentence:
    """`places[i]` is (piece, start, end) of the characters that `text[i]` stands for, None for a space between two pieces."""

    passage: str
    text: str
    places: tuple

    @property
    def is_shouted(self) -> bool:
        return is_shouted(self.text)

    def span(self, start: int, end: int) -> tuple[int, int, int]:
        """(piece, start, end) of text[start:end] in the piece where it begins; the end of that piece when it goes on in the next."""
        places = [place for place in self.places[start:end] if place] or [
            place for place in reversed(self.places[:start]) if place
        ][:1]
        piece = places[0][0]
        return piece, places[0][1], max(place[2] for place in places if place[0] == piece)


def is_shouted(text: str) -> bool:
    words = [word for word in WORD.findall(text) if len(word) > 1]
    return len(words) > 1 and not any(letter.islower() for letter in text)


def sentences(passage: Passage) -> Iterator[Sentence]:
    """The sentences of a passage, joined across its pieces, in order. Markup and sounds between brackets are not text."""
    for characters in _runs(passage.pieces):
        text = "".join(character for character, _ in characters)
        start = 0
        for end in [*_ends(text), len(text)]:
            yield from _sentence(passage.name, characters[start:end])
            start = end


def _sentence(name: str, characters: list) -> Iterator[Sentence]:
    while characters and characters[-1][0] == " ":
        characters = characters[:-1]
    while characters and characters[0][0] == " ":
        characters = characters[1:]
    if any(character.isalpha() for character, _ in characters):
        text, places = zip(*characters, strict=True)
        yield Sentence(name, "".join(text), places)


def _runs(pieces: Sequence[str]) -> Iterator[list]:
    """Lists of (character, place): pieces that may belong to one sentence are in one list."""
    run, before = [], ""
    for number, piece in enumerate(pieces):
        characters, text = _clean(number, piece), MARKUP.sub("", piece).strip()
        if run and _begins(before, text):
            yield run
            run = []
        run = [*run, (" ", None), *characters] if run else characters
        before = text or before
    yield run


def _begins(before: str, text: str) -> bool:
    """Whether `text` begins a sentence although `before` has no full stop: a new speaker, or a capital after a line that was whole."""
    if DASH.match(text):
        return True
    if FINAL.search(before) or not text[:1].isupper() or (before.isupper() and text.isupper()):
        return False
    words = WORD.findall(before)
    return bool(words) and words[-1].lower() not in CARRIES and before[-1] not in ",:;(«“’'-–—"


def _clean(number: int, piece: str) -> list:
    blank = SOUNDS.sub(lambda found: " " * len(found[0]), piece)
    skipped = {position for found in MARKUP.finditer(piece) for position in range(*found.span())}
    characters, position = [], DASH.match(blank).end() if DASH.match(blank) else 0
    while position < len(piece):
        end = position + 1
        while end < len(piece) and unicodedata.combining(piece[end]):
            end += 1
        if position not in skipped:
            for character in unicodedata.normalize("NFC", blank[position:end]):
                plain = (
                    " "
                    if character.isspace()
                    else "’"
                    if character in "'ʼ‘"
                    else "-"
                    if character in "‐‑"
                    else character
                )
                # One space between two words, whatever a cue holds: spacing is not grammar.
                if plain != " " or not characters or characters[-1][0] != " ":
                    characters.append((plain, (number, position, end)))
        position = end
    return characters


def _ends(text: str) -> Iterator[int]:
    last = 0
    for found in END.finditer(text):
        following = text[found.end() :].lstrip('«“"( —–-')[:1]
        if following and (following.islower() or ABBREVIATION.search(text[: found.start() + 1])):
            continue
        yield found.end()
        last = found.end()
    while len(text) - last > LONGEST:
        last = (text.rfind(" ", last, last + LONGEST) + 1) or last + LONGEST
        yield last
