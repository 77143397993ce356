"""Captions: timed lines of text, read from and written to SubRip (.srt) and WebVTT (.vtt), and what makes them hard to read.

Our own reader rather than a library: it must take what people really have (old encodings, missing numbers, tags) and say
in French on which line the rest is wrong.
"""

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass

from relais.foundation.refusals import NotAcceptable

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
    """A caption file cannot be read. `errors`: French sentences, with their line."""

    def __init__(self, errors: list[str]):
        super().__init__(" ".join(errors))
        self.errors = errors


@dataclass(frozen=True, order=True)
class Cue:
    """One caption. Times in milliseconds from the start; `text` is plain, its lines split by newlines."""

    start_ms: int
    end_ms: int
    text: str


STAMP = r"(?:(\d{1,3})\s*:\s*)?(\d{1,3})\s*:\s*(\d{1,2})(?:\s*[.,]\s*(\d{1,3}))?"
TIMES = re.compile(rf"^\s*{STAMP}\s*-{{1,2}}\s?>\s*{STAMP}(?:\s.*)?$")
# A tag and an ASS instruction, never a lone « < 3 ans ».
TAG = re.compile(r"</?[a-zA-Z!?][^<>]*>|<\d[\d:.]*>|\{\\[^}]*\}")
SCRIPT = re.compile(r"<(script|style)\b[^>]*>.*?(</\1\s*>|$)", re.IGNORECASE | re.DOTALL)
INVISIBLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2028\u2029\u2060-\u2069\ufeff]")


def parse(given: bytes | str) -> list[Cue]:
    """The cues of an SRT or WebVTT file, in order of time, without tags. Raises Unreadable."""
    text = _decoded(given)
    if "\x00" in text:
        raise Unreadable(["Ce fichier n’est pas un fichier de sous-titres."])
    lines = text.splitlines()
    cues, errors, place = [], [], 0
    skipping = bool(lines) and lines[0].startswith("WEBVTT")
    while place < len(lines):
        line = lines[place]
        if skipping or re.match(r"(NOTE|STYLE|REGION)(\s|$)", line):
            # A header or a note goes on until the next empty line.
            skipping = bool(line.strip())
            place += 1
            continue
        if "->" not in line:
            if line.strip() and not _announces(lines, place):
                seen = line.strip()[:40]
                errors.append(f"Ligne {place + 1} : un temps était attendu (par exemple 00:00:01,000 --> 00:00:03,500), pas « {seen} ».")
                place = _after(lines, place)
            place += 1
            continue
        end = _after(lines, place)
        times = TIMES.match(line)
        if not times:
            errors.append(f"Ligne {place + 1} : ce temps n’est pas lisible : « {line.strip()[:60]} ».")
        else:
            _keep(cues, errors, place + 1, times.groups(), lines[place + 1 : end])
        place = end
    if not cues and not errors:
        errors.append("Ce fichier ne contient aucun sous-titre.")
    if len(cues) > MOST:
        errors.append(f"Ce fichier contient {len(cues)} sous-titres : {MOST} au plus.")
    if errors:
        raise Unreadable(errors[:20])
    return sorted(cues, key=lambda cue: (cue.start_ms, cue.end_ms))


def _decoded(given: bytes | str) -> str:
    if isinstance(given, str):
        text = given
    elif given[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = given.decode("utf-16", "replace")
    else:
        try:
            text = given.decode("utf-8")
        except UnicodeDecodeError:
            # What Windows programs still write; it has a character for nearly every byte.
            text = given.decode("cp1252", "replace")
    # splitlines would also cut on characters that may stand inside a caption.
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return re.sub(r"[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", " ", text)


def _announces(lines: list[str], place: int) -> bool:
    """A number or a name just before the times of a cue."""
    return place + 1 < len(lines) and "->" in lines[place + 1]


def _after(lines: list[str], place: int) -> int:
    """The line after the last one of the text under `place`. A cue may follow without an empty line, after its number."""
    place += 1
    while place < len(lines) and lines[place].strip():
        if TIMES.match(lines[place]) or (lines[place].strip().isdigit() and place + 1 < len(lines) and TIMES.match(lines[place + 1])):
            break
        place += 1
    return place


def _keep(cues: list[Cue], errors: list[str], number: int, stamps: tuple, lines: list[str]) -> None:
    start, end = _milliseconds(*stamps[:4]), _milliseconds(*stamps[4:])
    if end <= start:
        errors.append(f"Ligne {number} : ce sous-titre finit avant de commencer.")
    elif end > LAST:
        errors.append(f"Ligne {number} : ce temps dépasse une journée.")
    elif text := plain("\n".join(lines)):
        cues.append(Cue(start, end, text))


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
    blocks = ["WEBVTT", *(f"{_stamp(cue.start_ms, '.')} --> {_stamp(cue.end_ms, '.')}\n{html.escape(cue.text, quote=False)}" for cue in cues)]
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
            ("overlap", following is not None and cue.end_ms > following.start_ms, "Il est encore là quand le suivant arrive."),
            ("after", duration_ms is not None and cue.end_ms > duration_ms + 500, "Il continue après la fin de la vidéo."),
        ]
        found += [Remark(place, rule, sentence) for rule, broken, sentence in checks if broken]
    return found


def transcript(cues: Iterable[Cue]) -> str:
    """The words alone, a sentence a line: where a cue ends a sentence, the line ends."""
    text = ""
    for cue in cues:
        text += cue.text.replace("\n", " ") + ("\n" if re.search(r"[.!?…»]\s*$", cue.text) else " ")
    return text.strip()
