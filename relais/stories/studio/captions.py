"""Captions: timed lines of text, read from and written to SubRip (.srt) and WebVTT (.vtt), and what makes them hard to read.

Our own reader rather than a library: it must take what people really have (old encodings, missing numbers, tags) and say
in French on which line the rest is wrong.
"""

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from relais.foundation.refusals import NotAcceptable
from relais.media.video import Cue

LINES = 2
LINE_LENGTH = 42
PACE = 20
"""Characters a second; comfortable up to 17."""
COMFORT = 17
SHORTEST, LONGEST = 1_000, 7_000
"""Milliseconds."""
MOST = 2_000
"""Cues in one file."""
LAST = 24 * 3_600_000


class Unreadable(NotAcceptable):
    """Nothing of a caption file can be read. `errors`: French sentences, with their line."""

    def __init__(self, errors: list[str]):
        super().__init__(" ".join(errors))
        self.errors = errors


REMARKS = 20
"""Sentences about one file."""
FRENCH = frozenset("éèêëàâäùûüîïôöçœæÿÉÈÊËÀÂÄÙÛÜÎÏÔÖÇŒÆŸ’‘“”«»…–—€ñ°\u00a0\u202f")
ROLLED = "Ce fichier répète ses lignes, comme ceux que YouTube écrit : chacune n’a été gardée qu’une fois."
WORD_TIMES = re.compile(r"<\d\d:\d\d:\d\d\.\d{3}>")
STAMP = r"(?:(\d{1,3})\s*:\s*)?(\d{1,3})\s*:\s*(\d{1,2})(?:\s*[.,]\s*(\d{1,3}))?"
TIMES = re.compile(rf"^\s*{STAMP}\s*-{{1,2}}\s?>\s*{STAMP}(?:\s.*)?$")
# A tag and an ASS instruction, never a lone « < 3 ans ».
TAG = re.compile(r"</?[a-zA-Z!?][^<>]*>|<\d[\d:.]*>|\{\\[^{}]*\}")
SCRIPT = re.compile(r"<(script|style)\b[^<>]*>.*?(</\1\s*>|$)", re.IGNORECASE | re.DOTALL)
INVISIBLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2028\u2029\u2060-\u2069\ufeff]")


def saved(cues: list[dict]) -> list[Cue]:
    """Those that a story keeps (`Story.cues`)."""
    return [Cue(cue["start"], cue["end"], cue["text"]) for cue in cues]


@dataclass(frozen=True)
class Parsed:
    """What a file holds: its `cues`, in order of time, and in `remarks` what could not be read or was changed (sentences, with lines)."""

    cues: list[Cue]
    remarks: list[str]


def parse(given: bytes | str) -> Parsed:
    """The captions of an SRT or WebVTT file, without tags. One that cannot be read does not take the others with it.

    Raises Unreadable where there is none, or too many.
    """
    text = _decoded(given)
    if "\x00" in text:
        raise Unreadable(["Ce fichier n’est pas un fichier de sous-titres."])
    cues, remarks = _read(text.split("\n"))
    # Of whoever writes the time of each word too (YouTube): their lines roll, each is there two or three times.
    if WORD_TIMES.search(text):
        cues, remarks = _unrolled(cues), [ROLLED, *remarks]
    if not cues:
        raise Unreadable(_told(remarks) or ["Ce fichier ne contient aucun sous-titre."])
    if len(cues) > MOST:
        raise Unreadable([f"Ce fichier contient {len(cues)} sous-titres : {MOST} au plus."])
    return Parsed(sorted(cues, key=lambda cue: (cue.start_ms, cue.end_ms)), _told(remarks))


def _told(remarks: list[str]) -> list[str]:
    more = len(remarks) - REMARKS
    return remarks if more <= 0 else [*remarks[:REMARKS], f"Et {more} autres remarques."]


def _read(lines: list[str]) -> tuple[list[Cue], list[str]]:
    """What stands before the first times of a WebVTT file is its header, whether or not an empty line ends it."""
    cues: list[Cue] = []
    remarks: list[str] = []
    instants: list[tuple[int, Cue]] = []
    place = _header(lines)
    while place < len(lines):
        line = lines[place]
        times, end = TIMES.match(line), place + 1
        if times:
            end = _after(lines, place)
            _keep(cues, remarks, instants, place + 1, times.groups(), lines[place + 1 : end])
        elif _is_note(line):
            end = _note_ends(lines, place)
        elif line.strip() and not _announces(lines, place):
            end = _after(lines, place)
            remarks.append(f"Ligne {place + 1} : {_unread(line.strip())}.")
        place = end
    return _lasting(cues, instants), remarks


def _unread(line: str) -> str:
    if "->" in line:
        return f"ce temps n’est pas lisible : « {line[:60]} »"
    return f"un temps était attendu (par exemple 00:00:01,000 --> 00:00:03,500), pas « {line[:40]} »"


def _header(lines: list[str]) -> int:
    return _note_ends(lines, 0) if lines and lines[0].startswith("WEBVTT") else 0


def _is_note(line: str) -> bool:
    return bool(re.match(r"(NOTE|STYLE|REGION)(\s|$)", line))


def _note_ends(lines: list[str], place: int) -> int:
    """A header or a note goes on until an empty line, or until the times of a caption: that one is shown (as browsers do)."""
    while place < len(lines) and lines[place].strip() and not TIMES.match(lines[place]):
        place += 1
    return place


def _announces(lines: list[str], place: int) -> bool:
    """A number or a name just before the times of a cue."""
    return place + 1 < len(lines) and "->" in lines[place + 1]


def _after(lines: list[str], place: int) -> int:
    """The line after the last one of the text under `place`. A cue may follow without an empty line, after its number; empty lines
    between the times and the text do not end it."""
    first = place + 1
    while first < len(lines) and not lines[first].strip():
        first += 1
    # Directly under its times « NOTE » is a word that is said.
    is_note = first > place + 1 and first < len(lines) and _is_note(lines[first])
    if first == len(lines) or _begins(lines, first) or is_note or _announces(lines, first):
        return min(first, len(lines))
    place = first if TIMES.match(lines[place]) else place + 1
    while place < len(lines) and lines[place].strip() and not _begins(lines, place):
        place += 1
    return place


def _begins(lines: list[str], place: int) -> bool:
    """Whether a cue begins here: its times, or its number above them."""
    if TIMES.match(lines[place]):
        return True
    return lines[place].strip().isdigit() and place + 1 < len(lines) and bool(TIMES.match(lines[place + 1]))


def _keep(
    cues: list[Cue],
    remarks: list[str],
    instants: list[tuple[int, Cue]],
    number: int,
    stamps: tuple,
    lines: list[str],
) -> None:
    start, end, text = _milliseconds(*stamps[:4]), _milliseconds(*stamps[4:]), plain("\n".join(lines))
    shown = f" : « {' '.join(text.split())[:60]} »" if text else ""
    if end < start:
        remarks.append(f"Ligne {number} : ce sous-titre finit avant de commencer{shown}.")
    elif end > LAST:
        remarks.append(f"Ligne {number} : ce temps dépasse une journée{shown}.")
    elif text and end == start:
        remarks.append(f"Ligne {number} : ce sous-titre ne dure pas : vérifiez où il est maintenant{shown}.")
        instants.append((len(cues), Cue(start, end, text)))
    elif text:
        cues.append(Cue(start, end, text))


def _lasting(cues: list[Cue], instants: list[tuple[int, Cue]]) -> list[Cue]:
    """With those that begin and end at one instant (what listens by itself writes some): with the next one, or a while by themselves."""
    for place, cue in reversed(instants):
        following = cues[place] if place < len(cues) else None
        if following and following.start_ms - cue.start_ms < SHORTEST:
            cues[place] = replace(following, start_ms=cue.start_ms, text=f"{cue.text} {following.text}")
        else:
            cues.insert(place, replace(cue, end_ms=cue.start_ms + SHORTEST))
    return cues


def _unrolled(cues: list[Cue]) -> list[Cue]:
    """Each line once, from where it first stands to where its last repetition ends."""
    kept: list[Cue] = []
    before: list[str] = []
    for cue in cues:
        lines = cue.text.split("\n")
        again = next((many for many in range(len(lines), 0, -1) if lines[:many] == before[-many:]), 0)
        before = lines
        if lines[again:]:
            kept.append(replace(cue, text="\n".join(lines[again:])))
        elif kept:
            kept[-1] = replace(kept[-1], end_ms=max(kept[-1].end_ms, cue.end_ms))
    return kept


def _decoded(given: bytes | str) -> str:
    text = (given if isinstance(given, str) else _of_bytes(given)).lstrip("\ufeff")
    # Only ends of lines end lines: splitlines would also cut on characters that may stand inside a caption.
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return re.sub(r"[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", " ", text)


def _of_bytes(given: bytes) -> str:
    """Files of captions never name their character set."""
    if given[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return given.decode("utf-16", "replace")
    # Times are plain figures: in UTF-16 every second byte of theirs is empty.
    for parity, charset in ((1, "utf-16-le"), (0, "utf-16-be")):
        if given[parity:400:2].count(0) > 0.7 * len(given[parity:400:2]) and given[1 - parity : 400 : 2].count(0) == 0:
            return given.decode(charset, "replace")
    try:
        return given.decode("utf-8")
    except UnicodeDecodeError:
        # What gives the most letters of French and the fewest other signs; Windows before the others where they agree.
        return max((given.decode(name, "replace") for name in ("cp1252", "iso8859-15", "mac-roman")), key=_frenchness)


def _frenchness(text: str) -> int:
    return sum(1 if sign in FRENCH else -1 for sign in text if sign > "\x7f")


def _milliseconds(hours: str | None, minutes: str, seconds: str, fraction: str | None) -> int:
    return ((int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + int((fraction or "0").ljust(3, "0"))


def plain(text: str) -> str:
    """Text without tags, entities, control characters or superfluous space. What looks like a script is removed whole."""
    text = SCRIPT.sub(" ", text)
    text = TAG.sub("", text)
    # Entities are read after the tags: « &lt;b&gt; » was meant to be shown.
    text = INVISIBLE.sub("", html.unescape(text).replace("\\N", "\n").replace("\u2028", "\n"))
    return "\n".join(line for line in (re.sub(r"[ \t]+", " ", line).strip(" \t") for line in text.split("\n")) if line)


def to_vtt(cues: Iterable[Cue]) -> str:
    blocks = [
        "WEBVTT",
        *(
            f"{_stamp(cue.start_ms, '.')} --> {_stamp(cue.end_ms, '.')}\n{html.escape(cue.text, quote=False)}"
            for cue in cues
        ),
    ]
    return "\n\n".join(blocks) + "\n"


def to_srt(cues: Iterable[Cue]) -> str:
    """SubRip has no way to write « < » safely: a tag-like text is written with entities, which `parse` reads back."""
    blocks = []
    for number, cue in enumerate(cues, 1):
        text = html.escape(cue.text, quote=False) if plain(cue.text) != cue.text or "->" in cue.text else cue.text
        blocks.append(f"{number}\n{_stamp(cue.start_ms, ',')} --> {_stamp(cue.end_ms, ',')}\n{text}\n")
    return "\n".join(blocks)


def _stamp(milliseconds: int, point: str) -> str:
    seconds, thousandths = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{point}{thousandths:03d}"


@dataclass(frozen=True)
class Remark:
    """What makes one cue hard to read. `place`: its rank from 0. `rule`: lines, length, pace, short, long, overlap, after."""

    place: int
    rule: str
    sentence: str


def warnings(cues: list[Cue], *, duration_ms: int | None = None) -> list[Remark]:
    """Departures from what a reader can follow, in order of the cues, which are in order of time."""
    found = []
    for place, cue in enumerate(cues):
        lines, lasts = cue.text.split("\n"), cue.end_ms - cue.start_ms
        longest, pace = max(map(len, lines)), len(cue.text.replace("\n", " ")) * 1000 / lasts
        following = cues[place + 1] if place + 1 < len(cues) else None
        checks = [
            ("lines", len(lines) > LINES, f"{len(lines)} lignes : {LINES} au plus."),
            ("length", longest > LINE_LENGTH, f"Une ligne de {longest} caractères : {LINE_LENGTH} au plus."),
            (
                "pace",
                pace > PACE,
                f"{pace:.0f} caractères par seconde : visez {COMFORT}, {PACE} au plus. Laissez-le plus longtemps ou raccourcissez-le.",
            ),
            ("short", lasts < SHORTEST, "Moins d’une seconde à l’écran."),
            ("long", lasts > LONGEST, "Plus de sept secondes à l’écran : coupez-le en deux."),
            (
                "overlap",
                following is not None and cue.end_ms > following.start_ms,
                "Il est encore là quand le suivant arrive.",
            ),
            (
                "after",
                duration_ms is not None and cue.end_ms > duration_ms + 500,
                "Il continue après la fin de la vidéo.",
            ),
        ]
        found += [Remark(place, rule, sentence) for rule, broken, sentence in checks if broken]
    return found


def transcript(cues: Iterable[Cue]) -> str:
    """The words alone, a sentence a line: where a cue ends a sentence, the line ends."""
    text = ""
    for cue in cues:
        text += cue.text.replace("\n", " ") + ("\n" if re.search(r"[.!?…»]\s*$", cue.text) else " ")
    return text.strip()
