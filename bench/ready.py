"""From the two commands of `make run`, on an installed environment and an empty data folder, to a site that is ready."""

from time import monotonic

from bench.house import House, Line

BOUND = 20.0


def run(house: House):
    start = monotonic()
    with house.served(house.local):
        serve = monotonic() - start
    total = house.made_in + serve
    yield Line(
        "make run, ready in",
        f"{total:.1f} s",
        f"{BOUND:.0f} s",
        total <= BOUND,
        f"demonstration {house.made_in:.1f} s, serve {serve:.1f} s",
    )
