"""`make bench`, or `python -m bench [name…]`: one line a benchmark, from real processes on this machine.

The load generators share the processors with what they measure, so a bound is a ratio within one run wherever it can be.
"""

import os
import sys
from time import monotonic

from bench import (
    alarms,
    days,
    detection,
    feed,
    figures,
    follows,
    imports,
    inbox,
    live,
    page,
    proofreading,
    ready,
    search,
    service,
    transcode,
    uploads,
    weight,
)  # isort: skip
from bench.house import House

BENCHMARKS = {
    "ready": ready,
    "live": live,
    "follows": follows,
    "page": page,
    "weight": weight,
    "feed": feed,
    "inbox": inbox,
    "imports": imports,
    "search": search,
    "proofreading": proofreading,
    "detection": detection,
    "alarms": alarms,
    "transcode": transcode,
    "uploads": uploads,
    "days": days,
    "figures": figures,
    "service": service,
}
ON_REQUEST = {"service"}
"""Only when named: it lasts as long as one wishes."""


def main(names: list[str]) -> int:
    """Runs the named benchmarks, all but ON_REQUEST by default. Returns 1 when a figure is over its bound."""
    if unknown := set(names) - BENCHMARKS.keys():
        print(
            f"bench: no benchmark named {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}.",
            file=sys.stderr,
        )
        return 2
    start, lines = monotonic(), []
    print(
        f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} before the start; the load generators share them."
    )
    with House() as house:
        for name in names or [name for name in BENCHMARKS if name not in ON_REQUEST]:
            for line in BENCHMARKS[name].run(house):
                lines.append(line)
                print(line, flush=True)
    over = sum(not line.ok for line in lines)
    print(f"{len(lines)} figures, {over} over their bound, in {monotonic() - start:.0f} s.")
    return int(over > 0)


sys.exit(main(sys.argv[1:]))
