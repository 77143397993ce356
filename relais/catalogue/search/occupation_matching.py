"""Which occupation a query names or describes.

Three readings of the same words, added up for each code of the ROME: the names of jobs (appellations, aliases, acronyms), the
ideas of the lexicon (content/search/*.toml: « bébés », « sans le bac ») and the texts that say what each job does.
"""

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import lru_cache
from math import log

import msgspec
import numpy as np

from .lexicon import JobName, Source, lexicon
from .spelling import Speller
from .text import CHATTER, split, stem, stems_of, words

EXACT, SPELT, PREFIX = 1.0, 0.85, 0.7
IDEA, TEXT = 0.75, 0.35
WHOLE = 1.3
LEAST, SHARE, MOST = 0.22, 0.5, 12
"""An occupation is shown when it scores LEAST and that SHARE of the best; at most MOST of them."""
NAMED = 0.8
_ACRONYM = re.compile(r"[(-]\s*([A-Z]{2,6})\s*[)-]")


class Found(msgspec.Struct):
    """One occupation. `slug` is '' when the code has no sheet. `word`: what in the query led here. `named`: the query is its name."""

    code: str
    slug: str
    name: str
    rome: list[str]
    score: float
    named: bool
    word: str


def bags(name: str) -> Iterable[tuple[str, ...]]:
    """The sets of stems under which a name is met: both genders together, the feminine alone, the acronym alone, hyphens closed."""
    for acronym in _ACRONYM.findall(name):
        yield (acronym.lower(),)
    name = _ACRONYM.sub(" ", name)
    yield tuple(dict.fromkeys(stems_of(name)))
    left, _, right = name.partition(" / ")
    if right and (" " in left.strip() or " " not in right.strip()):
        yield tuple(dict.fromkeys(stems_of(left)))
    if right:
        yield tuple(dict.fromkeys(stems_of(right)))
    for joined in re.findall(r"\w+(?:-\w+)+", name):
        yield (stem("".join(split(joined))),)


def jobs_of(source: Source) -> "Jobs":
    """The same for the same source: an index built again after an import of offers understands what it understood before."""
    return _jobs_of(msgspec.msgpack.encode(source))


@lru_cache(maxsize=1)
def _jobs_of(source: bytes) -> "Jobs":
    return Jobs(msgspec.msgpack.decode(source, type=Source))


class Jobs:
    """Built once from a Source (about half a second); `understand(query)` takes about a millisecond."""

    def __init__(self, source: Source):
        self.source = source
        self.codes = sorted(source.labels)
        self.number = {code: number for number, code in enumerate(self.codes)}
        self.sheets = defaultdict(list)
        for sheet in source.sheets:
            for place, code in enumerate(sheet.rome):
                self.sheets[code].append((sheet, 1.0 if place == 0 else 0.93))
        self.sheet_bags = {
            sheet.slug: [frozenset(bag) for name in sheet.names for bag in bags(name) if bag] for sheet in source.sheets
        }
        self.prior = np.array([self._prior(code) for code in self.codes], dtype=np.float32)
        self.open = np.array([any(sheet.no_diploma for sheet, _ in self.sheets.get(code, ())) for code in self.codes])
        # The same words are asked again at each page, place and choice.
        self.understand = lru_cache(maxsize=4096)(self._understand)
        self._names_to_complete: list[tuple[str, str, int]] | None = None
        self._read_names()
        self._read_texts()
        self._read_ideas()

    def _prior(self, code: str) -> float:
        """Of two that answer alike, first the one that has a sheet, then the ones that care for people."""
        if code in self.sheets:
            return 1.0
        return 0.93 if code[0] == "J" or code[:3] in ("K11", "K12", "K13") else 0.85

    def _read_names(self) -> None:
        names = list(self.source.names)
        names += [JobName(code, alias, 1.05) for alias, codes in lexicon().alias.items() for code in codes]
        for sheet in self.source.sheets:
            names += [JobName(sheet.rome[0], name, 1.05) for name in sheet.names]
        seen = {}
        for name in names:
            if name.code in self.number:
                for bag in bags(name.text):
                    key = (name.code, frozenset(bag))
                    if bag and (key not in seen or seen[key][1] < name.weight):
                        seen[key] = (name.text, name.weight)
        self.bag_text = [text for text, _ in seen.values()]
        self.bag_code = np.array([self.number[code] for code, _ in seen], dtype=np.int32)
        self.bag_weight = np.array([weight for _, weight in seen.values()], dtype=np.float32)
        where = defaultdict(list)
        for number, (_, bag) in enumerate(seen):
            for one in bag:
                where[one].append(number)
        total = len(seen)
        self.name_idf = {one: log(1 + total / len(numbers)) for one, numbers in where.items()}
        self.name_where = {one: np.array(numbers, dtype=np.int32) for one, numbers in where.items()}
        self.bag_sum = np.array([sum(self.name_idf[one] for one in bag) for _, bag in seen], dtype=np.float32)
        self.by_bag = defaultdict(list)
        for number, (_, bag) in enumerate(seen):
            self.by_bag[bag].append(number)
        self.sorted_stems = sorted(self.name_where)
        # Words as people write them, not stems: a slip is nearer to a word than to its stem.
        weights = Counter(word for name in names for word in split(name.text))
        weights.update({word: 1 for idea in lexicon().idea for says in idea.says for word in split(says)})
        self.speller = Speller(dict(weights))

    def _read_texts(self) -> None:
        texts = defaultdict(list)
        for code, text in self.source.texts.items():
            texts[code].append(text)
        for sheet in self.source.sheets:
            texts[sheet.rome[0]].append(sheet.text)
        where, lengths = defaultdict(dict), np.zeros(len(self.codes), dtype=np.float32)
        for code, parts in texts.items():
            if code not in self.number:
                continue
            counts = Counter(stems_of(" ".join(parts)))
            lengths[self.number[code]] = sum(counts.values())
            for one, count in counts.items():
                where[one][self.number[code]] = count
        mean, self.text_where, self.text_idf = lengths.mean() or 1, {}, {}
        for one, counts in where.items():
            numbers, times = np.fromiter(counts, np.int32), np.fromiter(counts.values(), np.float32)
            self.text_where[one] = numbers, times / (times + 1.2 * (0.4 + 0.6 * lengths[numbers] / mean))
            self.text_idf[one] = max(0.1, log(len(self.codes) / (len(counts) + 0.5)))

    def _read_ideas(self) -> None:
        self.ideas = defaultdict(list)
        for idea in lexicon().idea:
            weights = np.zeros(len(self.codes), dtype=np.float32)
            for code, weight in idea.rome.items():
                weights[self.number[code]] = weight / 10
            if idea.no_diploma:
                weights = np.where(self.open, 1.0, weights).astype(np.float32)
            for says in idea.says:
                stems = tuple(stem(word) for word in words(says))
                self.ideas[stems[0]].append((stems, idea.strength, weights, idea.no_diploma))

    def _understand(self, query: str) -> list[Found]:
        """The occupations that a query names or describes, the likeliest first; none when it does neither."""
        typed = words(query)
        if not typed:
            return []
        alternatives = [self._alternatives(word) for word in typed]
        ideas, idea_words, phrased, freely = self._by_idea(typed, alternatives)
        # « trouver du travail » means something, « travail » alone next to other words does not.
        empty = [word in CHATTER and not kept for word, kept in zip(typed, phrased, strict=True)]
        empty = [False] * len(typed) if all(empty) else empty
        names, bag_of, covered = self._by_name(empty, alternatives)
        texts = self._by_text(empty, alternatives)
        # Whoever names a job wants that job: descriptions then only part the equals.
        certain = float(covered.max(initial=0)) >= 0.97
        told = 0.3 if certain else 1 - 0.5 * min(1.0, max(0.0, float(names.max(initial=0)) - 0.5) / 0.4)
        scores = (names + told * (IDEA * ideas + TEXT * texts)) * self.prior
        if freely:
            scores = np.where(self.open, scores, scores / 2)
        best = float(scores.max(initial=0))
        if best < LEAST:
            return []
        floor = max(LEAST, (0.62 if certain else SHARE) * best)
        found = []
        for number in np.argsort(-scores, kind="stable")[:MOST].tolist():
            if scores[number] < floor:
                break
            named = float(covered[number]) >= NAMED
            word = self.bag_text[bag_of[number]] if named else idea_words or " ".join(typed)
            found += self._entries(self.codes[number], float(scores[number]), named, word, typed)
        found.sort(key=lambda one: (-one.score, one.name))
        return list({(one.slug or one.code): one for one in reversed(found)}.values())[::-1][:MOST]

    def of_code(self, code: str) -> list[Found]:
        """The occupations of one code, by its number; none when there is no such code."""
        return list(self._entries(code, 1.0, True, self.source.labels[code], [])) if code in self.number else []

    def complete(self, text: str, limit: int) -> list[str]:
        """Names of jobs that begin like what is typed, each word in any order; those that have a sheet first."""
        typed = split(text)[:6]
        if not typed or len("".join(typed)) < 2:
            return []
        if self._names_to_complete is None:
            self._names_to_complete = [(f" {' '.join(split(name))}", name, rank) for name, rank in self._completions()]
        starts = [f" {word}" for word in typed]
        found = [
            (not folded.startswith(starts[0]), rank, len(name), name)
            for folded, name, rank in self._names_to_complete
            if starts[0] in folded and all(start in folded for start in starts[1:])
        ]
        return [name for *_, name in sorted(found)[:limit]]

    def _completions(self) -> Iterable[tuple[str, int]]:
        """(name, rank): sheets, then what the catalogue is about, then all other names of the ROME, each once."""
        names = {}
        for sheet in self.source.sheets:
            names.setdefault(sheet.name, 0)
            for alias in sheet.names[1:]:
                names.setdefault(alias, 1)
        for one in self.source.names:
            names.setdefault(
                one.text,
                2
                if one.code in self.sheets
                else 3
                if one.code[0] == "J" or one.code[:3] in ("K11", "K12", "K13")
                else 4,
            )
        return names.items()

    def _entries(self, code: str, score: float, named: bool, word: str, typed: list[str]) -> Iterable[Found]:
        if code not in self.sheets:
            yield Found(code, "", self.source.labels[code], [code], score, named, word)
        asked = {stem(one) for one in typed}
        for sheet, share in self.sheets.get(code, ()):
            own = max((len(asked & bag) / len(asked | bag) for bag in self.sheet_bags[sheet.slug]), default=0)
            yield Found(code, sheet.slug, sheet.name, sheet.rome, score * share * (1 + own / 20), named, word)

    def _alternatives(self, word: str) -> list[tuple[str, float]]:
        """Stems that a typed word may stand for, each with how sure we are."""
        one = stem(word)
        if one in self.name_where or one in self.text_where or one in self.ideas:
            return [
                (one, EXACT),
                *(
                    (longer, PREFIX)
                    for longer in self._longer(one)
                    if one in self.name_where and len(self.name_where[one]) < 40
                ),
            ]
        found = dict.fromkeys((stem(close) for close in self.speller.correct(word)), SPELT)
        if len(word) >= 3:
            for longer in self._longer(word):
                found.setdefault(longer, PREFIX)
        return list(found.items())[:12]

    def _longer(self, start: str) -> list[str]:
        """Stems that begin with what was typed, for « spé », « auxi », « infi »."""
        if len(start) < 3:
            return []
        first = bisect_left(self.sorted_stems, start)
        last = bisect_left(self.sorted_stems, start + "{", lo=first)
        return [one for one in self.sorted_stems[first:last][:40] if one != start]

    def _by_name(self, empty, alternatives):
        """Per code: its best name's score, which name that is, and how much of the query it covers."""
        total = len(self.bag_text)
        asked, matched, held = 0.0, np.zeros(total, np.float32), np.zeros(total, np.float32)
        for is_empty, found in zip(empty, alternatives, strict=True):
            idf = max((self.name_idf.get(one, 0) for one, _ in found), default=0) or 6.0
            weight = idf * (0.12 if is_empty else 1)
            asked += weight
            here, kept = np.zeros(total, np.float32), np.zeros(total, np.float32)
            for one, sure in found:
                numbers = self.name_where.get(one)
                if numbers is not None:
                    here[numbers] = np.maximum(here[numbers], sure)
                    kept[numbers] = np.maximum(kept[numbers], sure * self.name_idf[one])
            matched += weight * here
            held += kept
        cover = matched / asked
        held = np.minimum(1, held / self.bag_sum)
        # A name that answers a small part of the words answers by chance.
        scores = cover * np.clip((cover - 0.2) / 0.5, 0, 1) * (0.5 + 0.5 * held) * self.bag_weight
        for number in self.by_bag.get(frozenset(found[0][0] for found in alternatives if found), ()):
            scores[number], cover[number], held[number] = WHOLE, 1, 1
        best = np.zeros(len(self.codes), np.float32)
        np.maximum.at(best, self.bag_code, scores)
        bag_of = np.zeros(len(self.codes), np.int32)
        winners = scores >= best[self.bag_code] - 1e-6
        bag_of[self.bag_code[winners]] = np.flatnonzero(winners)
        return best, bag_of, (cover * held)[bag_of] * (best > 0)

    def _by_idea(self, typed, alternatives):
        """Per code: how well it answers the ideas found; the words that tell them; which words stand in a phrase of several; and
        whether one of them is to begin without a diploma."""
        stems = [found[0][0] if found else stem(word) for word, found in zip(typed, alternatives, strict=True)]
        total, strengths, told, freely = np.zeros(len(self.codes), np.float32), 0.0, [], False
        used, phrased = [False] * len(stems), [False] * len(stems)
        for place in range(len(stems)):
            fitting = [
                idea
                for idea in self.ideas.get(stems[place], ())
                if tuple(stems[place : place + len(idea[0])]) == idea[0]
            ]
            longest = max((len(idea[0]) for idea in fitting), default=0)
            if any(used[place : place + longest]):
                continue
            for says, strength, weights, is_free in fitting:
                if len(says) == longest:
                    total += strength * weights
                    strengths += strength
                    freely |= is_free
            for number in range(place, place + longest):
                used[number], phrased[number] = True, longest > 1
            told += typed[place : place + longest]
        if not strengths:
            return total, "", phrased, False
        # One idea out of many words tells less than one idea alone.
        meant = [number for number, word in enumerate(typed) if word not in CHATTER]
        share = sum(used[number] for number in meant) / len(meant) if meant else 1
        return total / max(strengths, 1) * (0.5 + 0.5 * share), " ".join(told), phrased, freely

    def _by_text(self, empty, alternatives):
        total, asked = np.zeros(len(self.codes), np.float32), 0.0
        for is_empty, found in zip(empty, alternatives, strict=True):
            if is_empty:
                continue
            known = [(one, sure) for one, sure in found[:3] if one in self.text_where]
            asked += max((self.text_idf[one] for one, _ in known), default=6.0)
            if known:
                one, sure = known[0]
                numbers, impact = self.text_where[one]
                total[numbers] += sure * self.text_idf[one] * impact
        return total / max(asked, 5.0)
