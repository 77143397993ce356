"""Words that outlive erasure: a word of its own in every free text of every form, on both sides; then all is erased, and looked for everywhere."""

from collections.abc import Iterator
from html.parser import HTMLParser
from random import Random

from .campaign import Try, attack
from .house import House
from .wire import Browser

YOUNG = (
    "/parler",
    "/parler/guide",
    "/parler/situation",
    "/parler/rappel",
    "/parler/nouvelles",
    "/parler/age",
    "/parler/mes-donnees",
)
OVER = (
    "supprimer",
    "quitter",
    "terminer",
    "logout",
    "reunir",
    "danger",
    "rendre",
    "autre-ligne",
    "passer",
    "confier",
    "reprendre",
)
"""What ends a conversation, gives it away or keeps a file that the law wants kept."""
FREE = ("text", "search", "textarea", "email", "tel", "url")


class Forms(HTMLParser):
    """The forms of a page that are sent by POST: (address, [(name, kind, value)])."""

    def __init__(self, page: str):
        super().__init__()
        self.forms: list[tuple[str, list[tuple[str, str, str]]]] = []
        self._open, self._select = False, ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = told.get("method", "").lower() == "post"
            if self._open:
                self.forms.append((told.get("action", ""), []))
        if not self._open or not self.forms:
            return
        fields = self.forms[-1][1]
        if tag == "select":
            self._select = told.get("name", "")
        elif tag == "option" and self._select and told.get("value"):
            fields.append((self._select, "radio", told["value"]))
        elif tag in ("input", "textarea", "button") and told.get("name"):
            kind = "textarea" if tag == "textarea" else told.get("type", "submit" if tag == "button" else "text")
            fields.append((told["name"], kind, told.get("value", "")))

    def handle_endtag(self, tag):
        if tag == "form":
            self._open = False
        elif tag == "select":
            self._select = ""


class Filler:
    """Fills every form that it meets. `words`: what it wrote, each in one field."""

    def __init__(self, dice: Random):
        self.dice, self.words = dice, {}

    def word(self, place: str) -> str:
        word = f"canari{self.dice.randrange(16**10):010x}"
        self.words[word] = place
        return word

    def fill(self, browser: Browser, path: str) -> None:
        for action, fields in Forms(browser.get(path).text).forms:
            address = action or path
            if not any(over in address for over in OVER):
                browser.post(address, self._values(address, fields))

    def _values(self, address: str, fields: list) -> list[tuple[str, str]]:
        values, chosen = [], set()
        for name, kind, value in self.dice.sample(fields, len(fields)):
            if kind in FREE:
                values.append((name, self._free(f"{address} {name}", kind)))
            elif kind == "hidden" or (kind in ("radio", "submit", "checkbox") and name not in chosen):
                chosen.add(name)
                values.append((name, value or "on"))
        return values

    def _free(self, place: str, kind: str) -> str:
        word = self.word(place)
        return {"email": f"{word}@exemple.invalid", "tel": f"06399{self.dice.randrange(10**5):05d}"}.get(kind, word)


@attack("9", "words that outlive erasure", small=1, large=12)
def erased(house: House, dice: Random, cases: int) -> Iterator[Try]:
    for _ in range(cases):
        filler, young = Filler(dice), house.browser()
        first = filler.word("first message")
        young.open(f"Bonjour {first}")
        (there,) = house.inside("where", text=first)
        mediator, pk = house.browser("new:mediator"), there["pk"]
        mediator.post(f"/pro/conversations/{pk}/prendre")
        for _ in range(2):
            for path in YOUNG:
                filler.fill(young, path)
            for path in (
                f"/pro/conversations/{pk}/",
                f"/pro/conversations/{pk}/passer",
                f"/pro/conversations/{pk}/relais",
            ):
                filler.fill(mediator, path)
        young.say(filler.word("message"))
        for field in ("note", "brouillon", "repondre"):
            key = f"6f1c3a52-6f5c-4f0e-9d6c-{dice.randrange(16**12):012x}"
            mediator.post(f"/pro/conversations/{pk}/{field}", {"body": filler.word(field), "key": key})
        before = house.inside("everywhere", words=list(filler.words))
        assert len(before) >= 6, f"only {len(before)} of {len(filler.words)} words were kept anywhere"
        assert young.post("/parler/supprimer", {"sure": "oui"}).status == 302
        left = house.inside("everywhere", words=list(filler.words))
        for word in before:
            yield Try(filler.words[word], f"still in {', '.join(left[word])}" if word in left else "")
