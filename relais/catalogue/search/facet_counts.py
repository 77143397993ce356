"""What was found around a place, a line each; how many of it each choice would give; in which order it is shown."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import and_, or_

import numpy as np

from .documents import days
from .facets import BIT_OF, CODED, DATE, KIND, LISTED, counted_radii
from .places import FARTHEST, apart_of
from .query import PAGE, Question
from .result_cache import Recent

NEARNESS = 0.35
"""What a result at the edge of the circle loses of its weight: of two that answer as well, the nearer first."""
_GROUPS = (KIND, *CODED)
_BITS_OF = {
    facet.name: slice(BIT_OF[facet.name, next(iter(facet.values))], BIT_OF[facet.name, list(facet.values)[-1]] + 1)
    for facet in _GROUPS
}


class Signatures:
    """The different signatures, and their bits: a line each, as numbers that a matrix product counts."""

    def __init__(self, values: np.ndarray):
        """`values`: uint32, of which the first is 0, that of what is no more."""
        self.values = values
        bits = np.unpackbits(values.view(np.uint8).reshape(-1, 4), axis=1, bitorder="little")
        self.bits, self.has = bits.astype(np.float32), np.ascontiguousarray(bits.T, bool)
        self.listed, self.real = values & LISTED != 0, values != 0
        # The same few choices come again and again.
        self._fitting = Recent(1000)

    def fitting(self, question: Question, *, all_listed: bool) -> tuple[np.ndarray, list[str]]:
        """([which of them fit all that was chosen, which fit all the choices but one, …], [the facet of that one, …])."""
        return self._fitting.of(((*question.chosen.items(), ("kind", (question.kind,))), all_listed), self._look_for)

    def _look_for(self, chosen: tuple[tuple[str, tuple[str, ...]], ...], all_listed: bool):
        shown = self.listed if all_listed else self.real
        found = {
            name: [self.has[BIT_OF[name, value]] for value in values if (name, value) in BIT_OF]
            for name, values in chosen
        }
        fits = {name: reduce(or_, bits) for name, bits in found.items() if bits}
        others = [reduce(and_, (fit for other, fit in fits.items() if other != name), shown) for name in fits]
        return np.stack([reduce(and_, fits.values(), shown), *others]), list(fits)


@dataclass
class Around:
    """`apart` as `places.apart` says it, NaN for what is everywhere; `day` since 1970; `signature`: a number among `signatures`."""

    apart: np.ndarray
    day: np.ndarray
    score: np.ndarray
    signature: np.ndarray
    signatures: Signatures

    def choose(self, question: Question, *, all_listed: bool):
        """(those that fit the question, in no order; (counts of each kind, of each facet, of each distance)).

        A choice is counted under all the others. Most of it happens on the signatures, of which there are a few hundred.
        """
        bits, today = self.signatures.bits, days(date.today())
        fits, chosen = self.signatures.fitting(question, all_listed=all_listed)
        inside, whole = ~(self.apart > apart_of(question.radius)), fits[0].take(self.signature)
        ages = [int(value) for value in question.chosen.get("date", ()) if value in DATE.values]
        recent = self.day >= today - max(ages) if ages else None
        within, reached, near = (
            (inside, whole, whole & inside) if recent is None else (inside & recent, whole & recent, whole & inside)
        )
        many = np.bincount(self.signature[within], minlength=len(bits)).astype(np.float32)
        counts, *others = (many * fits) @ bits
        for name, other in zip(chosen, others, strict=True):
            counts[_BITS_OF[name]] = other[_BITS_OF[name]]
        told = counts.astype(np.int64).tolist()
        facets = {facet.name: dict(zip(facet.values, told[_BITS_OF[facet.name]], strict=True)) for facet in _GROUPS}
        day = self.day[near]
        facets["date"] = {value: int(np.count_nonzero(day >= today - int(value))) for value in DATE.values}
        kept = (near if recent is None else near & recent).nonzero()[0]
        return kept, (facets.pop("kind"), facets, _within(self.apart[reached], counted_radii(question.radius)))

    def page(self, kept: np.ndarray, question: Question, starts: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """Those of the page asked among what was kept, in the order asked; of equals, as written.

        `starts` gives the day on which some of them begin.
        """
        keys, last = self._keys(kept, question, starts), question.first + PAGE
        if len(keys) == 1 and last < len(kept):
            # Only what can stand on this page is sorted.
            close = np.flatnonzero(keys[0] <= np.partition(keys[0], last - 1)[last - 1])
            kept, keys = kept[close], [keys[0][close]]
        return kept[np.lexsort(keys)[question.first : last]]

    def _keys(self, kept: np.ndarray, question: Question, starts) -> list[np.ndarray]:
        """By what they are sorted, the smallest first; the last key is the first that is looked at."""
        apart, score = self.apart[kept], self.score[kept]
        # What is everywhere comes after what is near, and before nothing when it answers better.
        if question.sort == "distance" or (question.sort == "relevance" and not question.text.strip()):
            return [-score, np.where(np.isnan(apart), np.inf, apart)]
        if question.sort == "date" and question.kind == "training":
            begins = starts(kept)
            return [apart, np.where(begins < days(date.today()), 1 << 30, begins)]
        if question.sort == "date":
            return [apart, -self.day[kept]]
        return [score * (NEARNESS / apart_of(question.radius) ** 0.5 * np.sqrt(np.fmax(apart, 0)) - 1)]


def _within(apart: np.ndarray, radii: tuple[int, ...]) -> dict[int, int]:
    """How many are in each circle; what is everywhere is in all of them, and stands last once sorted."""
    *counts, somewhere = np.sort(apart).searchsorted([*map(apart_of, radii), FARTHEST], side="right").tolist()
    return {radius: count + len(apart) - somewhere for radius, count in zip(radii, counts, strict=True)}
