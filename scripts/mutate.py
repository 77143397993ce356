"""Put one-line bugs into what must not be wrong, and count which ones the tests notice.

    python scripts/mutate.py [HOW_MANY] [SEED]

The bugs are drawn by lot with a fixed seed, evenly over TARGETS, and put into a copy of the tree: nothing here is touched. The last line
says how many were noticed; each that was not stands above it, as a line of a file. Fails below LEAST.
"""

import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import pairwise, zip_longest
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
LEAST = 0.8
"""Of a hundred bugs, as many are noticed at least: some change nothing that anybody could see."""
LONGEST = 900
"""Seconds for the tests of one bug: a loop that never ends is noticed too."""
TARGETS = {
    "relais/foundation/hours.py": [
        "relais/foundation/tests/test_hours.py",
        "relais/foundation/tests/test_overrides.py",
    ],
    "relais/foundation/claims.py": ["relais/foundation/tests/test_claims.py"],
    "relais/foundation/states.py": ["relais/foundation/tests/test_states.py"],
    "relais/foundation/two_eyes.py": ["relais/foundation/tests/test_two_eyes.py"],
    "relais/foundation/links.py": ["tests/links"],
    "relais/foundation/outbox.py": ["relais/foundation/tests/test_outbox.py"],
    "relais/foundation/ratelimit.py": [
        "tests/limits/test_rates.py",
        "tests/limits/test_origins.py",
        "tests/limits/test_senders.py",
    ],
    "relais/foundation/schedule.py": ["relais/foundation/tests/test_schedule.py"],
    "relais/foundation/retention/broom.py": [
        "relais/foundation/tests/test_retention.py",
        "tests/limits/test_retention.py",
        "tests/limits/test_silence.py",
    ],
    "relais/coaching/retention.py": [
        "tests/limits/test_retention.py",
        "tests/limits/test_silence.py",
        "relais/coaching/tests/rights",
    ],
    "relais/coaching/thread/promise.py": ["relais/coaching/tests/line", "tests/limits/test_columns.py"],
    "relais/stories/studio/gates.py": ["relais/stories/tests/studio/test_gates.py", "tests/limits/test_columns.py"],
}
OPERATORS = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
    ast.And: ("and", "or"),
    ast.Or: ("or", "and"),
}


class Bug(NamedTuple):
    file: str
    line: int
    start: int
    end: int
    new: str


def bugs(file: str) -> Iterator[Bug]:
    """Every bug of one line that could be put into `file`: a comparison, a number, a yes or no, an « and », a « not »."""
    source = (ROOT / file).read_bytes()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            for number, kind in enumerate(node.ops):
                yield from _operator(file, source, sides[number], sides[number + 1], kind)
        elif isinstance(node, ast.BoolOp):
            for one, other in pairwise(node.values):
                yield from _operator(file, source, one, other, node.op)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield Bug(file, node.lineno, node.col_offset, node.col_offset + len("not "), "")
        elif isinstance(node, ast.Constant) and type(node.value) in (int, bool):
            new = str(not node.value) if isinstance(node.value, bool) else str(node.value + 1)
            yield Bug(file, node.lineno, node.col_offset, node.end_col_offset, new)


def _operator(file: str, source: bytes, one: ast.expr, other: ast.expr, kind: ast.cmpop | ast.boolop) -> Iterator[Bug]:
    """The operator between two sides that stand on one line."""
    if one.end_lineno != other.lineno:
        return
    old, new = OPERATORS[type(kind)]
    between = source.splitlines()[one.end_lineno - 1][one.end_col_offset : other.col_offset]
    start = one.end_col_offset + between.index(old.encode())
    yield Bug(file, one.end_lineno, start, start + len(old), new)


def drawn(many: int, seed: int) -> list[Bug]:
    dice = random.Random(seed)
    piles = [dice.sample(found, len(found)) for file in TARGETS if (found := sorted(set(bugs(file))))]
    return [bug for layer in zip_longest(*piles) for bug in layer if bug][:many]


def put(bug: Bug, tree: Path) -> None:
    lines = (ROOT / bug.file).read_bytes().splitlines(keepends=True)
    line = lines[bug.line - 1]
    lines[bug.line - 1] = line[: bug.start] + bug.new.encode() + line[bug.end :]
    (tree / bug.file).write_bytes(b"".join(lines))


def is_noticed(bug: Bug, tree: Path) -> bool:
    put(bug, tree)
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *TARGETS[bug.file]]
    environment = os.environ | {"DEBUG": "1", "RELAIS_DATA": str(tree / "var")}
    try:
        return subprocess.run(command, cwd=tree, env=environment, capture_output=True, timeout=LONGEST).returncode != 0
    except subprocess.TimeoutExpired:
        return True
    finally:
        (tree / bug.file).write_bytes((ROOT / bug.file).read_bytes())


def main(many: int = 48, seed: int = 1) -> int:
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)
        kept = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
        for name in kept.decode().split("\0")[:-1]:
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)
        for tests in TARGETS.values():
            for one in tests:
                assert (tree / one).exists(), f"{one} is gone: TARGETS is wrong"
        noticed, chosen = 0, drawn(many, seed)
        for bug in chosen:
            if is_noticed(bug, tree):
                noticed += 1
            else:
                line = (ROOT / bug.file).read_bytes().splitlines()[bug.line - 1]
                wrong = line[: bug.start] + bug.new.encode() + line[bug.end :]
                print(f"not noticed: {bug.file}:{bug.line}: {wrong.decode().strip()}", flush=True)
    print(f"{noticed} of {len(chosen)} bugs of one line were noticed (seed {seed})")
    return int(noticed < LEAST * len(chosen))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
