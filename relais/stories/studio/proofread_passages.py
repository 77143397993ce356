"""The words of a story: what is proofread, what a proofreading was made on, how one mistake is replaced."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

from ..models import Story
from .proofreading import Passage

LABELS = {
    "title": "Titre",
    "lines": "Texte",
    "captions": "Sous-titres",
    "transcript": "Transcription",
    "description": "Description de l’image",
    "photos": "Description des photos",
}


class OtherWords(Exception):
    """The words are not those that were proofread."""


@dataclass(frozen=True)
class Shown:
    """One passage to read. Each piece is a list of (text, fingerprint of its mistake or '')."""

    label: str
    pieces: list


def passages(story: Story) -> list[Passage]:
    """What people will read or hear, passage by passage; the empty ones are left out."""
    found = (
        Passage("title", [story.title]),
        Passage("lines", [line["text"] for line in story.lines]),
        Passage("captions", [cue["text"] for cue in story.cues]),
        Passage("transcript", story.transcript.split("\n")),
        Passage("description", story.image_description.split("\n")),
        Passage("photos", [photo.description for photo in story.photos.all()]),
    )
    return [passage for passage in found if any(piece.strip() for piece in passage.pieces)]


def digest(story: Story) -> str:
    """Changes when one character of the words does."""
    told = [[passage.name, list(passage.pieces)] for passage in passages(story)]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()


def replace(story: Story, spots: Iterable[dict], text: str) -> None:
    """Put `text` in place of each of `spots` (mistakes as kept by Proofreading), in memory; photos touched are saved.

    Raises OtherWords when a spot is not there any more.
    """
    pieces = {passage.name: list(passage.pieces) for passage in passages(story)}
    # From the end: what comes before keeps its place.
    for spot in sorted(spots, key=lambda spot: (spot["passage"], spot["piece"], spot["start"]), reverse=True):
        try:
            old = pieces[spot["passage"]][spot["piece"]]
        except LookupError as error:
            raise OtherWords from error
        pieces[spot["passage"]][spot["piece"]] = old[: spot["start"]] + text + old[spot["end"] :]
    story.title = "".join(pieces.get("title", [story.title]))
    story.lines = [line | {"text": new} for line, new in zip(story.lines, pieces.get("lines", []), strict=False)]
    story.cues = [cue | {"text": new} for cue, new in zip(story.cues, pieces.get("captions", []), strict=False)]
    story.transcript = "\n".join(pieces.get("transcript", []))
    story.image_description = "\n".join(pieces.get("description", []))
    for photo, new in zip(story.photos.all(), pieces.get("photos", []), strict=False):
        if photo.description != new:
            photo.description = new
            photo.save(update_fields=["description"])


def marked(story: Story, mistakes: list[dict]) -> list[Shown]:
    """The words, with each mistake set apart where it is."""
    spots: dict = {}
    for mistake in mistakes:
        spots.setdefault((mistake["passage"], mistake["piece"]), []).append(mistake)
    return [
        Shown(
            LABELS[passage.name],
            [
                _cut(piece, spots.get((passage.name, number), []))
                for number, piece in enumerate(passage.pieces)
                if piece.strip()
            ],
        )
        for passage in passages(story)
    ]


def _cut(piece: str, mistakes: list[dict]) -> list[tuple[str, str]]:
    parts, at = [], 0
    for mistake in sorted(mistakes, key=lambda mistake: mistake["start"]):
        # Two rules may point at the same word: the first one shows it.
        if mistake["start"] >= at:
            parts += [
                (piece[at : mistake["start"]], ""),
                (piece[mistake["start"] : mistake["end"]], mistake["fingerprint"]),
            ]
            at = mistake["end"]
    return [part for part in [*parts, (piece[at:], "")] if part[0]]
