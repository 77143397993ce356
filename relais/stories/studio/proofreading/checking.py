"""Puts together what Grammalecte and our own rules say of a text, each mistake at its place in the text as it was given."""

import hashlib
import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from relais.foundation.folding import fold

from .engine import Unavailable, engine
from .grammar import words_of
from .lexicon import Form, form, short_list
from .passages import Passage, Sentence, sentences
from .rules import own_remarks

YOU_WHO = re.compile(
    r"\b(?:toi|moi)\b[^.!?]* qui (?:(?:ne |me |te |se |le |la |les |lui |leur |nous |vous |y |en |[nmtsl]’)*)$",
    re.IGNORECASE,
)
VARIANT = re.compile(r"__b\d+_a\d+(?:_\d+)?$")


@dataclass(frozen=True)
class Mistake:
    """`piece[start:end]` is where it begins, `found` the whole of it, joined when it goes on in the next piece.

    `fingerprint` depends on the rule, the sentence and the words found: it stays when other cues change.
    """

    rule: str
    passage: str
    piece: int
    start: int
    end: int
    found: str
    message: str
    suggestions: tuple[str, ...]
    sentence: str
    fingerprint: str


@dataclass(frozen=True)
class Report:
    """When Grammalecte is absent or silent, `available` is False, `absence` says why in French, and only our own rules were applied."""

    available: bool
    engine: str
    absence: str
    mistakes: tuple[Mistake, ...]


def proofread(texts: Sequence[Passage], *, program: str = "", names: Collection[str] = ()) -> Report:
    """Checks whole sentences, joined across the pieces of each passage.

    `program`: path of grammalecte-cli, looked for on the PATH by default. `names`: words that are names here, whatever the dictionary says.
    """
    found = [sentence for passage in texts for sentence in sentences(passage)]
    grammalecte = engine(program)
    try:
        version = f"Grammalecte {grammalecte.start()}"
        told = grammalecte.remarks([sentence.text for sentence in found])
        readings = grammalecte.readings(sorted(set().union(*(words_of(sentence.text) for sentence in found))))
        told = _without_names(grammalecte, found, _without_slips(found, told), names)
    except Unavailable as problem:
        mistakes = [
            mistake
            for sentence in found
            for mistake in _mistakes(sentence, own_remarks(sentence.text, short_list, is_short=True))
        ]
        return Report(False, "", str(problem), tuple(mistakes))
    forms = {word: form(reading["tags"], reading["third"]) for word, reading in readings.items()}
    mistakes = []
    for sentence, remarks in zip(found, told, strict=True):
        own = own_remarks(sentence.text, lambda word: forms.get(word, Form()), is_short=False)
        mistakes += _mistakes(sentence, [*remarks, *own])
    return Report(True, version, "", tuple(mistakes))


def _mistakes(sentence: Sentence, remarks) -> list[Mistake]:
    """In the order of the text, one for each place: the first that spoke of it."""
    kept = []
    for remark in remarks:
        if not any(remark["start"] < other["end"] and other["start"] < remark["end"] for other in kept):
            kept.append(remark)
    return [_mistake(sentence, remark) for remark in sorted(kept, key=lambda remark: remark["start"])]


def _mistake(sentence: Sentence, remark: dict) -> Mistake:
    piece, start, end = sentence.span(remark["start"], remark["end"])
    found, rule = sentence.text[remark["start"] : remark["end"]], VARIANT.sub("", remark["rule"])
    plain = " ".join(unicodedata.normalize("NFC", sentence.text).split())
    return Mistake(
        rule=rule,
        passage=sentence.passage,
        piece=piece,
        start=start,
        end=end,
        found=found,
        message=remark["message"] or "Mot inconnu du dictionnaire.",
        suggestions=tuple(remark["suggestions"][:5]),
        sentence=sentence.text,
        fingerprint=hashlib.sha256("\n".join((rule, plain, found)).encode()).hexdigest()[:32],
    )


def _without_slips(found: list[Sentence], told: list[list[dict]]) -> list[list[dict]]:
    """Without what Grammalecte is known to be wrong about: « toi qui choisis », « Madame Petit », « éducateur·rice »."""

    def is_slip(sentence: Sentence, remark: dict) -> bool:
        before, word = sentence.text[: remark["start"]], _word(sentence, remark)
        if remark["option"] == "spelling":
            return before.endswith("·")
        if remark["option"] == "gn" and word[:1].isupper():
            return not _has_capital_by_place(sentence, remark)
        return (
            remark["option"] in ("conf", "conj") and word.lower().endswith(("s", "x")) and bool(YOU_WHO.search(before))
        )

    return [
        [remark for remark in remarks if not is_slip(sentence, remark)]
        for sentence, remarks in zip(found, told, strict=True)
    ]


def _without_names(
    grammalecte, found: list[Sentence], told: list[list[dict]], names: Collection[str]
) -> list[list[dict]]:
    """Without the unknown words that are names: told to be, in a hashtag, or with a capital where no common word has one."""
    known = {part.casefold() for name in names for part in re.split(r"[\s’'-]+", name)}
    doubtful = {}
    for sentence, remarks in zip(found, told, strict=True):
        for remark in remarks:
            if remark["option"] == "spelling" and _has_capital_by_place(sentence, remark):
                doubtful[_word(sentence, remark)] = remark["suggestions"]
    close = {word: _near(word, others) for word, others in doubtful.items()}
    common = grammalecte.readings(sorted({other for others in close.values() for other in others}))

    def is_name(sentence: Sentence, remark: dict) -> bool:
        word = _word(sentence, remark)
        if word.casefold() in known or sentence.text[: remark["start"]].endswith(("#", "@")):
            return True
        if word in close:
            # « Cest » is a slip of « c’est »; « Awa » is near nothing but other names.
            return not any(form(common[other]["tags"], []) != Form() for other in close[word])
        return word[:1].isupper()

    return [
        [remark for remark in remarks if remark["option"] != "spelling" or not is_name(sentence, remark)]
        for sentence, remarks in zip(found, told, strict=True)
    ]


def _word(sentence: Sentence, remark: dict) -> str:
    return sentence.text[remark["start"] : remark["end"]]


def _has_capital_by_place(sentence: Sentence, remark: dict) -> bool:
    """Whether the capital of this word says nothing: everything is in capitals, or it comes first."""
    before = sentence.text[: remark["start"]].rstrip(' «“"(’-–—')
    word = _word(sentence, remark)
    return word[:1].isupper() and (sentence.is_shouted or not before or before[-1] in ".!?…:")


def _near(word: str, others: Sequence[str]) -> list[str]:
    """The words that differ from `word` by accents and apostrophes only or, when there are none, by one letter; without « c’ » or « l’ »."""
    same = [other for other in others if _skeleton(other) == _skeleton(word)]
    if not same and len(word) > 4:
        same = [other for other in others if _differ_by_one(_skeleton(other), _skeleton(word))]
    return [other.lower().rpartition("’")[2] for other in same]


def _skeleton(word: str) -> str:
    return "".join(letter for letter in fold(word) if letter.isalpha())


def _differ_by_one(one: str, other: str) -> bool:
    """One letter changed, added or missing."""
    if len(one) > len(other):
        one, other = other, one
    same = next((place for place, letter in enumerate(one) if letter != other[place]), len(one))
    return len(other) - len(one) <= 1 and (one[same:] == other[same + 1 :] or one[same + 1 :] == other[same + 1 :])
