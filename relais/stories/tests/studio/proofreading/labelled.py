"""The labelled captions: which are wrong and where, which half they belong to, and what a proofreader makes of them."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from relais.stories.studio.proofreading import Passage, proofread

LABEL = re.compile(r"\{([^>{}]*)>([^{}]*)\}")


@dataclass(frozen=True)
class Caption:
    """`pieces` as filmed; `wrong` is (piece, start, end) of the labelled mistake, or None; `right` the same pieces without it."""

    pieces: tuple[str, ...]
    right: tuple[str, ...]
    wrong: tuple[int, int, int] | None
    is_held_out: bool


@dataclass(frozen=True)
class Score:
    """`at_word`: the mistake found at its word; `stopped`: something said of the sentence; `alarms`: correct captions with a remark."""

    wrong: int
    at_word: int
    stopped: int
    correct: int
    alarms: int
    missed: tuple
    false: tuple

    @property
    def recall(self) -> float:
        return self.at_word / self.wrong

    @property
    def false_alarms(self) -> float:
        return self.alarms / self.correct


def captions() -> list[Caption]:
    lines = Path(__file__).with_name("captions.txt").read_text().splitlines()
    return [_caption(line) for line in lines if line and not line.startswith("# ")]


def _caption(line: str) -> Caption:
    right = LABEL.sub(r"\2", line)
    pieces, wrong = [], None
    for number, piece in enumerate(line.split(" | ")):
        if found := LABEL.search(piece):
            wrong = (number, found.start(), found.start() + len(found[1]))
        pieces.append(LABEL.sub(r"\1", piece))
    is_held_out = hashlib.sha256(right.encode()).digest()[0] % 2 == 1
    return Caption(tuple(pieces), tuple(right.split(" | ")), wrong, is_held_out)


def score(chosen: list[Caption], *, program: str = "", twins: bool = False) -> Score:
    """Each caption is a passage of its own. `twins`: also the wrong ones put right, as correct captions."""
    wrong = [caption for caption in chosen if caption.wrong]
    correct = [caption.right for caption in chosen if twins or not caption.wrong]
    passages = [Passage(f"wrong {number}", caption.pieces) for number, caption in enumerate(wrong)]
    passages += [Passage(f"right {number}", pieces) for number, pieces in enumerate(correct)]
    report = proofread(passages, program=program)
    said = {}
    for mistake in report.mistakes:
        said.setdefault(mistake.passage, []).append(mistake)
    missed, false = [], []
    for number, caption in enumerate(wrong):
        piece, start, end = caption.wrong
        mistakes = said.get(f"wrong {number}", [])
        if not any(found.piece == piece and found.start < end and start < found.end for found in mistakes):
            missed.append((" | ".join(caption.pieces), [(found.rule, found.found) for found in mistakes]))
    for number, pieces in enumerate(correct):
        if mistakes := said.get(f"right {number}"):
            false.append((" | ".join(pieces), [(found.rule, found.found, found.suggestions) for found in mistakes]))
    stopped = sum(f"wrong {number}" in said for number in range(len(wrong)))
    return Score(len(wrong), len(wrong) - len(missed), stopped, len(correct), len(false), tuple(missed), tuple(false))
