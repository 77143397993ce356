"""Search at national scale: the same questions in process and in PostgreSQL, over HTTP at a steady pace, and the page's weight.

BENCH_MILLION=1 adds a million documents (several minutes).
"""

import http.client
import os
import subprocess
import threading
from time import monotonic, sleep
from urllib.parse import quote

from playwright.sync_api import sync_playwright

from bench.house import SOURCES, House, Line
from bench.searching import TEXTS
from bench.weight import QUIET, _weigh

SIZE = (93_266, 17_000, 3_000)
P95, RATIO, BUILD, GROWTH, FRESH = 5.0, 15.0, 30.0, 6.0, 5.0
HTTP_P95, PACE, SECONDS = 25.0, 50, 10
PAGE = 60.0
TOWNS = ("Orléans", "Paris", "Lyon", "Pau", "Rennes", "Lille", "Toulouse", "Nevers", "Reims", "Dijon")


def run(house: House):
    told = house.ask("bench.searching", *SIZE, 400)
    whole, mix = told["whole"], told["mix"]
    detail = f"text, place, radius, two choices, all counts; p50 {whole['p50']:.1f} ms, {told['documents']} documents"
    yield Line("search, in process, p95", f"{whole['p95']:.1f} ms", f"{P95:.0f} ms", whole["p95"] <= P95, detail)
    ratio = whole["rate"] / whole["postgresql_rate"]
    detail = f"the same: {whole['rate']:.0f} against {whole['postgresql_rate']:.0f} a second of processor; "
    detail += f"mixed with words, choices or a place alone x {mix['rate'] / mix['postgresql_rate']:.1f}"
    yield Line("search, x PostgreSQL full text", f"{ratio:.1f}", f"{RATIO:.0f}", ratio >= RATIO, detail)
    yield Line(
        "search, whole index",
        f"{told['build']:.1f} s",
        f"{BUILD:.0f} s",
        told["build"] <= BUILD,
        "from PostgreSQL, swap included",
    )
    with house.served() as (port, web):
        # The web process has one core, whoever asks has the other.
        for task in os.listdir(f"/proc/{web}/task"):
            os.sched_setaffinity(int(task), {0})
        times, wrong = _paced(port)
        p95 = sorted(times)[int(len(times) * 0.95)]
        yield Line(
            "/api/v1/search over HTTP, p95",
            f"{p95:.1f} ms",
            f"{HTTP_P95:.0f} ms",
            p95 <= HTTP_P95 and not wrong,
            f"{PACE} a second on one core, {wrong} refused",
        )
        chromium = subprocess.run(
            [SOURCES / "scripts" / "chromium.sh"], stdout=subprocess.PIPE, text=True, check=True
        ).stdout.split("\n")[0]
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
            weight, scripts, _ = _weigh(
                browser, f"http://127.0.0.1:{port}", f"/recherche?q=aide+soignante&lieu={quote('Orléans')}"
            )
            browser.close()
        yield Line(
            "/recherche, compressed, in all",
            f"{weight:.1f} kB",
            f"{PAGE:.0f} kB",
            weight <= PAGE,
            f"of which scripts {scripts:.1f} kB",
        )
        seen = house.ask("bench.freshness", port)
        slowest = max(seen["seconds"])
        detail = f"{len(seen['seconds'])} changes during an import of a third of the offers, built into the index in {seen['built']:.0f} s"
        yield Line("search, a change is shown within", f"{slowest:.1f} s", f"{FRESH:.0f} s", slowest <= FRESH, detail)
    if os.environ.get("BENCH_MILLION"):
        great = house.ask("bench.searching", 885_000, 115_000, SIZE[2], 300)
        growth = great["whole"]["p95"] / whole["p95"]
        detail = f"p95 {great['whole']['p95']:.1f} ms, {great['documents']} documents, built in {great['build']:.0f} s"
        yield Line("search, a million, p95 x", f"{growth:.1f}", f"{GROWTH:.0f}", growth <= GROWTH, detail)


def _paced(port: int) -> tuple[list[float], int]:
    """Milliseconds from the moment each question was due, and how many were not answered 200."""
    times, wrong, count, start = [], [], PACE * SECONDS, monotonic() + 0.2
    numbers, lock = iter(range(count)), threading.Lock()

    def ask():
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            due = start + number / PACE
            sleep(max(0, due - monotonic()))
            query = f"q={quote(TEXTS[number % len(TEXTS)])}&near={quote(TOWNS[number % len(TOWNS)])}&radius=30&contract=CDI&level=4"
            line.request("GET", f"/api/v1/search?{query}", headers={"Accept-Encoding": "identity"})
            answer = line.getresponse()
            answer.read()
            times.append(1000 * (monotonic() - due))
            if answer.status != 200:
                wrong.append(answer.status)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times, len(wrong)
