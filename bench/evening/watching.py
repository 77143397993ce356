"""What people see during an evening (service.py): real browser pages, looked at now and then, and kept as pictures.

One Chromium. Two telephones stay open from the first round to the last, as people's do: what they show came to them live. All
other pages are opened for a round and closed after it, since they would take processor time from what is measured.
Reads its orders on standard input; prints {"shots", "faults"} at the end: errors of scripts, of the console, of content policy,
requests to another host, 5xx, pages wider than their screen.
"""

import json
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

from bench.house import SOURCES
from bench.weight import QUIET

PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 800}
MINUTES = (1, 10, 25, 45)
LAST = 45.0
"""Seconds before the end at which the last round begins."""
DARK = 25
"""The round at this minute is seen in the dark; in a short run, the closure's."""
VIOLATIONS = "document.addEventListener('securitypolicyviolation', e => console.error('CSP: ' + e.violatedDirective + ' ' + e.blockedURI))"


def rounds(start: float, end: float, plan: dict) -> list[tuple[float, str]]:
    """(instant, name) of each round that fits into the run."""
    wanted = [(start + 60 * minute, f"minute-{minute:02}") for minute in MINUTES] + [
        (plan["close"] + 25, "closed"),
        (end - LAST, "end"),
    ]
    return sorted((at, name) for at, name in wanted if at <= end - LAST)


class Watch:
    def __init__(self, given: dict, journal: TextIO):
        self.base, self.cast = f"http://127.0.0.1:{given['port']}", given["cast"]
        self.folder = Path(given["folder"]) / "shots"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.journal = journal
        self.faults: list[str] = []
        self.shots = 0
        self.phones: dict[str, Page] = {}

    def context(self, browser: Browser, viewport: dict, dark: bool = False, session: str = "") -> BrowserContext:
        options = {
            "locale": "fr-FR",
            "timezone_id": "Europe/Paris",
            "viewport": viewport,
            "color_scheme": "dark" if dark else "light",
        }
        context = browser.new_context(base_url=self.base, **options)
        context.set_default_timeout(20_000)
        context.add_init_script(VIOLATIONS)
        context.on("request", self._request)
        context.on("response", self._response)
        context.on("console", lambda said: said.type == "error" and self.faults.append(f"console: {said.text}"))
        context.on("weberror", lambda error: self.faults.append(f"script: {error.error}"))
        if session:
            context.add_cookies(
                [
                    {
                        "name": "__Host-session",
                        "value": session,
                        "url": self.base.replace("http:", "https:"),
                        "secure": True,
                    }
                ]
            )
        return context

    @contextmanager
    def page(self, what: str, *given):
        """A page for a moment. What goes wrong with it is told, and the round goes on."""
        with self.context(*given) as context:
            try:
                yield context.new_page()
            except Error as error:
                self.faults.append(f"{what}: {error}"[:500])

    def _request(self, request) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("http", "https") and f"{address.scheme}://{address.netloc}" != self.base:
            self.faults.append(f"request to another host: {request.url}")

    def _response(self, response) -> None:
        if response.status >= 500:
            self.faults.append(f"{response.status} from {response.request.method} {urlsplit(response.url).path}")

    def shoot(self, page: Page, name: str) -> None:
        page.wait_for_timeout(700)
        if (wide := page.evaluate("document.documentElement.scrollWidth")) > page.viewport_size["width"]:
            self.faults.append(f"{name}: {wide} px wide")
        page.screenshot(path=self.folder / f"{name}.png")
        self.shots += 1

    def round(self, browser: Browser, name: str, dark: bool) -> None:
        for who, words in (
            ("waits", "Bonjour, vous êtes là ?"),
            ("talks", "Salut ! C’est possible de faire un stage ?"),
        ):
            try:
                self.shoot(self.phone(browser, who, words, dark), f"{name}-phone-{who}")
            except Error as error:
                self.faults.append(f"{name}, {who}: {error}"[:500])
        mediator, supervisor = self.cast["mediators"][1], self.cast["supervisor"]
        with self.page(f"{name}, desk", browser, DESK, dark, mediator["session"]) as page:
            self.desk(page, name)
        with self.page(f"{name}, wall", browser, DESK, dark, supervisor["session"]) as page:
            page.goto("/pro/ligne/")
            self.shoot(page, f"{name}-wall")
        for viewport in (PHONE, DESK):
            with self.page(f"{name}, promise", browser, viewport, dark) as page:
                page.goto("/promesse")
                self.shoot(page, f"{name}-promise-{viewport['width']}")

    def phone(self, browser: Browser, who: str, words: str, dark: bool) -> Page:
        """The telephone of somebody. The one who waits writes just before they are seen; the other, once they were answered."""
        page = self.phones.get(who)
        if page is None:
            page = self.phones[who] = self.context(browser, PHONE).new_page()
            page.goto("/parler")
            self.write(page, words, 1)
            return page
        page.emulate_media(color_scheme="dark" if dark else "light")
        answered = page.locator("#fil > li").last.get_attribute("class") == "message"
        if (who == "waits") or answered:
            with page.expect_response("**/parler/ecrire") as told:
                self.write(page, "Et il faut écrire une lettre ?" if who == "talks" else "Je suis toujours là.")
            self.note(page, told.value.json()["seq"])
        if who == "talks":
            # Whoever answers does so in a minute or so; the picture does not wait for them for ever.
            for _ in range(20):
                if page.locator("#fil > li").last.get_attribute("class") == "message":
                    break
                page.wait_for_timeout(1000)
        return page

    def write(self, page: Page, words: str, seq: int | None = None) -> None:
        mine = page.locator("#fil > li.mine")
        before = mine.count()
        page.get_by_label("Ton message").fill(words)
        page.get_by_role("button", name="Envoyer").click()
        mine.nth(before).wait_for()
        if seq:
            self.note(page, seq)

    def note(self, page: Page, seq: int) -> None:
        """In the journal, as the other people of the evening: these two wait and are answered like them."""
        conversation, at = page.locator("#fil").get_attribute("data-live").rpartition("/")[2], time.time()
        fact = {
            "at": at,
            "event": "accepted",
            "conversation": conversation,
            "seq": seq,
            "side": "young",
            "token": "",
            "sent": at,
        }
        self.journal.write(json.dumps(fact) + "\n")
        self.journal.flush()

    def desk(self, page: Page, name: str) -> None:
        page.goto("/pro/conversations/")
        self.shoot(page, f"{name}-inbox")
        page.goto("/pro/conversations/?voir=miennes")
        own = re.findall(r'name="c" value="([0-9a-f-]+)"', page.content())
        if not own:
            return
        page.goto(f"/pro/conversations/{own[0]}/")
        self.shoot(page, f"{name}-conversation")
        if len(own) > 1:
            page.goto("/pro/conversations/cote-a-cote?" + "&".join(f"c={pk}" for pk in own[:3]))
            self.shoot(page, f"{name}-beside")


def main() -> dict:
    given = json.loads(sys.stdin.readline())
    with open(Path(given["folder"]) / "seen.jsonl", "w") as journal:
        return watched(given, Watch(given, journal))


def watched(given: dict, watch: Watch) -> dict:
    found = subprocess.run(
        [SOURCES / "scripts" / "chromium.sh"], stdout=subprocess.PIPE, text=True, check=True
    ).stdout.split("\n")[0]
    wanted = rounds(given["start"], given["end"], given["plan"])
    dark = next((name for _, name in wanted if name == f"minute-{DARK}"), "closed")
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=found, args=QUIET) as browser:
        for at, name in wanted:
            while (left := at - time.time()) > 0:
                # The telephones that are open tell what happens to them while one waits with them.
                first = next(iter(watch.phones.values()), None)
                first.wait_for_timeout(min(left, 5) * 1000) if first else time.sleep(left)
            watch.round(browser, name, name == dark)
    return {"shots": watch.shots, "faults": watch.faults}


if __name__ == "__main__":
    print(json.dumps(main(), ensure_ascii=False))
