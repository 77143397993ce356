"""The inbox and the wall over 50,000 conversations, as people at work load them; and fifty who claim one conversation at once."""

import http.client
import statistics
import time
from concurrent.futures import ThreadPoolExecutor

from bench.house import House, Line

CONVERSATIONS, ASKED, AT_ONCE = 50_000, 60, 2
DELAY, QUERIES = 100.0, 15
ROUNDS, CLAIMANTS = 200, 50
INBOX = (
    "/pro/conversations/",
    "/pro/conversations/liste?voir=ouvertes&page=1",
    "/pro/conversations/?voir=miennes",
    "/pro/conversations/?voir=equipes",
    "/pro/conversations/?voir=terminees",
    "/pro/conversations/?voir=terminees&page=200",
)
WALL = ("/pro/ligne/", "/pro/ligne/chiffres")


def run(house: House):
    told = house.ask("bench.desk", "fill", CONVERSATIONS)
    with house.served() as (port, _):
        delays = {path: _delays(port, path, told["mediator"]) for path in INBOX} | {
            path: _delays(port, path, told["supervisor"]) for path in WALL
        }
    queries = house.ask("bench.desk", "queries", told["mediator"], *INBOX)
    path, worst = max(((path, _p95(delays[path])) for path in INBOX), key=lambda one: one[1])
    detail = f"{told['conversations']} conversations, {AT_ONCE} at once; the slowest: {path}; p50 there {statistics.median(delays[path]):.0f} ms"
    yield Line("inbox, p95", f"{worst:.0f} ms", f"{DELAY:.0f} ms", worst <= DELAY, detail)
    path, most = max(queries.items(), key=lambda one: one[1])
    yield Line("inbox, SQL queries", str(most), str(QUERIES), most <= QUERIES, path)
    worst = max(_p95(delays[path]) for path in WALL)
    yield Line("wall, p95", f"{worst:.0f} ms", f"{DELAY:.0f} ms", worst <= DELAY)
    start, rounds = time.monotonic(), house.ask("tests.kill.house", "race", ROUNDS, CLAIMANTS)
    fair = sum(one["winners"] == [one["holder"]] for one in rounds)
    detail = f"{CLAIMANTS} claim one conversation at once, {ROUNDS} times, in {time.monotonic() - start:.0f} s"
    yield Line("claims with exactly one winner", str(fair), str(ROUNDS), fair == ROUNDS, detail)


def _delays(port: int, path: str, session: str) -> list[float]:
    """Milliseconds of each answer, `AT_ONCE` asked at a time, each on a connection that is kept."""

    def ask(count: int) -> list[float]:
        connection, found = http.client.HTTPConnection("127.0.0.1", port), []
        for _ in range(count):
            start = time.perf_counter()
            connection.request(
                "GET", path, headers={"Cookie": f"__Host-session={session}", "User-Agent": "Mozilla/5.0 Firefox/140"}
            )
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise SystemExit(f"bench: {path} answered {answer.status}.")
            found.append((time.perf_counter() - start) * 1000)
        connection.close()
        # The first answers read templates and open connections to the database.
        return found[3:]

    with ThreadPoolExecutor(AT_ONCE) as crowd:
        return [delay for found in crowd.map(ask, [ASKED // AT_ONCE] * AT_ONCE) for delay in found]


def _p95(delays: list[float]) -> float:
    return statistics.quantiles(delays, n=20, method="inclusive")[18]
