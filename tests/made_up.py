"""How many made-up cases a test tries: a few in `make test`, MADE_UP times as many in `make long`, with the same code."""

import os

from hypothesis import settings

TIMES = int(os.environ.get("MADE_UP", "1"))


def cases(number: int) -> settings:
    return settings(max_examples=number * TIMES, deadline=None)
