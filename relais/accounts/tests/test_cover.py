"""A page that nobody looks at covers itself, keeps what was typed, and opens again in its place: in a real browser."""

import time
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import expect, sync_playwright

from relais.accounts.models import OpenSession
from relais.accounts.second_factor import new_secret
from tests import builders

from .test_passkeys import FLAGS

pytestmark = pytest.mark.browser
LONG = 6 * 60_000


@pytest.fixture
def desk(live_server, make_user):
    """A page of somebody who signed in an hour ago, with a box to write in, on the clock of the test; `desk.secret`: of their codes."""
    secret = new_secret()
    user = make_user("mediator", secret=secret)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        context = browser.new_context(viewport={"width": 360, "height": 740})
        key = builders.session(user, ago=builders.HOUR)
        context.add_cookies([{"name": "session", "value": key, "url": live_server.url}])
        page = context.new_page()
        page.set_default_timeout(60_000)
        expect.set_options(timeout=60_000)
        page.clock.install()
        page.goto(f"{live_server.url}/pro/conversations/chercher")
        page.secret = secret
        yield page
        browser.close()


def leave() -> None:
    """Nobody looks for six minutes, on the clock of the server."""
    OpenSession.objects.update(seen_at=timezone.now() - timedelta(minutes=6))


def test_covered_and_opened_again_with_what_was_typed(desk):
    box, title = desk.locator("[name=words]"), desk.title()
    box.fill("ce que j’écrivais")
    leave()
    desk.clock.fast_forward(LONG)
    cover = desk.get_by_role("dialog", name="Session verrouillée")
    expect(cover).to_be_visible()
    expect(desk).to_have_title("Session verrouillée")
    expect(desk.locator("main")).not_to_be_visible()
    code = desk.get_by_label("Un code de votre application")
    expect(code).to_be_visible()
    desk.keyboard.press("Escape")
    desk.keyboard.press("Escape")
    expect(cover).to_be_visible()
    # A code about to end could be refused.
    if (left := 30 - time.time() % 30) < 8:
        time.sleep(left)
    code.fill(builders.code(desk.secret))
    desk.get_by_role("button", name="Rouvrir", exact=True).click()
    expect(cover).to_have_count(0)
    expect(desk).to_have_title(title)
    expect(box).to_have_value("ce que j’écrivais")


def test_a_session_that_was_closed_elsewhere_shows_nothing_more(desk):
    Session.objects.all().delete()
    desk.clock.fast_forward(2 * 60_000)
    expect(desk.get_by_role("dialog", name="Session verrouillée")).to_contain_text("Cette session est finie.")
    expect(desk.locator("main")).not_to_be_visible()


@pytest.mark.parametrize("covered", [True, False])
def test_it_never_opens_for_somebody_else_who_signs_in_on_this_computer(desk, make_user, covered):
    box = desk.locator("[name=words]")
    box.fill("ce que j’écrivais")
    cover = desk.get_by_role("dialog", name="Session verrouillée")
    if covered:
        leave()
        desk.clock.fast_forward(LONG)
        expect(cover).to_be_visible()
    # Of the same organisation or not, they do not read over her shoulder.
    mine = {one["name"]: one for one in desk.context.cookies()}["session"]
    desk.context.add_cookies([mine | {"value": builders.session(make_user("mediator"))}])
    desk.clock.fast_forward(2 * 60_000)
    expect(cover).to_have_count(0)
    expect(box).to_have_value("")


def test_no_key_opens_anything_over_the_cover_and_it_is_never_blank(desk):
    """While the site does not answer either."""
    address = desk.url
    desk.route("**/pro/ici", lambda route: route.fulfill(status=503))
    desk.clock.fast_forward(LONG)
    cover = desk.get_by_role("dialog", name="Session verrouillée")
    expect(cover).to_contain_text("Le site ne répond pas")
    for key in ("Control+k", "?", "l", "c"):
        desk.keyboard.press(key)
    expect(desk.locator("dialog")).to_have_count(1)
    assert desk.url == address
    desk.unroute("**/pro/ici")
    desk.clock.fast_forward(60_000)
    expect(cover).to_have_count(0)


def test_a_browser_that_cannot_read_the_options_of_a_passkey_has_a_way_left(desk):
    way = {"id": "mfa_reauthenticate:webauthn", "url": "/compte/2fa/reauthenticate/webauthn/", "description": "Par clé"}
    desk.evaluate("PublicKeyCredential.parseRequestOptionsFromJSON = undefined")
    desk.route("**/pro/ici", lambda route: route.fulfill(status=401, json={"error": "", "ways": [way]}))
    desk.clock.fast_forward(LONG)
    expect(desk.get_by_role("link", name="Par clé")).to_have_attribute("href", f"{way['url']}?next=%2Fpro%2Fici")
