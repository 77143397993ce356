"""Signs of danger in a message: words that a human should read at once. It tells; it never decides, hides or delays anything.

A lexicon and six rules, no model: what was found can be shown in the text, and anyone may read why.
The lexicon (content/danger.toml, and one file a kind in content/danger/) gives four sorts of phrases by kind:
  urgent, worrying   somebody says that it happens
  topic              the bare subject (« le harcèlement »): counts only where nothing speaks of a job, a lesson or a work of fiction
  cue                a word that is rarely harmless (« passeport », « du sang »): counts only where somebody speaks of himself besides
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from relais.safeguarding.detection.phrases import Found, Lexicon
from relais.safeguarding.detection.words import Word

CONTENT = Path(__file__).parent / "content"
URGENT, WORRYING = "urgent", "worrying"
BARE = ("topic", "cue")
QUOTES = {"«": "»", "“": "”"}


class Finding(NamedTuple):
    """Characters `start` to `end` (excluded) of the text; `found` is what stands there. `level` is '' for personal data."""

    kind: str
    start: int
    end: int
    found: str
    level: str = ""


@dataclass(frozen=True)
class _About:
    """What the lexicon says of a phrase. `sort` is urgent, worrying, topic, cue or harmless."""

    kind: str
    sort: str


class _Lexicon(Lexicon):
    def __init__(self):
        said = tomllib.loads((CONTENT / "danger.toml").read_text("utf-8"))
        spelling = tomllib.loads((CONTENT / "spelling.toml").read_text("utf-8"))
        super().__init__(said["lists"], said["sets"], spelling["written"], spelling["joined"], spelling["whole"])
        kinds = {
            file.stem: tomllib.loads(file.read_text("utf-8")) for file in sorted((CONTENT / "danger").glob("*.toml"))
        }
        self.numbers = {kind: tuple(about["numbers"]) for kind, about in kinds.items()}
        self.images = {kind for kind, about in kinds.items() if about.get("images")}
        self.jest = {kind for kind, about in kinds.items() if about.get("jest")}
        for kind, about in kinds.items():
            for sort in (URGENT, WORRYING, "topic", "cue"):
                self._add_lines(about.get(sort, ""), _About(kind, sort))
        self._add_lines(said["harmless"]["phrases"], _About("", "harmless"))
        # The words that the rules below ask for.
        self.rule = {
            name: self.number(f"<{name}>")
            for name in (
                "no",
                "bridge",
                "still",
                "me",
                "fiction",
                "screen",
                "work",
                "staff",
                "lesson",
                "laugh",
                "now",
                "past",
                "why",
                "longer",
            )
        }
        self.close()

    def _add_lines(self, lines: str, about: _About) -> None:
        for line in lines.replace("|\n", "|").splitlines():
            if pattern := line.split("#")[0].strip():
                self.add(pattern, about)


@cache
def _lexicon() -> _Lexicon:
    return _Lexicon()


def kinds() -> dict[str, tuple[str, ...]]:
    """Each kind of danger with the help numbers to show first (« 3114 »…), most fitting first."""
    return dict(_lexicon().numbers)


def danger(text: str) -> list[Finding]:
    """The signs of danger in `text`, in order; `level` is « urgent » or « worrying ». Time grows with the text, about 10 µs a word."""
    reading = _Reading(text, _lexicon())
    found = reading.lexicon.matches(reading.words, reading.stands)
    harmless = [(match.first, match.last) for match in found if match.phrase.about.sort == "harmless"]
    best: dict[tuple[str, int], Finding] = {}
    for match in found:
        about = match.phrase.about
        if about.sort == "harmless" or any(match.first <= last and first <= match.last for first, last in harmless):
            continue
        start, end = reading.words[match.first].start, reading.words[match.last].end
        finding = Finding(about.kind, start, end, text[start:end], reading.level(match))
        best[about.kind, start] = max(
            finding, best.get((about.kind, start), finding), key=lambda finding: (finding.level == URGENT, finding.end)
        )
    return sorted(_apart(best.values()), key=lambda finding: finding.start)


def _apart(findings) -> list[Finding]:
    """One finding where several of the same kind overlap: the most pressing, then the longest."""
    kept: list[Finding] = []
    for finding in sorted(findings, key=lambda finding: (finding.level != URGENT, finding.start - finding.end)):
        if not any(
            finding.kind == other.kind and finding.start < other.end and other.start < finding.end for other in kept
        ):
            kept.append(finding)
    return kept


class _Reading:
    """A text, its words, and what stands around them."""

    def __init__(self, text: str, lexicon: _Lexicon):
        self.text = text
        self.lexicon = lexicon
        self.words: list[Word] = lexicon.read(text)
        self.quoted = _quoted(text)
        self._listed = [lexicon.listed_in(word.text) for word in self.words]
        self._sentences = self._bounds()

    def _bounds(self) -> list[tuple[int, int]]:
        """For each word, the first and last word of its sentence."""
        bounds, first = [], 0
        for place, word in enumerate(self.words):
            if word.is_last or place == len(self.words) - 1:
                bounds += [(first, place)] * (place - first + 1)
                first = place + 1
        return bounds

    def _is(self, place: int, rule: str) -> bool:
        return 0 <= place < len(self.words) and self.lexicon.rule[rule] in self._listed[place]

    def _around(self, match: Found, rule: str, reach: int = 25) -> bool:
        """Whether a word of `rule` stands in the sentence of `match`, at most `reach` words away."""
        first, last = self._sentences[match.first]
        return any(
            self._is(place, rule) for place in range(max(first, match.first - reach), min(last, match.last + reach) + 1)
        )

    def _near(self, match: Found, rule: str, reach: int = 12) -> bool:
        """The same, sentences aside: « combien de gens se suicident ? c'est pour un exposé »."""
        return any(self._is(place, rule) for place in range(match.first - reach, match.last + reach + 1))

    def stands(self, match: Found) -> bool:
        """Whether `match` says what its phrase says: not denied, not told of a work of fiction or of a job, not a joke."""
        about = match.phrase.about
        if about.sort == "harmless":
            return True
        if self._denied(match):
            return False
        is_told = self._around(match, "fiction") or (
            about.kind not in self.lexicon.images and self._around(match, "screen")
        )
        if is_told and (about.sort in BARE or self._in_quotes(match) or not self._says_me(match)):
            return False
        if about.sort in BARE and (self._around(match, "work") or self._laughs(match)):
            return False
        if (about.sort == "topic" and self._around(match, "staff")) or (
            about.sort == "cue" and not self._around(match, "me")
        ):
            return False
        if not self._around(match, "me") and self._near(match, "lesson"):
            return False
        return not (about.kind in self.lexicon.jest and self._laughs(match))

    def level(self, match: Found) -> str:
        """Urgent becomes worrying when it is told as past, laughed at, or softened by « plus »; worrying becomes urgent tonight."""
        sort = match.phrase.about.sort
        if sort == URGENT and (self._around(match, "past") or self._laughs(match) or self._hedged(match)):
            return WORRYING
        if sort == WORRYING and self._around(match, "now", 8):
            return URGENT
        return URGENT if sort == URGENT else WORRYING

    def _denied(self, match: Found) -> bool:
        """« je ne veux pas mourir », « jamais pensé au suicide », « personne ne me frappe », « je me scarifie pas. »"""
        if any(self._is(place, "why") for place in range(match.first - 3, match.last + 1)):
            return False  # « pourquoi je me tue pas » asks for nothing good
        if any(self._is(place, "no") and not self._is(place + 1, "still") for place in match.between):
            return True
        place = match.first - 1
        while match.first - 4 <= place and place >= 0 and not self.words[place].is_last:
            if self._is(place, "no"):
                return True
            if not self._is(place, "bridge"):
                break
            place -= 1
        after = match.last + 1
        if self.words[match.last].is_last or not self._is(after, "no"):
            return False
        # « pas » closes the denial only where the clause ends: « je veux mourir pas envie de vivre » goes on.
        stops = self.words[after].is_last or self.text[self.words[after].end : self.words[after].end + 3].lstrip()[
            :1
        ] in (",", ";", ")")
        return stops or [word.text for word in self.words[after + 1 : after + 3]] == ["du", "tout"]

    def _hedged(self, match: Found) -> bool:
        """« je me scarifie plus », « il me frappe pas souvent »: less pressing, still to be read."""
        after = match.last + 1
        return (
            not self.words[match.last].is_last
            and after < len(self.words)
            and (self._is(after, "no") or self._is(after, "longer"))
        )

    def _laughs(self, match: Found) -> bool:
        first, last = self._sentences[match.first]
        # A laugh after a full stop still laughs at what came before.
        return any(self._is(place, "laugh") for place in (*range(first, last + 1), last + 1))

    def _says_me(self, match: Found) -> bool:
        return any(self._is(place, "me") for place in range(match.first - 1, match.last + 1))

    def _in_quotes(self, match: Found) -> bool:
        return bool(self.quoted[self.words[match.first].start])


def _quoted(text: str) -> bytearray:
    """For each character, 1 between « », “ ” or two straight quotes."""
    inside, opened = bytearray(len(text)), {}
    for place, letter in enumerate(text):
        if letter in QUOTES:
            opened[QUOTES[letter]] = place
        elif letter in opened:
            start = opened.pop(letter)
            inside[start:place] = b"\1" * (place - start)
        elif letter == '"':
            opened['"'] = place
    return inside
