"""Follows a second at the knee, as a share of an empty native answer of the same process; every 302 is a row."""

import sys
from statistics import median

from bench.house import House, Line, load, running, wait_for_answer
from relais.foundation.serve import bind

BOUND = 0.50
STEPS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
GAIN = 1.05
"""The knee is the fewest connections that no larger number beats by more than this."""
PAIRS = 3


def run(house: House):
    code = house.rows("SELECT code FROM campaigns_touch ORDER BY code LIMIT 1")[0][0]
    answers: dict[str, int] = {}

    def rate(path: str, pages: int, seconds: float) -> float:
        done = load(port, path, pages=pages, seconds=seconds)
        if path != "/empty":
            for status, count in done["statuses"].items():
                answers[status] = answers.get(status, 0) + count
        return done["rate"]

    def knee(path: str) -> int:
        rates = {step: rate(path, step, 1) for step in STEPS}
        return next(step for step in STEPS if rates[step] * GAIN >= max(rates.values()))

    listening = bind("127.0.0.1", 0)
    port, descriptor = listening.getsockname()[1], listening.fileno()
    count = "SELECT count(*) FROM foundation_event WHERE name = 'touch.followed' AND touch = %s"
    before = house.rows(count, code)[0][0]
    with (
        listening,
        running(
            [sys.executable, "-m", "bench.empty", "--fd", str(descriptor)], house.production, pass_fds=[descriptor]
        ) as process,
    ):
        wait_for_answer(port, "/health/live", process)
        rate(f"/r/{code}", 8, 0.5)
        knees = {path: knee(path) for path in ("/empty", f"/r/{code}")}
        pairs = [[rate(path, pages, 2) for path, pages in knees.items()] for _ in range(PAIRS)]
    written = house.rows(count, code)[0][0] - before
    empty, follows = (median(column) for column in zip(*pairs, strict=True))
    share = median(follow / nothing for nothing, follow in pairs)
    lost = answers.get("302", 0) - written
    detail = (
        f"{follows:.0f} follows/s with {knees[f'/r/{code}']} connections, {empty:.0f} empty answers/s with {knees['/empty']}; "
        f"{answers.get('302', 0)} answered, {written} rows, {lost} lost"
    )
    ok = share >= BOUND and lost == 0 and set(answers) == {"302"}
    yield Line("follows, share of an empty answer", f"{share:.0%}", f">= {BOUND:.0%}", ok, detail)
