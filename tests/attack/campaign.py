"""What an attack is, and what is said of it: how many inputs were tried, and the smallest of those that went through."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random

from .house import House

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Try:
    """One input, as short as it can be said, and what it got through; "" where the house held."""

    what: str
    wrong: str = ""


@dataclass(frozen=True)
class Attack:
    """`run(house, dice, cases)` gives its tries. `cases`: in `make test`, and in the large campaign (`share`: of ATTACK_CASES instead)."""

    number: str
    kind: str
    run: Callable[[House, Random, int], Iterator[Try | None]]
    small: int
    large: int
    share: float = 0

    def cases(self, asked: int) -> int:
        return self.small if not asked else int(asked * self.share) or self.large


ATTACKS: dict[str, Attack] = {}


def attack(number: str, kind: str, *, small: int, large: int = 0, share: float = 0):
    """Decorator. `number`: of the finding it tries again."""

    def keep(function):
        ATTACKS[number] = Attack(number, kind, function, small, large or small, share)
        return function

    return keep


@dataclass
class Told:
    """What is said of one attack."""

    attack: Attack
    seed: int
    tried: int = 0
    through: list[Try] = field(default_factory=list)

    def line(self) -> str:
        if not self.tried:
            return f"{self.attack.number:>3}  {self.attack.kind}: nothing was tried"
        head = f"{self.attack.number:>3}  {self.attack.kind}: {self.tried} cases, seed {self.seed}"
        if not self.through:
            return f"{head}, held"
        least = min(self.through, key=lambda one: len(one.what))
        return f"{head}, STANDS ({len(self.through)}): {least.wrong} – with {least.what!r}"

    @property
    def held(self) -> bool:
        return bool(self.tried) and not self.through


def run(house: House, numbers: list[str], *, seed: int, asked: int = 0) -> Iterator[Told]:
    """Each attack, one after the other. One that gives None has begun what takes its time, and is asked again at the end."""
    begun = []
    for number in numbers:
        one = ATTACKS[number]
        told = Told(one, seed)
        tries = one.run(house, Random(f"{number}:{seed}"), one.cases(asked))
        if _go_on(tries, told):
            begun.append((tries, told))
        else:
            yield told
    for tries, told in begun:
        _go_on(tries, told)
        yield told


def _go_on(tries: Iterator[Try | None], told: Told) -> bool:
    """Whether it asks to be looked at again later. What the attack itself trips over is told, and stops no other."""
    try:
        for one in tries:
            if one is None:
                return True
            told.tried += 1
            if one.wrong:
                told.through.append(one)
    except Exception as error:
        log.exception("Attack %s could not go on", told.attack.number)
        told.tried += 1
        told.through.append(Try("the attack itself", f"it could not go on: {type(error).__name__}: {error}"))
    return False
