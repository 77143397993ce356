"""The desk in real browsers: drafts that survive, two people on one conversation, three columns, keys of one letter."""

import re

from playwright.sync_api import Page, expect

from .conftest import DESK


def written(person, words: str) -> str:
    """Somebody writes; the address of their conversation at the desk."""
    young = person(viewport=DESK)
    young.goto("/parler")
    young.get_by_label("Ton message").fill(words)
    young.get_by_role("button", name="Envoyer").click()
    expect(young.locator("#fil")).to_contain_text(words)
    conversation = young.locator("#fil").get_attribute("data-live").rpartition("/")[2]
    return f"/pro/conversations/{conversation}/"


def box(page: Page):
    return page.get_by_label("Votre réponse")


def test_a_draft_survives_a_reload_a_crash_and_another_machine(person):
    address = written(person, "Bonjour du brouillon")
    sarah = person("Sarah")
    sarah.goto(address)
    box(sarah).fill("Bonjour, je regarde et je te réponds")
    expect(sarah.locator("[data-kept]")).to_have_text("Brouillon gardé.")
    sarah.reload()
    expect(box(sarah)).to_have_value("Bonjour, je regarde et je te réponds")
    sarah.context.close()
    elsewhere = person("Sarah")
    elsewhere.goto(address)
    expect(box(elsewhere)).to_have_value("Bonjour, je regarde et je te réponds")
    elsewhere.get_by_role("button", name="Prendre et répondre").click()
    expect(elsewhere.locator("#fil")).to_contain_text("je regarde et je te réponds")
    expect(elsewhere.get_by_role("button", name="Répondre", exact=True)).to_be_visible()
    expect(box(elsewhere)).to_have_value("")
    elsewhere.reload()
    expect(box(elsewhere)).to_have_value("")


def test_a_danger_is_told_on_the_page_that_is_open(person):
    young = person(viewport=DESK)
    young.goto("/parler")
    young.get_by_label("Ton message").fill("Bonjour, je cherche un stage")
    young.get_by_role("button", name="Envoyer").click()
    expect(young.locator("#fil")).to_contain_text("un stage")
    conversation = young.locator("#fil").get_attribute("data-live").rpartition("/")[2]
    alone, columns = person("Sarah"), person("Karim")
    alone.goto(f"/pro/conversations/{conversation}/")
    columns.goto(f"/pro/conversations/cote-a-cote?c={conversation}")
    for desk in (alone, columns):
        expect(box(desk)).to_be_visible()
        expect(desk.get_by_text("À lire tout de suite")).to_have_count(0)
    young.get_by_label("Ton message").fill("je vais me suicider ce soir")
    young.get_by_role("button", name="Envoyer").click()
    for desk in (alone, columns):
        told = desk.get_by_role("alert").filter(has_text="À lire tout de suite")
        expect(told).to_contain_text("urgent")
        expect(told).to_be_in_viewport()
        expect(told.get_by_role("button", name="Lu, je m’en occupe")).to_be_visible()


def test_a_session_that_ended_does_not_take_what_was_typed(person, site, watch):
    address = written(person, "Bonjour de la session finie")
    # Without her session, the stream that comes back finds nothing.
    watch.provoked += ["404 for /live/desk/", "net::ERR_FAILED"]
    sarah = person("Sarah")
    sarah.goto(address)
    cookies = sarah.context.cookies()
    sarah.context.clear_cookies()
    box(sarah).fill("Ce texte ne doit pas se perdre")
    expect(sarah.locator("[data-kept]")).to_contain_text("dans cet onglet seulement")
    sarah.context.add_cookies(cookies)
    sarah.goto(address)
    expect(box(sarah)).to_have_value("Ce texte ne doit pas se perdre")
    expect(sarah.locator("[data-kept]")).to_have_text("Brouillon gardé.")


def test_a_conversation_that_went_leaves_what_was_typed_and_says_so(person, watch):
    """Before it is sent, and when it is."""
    young, sarah = person(viewport=DESK), person("Sarah")
    young.goto("/parler")
    young.get_by_label("Ton message").fill("Bonjour, puis j’efface")
    young.get_by_role("button", name="Envoyer").click()
    expect(young.locator("#fil")).to_contain_text("puis j’efface")
    conversation = young.locator("#fil").get_attribute("data-live").rpartition("/")[2]
    sarah.goto(f"/pro/conversations/{conversation}/")
    watch.provoked += ["404 for /live/"]
    young.goto("/parler/supprimer")
    young.get_by_role("button", name="Oui, tout supprimer").click()
    expect(young).to_have_url(re.compile("/parler/efface"))
    box(sarah).fill("Ce texte non plus ne doit pas se perdre")
    expect(sarah.locator("[data-kept]")).to_contain_text("Cette conversation n’est plus là")
    sarah.get_by_role("button", name="Prendre et répondre").click()
    expect(sarah.locator("[data-problem]")).to_contain_text("Cette conversation n’est plus là")
    expect(sarah.locator("[data-kept]")).to_have_text("Brouillon gardé dans cet onglet seulement.")
    expect(box(sarah)).to_have_value("Ce texte non plus ne doit pas se perdre")


def test_two_people_who_write_are_warned(person):
    address = written(person, "Bonjour à vous deux")
    sarah, karim = person("Sarah"), person("Karim")
    sarah.goto(address)
    karim.goto(address)
    box(karim).press_sequentially("Je réponds")
    expect(sarah.locator("[data-beside]")).to_contain_text("Karim est en train d’écrire ici")
    box(sarah).fill("Moi aussi")
    karim.get_by_role("button", name="Prendre et répondre").click()
    expect(karim.locator("#fil")).to_contain_text("Je réponds")
    sarah.get_by_role("button", name="Prendre et répondre").click()
    expect(sarah.get_by_role("alert").filter(has_text="pris")).to_contain_text("Karim a déjà pris cette conversation")
    expect(box(sarah)).to_have_value("Moi aussi")


def test_an_older_answer_does_not_hide_who_writes(person):
    """On a slow line, the answer to « who is here? » asked before Karim wrote comes after the one that says that he writes."""
    address = written(person, "Bonjour aux lents")
    sarah, karim = person("Sarah"), person("Karim")
    held = []
    sarah.route("**/pro/conversations/presence", lambda route: held.append(route) if not held else route.continue_())
    sarah.goto(address)
    karim.goto(address)
    expect(sarah.locator("[data-beside]")).to_contain_text("Karim a cette conversation ouverte")
    box(karim).press_sequentially("Je réponds")
    expect(sarah.locator("[data-beside]")).to_contain_text("Karim est en train d’écrire ici")
    with sarah.expect_response("**/pro/conversations/presence"):
        held[0].fulfill(
            json={"beside": {address.rstrip("/").split("/")[-1]: [{"name": "Karim", "writing": False}]}, "mentions": 0}
        )
    sarah.wait_for_timeout(200)
    expect(sarah.locator("[data-beside]")).to_contain_text("Karim est en train d’écrire ici", timeout=1)


def test_three_columns_move_each_on_its_own(person, site):
    addresses = [written(person, f"Bonjour de la colonne {number}") for number in range(3)]
    sarah = person("Sarah", viewport={"width": 1600, "height": 900})
    sarah.goto("/pro/conversations/")
    for address in addresses:
        row = sarah.locator(".inbox li", has=sarah.locator(f'a[href="{address}"]'))
        row.get_by_role("checkbox").check()
    sarah.get_by_role("button", name="Ouvrir côte à côte").click()
    columns = sarah.locator("[data-talk]")
    expect(columns).to_have_count(3)
    assert len({round(columns.nth(n).bounding_box()["y"]) for n in range(3)}) == 1, "beside each other, not under"
    second = columns.nth(1)
    words = second.locator(".thread").inner_text()
    second.get_by_label("Votre réponse").fill("Réponse de la colonne du milieu")
    second.get_by_role("button", name="Prendre et répondre").click()
    expect(sarah.locator("[data-talk]").nth(1).locator(".thread")).to_contain_text("Réponse de la colonne du milieu")
    expect(sarah.locator("[data-talk]").nth(0).locator(".thread")).not_to_contain_text("colonne du milieu")
    assert "colonne" in words


def test_keys_of_one_letter(person):
    address = written(person, "Bonjour des raccourcis")
    sarah = person("Sarah")
    sarah.goto("/pro/conversations/")
    sarah.keyboard.press("j")
    first = sarah.evaluate("document.activeElement.getAttribute('href')")
    sarah.keyboard.press("j")
    assert sarah.evaluate("document.activeElement.getAttribute('href')") != first
    sarah.keyboard.press("k")
    assert sarah.evaluate("document.activeElement.getAttribute('href')") == first
    sarah.goto(address)
    sarah.keyboard.press("t")
    expect(sarah.get_by_role("button", name="Répondre", exact=True)).to_be_visible()
    sarah.keyboard.press("r")
    expect(box(sarah)).to_be_focused()
    sarah.keyboard.type("n j t ?")
    expect(box(sarah)).to_have_value("n j t ?")
    box(sarah).blur()
    sarah.keyboard.press("n")
    expect(sarah.get_by_label("Note entre collègues")).to_be_focused()
    sarah.evaluate("document.activeElement.blur()")
    sarah.keyboard.press("?")
    panel = sarah.get_by_role("dialog", name="Raccourcis d’une touche")
    expect(panel).to_be_visible()
    panel.get_by_role("checkbox").uncheck()
    panel.get_by_role("button", name="Fermer").click()
    sarah.keyboard.press("l")
    expect(sarah).to_have_url(re.compile(re.escape(address)))
    sarah.reload()
    sarah.keyboard.press("l")
    sarah.wait_for_timeout(200)
    assert sarah.url.endswith(address), "switched off, they stay off"
    sarah.get_by_role("button", name="Raccourcis").click()
    expect(sarah.get_by_role("dialog")).to_be_visible()


def test_a_mention_rings_while_the_page_is_open(person):
    address = written(person, "Bonjour de la mention")
    karim, sarah = person("Karim"), person("Sarah")
    karim.goto("/pro/reponses/")
    karim.goto("/pro/conversations/")
    bell = karim.locator("[data-bell] [data-count]")
    before = int(bell.text_content())
    sarah.goto(address)
    sarah.get_by_label("Note entre collègues").fill("@Karim tu as une idée ?")
    sarah.get_by_role("button", name="Garder la note").click()
    expect(sarah.get_by_role("status").first).to_contain_text("Karim")
    # The list says its presence every ten seconds, and hears of mentions then.
    expect(bell).to_have_text(str(before + 1), timeout=20_000)


def test_the_wall_moves_when_somebody_writes(person):
    helene = person("Hélène")
    helene.goto("/pro/ligne/")
    waiting = helene.locator(".figures dd").first
    before = int(waiting.text_content())
    written(person, "Bonjour du mur")
    expect(waiting).to_have_text(str(before + 1))
