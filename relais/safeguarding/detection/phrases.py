"""Phrases looked for in a text: a lexicon of patterns, compiled once, matched word by word.

A pattern is a line of words: `mot`, `mot*` (any ending), `mot~` (endings of a verb in -er), `a/b` (either), `<name>` (a list
of words), `?mot` (may be missing), `..` and `...` (up to two, up to five words between), `{name}` and `(a b | c)` (either phrase).
Nothing crosses the end of a sentence. Time grows with the length of the text, never faster.
"""

import itertools
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from relais.safeguarding.detection.words import Word, folded, words

GAPS = {"..": 2, "...": 5}
# « é », « er », « ait », « ent »… as people write them, right or wrong.
_CHANTER = "chante chantent chanter chantez chanté chantée chantai chantait chantaient chantant chanta chantera chanterai chanterait chanteront"
ENDINGS = frozenset(folded(form)[len("chant") :] for form in _CHANTER.split()) | {"e"}
# What people glue to the next word: « jveux », « jmefais » before anything, « metrangle », « daller » before a vowel only.
ELIDED = {
    "j": "",
    "je": "",
    "me": "",
    "se": "",
    "te": "",
    "m": "",
    "t": "aeiou",
    "s": "aeiou",
    "l": "aeiou",
    "d": "aeiou",
    "n": "aeiou",
}


class BadPattern(Exception):
    """A line of the lexicon cannot be read: the message quotes it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One word of a phrase: which list it must be in, how many words may be skipped before it, whether it may be missing."""

    listed: int
    skip: int
    optional: bool


@dataclass(frozen=True)
class Phrase:
    """One pattern without alternatives, and what its author said of it (`about`: any object)."""

    steps: tuple[Step, ...]
    about: object

    @cached_property
    def needed(self) -> frozenset[int]:
        return frozenset(step.listed for step in self.steps if not step.optional)

    @cached_property
    def reach(self) -> int:
        """The greatest number of words from the first to the last, both included."""
        return sum(step.skip + 1 for step in self.steps)


@dataclass(frozen=True, slots=True)
class Found:
    """`phrase` stands from word `first` to word `last`, both included; `between` are the words skipped inside."""

    phrase: Phrase
    first: int
    last: int
    between: tuple[int, ...]


@dataclass
class Lexicon:
    """Patterns, with the lists and spellings they share.

    `lists`: name → words; `sets`: name → phrases separated by |; `spellings`: what is written → the words it stands for;
    `joined`: two words → the one they are read as; `whole`: words never taken apart.
    """

    lists: dict[str, str]
    sets: dict[str, str]
    spellings: dict[str, str]
    joined: dict[str, str]
    whole: str
    phrases: dict[Phrase, None] = field(default_factory=dict, init=False)

    def __post_init__(self):
        self._items: dict[str, int] = {}
        self._numbers: dict[frozenset[str], int] = {}
        self._exact, self._starts, self._verbs = defaultdict(set), defaultdict(set), defaultdict(set)
        self._spelt = {folded(key): tuple(map(folded, value.split())) for key, value in self.spellings.items()}
        self._joined = {tuple(map(folded, key.split())): folded(value) for key, value in self.joined.items()}
        self._whole = frozenset(map(folded, self.whole.split()))
        self._by_rarest: dict[int, list[Phrase]] = {}
        self.listed_in = lru_cache(maxsize=20_000)(self._listed_in)
        self._parts = lru_cache(maxsize=20_000)(self._parted)

    # Building

    def add(self, pattern: str, about: object = None) -> None:
        """Raises BadPattern."""
        for line in _alternatives(pattern, self.sets):
            phrase = Phrase(tuple(self._steps(line)), about)
            self.phrases[phrase] = None

    def close(self) -> None:
        """To be called once after the last `add`: each phrase is filed under the rarest of its words."""
        uses = defaultdict(int)
        for phrase in self.phrases:
            for listed in phrase.needed:
                uses[listed] += 1
        self._by_rarest = defaultdict(list)
        for phrase in self.phrases:
            self._by_rarest[min(phrase.needed, key=lambda listed: (uses[listed], listed))].append(phrase)

    def _steps(self, line: str):
        skip = 0
        for item in line.split():
            if item in GAPS:
                skip = GAPS[item]
                continue
            yield Step(self.number(item.removeprefix("?")), skip, item.startswith("?"))
            skip = 0
        if skip or line.split()[0].startswith(("?", ".")):
            raise BadPattern(f"« {line} » must begin and end with a word.")

    def number(self, item: str) -> int:
        """The number of the list that `item` (« a/b* », « <name> ») stands for."""
        if item not in self._items:
            self._items[item] = self._number(item)
        return self._items[item]

    def _number(self, item: str) -> int:
        spelt = frozenset(
            word for part in item.split("/") for word in (self._of(part) if part.startswith("<") else [part])
        )
        if bad := [word for word in spelt if not word.rstrip("*~").isalnum()]:
            raise BadPattern(f"« {bad[0]} », in « {item} », is not a word.")
        if spelt not in self._numbers:
            self._numbers[spelt] = number = len(self._numbers)
            for word in spelt:
                kind = {"*": self._starts, "~": self._verbs}.get(word[-1], self._exact)
                stem = _stem(word)
                if word.endswith("*") and len(stem) < 4:
                    raise BadPattern(f"« {word} » is too short: most words would begin like it.")
                if word.endswith(("e*", "é*", "es*", "is*", "us*")):
                    # « battue* » is « battue » too, that folding reads without its silent end.
                    self._exact[folded(word[:-1])].add(number)
                if stem.endswith("c"):
                    kind[stem[:-1] + "s"].add(number)  # menaçait
                # A plain word of the lexicon is read like a word of a message.
                kind[self._spelt.get(stem, (stem,))[0] if kind is self._exact else stem].add(number)
        return self._numbers[spelt]

    def _of(self, name: str) -> list[str]:
        try:
            return self.lists[name.strip("<>")].split()
        except KeyError:
            raise BadPattern(f"No list of words is named {name}.")

    # Reading

    def _listed_in(self, word: str) -> frozenset[int]:
        """The numbers of the lists that hold the folded `word`."""
        found = set(self._exact.get(word, ()))
        for length in range(2, len(word) + 1):
            found |= self._starts.get(word[:length], frozenset())
            if word[length:] in ENDINGS:
                found |= self._verbs.get(word[:length], frozenset())
        return frozenset(found)

    def _parted(self, word: str) -> tuple[str, ...] | None:
        """« jmefais » → j, me, fais: pronouns glued to a word of the lexicon. None when it is no such thing."""
        if word in self._spelt:
            return self._spelt[word]
        if word in self._whole or self.listed_in(word):
            return None
        if "*" in word:
            # « s*icide », « v*ol »: the hidden letter is a vowel.
            return next(((shown,) for vowel in "aeiou" if self.listed_in(shown := word.replace("*", vowel))), None)
        for letters, before in ELIDED.items():
            rest = word.removeprefix(letters)
            if rest != word and len(rest) > (1 if letters == "j" else 2) and (not before or rest[0] in before):
                rest = next(iter(self._spelt.get(rest, (rest,))))
                if self.listed_in(rest):
                    return (letters, rest)
                if letters == "j" and (parts := self._parted(rest)):
                    return (letters, *parts)
        return None

    def read(self, text: str) -> list[Word]:
        """The words of `text` as the lexicon knows them. « ne » is left out: nobody writes it, « pas » is enough."""
        found: list[Word] = []
        for word in words(text):
            parts = self._parts(word.text) or (word.text,)
            for place, part in enumerate(parts):
                # Elided letters stand for their word, so that « j'veux », « j veux » and « je veux » are one.
                part = self._spelt.get(part, (part,))[0] if len(part) == 1 else part
                pair = (found[-1].text, part) if found and not found[-1].is_last else None
                ends = word.is_last and place == len(parts) - 1
                if pair in self._joined:
                    found[-1] = Word(self._joined[pair], found[-1].start, word.end, ends)
                elif part not in ("ne", "n"):
                    found.append(Word(part, word.start, word.end, ends))
        return found

    def matches(self, read: list[Word], keep) -> list[Found]:
        """For each phrase, the first place where it stands and `keep(found)` is true."""
        places: dict[int, list[int]] = defaultdict(list)
        for place, word in enumerate(read):
            for listed in self.listed_in(word.text):
                places[listed].append(place)
        found = []
        for rarest in sorted(places.keys() & self._by_rarest.keys()):
            for phrase in self._by_rarest[rarest]:
                if phrase.needed <= places.keys():
                    found += itertools.islice(filter(keep, self._stands(phrase, places, rarest, read)), 1)
        return found

    def _stands(self, phrase: Phrase, places: dict[int, list[int]], rarest: int, read: list[Word]) -> Iterator[Found]:
        for first in places[phrase.steps[0].listed]:
            near = bisect_left(places[rarest], first)
            if near == len(places[rarest]) or places[rarest][near] >= first + phrase.reach:
                continue
            if (rest := self._follow(phrase.steps, 1, first + 1, read)) is not None:
                yield Found(phrase, first, *rest)

    def _follow(self, steps, step: int, place: int, read) -> tuple[int, tuple[int, ...]] | None:
        """(last place, places skipped) when steps[step:] stand from `place` on, else None. The nearest word is tried first."""
        if step == len(steps):
            return place - 1, ()
        for at in range(place, min(place + steps[step].skip + 1, len(read))):
            if read[at - 1].is_last:
                break
            if steps[step].listed in self.listed_in(read[at].text) and (
                rest := self._follow(steps, step + 1, at + 1, read)
            ):
                return rest[0], (*range(place, at), *rest[1])
        return self._follow(steps, step + 1, place, read) if steps[step].optional else None


def _stem(word: str) -> str:
    """The folded beginning that endings are added to; « menac~ » keeps the soft c of « menace »."""
    bare = word.rstrip("*~")
    if word == bare:
        return folded(bare)
    return folded(bare + "ea")[:-2] if bare.endswith("c") else folded(bare + "a")[:-1]


def _alternatives(pattern: str, sets: dict[str, str]) -> list[str]:
    """« a (b | c d) » → « a b », « a c d »; « {name} » is read as « (its phrases) »."""

    def named(match: re.Match) -> str:
        if match[1] not in sets:
            raise BadPattern(f"No set of phrases is named {match[1]}.")
        return f"({sets[match[1]]})"

    for _ in range(4):
        pattern = re.sub(r"\{([\w-]+)\}", named, pattern)
    if match := re.search(r"\(([^()]*)\)", pattern):
        before, after = pattern[: match.start()], pattern[match.end() :]
        return list(
            itertools.chain.from_iterable(_alternatives(f"{before} {way} {after}", sets) for way in match[1].split("|"))
        )
    if set("(){}|") & set(pattern):
        raise BadPattern(f"« {pattern} » has a bracket too many.")
    return [" ".join(pattern.split())] if pattern.strip() else []
