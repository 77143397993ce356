"""A real site, a real Chromium, and a watch on every page: no other host, no console error, no refused content, no 500."""

import re
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Error, Page, expect, sync_playwright

from .site import ROOT, Site

PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 800}
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
# A status is not a fault of the page by itself: the test that meets it says which one it expects.
# The browser's own word on a passage from page to page that it gave up because the next one came too soon: no script asked for it.
HURRIED = re.compile(r"Transition was (aborted|skipped)")
JUST_A_STATUS = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")
TELL_VIOLATIONS = "document.addEventListener('securitypolicyviolation', e => console.error('CSP: ' + e.violatedDirective + ' ' + e.blockedURI))"


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


class Watch:
    """Collects what no page may do, from every context it is shown."""

    def __init__(self, base: str):
        self.base, self.faults, self.allowed = base, [], set()
        self.provoked: list[str] = []
        """Parts of the faults that a test brings about itself."""

    def over(self, context) -> None:
        context.add_init_script(TELL_VIOLATIONS)
        context.on("request", self._request)
        context.on("response", self._response)
        context.on("console", self._console)
        context.on("weberror", self._error)

    def _error(self, error) -> None:
        if not HURRIED.search(str(error.error)):
            self.faults.append(f"script error: {error.error}")

    def _request(self, request) -> None:
        address = urlsplit(request.url)
        host = f"{address.scheme}://{address.netloc}"
        if address.scheme not in ("data", "blob", "about") and host != self.base and host not in self.allowed:
            self.faults.append(f"request to another host: {request.url}")

    def _response(self, response) -> None:
        path = urlsplit(response.url).path
        if response.status >= 500:
            self.faults.append(f"{response.status} from {response.request.method} {path}")
        elif response.status >= 400 and response.request.resource_type not in ("document", "fetch"):
            self.faults.append(f"{response.status} for {path}, which a page asked for")

    def _console(self, message) -> None:
        if message.type == "error" and not JUST_A_STATUS.match(message.text):
            self.faults.append(f"console of {message.page.url if message.page else '?'}: {message.text}")


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("site"))
    try:
        site.start()
        yield site
    finally:
        site.stop()


@pytest.fixture(scope="session")
def browser():
    path = subprocess.run([ROOT / "scripts" / "chromium.sh"], capture_output=True, text=True, timeout=300)
    assert path.returncode == 0, path.stderr
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path.stdout.strip().splitlines()[-1], args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def states(site):
    """One conversation, orientation or account in each state; what each holds is said in states.py."""
    return site.states()


@pytest.fixture(scope="session")
def session_watch(site):
    return Watch(site.base)


@pytest.fixture
def watch(session_watch, site):
    """Fails the test on what any page did meanwhile."""
    session_watch.faults.clear()
    session_watch.allowed.clear()
    session_watch.provoked.clear()
    site.forget_rates()
    yield session_watch
    faults = [fault for fault in session_watch.faults if not any(part in fault for part in session_watch.provoked)]
    assert not faults, "\n".join(faults)


@pytest.fixture(scope="session")
def new_context(site, browser, session_watch):
    """new_context(role=None, journey="", **options) → a watched context. `role`: a first name of the demonstration team."""
    signed_in = {}

    def make(role: str | None = None, journey: str = "", **options):
        options = {"base_url": site.base, "locale": "fr-FR", "timezone_id": "Europe/Paris", "viewport": DESK} | options
        if role:
            options["storage_state"] = signed_in.get(role) or signed_in.setdefault(role, sign_in(role))
            # That nobody looked between two tests is no absence: the session would have locked.
            site.sql("UPDATE accounts_opensession SET seen_at = now(), told_at = NULL")
        context = browser.new_context(**options)
        context.set_default_timeout(60_000)
        session_watch.over(context)
        if journey:
            context.add_cookies(
                [{"name": "parcours", "value": journey, "url": site.base, "httpOnly": True, "sameSite": "Lax"}]
            )
        return context

    def sign_in(role: str) -> dict:
        with browser.new_context(base_url=site.base) as context:
            page = context.new_page()
            page.goto("/demo")
            page.get_by_role("button", name=re.compile(f"^{role}, ")).click()
            expect(page).to_have_url(re.compile("/pro/"))
            return context.storage_state()

    return make


@pytest.fixture
def person(new_context, watch):
    """person(role=None, …) → the first page of a fresh browser, closed with the test. Options as for `new_context`."""
    contexts = []

    def make(role: str | None = None, **options) -> Page:
        contexts.append(new_context(role, **options))
        return contexts[-1].new_page()

    yield make
    for context in contexts:
        _close(context)


def _close(context) -> None:
    """By way of an empty page: now and then Chromium never answers who closes one that is busy, and `close` knows no end to its patience."""
    context.on("dialog", lambda dialog: dialog.accept())
    try:
        for page in context.pages:
            page.goto("about:blank", timeout=10_000)
    except Error:
        # Left open: it ends with the browser.
        return
    context.close()


@pytest.fixture
def phone(person):
    """phone(…) → as `person`, on a telephone."""
    return lambda **options: person(**({"viewport": PHONE, "has_touch": True} | options))
