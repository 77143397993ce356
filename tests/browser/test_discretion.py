"""What a visit leaves behind: no cookie, the touch in the address and nowhere else, and a way out in one press."""

import re

import pytest
from playwright.sync_api import expect

from .pages import JOB, STORY
from .test_walk import TOUCH

VISITED = (
    "/",
    "/aide",
    "/metiers/",
    JOB,
    f"{JOB}?commune=Montargis",
    "/structures/",
    "/temoignages/",
    STORY,
    "/mentions-legales",
    "/confidentialite",
    "/accessibilite",
    "/nulle-part",
)
ELSEWHERE = "https://www.wikipedia.org"


def test_a_mere_visit_leaves_no_cookie(phone):
    page = phone()
    page.goto(f"/r/{TOUCH}")
    for address in VISITED:
        page.goto(address)
        assert page.context.cookies() == [], address
        kept = page.evaluate("[localStorage.length, sessionStorage.length]")
        assert kept == [0, 0], address


def test_the_touch_follows_to_the_conversation(site, phone):
    """From the poster by the menus, without the shortest way: the code is still there when the person writes."""
    page = phone()
    page.goto(f"/r/{TOUCH}")
    for name in ("Métiers", "Témoignages"):
        page.get_by_role("navigation", name="Principale").get_by_role("link", name=name).click()
        expect(page).to_have_url(re.compile(rf"[?&]par={TOUCH}"))
    page.locator("main .poster a").first.click()
    expect(page).to_have_url(re.compile(rf"[?&]par={TOUCH}"))
    page.get_by_role("link", name="Voir le métier").click()
    page.get_by_label("Ta commune").fill("Orléans")
    page.get_by_role("option", name="Orléans").first.click()
    page.get_by_role("button", name="Chercher").click()
    expect(page).to_have_url(re.compile(rf"[?&]par={TOUCH}"))
    page.locator(".talkbar").get_by_role("link", name="Parler à quelqu’un").click()
    expect(page).to_have_url(re.compile(rf"/parler\?par={TOUCH}$"))
    page.get_by_label("Ton message").fill("Je viens de l’abribus.")
    key = page.locator("input[name=key]").input_value()
    page.get_by_role("button", name="Envoyer").click()
    expect(page.locator("h1")).to_contain_text("Salut")
    journey = "SELECT touch FROM journeys_journey JOIN coaching_conversation c ON c.journey_id = journeys_journey.id WHERE c.key = %s"
    assert site.sql(journey, key) == [(TOUCH,)]


def test_forget_on_this_telephone(watch, phone, states):
    # The page that is left may still ask for news while the answer is on its way.
    watch.provoked += ["404 for /live/conversation/", "net::ERR_FAILED"]
    page = phone(journey=states["callback"]["cookie"])
    page.goto("/parler")
    page.get_by_role("button", name="Oublier sur ce téléphone").click()
    expect(page).to_have_url(re.compile("/$"))
    page.goto("/parler")
    expect(page.locator("h1")).to_have_text("Écris. Une vraie personne te répond.")


@pytest.mark.parametrize("how", ["button", "keys"])
def test_quick_exit(watch, phone, states, how):
    """The page is replaced: « back » does not lead to it."""
    watch.allowed.add(ELSEWHERE)
    page = phone(journey=states["waiting"]["cookie"])
    page.context.route(
        f"{ELSEWHERE}/**", lambda route: route.fulfill(body="<title>Ailleurs</title>", content_type="text/html")
    )
    page.goto("/parler")
    expect(page.locator("#fil")).to_be_visible()
    if how == "button":
        page.get_by_role("link", name="Quitter vite").click()
    else:
        for _ in range(3):
            page.keyboard.press("Escape")
    expect(page).to_have_title("Ailleurs")
    page.go_back()
    assert "/parler" not in page.url
