"""What the person wrote, without the letter they answer and without the mark of their telephone.

Prudent: nothing is taken away but the announcement of a quotation, what it announces, and the mark of a program. When in
doubt the text stays. A quote in the middle of an answer stays, so does a forwarded letter, and a letter that would be left
empty is kept whole. The uncut text is kept beside (`Inbound.whole`): what is folded away here is never lost.
"""

import re
from collections.abc import Set
from functools import lru_cache

LONGEST_LINE = 400
"""Characters of a line that can belong to an announcement."""
_DAYS = r"lun(?:di)?|mar(?:di)?|mer(?:credi)?|jeu(?:di)?|ven(?:dredi)?|sam(?:edi)?|dim(?:anche)?|(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?"
_MONTHS = (
    r"janv?(?:ier)?|f[ée]vr?(?:ier)?|mars|avr(?:il)?|mai|juin|juil(?:let)?|ao[uû]t|sept?(?:embre)?|oct(?:obre)?|nov(?:embre)?|d[ée]c(?:embre)?|"
    r"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:tember)?|october|november|dec(?:ember)?"
)
# Spanish and Portuguese: the two other languages that telephones here are set to.
_ELSEWHERE = (
    r"lun(?:es)?|martes|mi[ée](?:rcoles)?|jue(?:ves)?|vie(?:rnes)?|s[áa]b(?:ado)?|dom(?:ingo)?|seg(?:unda)?|ter(?:[çc]a)?|qua(?:rta)?|qui(?:nta)?|sex(?:ta)?|"
    r"ene(?:ro)?|feb(?:rero)?|fev(?:ereiro)?|mar[çz]o|abr(?:il)?|may(?:o)?|maio|jun(?:[ih]o)?|jul(?:[ih]o)?|ago(?:sto)?|set(?:embro)?|septiembre|"
    r"out(?:ubro)?|octubre|noviembre|novembro|dic(?:iembre)?|dez(?:embro)?|feira|de|las|às"
)
_NUMBERS = r"\d{1,4}(?:[/.:h-]\d{1,4}){0,3}(?:er|st|nd|rd|th)?"
_TOKEN = rf"(?:{_DAYS}|{_MONTHS}|{_ELSEWHERE}|{_NUMBERS}|[àa]t?|am|pm|utc|gmt|cet|cest|[+-]\d{{1,4}}|\(?[a-z]{{3,4}}\)?(?=,))"
# « Le ven. 20 nov. 2026 à 14:03, Relais <…> a écrit : »: a date and nothing else, then who. A word counts whole: « November » is no « nov » that goes on.
_DATE = re.compile(
    rf"^(?:Le|On|El|Em|Il giorno)\s+(?P<date>(?:{_TOKEN}(?![^\W\d_])[\s.,]{{0,3}}){{2,14}})", re.IGNORECASE
)
_DATED = re.compile(r"\b(?:19|20)\d\d\b|\b\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}\b")
_HOUR = re.compile(r"\b\d{1,2}\s?[:hH]\s?\d\d\b")
# « … mon père m’a écrit : » is told by somebody, never by a program.
_WROTE = re.compile(
    r"(?:(?<!['’])(?<!nous )(?<!vous )(?<!lui )(?<!leur )\ba écrit|\bwrote|\bescribió|\bescreveu|\bha scritto)\s*:$",
    re.IGNORECASE,
)
# Yahoo on Android: the letter goes on behind its announcement, on one line.
_AT_ONCE = re.compile(
    r"<[^<>\s]{1,200}@[^<>\s]{1,200}>\s{0,5}(?:a écrit|wrote|escribió|escreveu|ha scritto)\s{0,5}:\s{0,9}\S",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[^\s<>]@[^\s<>]")
_ORIGINAL = re.compile(
    r"^[-_‐ ]{2,}(?:message d['’]origine|message original|mail original|courriel original|e-mail d['’]origine|original message)[-_‐ ]{2,}$",
    re.IGNORECASE,
)
# Orange, La Poste: « > Message du 27/11/26 14:03 », then « > De : … ».
_MESSAGE_OF = re.compile(
    r"^(?:Message du|Le) \d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}(?:,? (?:à )?\d{1,2}[:h]\d\d)?[^:]{0,10}$", re.IGNORECASE
)
_HEADER = re.compile(
    r"^\*?(?P<name>De|From|Envoyé|Envoyé le|Date|Le|Message du|Sent|À|A|To|Pour|Cc|Copie à|Objet|Sujet|Subject|Répondre à|Reply-To)\*?\s*:\*?(?P<value>.*)$",
    re.IGNORECASE,
)
_FROM, _SENT, _SUBJECT = (
    {"de", "from"},
    {"envoyé", "envoyé le", "date", "le", "message du", "sent"},
    {"objet", "sujet", "subject"},
)
_FORWARDED = re.compile(
    r"^[-_ >]*(?:message transféré|forwarded message|début du message (?:réexpédié|transféré)|begin forwarded message)\s?:?[-_ ]*$",
    re.IGNORECASE,
)
_RULE = re.compile(r"^(?:_{5,}|[=-]{10,})$")
_DEVICE = r"(?:mon |ma |my )?(?:iphone|ipad|mobile|portable|t[ée]l[ée]phone|smartphone|tablette|android|samsung|galaxy|huawei|xiaomi|appareil|phone|tablet|device)"
_PROGRAM = r"(?:l['’]application |la messagerie )?(?:outlook|yahoo|mail orange|orange|laposte|la poste|sfr|free|proton ?mail|gmail|bluemail|courrier|thunderbird|hotmail|icloud|mail)"
# What may stand behind it: makers, models and systems. A sentence that goes on is somebody's.
_MODEL = (
    r"(?:[ .,]{1,2}(?:orange|sfr|free|bouygues|telecom|t[ée]l[ée]phone|mobile|samsung|galaxy|huawei|xiaomi|redmi|oppo|honor|android|ios|windows|mac|yahoo|mail|outlook|"
    r"pour|for|sur|on|de|pro|max|plus|mini|ultra|note|lite|se|[a-z]{0,2}\d{1,4}[a-z]{0,2})){0,6}\.?"
)
_LINK = r"(?:\s?[<(\[]?https?://\S{1,200})?"
_PHONE = re.compile(
    rf"^(?:envoyé (?:de|depuis|à partir de|avec) {_DEVICE}{_MODEL}|envoyé (?:de|depuis|à partir de|avec|par) (?!mail\.?$){_PROGRAM}{_MODEL}"
    rf"|envoyé avec la messagerie sécurisée proton ?mail\.?|sent (?:from|with) (?:{_DEVICE}|{_PROGRAM}){_MODEL}(?: secure email\.?)?"
    rf"|(?:télécharger|téléchargez|obtenir|obtenez|get) (?:outlook|bluemail) (?:pour|for) (?:ios|android|windows|mac)|provenance : courrier{_MODEL}){_LINK}$",
    re.IGNORECASE,
)
# Announcements in any other language are not folded away: they only say that what stands above them is the person's.
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|\d{1,2}\s?[:.hH時시]\s?\d\d")
_FIELD = re.compile(r"^\*?[^\W\d_][^:：]{0,24}[:：]\*?\s?\S")
_PICTURE = re.compile(r"\[cid:[^\]\s]{1,200}\]")


def own_words(text: str) -> str:
    """`text` of a letter, without what it quotes and without its signature."""
    kept = _without_mark(_without_quote(_PICTURE.sub("", text).split("\n")))
    return "\n".join(kept).strip() or text.strip()


def _without_quote(lines: list[str]) -> list[str]:
    if any(_FORWARDED.match(line) for line in lines):
        return lines
    if found := _announcement(lines):
        return lines if _is_announced_below(lines, found[1]) else _before(lines, *found)
    end = _end(lines, lambda line: line.startswith(">"))
    marked = next((number for number in range(end, len(lines)) if _opens(lines, number)), None)
    if marked is None:
        # Nothing says whose they are: a person too begins a line with « > ».
        return lines[:end] if _is_announced_below(lines, max(end - 3, 0)) else lines
    return lines[:marked]


def _is_announced_below(lines: list[str], start: int) -> bool:
    """Whether something from `start` on looks as an announcement does in languages that are not read here."""
    return any(
        not lines[number].startswith(">") and (_is_foreign(lines, number) or _are_fields(lines, number))
        for number in range(start, len(lines))
    )


def _is_foreign(lines: list[str], start: int) -> bool:
    """One to three lines that end with a colon, with an address or an hour in them, above lines marked « > »."""
    pieces: list[str] = []
    for number in range(start, min(start + 3, len(lines))):
        line = lines[number].strip()
        if not line or len(line) > LONGEST_LINE or line.startswith(">"):
            return False
        pieces.append(line)
        if line.endswith((":", "：")):
            announced = " ".join(pieces)
            if not (_ADDRESS.search(announced) or _YEAR.search(announced)):
                return False
            below = next((one for one in lines[number + 1 :] if one.strip()), "")
            return below.startswith(">") or bool(below and re.search(r"<[^<>\s]+@[^<>\s]+>", announced))
    return False


def _are_fields(lines: list[str], start: int) -> bool:
    """Three lines or more of « Word: value », with an address and a date among them."""
    length = 0
    while start + length < len(lines) and length < 8:
        line = lines[start + length]
        if len(line) > LONGEST_LINE or not _FIELD.match(line):
            break
        length += 1
    known = "\n".join(lines[start : start + length])
    return length > 2 and bool(_ADDRESS.search(known) and _YEAR.search(known))


def _end(lines: list[str], goes) -> int:
    """How many lines are left without the last ones that are empty or that `goes`."""
    end = len(lines)
    while end and (not lines[end - 1].strip() or goes(lines[end - 1])):
        end -= 1
    return end


def _announcement(lines: list[str]) -> tuple[int, int] | None:
    """Where the announcement of what is quoted begins and ends, outside of any line marked « > »; the last one, for all
    that stands above is the person's."""
    for start in range(len(lines) - 1, -1, -1):
        if lines[start].startswith(">"):
            continue
        if _goes_on_at_once(_bare(lines[start])[:LONGEST_LINE]):
            return start, start + 1
        if (length := _opens(lines, start)) and _quotes(lines, start, start + length):
            return _with_rule(lines, _first_of_headers(lines, start)), start + length
    return None


def _goes_on_at_once(line: str) -> bool:
    found = _DATE.match(line)
    return bool(found and _DATED.search(found["date"]) and _AT_ONCE.search(line))


def _opens(lines: list[str], start: int) -> int:
    """How many lines announce a quoted letter from `start`; 0 when none does."""
    line = _bare(lines[start])
    if len(line) > LONGEST_LINE:
        return 0
    if _ORIGINAL.match(line):
        return 1 + length if (length := _headers(lines, start + 1, marked=True)) else 0
    if _MESSAGE_OF.match(line) and (length := _headers(lines, start + 1, {"message du"})):
        return 1 + length
    return _headers(lines, start) or _dated(lines, start)


def _bare(line: str) -> str:
    return line.lstrip("> ").strip()


def _dated(lines: list[str], start: int) -> int:
    """« Le … a écrit : », which mail programs fold over two or three lines, none of them empty."""
    if not _DATE.match(_bare(lines[start])):
        return 0
    pieces: list[str] = []
    for line in lines[start : start + 3]:
        if not _bare(line) or len(line) > LONGEST_LINE or line.startswith(">") != lines[start].startswith(">"):
            return 0
        pieces.append(_bare(line))
        if _WROTE.search(pieces[-1]) or _WROTE.search(" ".join(pieces[-2:])):
            return len(pieces) if _DATED.search(_DATE.match(" ".join(pieces))["date"]) else 0
    return 0


def _headers(lines: list[str], start: int, above: Set[str] = frozenset(), *, marked: bool = False) -> int:
    """How many lines of headers a mail program wrote from `start`: who, when, and an address or a subject; 0 when it is none. « De : 14 h à
    16 h » below a date is somebody's, but where a program says that a letter begins (`marked`). `above`: names of those that stand above."""
    names = set(above)
    length = 0
    while start + length < len(lines) and length < 8 and (name := _name(lines[start + length])):
        names.add(name)
        length += 1
    known = "\n".join(lines[start : start + length])
    signed = _ADDRESS.search(known) or names & _SUBJECT
    return length if names & _FROM and names & _SENT and (signed or marked) else 0


@lru_cache(maxsize=64)
def _name(line: str) -> str:
    """The name of a header, or ''. Each line is looked at from the seven above it: remembered, it costs once."""
    found = _HEADER.match(_bare(line)) if len(line) <= LONGEST_LINE else None
    return found["name"].lower() if found else ""


_SAME = (
    _FROM,
    _SENT,
    {"à", "a", "to", "pour"},
    {"cc", "copie à"},
    _SUBJECT,
    {"répondre à", "reply-to"},
)
"""Names of headers that say the same: no letter has two of them."""


def _first_of_headers(lines: list[str], start: int) -> int:
    """Where headers begin that were found from their end; and the line « Message d’origine » above them. A line above that says again what
    one of them says is the person's."""
    said: list[set[str]] = []
    number = start
    while number < len(lines) and (name := _name(lines[number])):
        said += [names for names in _SAME if name in names]
        number += 1
    while start and not lines[start - 1].startswith(">"):
        if _ORIGINAL.match(_bare(lines[start - 1])):
            return start - 1
        same = [names for names in _SAME if _name(lines[start - 1]) in names]
        if not _headers(lines, start - 1) or any(names in said for names in same):
            break
        said += same
        start -= 1
    return start


def _with_rule(lines: list[str], start: int) -> int:
    """Outlook draws a line above the headers: it belongs to them."""
    above = start - 1
    while above > 0 and not lines[above].strip():
        above -= 1
    return above if above >= 0 and _RULE.match(lines[above].strip()) else start


def _quotes(lines: list[str], start: int, after: int) -> bool:
    """Whether what follows is a quotation: marked « > », or announced with an address or an hour, as programs do."""
    below = next((line for line in lines[after:] if line.strip()), "")
    announced = " ".join(lines[start:after])
    # In the middle of a paragraph « Le … à 14:03, mon père a écrit : » is a sentence: no program puts it there.
    apart = not start or not lines[start - 1].strip()
    return below.startswith(">") or bool(
        below
        and (
            _ADDRESS.search(announced)
            or (apart and _HOUR.search(announced))
            or _headers(lines, start)
            or _ORIGINAL.match(_bare(lines[start]))
        )
    )


def _before(lines: list[str], start: int, after: int) -> list[str]:
    """The lines without a quote announced at `start`. What is written below a quote marked with « > » is the answer, and stays."""
    rest = lines[after:]
    marked = next((line for line in rest if line.strip()), "").startswith(">")
    answers = (
        [number for number, line in enumerate(rest) if line.strip() and not line.startswith(">")] if marked else []
    )
    if not answers:
        return lines[:start]
    last_quoted = max(number for number, line in enumerate(rest) if line.startswith(">"))
    # Answers between the quoted lines make no sense without them.
    return lines[:start] + (rest[last_quoted + 1 :] if answers[0] > last_quoted else rest)


def _without_mark(lines: list[str]) -> list[str]:
    """Without « Envoyé de mon iPhone ». What stands below « -- » stays: a name is no noise, and words may stand there."""
    return lines[: _end(lines, lambda line: bool(_PHONE.match(line.strip())))]
