"""Words that are not written as they should be: sounds first (« orthofoniste »), then a slip of the finger (« soignate »)."""

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache

# In order: what is written otherwise but heard alike.
_SOUNDS = [
    (r"^h", ""),
    (r"ph", "f"),
    (r"(?<![cs])h", ""),
    (r"y", "i"),
    (r"eau|au", "o"),
    (r"oe|oeu", "e"),
    (r"ai|ei", "e"),
    (r"qu|q", "k"),
    (r"ck", "k"),
    (r"c(?=[ei])", "s"),
    (r"ch", "S"),
    (r"sh", "S"),
    (r"c", "k"),
    (r"ge(?=[ao])", "j"),
    (r"g(?=[ei])", "j"),
    (r"gu(?=[ei])", "g"),
    (r"(t|s)ion", "sion"),
    (r"z", "s"),
    (r"w", "v"),
    (r"(?:ain|ein|aim|im|in)(?![aeiou])", "1"),
    (r"(?:en|em|an|am)(?![aeioumn])", "2"),
    (r"(?:on|om)(?![aeioumn])", "3"),
    (r"(?:er|ez|ee|et|es)$", "e"),
    (r"ill", "i"),
    (r"(.)\1+", r"\1"),
    (r"(?<=.{2})[sxtdp]+$", ""),
    (r"(?<=.{2})e+$", ""),
]
_RULES = [(re.compile(pattern), instead) for pattern, instead in _SOUNDS]
SHORTEST, LONGEST = 4, 26
"""Letters below which a word is not corrected (« AES » is not « AIS »), and beyond which it is no word."""


@lru_cache(maxsize=100_000)
def sound(word: str) -> str:
    """A code that words said alike share."""
    for pattern, instead in _RULES:
        word = pattern.sub(instead, word)
    return word


def distance(one: str, other: str, most: int) -> int:
    """Edits between two words, two neighbours swapped counting as one; `most + 1` as soon as it is beyond."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before, last = None, list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            cost = min(last[j] + 1, row[-1] + 1, last[j - 1] + (a != b))
            if before and i > 1 and j > 1 and a == other[j - 2] and b == one[i - 2]:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
        before, last = last, row
    return last[-1]


def _without_one(word: str) -> set[str]:
    return {word[:i] + word[i + 1 :] for i in range(len(word))} | {word}


class Speller:
    """Corrects against the words of a vocabulary. `weights` says how often each is met: of two as close, the commoner."""

    def __init__(self, weights: dict[str, int]):
        self.weights = weights
        self._by_sound: dict[str, list[str]] = defaultdict(list)
        self._by_less: dict[str, list[str]] = defaultdict(list)
        for word in weights:
            if len(word) >= SHORTEST and word.isalpha():
                self._by_sound[sound(word)].append(word)
                for less in _without_one(word):
                    self._by_less[less].append(word)
        self._sounds_less: dict[str, list[str]] = defaultdict(list)
        for code, close in self._by_sound.items():
            for less in _without_one(code):
                self._sounds_less[less] += close
        self.correct = lru_cache(maxsize=20_000)(self._correct)

    def __contains__(self, word: str) -> bool:
        return word in self.weights

    def _correct(self, word: str) -> tuple[str, ...]:
        """Up to three words of the vocabulary that may have been meant, the likeliest first; none for a short or odd word."""
        if not SHORTEST <= len(word) <= LONGEST or not word.isalpha():
            return ()
        most = 1 if len(word) < 6 else 2 if len(word) < 11 else 3
        found = {}
        for close in self._by_sound.get(sound(word), ()):
            found[close] = 0.5 + distance(word, close, 4) / 10
        for close in self._close(word):
            gap = distance(word, close, most)
            if gap <= most:
                found[close] = min(found.get(close, 9), gap + (close[0] != word[0]) * 0.6)
        best = min(found.values(), default=9)
        near = [close for close, gap in found.items() if gap <= best + 0.5]
        return tuple(sorted(near, key=lambda close: (found[close], -self.weights[close], close))[:3])

    def _close(self, word: str) -> Iterable[str]:
        seen = {close for less in _without_one(word) for close in self._by_less.get(less, ())}
        if not seen and len(word) > 7:
            # Two slips in a long word: what sounds nearly alike.
            code = sound(word)
            seen = {close for less in _without_one(code) for close in self._sounds_less.get(less, ())}
        return seen
