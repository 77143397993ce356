"""Occupation sheets: from a text file a non-programmer can edit to what a page shows, with errors that name the file.

A file is YAML between two `---` lines, then Markdown under fixed headings. `read_sheet` refuses what a page cannot show;
`check_sheets` is stricter and also looks at sources, names of the ROME, links and the length of sentences.
"""

import csv
import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import msgspec
import yaml
from markdown_it import MarkdownIt

from .folding import fold

# The same safe reader in C, where PyYAML was built with it: five times faster.
YAML = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
FOLDER = Path(__file__).resolve().parent / "content" / "occupations"
# Slugs a sheet may already name before their own sheet is written: shown as plain words until then.
PLANNED = Path(__file__).resolve().parent / "data" / "planned_occupations.txt"
SCOPE = Path(__file__).resolve().parent / "data" / "rome_scope.csv"
REGULATED = Path(__file__).resolve().parent / "data" / "regulated.csv"
SECTIONS = [
    "Ce que tu fais",
    "Pour qui",
    "Une vraie journée",
    "On croit que… en vrai",
    "Ce qu'il faut avoir en soi",
    "Comment y arriver",
    "Où ça mène",
]
WAYS = ["Par l'école", "En apprentissage", "Si tu es adulte ou en reconversion", "Avec ton expérience"]
AUDIENCES = {
    "enfants": "Les enfants",
    "adultes-handicap": "Les personnes en situation de handicap",
    "difficulte-sociale": "Les personnes en difficulté sociale",
    "personnes-agees": "Les personnes âgées",
    "malades": "Les personnes malades",
    "tous": "Tout le monde",
}
LONGEST_MEAN = 18
"""Words a sentence, on average over a sheet: beyond, a tired reader on a bus loses the thread."""
LONGEST_ENTRY = 90
SOON = timedelta(days=120)
"""How long before a certification expires the editor is told."""
# One name for a woman and for a man although the sheet has two: the letters of the civil service, and the name in the law.
SAME_FOR_BOTH = frozenset({"ATSEM", "sage-femme"})
# Said of two jobs by everybody: both sheets come up, and that is right.
SHARED_ALIASES = frozenset({"as", "avs", "assistante de vie", "educ"})

_markdown = MarkdownIt("commonmark", {"html": False})


class Diploma(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    name: str
    level: int | None = None
    duration: str = ""
    rncp: int | None = None
    replaces: int | None = None
    expires: date | None = None


class Reference(msgspec.Struct, forbid_unknown_fields=True):
    label: str
    url: str
    checked: date


class Front(msgspec.Struct, forbid_unknown_fields=True):
    """What stands between the `---` lines."""

    name: str
    # What a woman, and a man, says she or he is: « éducatrice spécialisée », after a first name.
    feminine: str
    masculine: str
    tagline: str
    rome: list[str]
    rome_name: int
    audiences: list[str]
    sources: list[Reference]
    checked: date
    aliases: list[str] = []
    no_diploma: bool = False
    # How one gets in when neither « without » nor the first diploma says it: « Un concours à bac + 3, puis deux ans de formation payée ».
    entry: str = ""
    level: int | None = None
    diplomas: list[Diploma] = []
    entry_jobs_for: list[str] = []
    # What a person still has to look up: told to the editor, shown to nobody.
    to_check: list[str] = []


@dataclass(frozen=True)
class Problem:
    file: str
    field: str
    sentence: str

    def __str__(self):
        return f"{self.file}: {self.field}: {self.sentence}"


class SheetError(Exception):
    """A sheet that cannot be shown; `problem` says where and why."""

    def __init__(self, file: str, field: str, sentence: str):
        self.problem = Problem(file, field, sentence)
        super().__init__(str(self.problem))


@dataclass(frozen=True)
class Sheet:
    slug: str
    front: Front
    # [{"slug", "title", "html", "text"}], in reading order.
    sections: list[dict]
    body: str


def typography(text: str) -> str:
    """Curly apostrophes, and spaces that do not break before « : ; ? ! » and inside quotation marks."""
    text = re.sub(r"(?<=\w)'(?=\w|\s|«)", "’", text)
    text = re.sub(r" (?=[;?!»])", "\u202f", text)
    return re.sub(r" (?=:)|(?<=«) ", "\u00a0", text)


def read_sheet(path: Path) -> Sheet:
    """Raises `SheetError`."""
    try:
        text = path.read_text("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise SheetError(path.name, "file", "it is not in UTF-8; save it as UTF-8.") from None
    parts = re.match(r"---\n(.*?)\n---\n(.*)\Z", text, re.S)
    if not parts:
        raise SheetError(path.name, "file", "it must begin with a block of fields between two lines « --- ».")
    return Sheet(path.stem, _front(path.name, parts[1]), _sections(path.name, parts[2]), parts[2])


def _front(file: str, text: str) -> Front:
    try:
        return msgspec.convert(yaml.load(text, Loader=YAML), Front)  # noqa: S506 (a safe loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 2}" if mark else "fields"
        raise SheetError(
            file, where, f"the fields cannot be read: {getattr(error, 'problem', None) or error}."
        ) from None
    except msgspec.ValidationError as error:
        told, _, place = str(error).partition(" - at `$.")
        raise SheetError(file, place.rstrip("`") or "fields", f"{told}.") from None


def _sections(file: str, body: str) -> list[dict]:
    pieces = re.split(r"^## +(.+?) *$", body, flags=re.M)
    if pieces[0].strip():
        raise SheetError(file, "text", f"« {pieces[0].strip()[:40]} » stands before the first heading.")
    titles = [title.replace("’", "'") for title in pieces[1::2]]
    if titles != SECTIONS:
        wrong = next(
            (
                f"« {has} » instead of « {wanted} »"
                for has, wanted in zip(titles, SECTIONS, strict=False)
                if has != wanted
            ),
            "",
        )
        raise SheetError(
            file,
            "headings",
            f"they must be, in this order: {', '.join(SECTIONS)}. Found {wrong or f'{len(titles)} headings'}.",
        )
    sections = []
    for title, text in zip(SECTIONS, pieces[2::2], strict=True):
        if not text.strip():
            raise SheetError(file, title, "nothing is written under this heading.")
        if title == "Comment y arriver":
            ways = [way.replace("’", "'") for way in re.findall(r"^### +(.+?) *$", text, re.M)]
            if ways != WAYS:
                raise SheetError(file, title, f"its headings must be, in this order: {', '.join(WAYS)}.")
        html = _markdown.render(typography(text.strip()))
        sections.append(
            {"slug": fold(title).replace(" ", "-"), "title": typography(title), "html": html, "text": plain(text)}
        )
    return sections


def without_links(html: str, slugs: set[str]) -> str:
    """The same HTML, with links to sheets that are not among `slugs` turned into their words."""

    def keep(match):
        return match[0] if match[1] in slugs else match[2]

    return re.sub(r'<a href="/metiers/([\w-]+)">(.*?)</a>', keep, html)


def plain(markdown: str) -> str:
    """The words alone, one block a line."""
    lines = []
    for token in _markdown.parse(markdown):
        if token.type == "inline":
            lines.append(
                "".join(child.content or (" " if child.type == "softbreak" else "") for child in token.children)
            )
    return "\n".join(lines)


def mean_sentence(body: str) -> float:
    """Words a sentence. Headings and the hours of the day are not sentences."""
    text = plain(re.sub(r"^#.*$|\*\*\d+ h(?: \d+)?\*\*", "", body, flags=re.M))
    sentences = [
        sentence
        for line in text.split("\n")
        for sentence in re.split(r"(?<=[.!?…])\s+", line)
        if re.search(r"\w", sentence)
    ]
    return sum(len(re.findall(r"\w[\w’'-]*", sentence)) for sentence in sentences) / max(1, len(sentences))


@cache
def rome_scope() -> dict[str, tuple[str, frozenset[int]]]:
    """{ROME code: (name, OGR numbers of its names)}, from the packaged table (see data/SOURCES.md)."""
    with SCOPE.open(encoding="utf-8", newline="") as file:
        return {
            row["code"]: (row["name"], frozenset(map(int, row["names"].split("|")))) for row in csv.DictReader(file)
        }


@cache
def regulated() -> dict[str, tuple[str, tuple[str, ...]]]:
    """{ROME code: (what the law asks for, words that the way in must hold)}, from the packaged table (see data/SOURCES.md)."""
    with REGULATED.open(encoding="utf-8", newline="") as file:
        return {
            row["rome"]: (row["needs"], tuple(filter(None, row["says"].split("|")))) for row in csv.DictReader(file)
        }


def sheet_files(folder: Path = FOLDER) -> list[Path]:
    return sorted(path for path in folder.glob("*.md") if path.name != "README.md")


def check_sheets(folder: Path = FOLDER) -> list[Problem]:
    """Everything that is not right, in all sheets of `folder`. An empty list is what CI asks for."""
    problems, sheets = [], []
    for path in sheet_files(folder):
        try:
            sheets.append(read_sheet(path))
        except SheetError as error:
            problems.append(error.problem)
    slugs = {path.stem for path in sheet_files(folder)} | set(PLANNED.read_text().split())
    for sheet in sheets:
        problems += [Problem(f"{sheet.slug}.md", field, sentence) for field, sentence in _faults(sheet, slugs)]
    return problems + _shared_names(sheets)


def _faults(sheet: Sheet, slugs: set[str]):
    front, scope = sheet.front, rome_scope()
    if len(front.tagline) > 60:
        yield "tagline", f"{len(front.tagline)} characters; 60 at most."
    for code in front.rome:
        if code not in scope:
            yield "rome", f"{code} is not a code of the ROME."
    if not front.rome or (front.rome[0] in scope and front.rome_name not in scope[front.rome[0]][1]):
        yield "rome_name", f"{front.rome_name} is not a name of {front.rome[0] if front.rome else 'any code'}."
    for audience in set(front.audiences) - set(AUDIENCES):
        yield "audiences", f"« {audience} » is not one of {', '.join(AUDIENCES)}."
    if not front.audiences:
        yield "audiences", "say for whom."
    for level in [front.level, *(diploma.level for diploma in front.diplomas)]:
        if level is not None and not 3 <= level <= 8:
            yield "level", f"{level} is not between 3 and 8."
    if not front.diplomas and not front.no_diploma:
        yield "diplomas", "name a diploma, or say no_diploma: true."
    if not front.sources:
        yield "sources", "name at least one source."
    for source in front.sources:
        if not source.url.startswith("https://"):
            yield "sources", f"{source.url} is not an https address."
    for link in re.findall(r"\]\(([^)]*)\)", sheet.body):
        if link.removeprefix("/metiers/") not in slugs:
            yield "links", f"{link} leads to no sheet, written or planned."
    for slug in front.entry_jobs_for:
        if slug not in slugs:
            yield "entry_jobs_for", f"{slug} is no sheet, written or planned."
    if (mean := mean_sentence(sheet.body)) > LONGEST_MEAN:
        yield "text", f"{mean:.1f} words a sentence on average; {LONGEST_MEAN} at most."

    yield from _faults_of_titles(front)
    yield from _faults_of_entry(sheet)
    yield from _notes_left(front)


def _faults_of_titles(front: Front):
    written = set(re.findall(r"\w+", fold(front.name)))
    for field in ("feminine", "masculine"):
        title = getattr(front, field)
        first = title.split(" ")[0]
        if not first.isupper() and not first[:1].islower():
            yield field, f"« {title} » stands inside a sentence: no capital."
        if not set(re.findall(r"\w+", fold(first))) <= written:
            yield field, f"« {first} » is not a word of the name."
    two = " / " in front.name
    if two and front.feminine == front.masculine and front.masculine not in SAME_FOR_BOTH:
        yield "feminine", f"the name has two forms, « {front.feminine} » stands for both."


def _faults_of_entry(sheet: Sheet):
    """What the law asks for (data/regulated.csv) against what the sheet says."""
    front = sheet.front
    needs, says = regulated().get(front.rome[0] if front.rome else "", ("", ()))
    way = next(section["text"] for section in sheet.sections if section["slug"] == "comment-y-arriver")
    told = fold(f"{front.entry}\n{way}")
    if len(front.entry) > LONGEST_ENTRY:
        yield "entry", f"{len(front.entry)} characters; {LONGEST_ENTRY} at most."
    if needs in ("diploma", "exam", "condition") and front.no_diploma:
        yield "no_diploma", f"{front.rome[0]} cannot be entered without ({needs}): see data/regulated.csv."
    if needs in ("agreement", "exam", "condition", "training") and not front.entry:
        yield "entry", f"{front.rome[0]} asks for more than a diploma or nothing ({needs}): say it."
    if not front.entry and _first_is_not_the_way(front):
        yield (
            "entry",
            "the first diploma would be shown as the way in, and it is not the whole of it: say how one gets in.",
        )
    if needs == "exam" and not re.search(r"concours.*formation", fold(front.entry)):
        yield "entry", "the competitive exam comes first, the training after it."
    for words in says:
        if fold(words) not in told:
            yield "text", f"« {words} » must be said of {front.rome[0]}: see data/regulated.csv."


def _first_is_not_the_way(front: Front) -> bool:
    """The head of a page shows the first diploma, its duration, and the level of the job: they must be of one diploma."""
    first, *others = front.diplomas or [Diploma(name="")]
    other_level = front.level and first.level and first.level != front.level
    return bool(other_level or (not first.duration and any(one.duration for one in others)))


def _notes_left(front: Front):
    """What an editor wrote for another, and marks of the file, where a reader would see them."""
    shown = [
        front.name,
        front.feminine,
        front.masculine,
        front.tagline,
        front.entry,
        *(one.name for one in front.diplomas),
    ]
    for words in shown:
        if words[:1] in ("'", '"') or words.strip() != words:
            yield (
                "fields",
                f"« {words} » would be shown with the marks of the file: quotes inside quotes, or a space too many.",
            )
    for words in [*shown, *(source.label for source in front.sources)]:
        if re.search(r"vérifi|revérif|à relire", words):
            yield "to_check", f"« {words} » is a note to the editor: put it under to_check."


def left_to_check(folder: Path = FOLDER, *, today: date) -> list[Problem]:
    """What a person has to look up, in all sheets that can be read: their own notes, and certifications that end, or have."""
    found = []
    for path in sheet_files(folder):
        try:
            front = read_sheet(path).front
        except SheetError:
            continue
        found += [Problem(path.name, "to_check", note) for note in front.to_check]
        dead = [one for one in front.diplomas if one.expires and one.expires <= today + SOON]
        found += [
            Problem(path.name, "expires", f"{one.name}, RNCP {one.rncp}: {one.expires:%d/%m/%Y}.") for one in dead
        ]
    return found


def _shared_names(sheets: list[Sheet]) -> list[Problem]:
    owners = defaultdict(set)
    for sheet in sheets:
        for alias in sheet.front.aliases:
            owners[fold(alias)].add(sheet.slug)
    return [
        Problem(
            ", ".join(f"{slug}.md" for slug in sorted(names)), "aliases", f"« {alias} » is claimed by several sheets."
        )
        for alias, names in sorted(owners.items())
        if len(names) > 1 and alias not in SHARED_ALIASES
    ]
