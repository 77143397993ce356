"""An evening of service, played through HTTP alone: 5,000 open pages, 200 young people, twenty mediators, one supervisor.

`BENCH_MINUTES=60 python -m bench service`; BENCH_PAGES changes the pages, BENCH_KEEP names a folder that keeps the journals,
the figures of each minute, a summary, and what browsers saw (watching.py). Not in the default list: it lasts what it lasts.

What people cannot honestly make of 50 messages a second, a background writer fills up on a neighbour line whose conversations
are those of the open pages; the figures say how many came from whom. Nothing in the product is switched off.
"""

import contextlib
import csv
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import defaultdict
from pathlib import Path

from bench.evening import verdict
from bench.evening.verdict import Journal, p95, shares
from bench.house import SOURCES, House, Line, child, children

MINUTES, PAGES = float(os.environ.get("BENCH_MINUTES", "2")), int(os.environ.get("BENCH_PAGES", "5000"))
RATE, YOUNG = 50, 200
WEB = int(os.environ.get("BENCH_WEB", "2"))
"""Web processes, as whoever serves so many people would have: one a core."""
THINKING, ANSWERING = (4.0, 25.0), (4.0, 12.0)
DELAY, MEMORY, PAGE, GROWTH = 30.0, 45.0, 500.0, 1.25
EVERY = 10.0
COLUMNS = (
    "minute",
    "young",
    "mediators",
    "background",
    "p95_commit_to_page_ms",
    "worst_ms",
    "p95_person_to_person_ms",
    "streams",
    "web_kb",
    "worker_kb",
    "web_cpu_s",
    "worker_cpu_s",
)


def run(house: House):
    kept = os.environ.get("BENCH_KEEP", "").strip()
    with contextlib.ExitStack() as stack:
        folder = Path(kept or stack.enter_context(tempfile.TemporaryDirectory())).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        cast = house.ask("bench.evening.stage", "prepare", PAGES)
        with house.served(web=WEB) as (port, web):
            evening = Evening(house, port, web, cast, folder)
            evening.play(watched=bool(kept))
            promised = evening.promised()
        lines = list(_judge(house, evening, promised))
        (folder / "summary.txt").write_text("\n".join(map(str, lines)) + "\n")
        yield from lines


class Evening:
    """The processes of the generators, and what was measured of the site meanwhile."""

    def __init__(self, house: House, port: int, web: int, cast: dict, folder: Path):
        self.house, self.port, self.cast, self.folder = house, port, cast, folder
        self.web, self.worker = children(_parent(web), "web"), [child(_parent(web), "worker")]
        self.samples: list[dict] = []
        self.told: dict[str, dict] = {}
        self.watched: dict = {}

    def play(self, *, watched: bool) -> None:
        self._weigh_pages()
        with contextlib.ExitStack() as stack:
            pages = stack.enter_context(
                self._crowd("pages", {"pages": self.cast["pages"], "journal": str(self.folder / "pages.jsonl")})
            )
            _until(pages, "seated")
            time.sleep(2)
            self.opened = _resident(self.web)
            self.start = time.time()
            self.end = self.start + MINUTES * 60
            plan = {
                name: self.start + share * MINUTES * 60
                for name, share in {"away": 0.08, "close": 0.5, "give": 0.75}.items()
            }
            plan["open"] = plan["close"] + min(300.0, MINUTES * 60 / 6)
            words = [sys.executable, "-m", "bench.evening.stage", "fill", str(RATE), str(self.folder / "filled.jsonl")]
            filler = stack.enter_context(
                subprocess.Popen(words, env=self.house.production, cwd=SOURCES, stdin=subprocess.PIPE, text=True)
            )
            given = {
                "cast": self.cast | {"pages": []},
                "until": self.end,
                "young": YOUNG,
                "plan": plan,
                "thinking": THINKING,
                "answering": ANSWERING,
            }
            people = stack.enter_context(self._crowd("people", given | {"journal": str(self.folder / "people.jsonl")}))
            watching = stack.enter_context(self._watching(plan)) if watched else None
            reading = threading.Thread(target=self._follow, args=("pages", pages), daemon=True)
            reading.start()
            self._follow("people", people, filler)
            filler.stdin.close()
            filler.wait(30)
            time.sleep(3)
            pages.stdin.close()
            reading.join(60)
            if watching:
                self.watched = json.loads(watching.communicate(timeout=120)[0] or "{}")

    def _weigh_pages(self) -> None:
        """A first look at everything, then the weight of the process that has nobody yet."""
        for path in ("/parler", "/promesse", "/", "/metiers") * 5:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30).read()
        with self._crowd("pages", {"pages": self.cast["pages"][:50], "journal": os.devnull}) as first:
            _until(first, "seated")
            first.communicate(timeout=30)
        time.sleep(1)
        self.before = _resident(self.web)

    def _crowd(self, kind: str, given: dict) -> subprocess.Popen:
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.evening.crowd", kind],
            cwd=SOURCES,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        process.stdin.write(json.dumps(given | {"port": self.port}) + "\n")
        process.stdin.flush()
        return process

    def _watching(self, plan: dict) -> subprocess.Popen:
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.evening.watching"],
            cwd=SOURCES,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        given = {
            "port": self.port,
            "cast": self.cast | {"pages": []},
            "start": self.start,
            "end": self.end,
            "plan": plan,
            "folder": str(self.folder),
        }
        process.stdin.write(json.dumps(given) + "\n")
        process.stdin.close()
        process.stdin = None
        return process

    def _follow(self, kind: str, process: subprocess.Popen, filler: subprocess.Popen | None = None) -> None:
        """Reads what a generator says until its summary; tells the filler how much is left to it."""
        due = 0.0
        for line in process.stdout:
            told = json.loads(line)
            if "times" in told:
                self.told[kind] = told
            elif filler:
                filler.stdin.write(f"{told['written']}\n")
                filler.stdin.flush()
                if time.time() >= due:
                    due = time.time() + EVERY
                    self.samples.append(self._sample())
            else:
                self.streams = told["open"]

    def _sample(self) -> dict:
        weights = {"web_kb": _resident(self.web), "worker_kb": _resident(self.worker)}
        return (
            {"at": time.time(), "streams": getattr(self, "streams", 0)}
            | weights
            | {"web_cpu": _cpu(self.web), "worker_cpu": _cpu(self.worker)}
        )

    def promised(self) -> dict:
        """The promise as the site publishes it, as it counts it, and as it recounts it."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/promise", timeout=60) as answer:
            published = json.load(answer)["results"][-1]
        return self.house.ask("bench.evening.stage", "promised") | {"published": published}


def _judge(house: House, evening: Evening, promised: dict):
    journal, people = Journal(evening.folder), evening.told["people"]
    start, end = evening.start, evening.end
    rates = journal.rate(start + min(30, MINUTES * 10), end)
    whole = sum(rates.values())
    detail = f"young {rates.get('young', 0):.1f}, mediators {rates.get('staff', 0):.1f}, background {rates['filled']:.1f}; {_counts(people['counts'])}"
    yield Line("service, messages a second", f"{whole:.1f}", f">= {RATE * 0.98:.0f}", whole >= RATE * 0.98, detail)
    pages, between = journal.pages_delays(), journal.people_delays()
    delays = [delay for _, delay in pages]
    yield Line(
        "service, p95 COMMIT to page",
        f"{p95(delays):.1f} ms",
        f"{DELAY:.0f} ms",
        p95(delays) <= DELAY,
        f"neighbour line: {shares(delays)}",
    )
    delays = [delay for _, delay in between]
    detail = f"from Message.at, before its transaction, to the other side's page: {shares(delays)}"
    yield Line(
        "service, p95 person to person",
        f"{p95(delays):.1f} ms",
        f"{3 * DELAY:.0f} ms",
        p95(delays) <= 3 * DELAY,
        detail,
    )
    faults = {kind: told["examples"][kind] for told in evening.told.values() for kind in told["faults"]}
    number = sum(sum(told["faults"].values()) for told in evening.told.values())
    counted = ", ".join(f"{kind} {times}" for told in evening.told.values() for kind, times in told["faults"].items())
    yield Line(
        "service, errors",
        str(number),
        "0",
        not number,
        f"{counted} {json.dumps(faults, ensure_ascii=False) if faults else ''}".strip(),
    )
    missed, kept = journal.missed(), journal.kept(house.ask("bench.evening.stage", "kept"))
    wrong = {f"{name} by a page": found for name, found in missed.items()} | {
        f"{name} in the database": found for name, found in kept.items()
    }
    number = sum(map(len, wrong.values()))
    detail = f"{len(journal.accepted) + len(journal.filled)} messages accepted; " + "; ".join(
        f"{name} {len(found)} {found[:1] or ''}" for name, found in wrong.items()
    )
    yield Line("service, lost or twice", str(number), "0", not number, detail)
    weight = (evening.opened - evening.before) / PAGES
    yield Line(
        "service, memory per open page",
        f"{weight:.1f} kB",
        f"{MEMORY:.0f} kB",
        weight <= MEMORY,
        f"{evening.before} to {evening.opened} kB",
    )
    yield from _growth(evening)
    for side in ("young", "desk"):
        slowest = {
            kind: p95(times)
            for kind, times in people["times"].items()
            if (kind.startswith("young")) == (side == "young") and len(times) > 20
        }
        kind, worst = max(slowest.items(), key=lambda item: item[1], default=("none", 0.0))
        yield Line(
            f"service, p95 of a page, {side}",
            f"{worst:.0f} ms",
            f"{PAGE:.0f} ms",
            worst <= PAGE,
            f"the slowest kind: {kind}",
        )
    yield from _promise(journal, promised)
    _write(
        evening,
        journal,
        pages,
        between,
        {"wrong": wrong, "promised": promised, "told": evening.told, "watched": evening.watched},
    )
    if evening.watched:
        seen = evening.watched["faults"]
        yield Line(
            "service, seen by browsers",
            str(len(seen)),
            "0",
            not seen,
            f"{evening.watched['shots']} screenshots; {'; '.join(seen[:5])}",
        )


def _growth(evening: Evening):
    for role in ("web", "worker"):
        weights = [sample[f"{role}_kb"] for sample in evening.samples]
        early, last = weights[len(weights) // 10], weights[-1]
        detail = f"{early} kB after a tenth of the run, {max(weights)} at most, {last} at the end"
        yield Line(
            f"service, {role} at the end", f"{last / early:.2f}", f"{GROWTH:.2f}", last <= early * GROWTH, detail
        )


def _promise(journal: Journal, promised: dict):
    own = verdict.cell(journal.waits(promised["now"]))
    found = (
        verdict.differences(own, promised["figures"], "the page")
        + verdict.differences(own, promised["recount"], "the recount")
        + promised["differences"]
    )
    month, published = promised["month"], promised["published"]
    if published["number"] not in (None, month["number"]):
        found.append(f"the API publishes {published['number']} waits, the page counts {month['number']}")
    told = ", ".join(
        f"{name} {value if not isinstance(value, float) else round(value, 1)}" for name, value in own.items()
    )
    broken = own["number"] - own["within"]
    yield Line(
        "service, promise recounted",
        str(len(found)),
        "0",
        not found,
        f"evening's line: {told}; {broken} broken; {'; '.join(found)}",
    )


def _write(evening: Evening, journal: Journal, pages: list, between: list, more: dict) -> None:
    """`summary.json`, `minutes.csv`, `times.csv`."""
    (evening.folder / "summary.json").write_text(
        json.dumps(more | {"samples": evening.samples}, ensure_ascii=False, indent=1)
    )
    rows: dict[int, dict] = defaultdict(lambda: defaultdict(list))
    for name, values in (("commit_to_page", pages), ("person_to_person", between)):
        for at, delay in values:
            rows[int((at - evening.start) // 60)][name].append(delay)
    for name, instants in (
        ("young", [fact["at"] for fact in journal.accepted if fact["side"] == "young"]),
        ("mediators", [fact["at"] for fact in journal.accepted if fact["side"] == "staff"]),
        ("background", [row[3] for row in journal.filled]),
    ):
        for at in instants:
            rows[int((at - evening.start) // 60)][name].append(at)
    samples = {int((sample["at"] - evening.start) // 60): sample for sample in evening.samples}
    with open(evening.folder / "minutes.csv", "w", newline="") as file:
        out = csv.writer(file)
        out.writerow(COLUMNS)
        for minute, row in sorted(rows.items()):
            sample = samples.get(minute, {})
            commit = row["commit_to_page"]
            out.writerow(
                [
                    minute,
                    len(row["young"]),
                    len(row["mediators"]),
                    len(row["background"]),
                    round(p95(commit), 1),
                    round(max(commit, default=0), 1),
                    round(p95(row["person_to_person"]), 1),
                    *(sample.get(name, "") for name in ("streams", "web_kb", "worker_kb", "web_cpu", "worker_cpu")),
                ]
            )
    with open(evening.folder / "times.csv", "w", newline="") as file:
        out = csv.writer(file)
        out.writerow(("kind", "asked", "p50_ms", "p95_ms", "worst_ms"))
        for kind, times in sorted(evening.told["people"]["times"].items()):
            out.writerow(
                (kind, len(times), round(sorted(times)[len(times) // 2], 1), round(p95(times), 1), round(max(times), 1))
            )


def _counts(counts: dict) -> str:
    return ", ".join(f"{name} {number}" for name, number in sorted(counts.items()))


def _until(process: subprocess.Popen, word: str) -> None:
    """Reads what a generator says until it says `word`."""
    for line in process.stdout:
        if json.loads(line).get(word):
            return
    raise SystemExit("bench: a generator stopped.")


def _resident(pids: list[int]) -> int:
    """kB, of all of them."""
    return sum(int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) for pid in pids)


def _cpu(pids: list[int]) -> float:
    """Seconds of processor since their start, of all of them."""
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
    return sum(int(one[11]) + int(one[12]) for one in fields) / os.sysconf("SC_CLK_TCK")


def _parent(pid: int) -> int:
    return int(re.search(r"PPid:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1])
