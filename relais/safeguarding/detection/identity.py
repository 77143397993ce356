"""Who and where, in a text: full names, street addresses, schools. First names and towns alone are not kept from anybody."""

import re
from collections.abc import Iterator

from relais.safeguarding.detection.contacts import Span, listed
from relais.safeguarding.detection.words import folded

CAPITAL = "A-ZÀÂÄÇÉÈÊËÎÏÔÖÙÛÜŸŒ"
NAME = rf"[{CAPITAL}][\w'’-]{{0,30}}"
PARTICLE = r"(?:de la|de|du|des|d'|d’|da|dos|el|al|ben|bel|le|la|van|von|di|del|n'|n’|De|Du|Da|Dos|El|Al|Ben|Bel|Le|La|Van|Von|Di|Del)"

# --- addresses

STREET = r"rue|avenue|av\.?|ave|boulevard|bd|bld|boul|allée|allee|all\.|impasse|imp\.|chemin|square|quai|faubourg|fbg|sentier|venelle|esplanade|lotissement|résidence"
# Words of a place that are words of everyday life too: a capital must follow.
PLACE = r"place|cité|cite|voie|passage|route|rte|cours|villa|hameau|promenade|résidence"
LINKS = r"(?:(?:de la|des|de|du|les|la|le)\s|de l['’]\s?|[dl]['’]\s?){0,2}"
ADDRESS = re.compile(
    rf"(?<![\d.,])\d{{1,4}}\s?(?:bis|ter|quater|[bB](?=[\s,]))?,?\s(?:(?:{STREET})\s{LINKS}(?!(?:ou|et|je|plus|à|sur|dans|pour|en|que|qui)\s)[\w'’-]{{2,30}}|(?:{PLACE})\s{LINKS}{NAME})"
    rf"(?:\s(?:{PARTICLE}\s?)?{NAME}){{0,3}}(?:,?\s\d{{5}}(?:\s{NAME})?)?",
    re.I,
)
CAPITAL_AFTER_PLACE = re.compile(rf"\s(?:{PLACE})\s{LINKS}(.)", re.I)


def addresses(text: str) -> Iterator[Span]:
    for match in ADDRESS.finditer(text):
        place = CAPITAL_AFTER_PLACE.search(match.group())
        if place and not place[1].isupper():
            continue
        yield match.start(), match.start() + len(_trimmed(match.group()))


def _trimmed(found: str) -> str:
    """re.I lets small letters pass for names: the words after the first one are kept only with a capital or as numbers."""
    words = list(re.finditer(r"\S+", found))
    for place, match in enumerate(words[3:], 3):
        word = match.group()
        is_kept = word[0].isupper() or word[0].isdigit() or re.fullmatch(PARTICLE, word, re.I)
        if not is_kept and not re.search(rf"(?:{STREET}|{PLACE})\s{LINKS}$", found[: match.start()], re.I):
            return found[: words[place - 1].end()]
    return found


# --- schools

SCHOOL = re.compile(
    r"\b(?:coll[èe]ge|lyc[ée]e|lp|lpo|lpp|legt|cfa|[ée]cole|ime|itep|ulis|erea|mfr|universit[ée]|univ|institut|institution|campus|ifsi|irts|bahut)\s"
    r"(?:(?:professionnel|pro|polyvalent|g[ée]n[ée]ral|technologique|techno|agricole|priv[ée]|public|h[ôo]telier|technique|primaire|[ée]l[ée]mentaire|maternelle|c['’]est|s['’]appelle|cest|et|catholique|r[ée]gional)\s){0,3}",
    re.I,
)
CALLED = re.compile(
    rf"(?:(?:de la|de l['’]|de|du|des|d['’]|les|la|le|l['’])\s?){{0,2}}(?:Les |Le |La |L['’])?{NAME}(?:[\s-](?:{PARTICLE}\s?)?{NAME}){{0,3}}"
)
SMALL = re.compile(r"([^\W\d_]{2,20})[\s-]([^\W\d_]{2,20})")
IN_CLASS = re.compile(
    rf"(?:seconde|première|terminale|3e|4e|5e|6e|3ème|scolarisée?|élève)\s(?:\w{{1,12}}\s)?à\s((?:{NAME})(?:[\s-]{NAME}){{1,3}})"
)


def schools(text: str) -> Iterator[Span]:
    for match in SCHOOL.finditer(text):
        if called := CALLED.match(text, match.end()):
            first = re.search(rf"{NAME}", called.group()).group()
            if folded(first) not in listed("school_kinds"):
                yield match.start(), called.end()
        elif (
            (small := SMALL.match(text, match.end()))
            and folded(small[1]) in listed("first_names")
            and folded(small[2]) not in listed("not_a_name")
        ):
            yield match.start(), small.end()
    for match in IN_CLASS.finditer(text):
        yield match.span(1)


# --- names

SAYS_NAME = re.compile(
    r"(?:je\s?m\s?['’]?\s?ap+el+e?s?|j\s?['’]?m\s?['’]?ap+el+e?|je me nomme|s['’]appelle|il s appelle|elle s appelle)\s",
    re.I,
)
SURNAME = re.compile(
    rf"(?:(?:[Nn]om|NOM)(?: de famille)?\s?(?::|=|c['’]est|cest|est)\s?|[Pp]r[ée]nom\s?[:=]\s?)({NAME}(?:\s{NAME}){{0,2}})"
)
SMALL_SURNAME = re.compile(r"nom de famille\s(?:c['’]est|cest|est|:)\s?([^\W\d_]{3,30})", re.I)
TITLE = re.compile(
    rf"\b(?:M\.|[Mm]r\.?|MR|[Mm]me|MME|[Mm]lle|[Mm]onsieur|[Mm]adame|[Mm]ademoiselle|[Dd]r|[Dd]octeur)\s({NAME}(?:\s(?:{PARTICLE}\s?)?{NAME}){{0,2}})"
)
# Before two words with capitals, these make a name whatever the first word is.
CUE = re.compile(
    rf"(?:[Jj]e suis|[Mm]oi c['’]est|[Mm]oi je suis|[Cc]['’]est|[Ss]igné|[Cc]ordialement|[Bb]ien à vous|[Aa]vec|[Pp]arlé (?:à|avec)|appelle|nomme)[\s,:]{{1,3}}"
    rf"({NAME}(?:\s{PARTICLE})?\s?{NAME}(?:\s{NAME})?)"
)
PAIR = re.compile(rf"({NAME})\s((?:{PARTICLE}\s?)?{NAME})(?:\s({NAME}))?")
SMALL_WORDS = re.compile(r"([^\W\d_][\w-]{1,20})\s((?:(?:de la|de|du|el|al|ben|le|la|da|dos)\s)?[^\W\d_][\w'’-]{1,20})")


def names(text: str) -> Iterator[Span]:
    for match in SAYS_NAME.finditer(text):
        said = SMALL_WORDS.match(text, match.end())
        if (
            said
            and not _is_plain(said[1])
            and not _is_plain(said[2].split()[-1])
            and (said[2][0].isupper() or " " in said[2] or _is_first(said[1]))
        ):
            yield said.span()
    for pattern in (SURNAME, TITLE, CUE):
        for match in pattern.finditer(text):
            words = match[1].split()
            if not _is_plain(words[0]) and not (pattern is CUE and any(map(_is_plain, words))):
                yield (match.start() if pattern is TITLE else match.start(1)), match.end(1)
    for match in SMALL_SURNAME.finditer(text):
        if folded(match[1]) not in listed("not_said"):
            yield match.span(1)
    yield from _pairs(text)


def _pairs(text: str) -> Iterator[Span]:
    """« Sarah Benhamou »: a first name that is known, then a word with a capital that is no everyday word."""
    place = 0
    while match := PAIR.search(text, place):
        place = match.end(1)
        if _is_first(match[1]) and not _is_plain(match[2].split()[-1]):
            end = match.end(3) if match[3] and not _is_plain(match[3]) else match.end(2)
            yield match.start(), end
            place = end


def _is_first(word: str) -> bool:
    return all(folded(part) in listed("first_names") for part in word.split("-"))


def _is_plain(word: str) -> bool:
    return (
        folded(word.split("'")[0].split("’")[0]) in listed("not_a_name")
        or folded(word) in listed("not_a_name")
        or folded(word) in listed("not_said")
    )
