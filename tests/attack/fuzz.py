"""Made-up letters, captions and telephone numbers, many at once: in batches, in one process with a bound on its memory."""

from collections.abc import Iterator
from random import Random

from . import made_up
from .campaign import Try, attack
from .house import House, Inside

BATCH = 500
MEMORY = 1_500_000_000


def _fuzz(kind: str, house: House, dice: Random, cases: int) -> Iterator[Try]:
    seed, reader = dice.randrange(10**6), Inside(house.environment, MEMORY)
    try:
        for first in range(0, cases, BATCH):
            count = min(BATCH, cases - first)
            try:
                found = reader("made_up", kind=kind, seed=seed, first=first, count=count)
            except ChildProcessError as death:
                yield Try(f"{kind} {first} to {first + count}, seed {seed}", str(death))
                return
            yield from (Try(what, wrong) for what, wrong in found)
            yield from (Try("") for _ in range(count - len(found)))
    finally:
        reader.close()
    if kind == "letter":
        yield from _delivered(house, dice, seed, max(2, cases // 200))


def _delivered(house: House, dice: Random, seed: int, count: int) -> Iterator[Try]:
    """Some of the same through the door and the worker: each is in a conversation, or shown."""
    for number in range(count):
        raw = made_up.letter(Random(f"letter:{seed}:{number}"))
        status = house.doors.letter(raw).status
        yield Try(repr(raw[:300]), f"the door says {status}" if status != 200 else "")
    yield Try("all of them", "" if house.settled() else "some are neither in a conversation nor shown")


@attack("M2", "made-up letters", small=250, share=0.25)
def letters(house: House, dice: Random, cases: int) -> Iterator[Try]:
    yield from _fuzz("letter", house, dice, cases)


@attack("M7", "made-up captions", small=250, share=0.25)
def captions(house: House, dice: Random, cases: int) -> Iterator[Try]:
    yield from _fuzz("caption", house, dice, cases)


@attack("M9", "telephone numbers as people write them", small=250, share=0.25)
def telephones(house: House, dice: Random, cases: int) -> Iterator[Try]:
    yield from _fuzz("telephone", house, dice, cases)
