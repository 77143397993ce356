"""A question from a telephone without JavaScript to the page where everybody reads it, and away again; the moderator by keyboard alone."""

from playwright.sync_api import expect

from .pages import STORY
from .test_accessible import accessible, fits


def test_from_asking_to_erasing(phone, person, site):
    page = phone(java_script_enabled=False)
    page.goto(STORY)
    page.get_by_label("Ta question").fill("Tu t’ennuies parfois, la nuit ?")
    page.get_by_role("button", name="Envoyer ma question").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("C’est envoyé.")
    receipt = page.url
    assert not page.context.cookies()

    desk = person("Sarah")
    desk.goto("/pro/moderation/")
    desk.get_by_role("link", name="Tu t’ennuies parfois, la nuit ?").focus()
    desk.keyboard.press("Enter")
    desk.get_by_label("Ce qui paraîtra").focus()
    # Text, pseudonym, then the button.
    for key in ("Tab", "Tab", "Enter"):
        desk.keyboard.press(key)
    expect(desk.get_by_text("C’est publié.")).to_be_visible()
    desk.get_by_label("Répondre en public").fill("Oui, parfois. On lit, on parle.")
    desk.keyboard.press("Tab")
    desk.keyboard.press("Enter")
    expect(desk.get_by_text("La réponse est en ligne.")).to_be_visible()

    page.goto(STORY)
    asked = page.locator("#questions li", has_text="Tu t’ennuies parfois, la nuit ?")
    expect(asked).to_contain_text("Oui, parfois. On lit, on parle.")
    expect(asked).to_contain_text("Sarah, de l’équipe")
    page.goto(receipt)
    page.locator("summary", has_text="Effacer ma question").click()
    page.get_by_role("button", name="Effacer pour toujours").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ta question est effacée.")
    page.goto(STORY)
    expect(page.locator("#questions")).not_to_contain_text("Tu t’ennuies")


def test_forms_refused(phone, person, states):
    """The same pages once something in them is wrong; nothing typed is lost."""
    page = phone()
    page.goto(f"{STORY}/question")
    page.get_by_label("Ta question").fill("a" * 600)
    page.get_by_label("Ton pseudo").fill("snap : lola.dub45")
    page.get_by_role("button", name="Envoyer ma question").click()
    expect(page.get_by_text("la limite est de 500")).to_be_visible()
    expect(page.get_by_text("en dit trop sur toi")).to_be_visible()
    expect(page.get_by_label("Ta question")).to_have_value("a" * 600)
    accessible(page)
    fits(page)
    page.goto(f"/signaler/question/{states['asked']['shown_id']}")
    page.get_by_label("Ton adresse e-mail").fill("lola")
    page.get_by_role("button", name="Envoyer le signalement").click()
    for sentence in ("Choisis le problème.", "n’a pas la bonne forme", "de bonne foi"):
        expect(page.get_by_text(sentence)).to_be_visible()
    accessible(page)
    fits(page)
    desk = person("Sarah")
    desk.goto(f"/pro/moderation/questions/{states['asked']['waiting_id']}")
    desk.get_by_label("Ce qui paraîtra").fill("Appelle-moi au 06 39 98 12 34")
    desk.get_by_role("button", name="Publier", exact=True).click()
    expect(desk.get_by_role("alert")).to_contain_text("téléphone")
    expect(desk.get_by_label("Ce qui paraîtra")).to_have_value("Appelle-moi au 06 39 98 12 34")
    accessible(desk)
    desk.goto(f"/pro/moderation/signalements/{states['asked']['notice_id']}")
    desk.get_by_role("button", name="Décider").click()
    accessible(desk)
