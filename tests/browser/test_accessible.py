"""axe on every page, on a telephone and on a desk, light and dark, with no exclusion; then what it cannot see: reflow and text spacing.

Each page is judged on a telephone in one scheme and on a desk in the other, by turns from page to page; AXE_ALL=1 judges all four of each.
"""

import os
import re
import time
import zlib
from pathlib import Path
from urllib.parse import urlsplit

import axe_playwright_python
import pytest
from playwright.sync_api import Error, Page, expect

from tests import builders

from .conftest import DESK, PHONE
from .pages import BAD_PERIOD, NOT_THEIRS, PUBLIC, STAFF, TALK

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "RGAAv4"]
SPACED = "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-bottom: 2em !important }"


def filled(address: str, states: dict) -> str:
    return re.sub(r"{([\w-]+)\.(\w+)}", lambda match: states[match[1]][match[2]], address)


@pytest.fixture(scope="module")
def tab(new_context):
    """tab(role, journey) → one page per kind of visitor, kept for the module: opening a browser for each address would be slow."""
    tabs = {}

    def of(role: str | None = None, journey: str = "") -> Page:
        if (role, journey) not in tabs:
            tabs[role, journey] = new_context(role, journey).new_page()
        return tabs[role, journey]

    yield of
    for page in tabs.values():
        page.context.close()


@pytest.fixture(scope="module", autouse=True)
def expire(site, states):
    """The link of « expired » is yesterday's."""
    site.sql(
        "UPDATE foundation_link SET expires_at = now() - interval '1 day' WHERE subject = %s",
        states["expired"]["handover"],
    )


def accessible(page: Page) -> None:
    """axe in both widths and, by turns, both colour schemes, without loading the page again. Fails with every finding."""
    for _ in range(5):
        try:
            return _judge(page)
        except Error as error:
            if "context was destroyed" not in str(error) and "axe is not defined" not in str(error):
                raise
            # The page went on by itself meanwhile: what it is now is judged.
            page.wait_for_load_state()
    _judge(page)


def _judge(page: Page) -> None:
    found = []
    page.evaluate(AXE)
    turn = zlib.crc32(urlsplit(page.url).path.encode()) % 2
    for size in (PHONE, DESK):
        page.set_viewport_size(size)
        # At the end of the page the bar of the thumb lies in its own place, over nothing.
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        schemes = ("light", "dark")
        for scheme in schemes if os.environ.get("AXE_ALL") else (schemes[(size is DESK) ^ turn],):
            page.emulate_media(color_scheme=scheme)
            report = page.evaluate(
                "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})", TAGS
            )
            found += [
                f"{size['width']} px {scheme}, {finding['id']}: {finding['help']}\n  {node['html'][:200]}\n  {node['failureSummary'][:300]}"
                for finding in report["violations"]
                for node in finding["nodes"]
            ]
    assert not found, f"{page.url}\n" + "\n".join(found)


def fits(page: Page, width: int = 320) -> None:
    """No sideways scrolling at 320 px, and no button whose text is cut when the reader spreads the letters."""
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": width, "height": 640})
    wide = page.evaluate(
        "() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll('body *')]"
        ".filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.scroll')).slice(0, 5).map(e => e.outerHTML.slice(0, 120))"
    )
    assert not wide, f"{page.url} is wider than {width} px: {wide}"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{page.url} is wider than {width} px"
    page.evaluate(
        "css => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css); document.adoptedStyleSheets = [sheet]; }",
        SPACED,
    )
    cut = page.evaluate(
        "() => [...document.querySelectorAll('button, a.button, .talkbar a, .top a, summary')]"
        ".filter(e => e.checkVisibility() && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1"
        " || e.getBoundingClientRect().right > innerWidth + 1)).map(e => e.outerHTML.slice(0, 160))"
    )
    page.evaluate("document.adoptedStyleSheets = []")
    assert not cut, f"{page.url} cuts {cut}"


def visit(page: Page, address: str, status: int | None) -> None:
    answer = page.goto(address)
    assert status is None or answer.status == status, f"{address} answered {answer.status}"


@pytest.mark.parametrize("address", PUBLIC)
def test_public_page(watch, tab, states, address):
    page = tab()
    visit(page, filled(address, states), PUBLIC[address])
    accessible(page)
    fits(page)
    if (button := page.get_by_role("button", name="Lire la demande")).count():
        button.click()
        expect(button).to_have_count(0)
        accessible(page)
        fits(page)


@pytest.mark.parametrize(("state", "address"), TALK)
def test_talk(watch, tab, states, state, address):
    page = tab(journey=states[state]["cookie"])
    visit(page, filled(address, states), 200)
    accessible(page)
    fits(page)


@pytest.mark.parametrize(("role", "address"), STAFF)
def test_staff_page(watch, tab, states, role, address):
    page = tab(role)
    visit(
        page, filled(address, states), 404 if (role, address) in NOT_THEIRS else 400 if address == BAD_PERIOD else 200
    )
    accessible(page)


def test_danger_files(watch, tab, states):
    """From the desk to a file, which says nothing before a reason is typed."""
    page = tab("Sarah")
    page.goto(f"/pro/conversations/{states['alarming']['id']}/")
    page.get_by_role("link", name="Ouvrir un dossier de danger").click()
    expect(page.get_by_role("heading", name="Ouvrir un dossier de danger")).to_be_visible()
    accessible(page)
    page = tab("Hélène")
    for name in ("danger_open", "danger_read", "danger_decided"):
        page.goto(f"/pro/danger/{states[name]['id']}/")
        page.get_by_label("Je supervise la personne qui répond").check()
        page.get_by_role("button", name="Ouvrir le dossier").click()
        expect(page.get_by_text("il me frappe")).to_be_visible()
        accessible(page)
    page.get_by_role("link", name="Voir et imprimer").click()
    expect(page.get_by_text("Le programme n’envoie rien.")).to_be_visible()
    accessible(page)


def test_inbox_with_someone_late(site, watch, tab, states):
    """The clock has marked them: one who has waited too long, one who soon will have (from now: made at the start of all these tests)."""
    site.sql(
        "UPDATE coaching_conversation SET due_at = now() + interval '10 minutes' WHERE id = %s", states["soon"]["id"]
    )
    page = tab("Sarah")
    page.goto("/pro/conversations/")
    expect(page.locator(".inbox .late", has_text="Essai late")).to_contain_text("promesse rompue")
    expect(page.locator(".inbox .soon", has_text="Essai soon")).to_be_visible()
    accessible(page)


def test_forms_refused(watch, tab, states):
    """The same pages once something in them is wrong."""
    page = tab()
    page.goto("/parler")
    page.get_by_label("Ton message").fill("   ")
    page.locator("summary").click()
    page.get_by_label("Ta commune").fill("Saint-Nulle-Part")
    page.get_by_role("button", name="Envoyer").click()
    expect(page.get_by_role("alert")).to_be_visible()
    accessible(page)
    page.goto("/parler/reprendre")
    page.get_by_label("Ton code de reprise").fill("AAAA")
    page.get_by_role("button", name="Reprendre").click()
    expect(page.get_by_text("Ce code n’ouvre rien.")).to_be_visible()
    accessible(page)
    page = tab(journey=states["waiting"]["cookie"])
    page.goto("/parler/rappel")
    page.locator("input[name=kind][value=email]").check()
    page.get_by_label("Ton e-mail ou ton numéro").fill("rien")
    page.get_by_role("button", name="Recontactez-moi").click()
    expect(page.get_by_text("Cet e-mail n’a pas la bonne forme.")).to_be_visible()
    accessible(page)


def test_line_closed(site, watch, tab, states):
    """Out of hours: when the line opens, and how to be called back."""
    site.command("demo", "--door", "--line", "closed")
    try:
        page = tab()
        visit(page, "/parler", 200)
        expect(page.get_by_text("On revient").first).to_be_visible()
        accessible(page)
        fits(page)
        page = tab(journey=states["waiting"]["cookie"])
        visit(page, "/parler", 200)
        expect(page.locator("#attente")).to_contain_text("La ligne ouvre")
        expect(page.locator("#attente").get_by_role("link", name="qu’on te recontacte")).to_be_visible()
        accessible(page)
        fits(page)
    finally:
        site.command("demo", "--door", "--line", "open")


def test_places_of_the_team_on_a_telephone(watch, phone):
    """One button holds the places, help stays beside it; a row of a table says the name of each of its cells."""
    page = phone(role="Hélène")
    page.goto("/pro/equipe/")
    places = page.get_by_role("link", name="Structures")
    expect(places).to_be_hidden()
    expect(page.get_by_role("banner").get_by_role("link", name="Besoin d’aide tout de suite")).to_be_visible()
    named = page.locator("td[data-name]").first
    assert named.evaluate("cell => getComputedStyle(cell, '::before').content === `\"${cell.dataset.name}\"`")
    page.get_by_role("button", name="Menu").press("Enter")
    expect(places).to_be_visible()
    accessible(page)
    page.set_viewport_size(PHONE)
    places.click()
    expect(page).to_have_url(re.compile("/pro/structures/"))


def test_old_tab(watch, person):
    """The page that says so, with the text in it."""
    page = person()
    page.goto("/parler")
    page.get_by_label("Ton message").fill("Un texte auquel je tiens.")
    page.context.clear_cookies()
    page.get_by_role("button", name="Envoyer").click()
    expect(page.get_by_text("Ton texte est ici : copie-le")).to_be_visible()
    accessible(page)
    fits(page)


def test_signing_in(watch, person, states):
    """E-mail and password, then the code of the telephone; then what only a fresh proof opens."""
    page = person()
    page.goto("/compte/login/")
    page.get_by_label("Adresse e-mail").fill(states["regular"]["email"])
    page.get_by_label("Mot de passe").fill("autre chose que le bon")
    page.get_by_role("button", name="Se connecter", exact=True).click()
    expect(page.get_by_role("alert").first).to_be_visible()
    accessible(page)
    sign_in(page, states["regular"])
    expect(page).to_have_url(re.compile("/compte/2fa/authenticate/"))
    accessible(page)
    type_the_code(page, states["regular"])
    expect(page).to_have_url(re.compile("/pro/$"))
    visit(page, "/compte/password/change/", 200)
    accessible(page)
    visit(page, "/compte/2fa/recovery-codes/generate/", 200)
    accessible(page)
    page.locator("main form button[type=submit]").first.click()
    expect(page).to_have_url(re.compile("/compte/2fa/recovery-codes/$"))
    accessible(page)


def test_before_the_second_factor_and_before_the_approval(watch, person, states):
    page = person()
    sign_in(page, states["newcomer"])
    expect(page).to_have_url(re.compile("/compte/2fa/"))
    accessible(page)
    for address in ("/compte/2fa/totp/activate/", "/compte/reauthenticate/"):
        visit(page, address, 200)
        accessible(page)
    page = person()
    sign_in(page, states["waiting-account"])
    type_the_code(page, states["waiting-account"])
    expect(page).to_have_url(re.compile("/pro/"))
    expect(page.get_by_role("link", name="Conversations")).to_have_count(0)
    accessible(page)


def sign_in(page: Page, account: dict) -> None:
    page.goto("/compte/login/")
    page.get_by_label("Adresse e-mail").fill(account["email"])
    page.get_by_label("Mot de passe").fill(account["password"])
    page.get_by_role("button", name="Se connecter", exact=True).click()


def type_the_code(page: Page, account: dict) -> None:
    # A code lives 30 seconds: one about to die could be refused.
    if (left := 30 - time.time() % 30) < 4:
        page.wait_for_timeout(left * 1000)
    page.locator("input[name=code]").fill(builders.code(account["secret"]))
    page.locator("main form button[type=submit]").first.click()
