"""An occupation page a second through the one entry, as a share of Django alone under a plain WSGI server (granian).

One process and one answering thread on the WSGI side, which is how Django goes fastest; both read the same database.
"""

import sys
from pathlib import Path
from statistics import median

from bench.house import House, Line, free_port, load, running, wait_for_answer

BOUND = 0.70
PAGES = 8
PAIRS = 5


def run(house: House):
    path = "/metiers/" + house.rows("SELECT slug FROM catalogue_occupation WHERE is_active ORDER BY slug LIMIT 1")[0][0]
    with house.served() as (port, _):
        plain = free_port()
        granian = [
            str(Path(sys.executable).with_name("granian")),
            "--interface",
            "wsgi",
            "--host",
            "127.0.0.1",
            "--port",
            str(plain),
            "--workers",
            "1",
            "--blocking-threads",
            "1",
            "--log-level",
            "warning",
            "config.wsgi:application",
        ]
        with running(granian, house.production) as process:
            wait_for_answer(plain, path, process)
            for where in (port, plain):
                load(where, path, pages=PAGES, seconds=1)
            pairs = [[_rate(where, path) for where in (port, plain)] for _ in range(PAIRS)]
    ours, theirs = (median(column) for column in zip(*pairs, strict=True))
    share = median(own / other for own, other in pairs)
    detail = f"{ours:.0f} pages/s against {theirs:.0f}, {PAGES} connections, {path}"
    yield Line("page, share of plain WSGI", f"{share:.0%}", f">= {BOUND:.0%}", share >= BOUND, detail)


def _rate(port: int, path: str) -> float:
    done = load(port, path, pages=PAGES, seconds=1.5)
    if set(done["statuses"]) != {"200"}:
        raise SystemExit(f"bench: {path} answered {done['statuses']}.")
    return done["rate"]
