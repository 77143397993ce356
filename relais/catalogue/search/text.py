"""Words: the same cutting for what is indexed and for what is asked. Everything here works on folded text (see `folding`)."""

import re
import unicodedata
from functools import lru_cache

LONGEST = 200
"""Characters of a query that are read; a person never types more."""
MOST_WORDS = 16

STOP = frozenset(
    [
        "a",
        "ai",
        "aller",
        "alors",
        "as",
        "au",
        "aussi",
        "aux",
        "avec",
        "avoir",
        "bien",
        "c",
        "ca",
        "car",
        "ce",
        "cela",
        "ces",
        "cet",
        "cette",
        "ci",
        "comme",
        "comment",
        "d",
        "dans",
        "de",
        "des",
        "devenir",
        "du",
        "en",
        "entre",
        "es",
        "est",
        "et",
        "etre",
        "eu",
        "f",
        "fait",
        "faire",
        "h",
        "ici",
        "il",
        "ils",
        "j",
        "je",
        "jusqu",
        "l",
        "la",
        "le",
        "les",
        "leur",
        "leurs",
        "m",
        "ma",
        "mais",
        "me",
        "mes",
        "mon",
        "n",
        "ne",
        "ni",
        "nos",
        "notre",
        "nous",
        "on",
        "ont",
        "ou",
        "par",
        "plus",
        "pour",
        "qu",
        "quand",
        "que",
        "quel",
        "quelle",
        "quels",
        "quelles",
        "qui",
        "quoi",
        "s",
        "sa",
        "se",
        "ses",
        "si",
        "son",
        "sont",
        "sur",
        "t",
        "ta",
        "te",
        "tes",
        "toi",
        "ton",
        "tous",
        "tout",
        "toute",
        "toutes",
        "tres",
        "tu",
        "un",
        "une",
        "vers",
        "veux",
        "vos",
        "votre",
        "vous",
        "voudrais",
        "y",
        "aimerais",
        "voulu",
        "veut",
        "peut",
        "pouvoir",
        "jveu",
        "jveux",
        "chui",
        "suis",
        "ac",
        "av",
        "ds",
        "dc",
        "pr",
        "pck",
        "envie",
        "aime",
        "aimer",
        "adore",
        "tt",
        "ke",
        "ki",
        "g",
        "h",
        "hf",
        "gens",
        "gen",
    ]
)
# What surrounds the name of a job in a sentence, and says nothing of which one.
CHATTER = frozenset(
    [
        "metier",
        "metiers",
        "job",
        "jobs",
        "taf",
        "boulot",
        "bosser",
        "bosse",
        "travailler",
        "travaille",
        "travail",
        "emploi",
        "emplois",
        "offre",
        "offres",
        "poste",
        "postes",
        "recherche",
        "rechercher",
        "cherche",
        "chercher",
        "trouver",
        "stage",
        "stages",
        "alternance",
        "apprentissage",
        "apprenti",
        "formation",
        "formations",
        "former",
        "diplome",
        "diplomes",
        "carriere",
        "devenir",
        "personne",
        "personnes",
        "quelqu",
        "quelque",
        "chose",
        "choses",
        "chez",
        "moi",
        "lui",
        "elle",
        "elles",
        "eux",
        "pas",
    ]
)
_CAPITALS = re.compile(r"\b[A-Z]{2,5}\b")
_WORD = re.compile(r"[a-z0-9]+")


_DOTS = re.compile("[·⋅•‧∙・]")
_HYPHENS = re.compile("[‐‑‒–—―−]")
# Other signs that stand between words: quotation marks, apostrophes of five kinds (one of them a letter to Unicode). Not the accents
# that stand by themselves, nor what has no width.
_SIGN = re.compile(r"[^\x00-\x7f\w\u0300-\u036f\u00ad\u200b-\u200f\u2060\ufeff]|[\u02b9-\u02ff]")
# « infirmier·ère », « éducateur.rice.s », « assistant(e) », « animateur/trice »: what makes the word before it feminine or plural.
_GENDERED = re.compile(
    r"(?<=[a-z]{2})[.(/-](?:i?eres?|t?rices?|t?euses?|i?ennes?|i?ves?|a?les?|elles?|a?n?tes?|ses?|nes?|es?|s)(?:[.-]s)?\)?(?![a-z0-9])"
)


def plain(text: str) -> str:
    """Lower case without accents: « Éducatrice » gives « educatrice ». Faster than `folding.fold`, made for long texts."""
    text = text.lower()
    if text.isascii():
        return text
    text = text.replace("œ", "oe").replace("æ", "ae").replace("ß", "ss")
    text = _SIGN.sub(" ", _HYPHENS.sub("-", _DOTS.sub(".", text)))
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def split(text: str) -> list[str]:
    """All words of a text, in order, folded; of inclusive writing the first form: « infirmier·ère » is « infirmier »."""
    return _WORD.findall(_GENDERED.sub(" ", plain(text)))


def words(query: str) -> list[str]:
    """The words of a query that say something; all of them when none does. At most MOST_WORDS.

    An empty word typed in capitals among small letters is an acronym: « AS en ehpad ».
    """
    query = query[:LONGEST]
    found = split(query)
    acronyms = set() if query.isupper() else {word.lower() for word in _CAPITALS.findall(query)}
    return ([word for word in found if word not in STOP or word in acronyms] or found)[:MOST_WORDS]


# Longest first. What is left must keep three letters: « educatrice », « educateur » and « education » meet in « educ ».
_ENDINGS = [
    ("therapeutes", "therap"),
    ("therapeute", "therap"),
    ("therapies", "therap"),
    ("therapie", "therap"),
    ("logiques", "log"),
    ("logique", "log"),
    ("logistes", "log"),
    ("logiste", "log"),
    ("logues", "log"),
    ("logue", "log"),
    ("logies", "log"),
    ("logie", "log"),
    ("atrices", ""),
    ("ateuses", ""),
    ("ateurs", ""),
    ("ations", ""),
    ("ements", ""),
    ("atrice", ""),
    ("ateuse", ""),
    ("ateur", ""),
    ("ation", ""),
    ("ement", ""),
    ("istes", "ist"),
    ("trices", "t"),
    ("teuses", "t"),
    ("teurs", "t"),
    ("ieres", "i"),
    ("iennes", "ien"),
    ("antes", ""),
    ("ances", ""),
    ("elles", "el"),
    ("euses", ""),
    ("trice", "t"),
    ("teuse", "t"),
    ("teur", "t"),
    ("iere", "i"),
    ("ienne", "ien"),
    ("aires", "air"),
    ("ments", ""),
    ("ante", ""),
    ("ants", ""),
    ("ance", ""),
    ("euse", ""),
    ("eurs", ""),
    ("iers", "i"),
    ("iens", "ien"),
    ("elle", "el"),
    ("ales", "al"),
    ("ives", "if"),
    ("iste", "ist"),
    ("ites", "it"),
    ("aire", "air"),
    ("ment", ""),
    ("eur", ""),
    ("ier", "i"),
    ("ant", ""),
    ("ive", "if"),
    ("ale", "al"),
    ("aux", "al"),
    ("ees", ""),
    ("ers", ""),
    ("els", "el"),
    ("er", ""),
    ("ez", ""),
    ("ee", ""),
    ("es", ""),
    ("es", ""),
    ("s", ""),
    ("x", ""),
    ("e", ""),
]


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """The part of a folded word that its feminine, its plural and its relatives share."""
    if len(word) < 4 or word[0].isdigit():
        return word
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)] + instead
            break
    return word[:-1] if len(word) > 4 and word[-1] == word[-2] else word


class _Stems(dict):
    def __missing__(self, word: str) -> str:
        found = self[word] = "" if word in STOP else stem(word)
        return found


def stems_of(text: str, known: _Stems = _Stems()) -> list[str]:  # noqa: B008, one table for all texts of the process
    """The stems of a text, in order, without empty words. Made for many texts."""
    if len(known) > 500_000:
        known.clear()
    return [found for found in (known[word] for word in split(text)) if found]
