"""Proofreading: what it finds of the labelled captions of each half, and what our own part costs beside bare Grammalecte."""

import subprocess
from time import perf_counter

from bench.house import SOURCES, House, Line
from relais.stories.studio.proofreading import Passage, proofread
from relais.stories.studio.proofreading.engine import engine
from relais.stories.studio.proofreading.passages import sentences
from relais.stories.tests.studio.proofreading.labelled import captions, score

RECALL, ALARMS, COST = 0.85, 0.02, 2.0
TRACK = 300
"""Captions in the track that is timed, about twenty minutes of video."""


def run(house: House):
    program = subprocess.run(
        [SOURCES / "scripts" / "grammalecte.sh"], stdout=subprocess.PIPE, text=True, check=True
    ).stdout.split("\n")[0]
    every = captions()
    for name, is_held_out in (("tuned", False), ("held out", True)):
        chosen = [caption for caption in every if caption.is_held_out is is_held_out]
        found = score(chosen, program=program, twins=True)
        detail = f"{found.at_word} of {found.wrong} agreement errors, each at its word"
        yield Line(
            f"proofreading, recall, {name}", f"{found.recall:.1%}", f">= {RECALL:.0%}", found.recall >= RECALL, detail
        )
        detail = f"{found.alarms} of {found.correct} correct captions"
        yield Line(
            f"proofreading, alarms, {name}",
            f"{found.false_alarms:.1%}",
            f"<= {ALARMS:.0%}",
            found.false_alarms <= ALARMS,
            detail,
        )
    track = Passage("captions", [piece for caption in (every * 2)[:TRACK] for piece in caption.pieces])
    texts = [sentence.text for sentence in sentences(track)]
    whole = min(_seconds(lambda: proofread([track], program=program)) for _ in range(3))
    bare = min(_seconds(lambda: engine(program).remarks(texts)) for _ in range(3))
    detail = f"{len(texts) / whole:.0f} sentences a second, a track of {TRACK} captions in {whole:.2f} s"
    yield Line(
        "proofreading, x bare Grammalecte", f"{whole / bare:.2f} x", f"<= {COST:.1f} x", whole / bare <= COST, detail
    )


def _seconds(work) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start
