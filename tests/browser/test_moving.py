"""What pages do by themselves, each in one way: drafts, streams, suggestions. What they must not do on a computer that others use too."""

import re

import pytest
from playwright.sync_api import expect

from .conftest import PHONE
from .test_desk import box, written

KEPT = "Object.entries({...sessionStorage}).filter(([name]) => name.startsWith('draft:')).map(([name, kept]) => kept).join()"
BOX = "Ton message"


def test_a_name_is_chosen_by_the_keys_alone(phone):
    page = phone()
    page.goto("/recherche")
    words = page.get_by_role("combobox", name=re.compile("^Un métier"))
    expect(words).to_have_attribute("aria-expanded", "false")
    words.fill("éduc")
    # A list to choose from has options too.
    options = page.get_by_role("listbox", name="Propositions").get_by_role("option")
    expect(options.first).to_be_visible()
    expect(words).to_have_attribute("aria-expanded", "true")
    count = options.count()
    expect(page.get_by_role("status").filter(has_text="proposition")).to_have_text(f"{count} propositions")
    words.press("ArrowDown")
    words.press("ArrowDown")
    second = options.nth(1)
    expect(second).to_have_attribute("aria-selected", "true")
    assert words.get_attribute("aria-activedescendant") == second.get_attribute("id")
    chosen = second.text_content()
    words.press("Enter")
    expect(words).to_have_value(chosen)
    expect(options).to_have_count(0)
    assert "?q=" not in page.url, "the first Enter takes the name, the second one searches"
    place = page.locator("#lieu")
    place.press_sequentially("montar")
    expect(options.first).to_be_visible()
    place.press("Escape")
    expect(options).to_have_count(0)
    expect(place).to_have_value("montar")
    place.press("Enter")
    expect(page).to_have_url(re.compile(r"\?q=.*lieu=montar"))


def test_without_scripts_a_box_with_suggestions_is_a_plain_search(person):
    page = person(java_script_enabled=False)
    page.goto("/recherche")
    page.get_by_label(re.compile("^Un métier")).fill("éducateur")
    page.get_by_role("button", name=re.compile("Chercher|Rechercher")).first.click()
    expect(page.get_by_role("main")).to_contain_text(re.compile("éducat", re.I))
    expect(page.get_by_role("combobox")).to_have_count(0)


def test_what_was_typed_comes_back_after_a_reload_and_goes_when_one_leaves(phone, watch):
    watch.allowed.add("https://www.wikipedia.org")
    page = phone()
    page.context.route("https://www.wikipedia.org/**", lambda route: route.fulfill(body="Ailleurs"))
    page.goto("/parler")
    page.get_by_label(BOX).fill("Quelque chose de personnel")
    page.reload()
    expect(page.get_by_label(BOX)).to_have_value("Quelque chose de personnel")
    page.get_by_role("link", name="Quitter vite").click()
    expect(page.get_by_text("Ailleurs")).to_be_visible()
    page.goto("/parler")
    expect(page.get_by_label(BOX)).to_have_value("")
    assert page.evaluate(KEPT) == ""


@pytest.mark.parametrize("how", ["from elsewhere", "much later"])
def test_a_text_without_an_owner_waits_for_nobody_else(phone, how):
    page = phone()
    page.goto("/parler")
    page.get_by_label(BOX).fill("Quelque chose de personnel")
    if how == "much later":
        page.evaluate(
            "for (const [name, kept] of Object.entries({...sessionStorage})) sessionStorage.setItem(name, JSON.stringify({...JSON.parse(kept), at: Date.now() - 31 * 60000}))"
        )
        page.reload()
    else:
        page.goto("/parler?par=K7QM3")
    expect(page.get_by_label(BOX)).to_have_value("")
    assert page.evaluate(KEPT) == ""


def test_a_text_of_one_conversation_shows_in_no_other(phone, states):
    first, second = states["answered"], states["waiting"]
    page = phone(journey=first["cookie"])
    page.goto("/parler")
    page.get_by_role("textbox").last.fill("Pour la première seulement")
    page.reload()
    expect(page.get_by_role("textbox").last).to_have_value("Pour la première seulement")
    page.context.add_cookies([{"name": "parcours", "value": second["cookie"], "url": page.url.split("/parler")[0]}])
    page.goto("/parler")
    expect(page.locator("h1")).to_contain_text(second["pseudonym"])
    expect(page.get_by_role("textbox").last).to_have_value("")


def test_who_signs_in_next_finds_no_text_of_who_was_there(person, watch, new_context):
    """Sarah's session ends with words in the tab; Karim sits down at the same computer; she finds them again, he does not."""
    address = written(person, "Bonjour du poste partagé")
    watch.provoked += ["404 for /live/", "net::ERR_FAILED"]
    page = person("Sarah")
    page.goto(address)
    hers = page.context.cookies()
    page.context.clear_cookies()
    box(page).fill("Ce que Sarah n’a pas envoyé")
    expect(page.locator("[data-kept]")).to_contain_text("dans cet onglet seulement")
    karim = new_context("Karim")
    page.context.add_cookies(karim.cookies())
    karim.close()
    page.goto(address)
    expect(box(page)).to_be_visible()
    expect(box(page)).to_have_value("")
    assert page.evaluate(KEPT) == ""
    page.context.clear_cookies()
    page.context.add_cookies(hers)


def test_a_page_whose_conversation_is_forgotten_says_so_at_once(phone, watch, site):
    """Two tabs of one telephone: what one of them ends, the other one says. What was typed there stays in its box."""
    watch.provoked += ["404 for /live/conversation/", "net::ERR_FAILED"]
    page = phone()
    page.goto("/parler")
    page.get_by_label(BOX).fill("Bonjour des deux onglets")
    page.get_by_role("button", name="Envoyer").click()
    expect(page.locator("#fil")).to_contain_text("deux onglets")
    other = page.context.new_page()
    other.goto("/parler")
    other.get_by_role("button", name="Oublier sur ce téléphone").click()
    expect(other).to_have_url(re.compile("/$"))
    told = page.get_by_role("status").filter(has_text="n’est plus à jour")
    expect(told).to_be_visible(timeout=10_000)
    expect(page.locator("#fil")).to_be_empty()
    expect(page.locator(".code")).to_have_count(0)
    told.get_by_role("link", name="Recharger la page").click()
    expect(page.locator("h1")).to_have_text("Écris. Une vraie personne te répond.")


def test_a_line_that_is_cut_is_said_and_what_was_said_meanwhile_comes(person, phone, watch):
    address = written(person, "Bonjour de la coupure")
    watch.provoked += ["net::ERR_INTERNET_DISCONNECTED", "net::ERR_FAILED"]
    sarah = person("Sarah", viewport=PHONE)
    sarah.goto(address)
    expect(box(sarah)).to_be_visible()
    sarah.context.set_offline(True)
    told = sarah.get_by_role("status").filter(has_text="La connexion est coupée. La suite")
    expect(told).to_be_visible()
    karim = person("Karim")
    karim.goto(address)
    box(karim).fill("Dit pendant la coupure")
    karim.get_by_role("button", name="Prendre et répondre").click()
    expect(karim.locator("#fil")).to_contain_text("Dit pendant la coupure")
    sarah.context.set_offline(False)
    expect(sarah.locator("#fil")).to_contain_text("Dit pendant la coupure")
    expect(told).to_have_count(0)


def test_the_menu_counts_again_when_somebody_writes(person):
    karim = person("Karim")
    karim.goto("/pro/conversations/")
    place = karim.get_by_role("navigation", name="Principale").get_by_role("link", name=re.compile("^Conversations"))
    before = int(re.search(r"(\d+) à traiter", place.text_content() + " 0 à traiter")[1])
    written(person, "Bonjour du menu")
    expect(place).to_have_accessible_name(re.compile(rf"^Conversations\s*, {before + 1} à traiter$"))
