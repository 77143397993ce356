"""The whole campaign: `ATTACK_CASES=50000 ATTACK_SEED=1 python -m tests.attack [NUMBER…]`. A line for each kind; it ends with 1 if anything stands."""

import logging
import os
import sys
import tempfile
import time
from pathlib import Path

import conftest  # noqa: F401  (the environment, before the settings are read)
from relais.foundation.postgres import ensure_running

from . import kinds
from .campaign import run
from .house import serving


def main() -> int:
    from django.conf import settings

    # Each word of the mail server that takes what leaves.
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    ensure_running(settings.DATA)
    seed, asked = (int(os.environ.get(f"ATTACK_{name}", usual)) for name, usual in (("SEED", "1"), ("CASES", "0")))
    began, stands = time.monotonic(), []
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as house:
        for told in run(house, sys.argv[1:] or list(kinds.NUMBERS), seed=seed, asked=asked):
            print(f"{told.line()} ({time.monotonic() - began:.0f} s)", flush=True)
            if not told.held:
                stands.append(told.attack.number)
    print(f"{len(stands)} stand{'s' if len(stands) == 1 else ''}{': ' if stands else ''}{', '.join(stands)}")
    return bool(stands)


if __name__ == "__main__":
    sys.exit(main())
