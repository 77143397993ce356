"""The figures counted twice, and the promise as anybody reads it, over a year of 5,000 conversations."""

from bench.house import House, Line

CONVERSATIONS = 5_000
CHECK, READ = 60.0, 1.0


def run(house: House):
    told = house.ask("bench.histories", CONVERSATIONS)
    detail = f"{told['events']} events; {told['check_cpu']:.1f} s of processor in Python"
    yield Line("check-figures", f"{told['check']:.0f} s", f"{CHECK:.0f} s", told["check"] <= CHECK, detail)
    for name in ("promise", "funnel"):
        yield Line(f"{name}, one reading", f"{told[name]:.2f} s", f"{READ:.0f} s", told[name] <= READ)
