"""A text as words that can be compared, whatever the spelling: accents, repeated letters, leet, glued pronouns.

Folding is lossy on purpose, and the lexicon goes through the same folding: « frappé », « FRAPE » and « frrrape » meet.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

LONGEST = 40
"""Letters of a word that are read: no word of the lexicon comes near, and a hostile « aaaa… » costs nothing."""

LEET = str.maketrans("013457@$", "oieastas")
# Word (with « su*cide », « v!ol » kept whole), laughing face, or the end of a sentence. « … » and « .. » end nothing.
# Accents written apart, soft hyphens and spaces of no width stay inside their word.
PIECE = re.compile(r"[^\W_](?:[^\W_]|[\u0300-\u036f\u00ad\u200b-\u200d]|[*$@!](?=[^\W_]))*|[😂🤣😹]|\.{2,}|…|[.!?\n]+")
# s.u.i.c.i.d.e, s u i c i d e
SPELT = re.compile(r"(?<![^\W_])[^\W\d_](?:[ .*_-][^\W\d_]){3,19}(?![^\W_])")
SOUNDS = (
    (re.compile(r"(.)\1{2,}"), r"\1"),
    # Not in short words: « tt », « tte » and « jpp » are words of their own.
    (re.compile(r"(?<=.)(.)\1(?=.)|(.)\2(?=.{2})|(?<=.{2})(.)\3$"), r"\1\2\3"),
    (re.compile(r"qu|q"), "k"),
    (re.compile(r"c(?=[aoulrt]|$)"), "k"),
    (re.compile(r"ph"), "f"),
    (re.compile(r"^h"), ""),
)


@dataclass(frozen=True, slots=True)
class Word:
    """A folded word, where it stands in the text (characters, end excluded), and whether the sentence ends after it."""

    text: str
    start: int
    end: int
    is_last: bool


@lru_cache(maxsize=20_000)
def folded(word: str) -> str:
    """`word` as it is compared."""
    word = unicodedata.normalize("NFKD", word[:LONGEST].lower().replace("œ", "oe").replace("ç", "s"))
    word = "".join(letter for letter in word if letter.isalnum() or letter in "*$@!")
    if len(word) == 1:
        return word
    word = word.replace("y", "i")
    if word[:1].isalpha() and not word.isalpha():
        word = word.translate(LEET).replace("!", "i")
    for sound, letters in SOUNDS:
        word = sound.sub(letters, word)
    # Final e, s and es are silent, and often left out: « pendr », « corp », « battu » for « battue ». Four letters stay at least,
    # so that « passes » is not « pas ».
    for silent in ("es", "e", "s"):
        if word.endswith(silent) and len(word) - len(silent) > 3:
            return word.removesuffix(silent)
    return word


def words(text: str) -> list[Word]:
    """The words of `text`, folded, in order. Elided letters are words: « j'ai » gives « j », « ai »."""
    found: list[Word] = []
    # Letters spelt one by one are closed up, with as many spaces after: every position stays true.
    text = SPELT.sub(lambda match: re.sub(r"[ .*_-]", "", match.group()).ljust(len(match.group())), text)
    for match in PIECE.finditer(text):
        piece, start, end = match.group(), match.start(), match.end()
        if piece[0] in "😂🤣😹":
            piece = "mdr"
        elif piece[0] in ".…!?\n":
            if found and (len(piece) == 1 or piece[0] not in ".…") and piece != "…":
                found[-1] = Word(found[-1].text, found[-1].start, found[-1].end, True)
            continue
        found.append(Word(folded(piece), start, end, False))
    return found
