"""Ten files of 20 MB sent at once in pieces, as ten pages of the studio send them, while visitors read the site.

The senders run in a process of their own; the visitors ask for public pages one after the other, from here.
"""

import hashlib
import http.client
import json
import secrets
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import quantiles

from bench.house import SOURCES, House, Line

FILES, SIZE, PIECE = 10, 20_000_000, 900_000
PAGES = ("/", "/metiers/", "/temoignages/", "/aide")
VISITORS = 2
BOUND = 200
"""Milliseconds, at the 95th percentile."""


def run(house: House):
    with house.served() as (port, _):
        given = house.ask("bench.uploads", "enter") | {"port": port}
        until = time.monotonic() + 3
        quiet = _visit(port, lambda: time.monotonic() > until)
        sender = subprocess.Popen(
            [sys.executable, "-m", "bench.uploads", "send", json.dumps(given)],
            cwd=SOURCES,
            stdout=subprocess.PIPE,
            text=True,
        )
        busy = _visit(port, lambda: sender.poll() is not None)
        sent = json.loads(sender.communicate()[0])
        kept = house.rows(
            "SELECT c.id, c.name FROM media_clip c JOIN stories_story s ON s.folder_id = c.folder_id WHERE s.slug = %s",
            given["slug"],
        )
        whole = {
            name
            for pk, name in kept
            if _digest(house.data / "media" / "clips" / str(pk) / "source") == sent["digests"].get(name)
        }
    lost = FILES - len(whole)
    detail = f"{FILES} files of {SIZE / 1e6:.0f} MB in {sent['seconds']:.1f} s, compared byte for byte"
    yield Line("uploads at once, lost", str(lost), "0", lost == 0, detail)
    worst = quantiles(busy, n=20)[-1] * 1000
    detail = f"{len(busy)} pages meanwhile; {quantiles(quiet, n=20)[-1] * 1000:.0f} ms when nobody sends"
    yield Line("uploads at once, pages p95", f"{worst:.0f} ms", f"<= {BOUND} ms", worst <= BOUND, detail)


def _visit(port: int, is_over) -> list[float]:
    """Seconds that each page took."""

    def visitor(first: int) -> list[float]:
        line, taken, turn = http.client.HTTPConnection("127.0.0.1", port, timeout=30), [], first
        while not is_over():
            began = time.perf_counter()
            line.request("GET", PAGES[turn % len(PAGES)], headers={"User-Agent": "Mozilla/5.0 Firefox/140"})
            answer = line.getresponse()
            answer.read()
            taken.append(time.perf_counter() - began)
            if answer.status != 200:
                raise SystemExit(f"bench: {PAGES[turn % len(PAGES)]} answered {answer.status}.")
            turn += 1
            time.sleep(0.05)
        return taken

    with ThreadPoolExecutor(VISITORS) as pool:
        return [seconds for taken in pool.map(visitor, range(VISITORS)) for seconds in taken]


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def enter() -> dict:
    """A campaign manager signed in with both factors, and a draft of theirs: cookies, token, slug."""
    from django.conf import settings
    from django.utils import timezone

    from relais.accounts.models import Role, User
    from relais.catalogue.models import Occupation
    from relais.stories.studio import services
    from tests import builders

    user = User.objects.filter(memberships__role=Role.CAMPAIGN_MANAGER).first()
    story = services.create(
        user=user, now=timezone.now(), title="Dix envois à la fois", form="video", occupation=Occupation.objects.first()
    )
    token = secrets.token_hex(16)
    cookies = f"{settings.SESSION_COOKIE_NAME}={builders.session(user)}; {settings.CSRF_COOKIE_NAME}={token}"
    return {"cookies": cookies, "token": token, "slug": story.slug}


def send(given: dict) -> dict:
    digests, lock, began = {}, threading.Lock(), time.monotonic()

    def one(number: int) -> None:
        content, name = secrets.token_bytes(SIZE), f"film-{number}.mp4"
        line = http.client.HTTPConnection("127.0.0.1", given["port"], timeout=60)
        headers = {"Cookie": given["cookies"], "X-CSRFToken": given["token"], "Accept": "application/json"}

        def ask(path: str, body, **more) -> dict:
            line.request("POST", path, body, headers | more)
            answer = line.getresponse()
            told = json.loads(answer.read())
            if answer.status not in (200, 201):
                raise SystemExit(f"bench: {path} answered {answer.status}: {told}.")
            return told

        form = {"Content-Type": "application/x-www-form-urlencoded"}
        state = ask(f"/pro/studio/{given['slug']}/envois", f"name={name}&size={SIZE}&purpose=clip", **form)
        while "next" not in state:
            piece = content[state["received"] : state["received"] + PIECE]
            more = {"Content-Type": "application/octet-stream", "Upload-Offset": str(state["received"])}
            state = ask(state["address"], piece, **more)
        with lock:
            digests[name] = hashlib.sha256(content).hexdigest()

    with ThreadPoolExecutor(FILES) as pool:
        list(pool.map(one, range(FILES)))
    return {"digests": digests, "seconds": time.monotonic() - began}


if __name__ == "__main__":
    if sys.argv[1] == "send":
        print(json.dumps(send(json.loads(sys.argv[2]))))
    else:
        import django
        from django.conf import settings

        from relais.foundation.postgres import ensure_running

        ensure_running(settings.DATA)
        django.setup()
        print(json.dumps(enter()))
