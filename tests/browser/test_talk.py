"""The page where one writes is a messenger: the button that sends and the way to help are whole, in sight and under the finger, whatever is left of the screen."""

import json

import pytest
from playwright.sync_api import Page, expect

WIDTH, HEIGHTS = 360, (640, 400, 320)  # a telephone, and what a keyboard leaves of two of them
# A busy machine draws the new size a moment after it was set.
DRAWN = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
TEN_LINES = "\n".join(f"ligne {number}" for number in range(1, 11))
UNDER_THE_FINGER = """element => {
  const { left, right, top, bottom } = element.getBoundingClientRect();
  const spots = [[(left + right) / 2, (top + bottom) / 2], [left + 3, top + 3], [right - 3, bottom - 3]];
  const inside = top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth && bottom - top >= 24;
  return inside && spots.every(([x, y]) => element.contains(document.elementFromPoint(x, y))) ? "" : JSON.stringify({ left, right, top, bottom, innerHeight });
}"""
SEEN = """element => {
  const page = element.closest(".said").getBoundingClientRect(), { top, bottom } = element.getBoundingClientRect();
  return Math.min(bottom, page.bottom) - Math.max(top, page.top);
}"""
MAKE = """
import json
from uuid import uuid4
from django.utils import timezone
from relais.coaching import services
from relais.coaching.models import Line
opened = services.open_conversation(line=Line.objects.get(slug="demonstration"), pseudonym="Essai fil", commune=None, touch="", body="Message 1, bonjour.", key=uuid4(), now=timezone.now())
for number in range(2, {number} + 1):
    services.write(journey=opened.conversation.journey, body=f"Message {{number}}, avec assez de mots pour tenir sur deux lignes.", key=uuid4(), now=timezone.now())
print(json.dumps(opened.cookie))
"""


@pytest.fixture(scope="module")
def written(site):
    """written(number) → the cookie of somebody who wrote that many messages; '' for none. With a word of their own, they are nobody else's:
    what a test writes there (words of danger) changes the page for good."""
    made = {(0, ""): ""}

    def cookie(number: int, own: str = "") -> str:
        if (number, own) not in made:
            made[number, own] = json.loads(
                site.command("shell", "--no-imports", "-c", MAKE.format(number=number)).stdout.splitlines()[-1]
            )
        return made[number, own]

    return cookie


def usable(page: Page, where: str) -> None:
    for name, control in (
        ("send", page.locator("form.box button")),
        ("help", page.locator("header .to-help")),
        ("leave", page.locator("header .quit")),
    ):
        fault = control.evaluate(UNDER_THE_FINGER)
        assert not fault, f"{name}, {where}: {fault}"


def at_each_size(page: Page, typing: bool = True) -> None:
    for height in HEIGHTS:
        page.set_viewport_size({"width": WIDTH, "height": height})
        page.evaluate(DRAWN)
        for letters in ("", "32px"):
            page.evaluate("size => { document.documentElement.style.fontSize = size }", letters)
            where = f"{WIDTH}×{height}, letters {letters or 'as they are'}"
            usable(page, where)
            if typing:
                page.locator("form.box textarea").fill(TEN_LINES)
                usable(page, f"{where}, ten lines typed")
                page.locator("form.box textarea").fill("")
            assert page.evaluate("document.documentElement.scrollWidth") <= WIDTH, where
        page.evaluate("document.documentElement.style.fontSize = ''")


@pytest.mark.parametrize("number", [0, 1, 3, 30])
def test_sending_and_help_are_always_at_hand(phone, written, number):
    page = phone(journey=written(number))
    page.goto("/parler")
    at_each_size(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    usable(page, "on a desk")


@pytest.mark.parametrize("number", [1, 30])
@pytest.mark.parametrize("height", HEIGHTS)
@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_it_opens_on_what_was_said_last(phone, written, number, height, scripts):
    page = phone(journey=written(number), java_script_enabled=scripts, viewport={"width": WIDTH, "height": height})
    page.goto("/parler")
    assert page.locator(".thread > li .body").last.evaluate(SEEN) >= 20
    usable(page, f"{height}, scripts {scripts}")


def test_it_stays_at_the_end_while_one_writes_and_where_it_was_while_one_reads(phone, written):
    page = phone(journey=written(30), viewport={"width": WIDTH, "height": 400})
    page.goto("/parler")
    page.get_by_label("Ton message").fill(TEN_LINES)
    page.get_by_role("button", name="Envoyer").click()
    expect(page.locator(".thread > li").last).to_contain_text("ligne 10")
    expect(page.get_by_label("Ton message")).to_have_value("")
    assert page.locator(".thread > li .body").last.evaluate(SEEN) >= 20
    page.locator(".thread > li").first.scroll_into_view_if_needed()
    expect(page.locator(".code")).to_be_visible()


def test_the_numbers_are_in_sight_as_soon_as_they_are_needed(phone, written):
    page = phone(journey=written(3, "needed"), viewport={"width": WIDTH, "height": 640})
    page.goto("/parler")
    page.get_by_label("Ton message").fill("je veux mourir")
    page.get_by_role("button", name="Envoyer").click()
    expect(page.get_by_role("link", name="Appeler le 3114")).to_be_in_viewport(ratio=1)
    page.reload()
    expect(page.get_by_role("link", name="Appeler le 3114")).to_be_in_viewport(ratio=1)


def test_what_is_answered_after_words_of_danger_is_in_sight(phone, person, written):
    page = phone(journey=written(30, "sight"), viewport={"width": WIDTH, "height": 640})
    page.goto("/parler")
    conversation = page.locator("#fil").get_attribute("data-live").rpartition("/")[2]
    page.get_by_label("Ton message").fill("je veux mourir")
    page.get_by_role("button", name="Envoyer").click()
    expect(page.locator("#secours section")).to_be_visible()
    sarah = person("Sarah")
    sarah.goto(f"/pro/conversations/{conversation}/")
    sarah.get_by_label("Votre réponse").fill("Je suis là, tu es seule ?")
    sarah.get_by_role("button", name="Prendre et répondre").click()
    plain = phone(journey=written(30, "sight"), viewport={"width": WIDTH, "height": 640}, java_script_enabled=False)
    for where, one in (("at once", page), ("after a reload", page), ("without scripts", plain)):
        if where != "at once":
            one.goto("/parler")
        expect(one.locator(".thread .body", has_text="Je suis là")).to_be_in_viewport(ratio=1)
        expect(one.locator("#secours section")).to_be_hidden()
        expect(one.get_by_role("link", name="Appeler le 3114")).to_be_in_viewport()
    page.get_by_label("Ton message").fill("je vais me suicider ce soir")
    page.get_by_role("button", name="Envoyer").click()
    expect(page.locator("#secours section")).to_be_visible()


def test_who_reads_above_is_told_of_a_new_message(phone, person, written):
    page = phone(journey=written(3, "message"), viewport={"width": WIDTH, "height": 400})
    page.goto("/parler")
    conversation = page.locator("#fil").get_attribute("data-live").rpartition("/")[2]
    page.locator(".said").evaluate("said => { said.scrollTop = -said.scrollHeight }")
    sarah = person("Sarah")
    sarah.goto(f"/pro/conversations/{conversation}/")
    sarah.get_by_label("Votre réponse").fill("Une réponse pendant la lecture")
    sarah.get_by_role("button", name="Prendre et répondre").click()
    page.get_by_role("button", name="Nouveau message").click()
    expect(page.locator(".thread .body", has_text="Une réponse pendant")).to_be_in_viewport()
    expect(page.get_by_role("button", name="Nouveau message")).to_be_hidden()


def test_the_code_is_seen_at_the_first_visit(phone):
    page = phone(viewport={"width": WIDTH, "height": 640})
    page.goto("/parler")
    page.get_by_label("Ton message").fill("Bonjour, c’est la première fois")
    page.get_by_role("button", name="Envoyer").click()
    code = page.locator(".own-code")
    expect(code).to_be_in_viewport(ratio=1)
    expect(code).to_contain_text(page.locator(".keep .code").inner_text())
    usable(page, "with the code")


@pytest.mark.parametrize("address", ["/", "/metiers/", "/recherche"])
def test_the_bar_of_the_thumb_holds_big_letters(phone, address):
    page = phone(viewport={"width": WIDTH, "height": 740})
    page.goto(address)
    page.evaluate("document.documentElement.style.fontSize = '32px'")
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTH
    for link in page.locator(".talkbar a").all():
        expect(link).to_be_in_viewport(ratio=1)


def test_a_message_of_three_is_the_same_page(phone, states):
    page = phone(journey=states["joint"]["cookie"])
    page.goto(f"/parler/a-trois/{states['joint']['handover']}")
    at_each_size(page)
    assert page.locator(".thread > li .body").last.evaluate(SEEN) >= 20


def test_without_scripts_a_refused_message_says_why_beside_its_box(phone, written):
    page = phone(journey=written(3), java_script_enabled=False, viewport={"width": WIDTH, "height": 400})
    page.goto("/parler")
    page.get_by_label("Ton message").fill("a" * 4_500)
    page.get_by_role("button", name="Envoyer").click()
    expect(page.get_by_role("alert").filter(has_text="signes")).to_be_in_viewport()
    usable(page, "with an error")


def test_one_hears_who_is_there_then_what_was_said_then_the_box(phone, written):
    page = phone(journey=written(3))
    page.goto("/parler")
    order = page.evaluate(
        "() => ['header h1', 'header .to-help', '.thread', '#id_body', 'form.box button'].map(one => document.querySelector(one))"
        ".map((one, place, all) => !place || !!(all[place - 1].compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING))"
    )
    assert order == [True] * 5


def test_search_answers_words_of_danger_with_the_card(phone):
    for scripts in (True, False):
        page = phone(java_script_enabled=scripts)
        page.goto("/recherche")
        page.get_by_label("Un métier, ou ce que tu aimerais faire").fill("je veux mourir")
        page.get_by_role("button", name="Chercher").click()
        expect(page.get_by_role("link", name="Appeler le 3114")).to_be_in_viewport(ratio=1)
        expect(page.locator("main")).not_to_contain_text("Rien pour")
