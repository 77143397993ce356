"""The same journey with the keys alone: Tab, Enter, typing. Where the keyboard stands is visible at every stop."""

from playwright.sync_api import Page, expect

from .conftest import DESK
from .test_walk import TOUCH

MANY = 200
# What the focused element looks like must differ from what it looks like without the focus, by an outline of two pixels or more.
FOCUS = """() => {
  const at = document.activeElement;
  const ring = element => {
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
  };
  const box = at.getBoundingClientRect();
  // A card and a poster draw the ring of the link that fills them.
  const holders = [at, at.closest('.poster, .card, li')].filter(Boolean);
  return {
    name: (at.getAttribute('aria-label') || at.labels?.[0]?.innerText || at.innerText || at.value || '').trim(),
    tag: at.tagName.toLowerCase(),
    ring: holders.some(ring),
    seen: box.bottom > 0 && box.top < innerHeight && box.width > 0 && box.height > 0,
  };
}"""


def reach(page: Page, name: str, tag: str) -> None:
    """Press Tab until the focus is on the `tag` whose name begins with `name`. Every stop on the way is visible."""
    stops = []
    for _ in range(MANY):
        page.keyboard.press("Tab")
        at = page.evaluate(FOCUS)
        if at["tag"] == "body":
            continue
        stops.append(at["name"])
        assert at["ring"], f"nothing shows the focus on « {at['name']} » ({at['tag']}) of {page.url}"
        assert at["seen"], f"« {at['name']} » has the focus out of sight on {page.url}"
        if at["tag"] == tag and at["name"].startswith(name):
            return
    raise AssertionError(f"« {name} » is not reached on {page.url}, only {stops}")


def press(page: Page, name: str, tag: str = "a") -> None:
    reach(page, name, tag)
    page.keyboard.press("Enter")


def test_keys_alone(person):
    young, mediator = person(viewport=DESK), person("Sarah")
    young.goto(f"/r/{TOUCH}")
    press(young, "Aller au contenu")
    expect(young.locator("main")).to_be_focused()
    press(young, "Voir le métier")
    expect(young.locator(".facts")).to_be_visible()
    press(young, "Parler à quelqu’un")
    expect(young.get_by_label("Ton message")).to_be_visible()
    reach(young, "Ton message", "textarea")
    young.keyboard.type("Bonjour, au clavier seulement.")
    press(young, "Ton pseudo", "summary")
    reach(young, "Ton pseudo", "input")
    young.keyboard.press("Control+A")
    young.keyboard.type("Clavier seul")
    press(young, "Envoyer", "button")
    expect(young.locator("h1")).to_have_text("Salut Clavier seul")

    mediator.goto("/pro/conversations/")
    expect(mediator.locator(".inbox li", has_text="Clavier seul")).to_be_visible()
    press(mediator, "Clavier seul")
    expect(mediator.locator("h1")).to_have_text("Clavier seul")
    press(mediator, "Prendre cette conversation", "button")
    expect(mediator.get_by_label("Votre réponse")).to_be_visible()
    reach(mediator, "Votre réponse", "textarea")
    mediator.keyboard.type("Bonjour, je vous lis.")
    mediator.keyboard.press("Control+Enter")
    expect(young.locator("#fil").get_by_text("Bonjour, je vous lis.")).to_be_visible()
    # After sending, the keyboard is still in the box: nobody has to come back to it.
    expect(mediator.get_by_label("Votre réponse")).to_be_focused()
    reach(young, "Ton message", "textarea")
    young.keyboard.type("Merci !")
    press(young, "Envoyer", "button")
    expect(mediator.locator("#fil").get_by_text("Merci !")).to_be_visible()
