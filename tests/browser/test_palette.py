"""Ctrl + K: where the words in the box lead, by the keys alone, and what it says when it cannot answer."""

import re

from playwright.sync_api import expect


def test_it_goes_where_the_words_lead(person, watch):
    page = person("Inès")
    page.goto("/pro/contacts/")
    page.keyboard.press("Control+k")
    box = page.get_by_role("combobox", name="Un nom, ou son début")
    expect(box).to_be_focused()
    expect(page.get_by_role("dialog").get_by_role("option").first).to_be_visible()
    # Enter at once, before any answer to these words has come.
    page.keyboard.type("entonnoir")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/pro/entonnoir/"))
    page.wait_for_load_state()
    page.keyboard.press("Control+k")
    # While the page of the funnel, a large one, is still being drawn the browser hands on no keys.
    expect(box).to_be_focused()
    page.keyboard.type("abribus")
    expect(page.get_by_role("dialog").get_by_role("status")).to_have_text("1 proposition")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(re.compile("^Abribus"))
    page.keyboard.press("Control+k")
    page.keyboard.type("introuvable")
    expect(page.get_by_role("dialog").get_by_role("status")).to_have_text("Rien de ce nom.")
    box.fill("")
    options = page.get_by_role("dialog").get_by_role("option")
    expect(options.nth(1)).to_be_visible()
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    assert box.get_attribute("aria-activedescendant") == options.nth(1).get_attribute("id")
    expect(box).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_a_session_that_ended_is_said(person, watch):
    page = person("Inès")
    page.goto("/pro/contacts/")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog").get_by_role("option").first).to_be_visible()
    page.context.clear_cookies()
    page.keyboard.type("abribus")
    # Without its cookie the token of the form is worth nothing either; both are told in words.
    watch.provoked.append("/pro/aller")
    expect(page.get_by_role("dialog").get_by_role("status")).to_have_text(re.compile("Votre session est finie"))
    expect(page.get_by_role("dialog").get_by_role("option")).to_have_count(0)
