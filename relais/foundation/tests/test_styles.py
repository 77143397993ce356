"""Styles come in layers, so that no rule depends on which file was read first; what is for one page begins with the class of its body."""

import re
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
ORDER = "@layer tokens, base, components, app, page;"
SHEETS = sorted(HOUSE.glob("*/static/*/*.css"))
PAGES = sorted(HOUSE.glob("*/templates/**/*.html"))


def layers(text: str) -> list[tuple[str, str]]:
    """(layer, what is in it) of a sheet; what is in none under ""."""
    found, rest = [], ""
    while match := re.search(r"@layer (\w+) \{", text):
        rest, depth, at = rest + text[: match.start()], 1, match.end()
        while depth:
            depth += {"{": 1, "}": -1}.get(text[at], 0)
            at += 1
        found.append((match[1], text[match.end() : at - 1]))
        text = text[at:]
    return [*found, ("", rest + text)]


def selectors(text: str) -> list[str]:
    rules = re.findall(r"(?:^|[{};])\s*([^{};@]+)\{", re.sub(r"/\*.*?\*/", "", text, flags=re.S))
    return [one.strip() for rule in rules for one in re.split(r",(?![^(]*\))", rule)]


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_each_sheet_says_the_order_and_stands_in_layers(sheet):
    text = re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.S)
    assert text.startswith(ORDER)
    *named, (_, outside) = layers(text.removeprefix(ORDER))
    assert named and not outside.strip(), "a rule in no layer would win over all of them"
    assert {name for name, _ in named} <= set(re.findall(r"\w+", ORDER.removeprefix("@layer")))


@pytest.mark.parametrize(
    "sheet", [one for one in SHEETS if "@layer page {" in one.read_text()], ids=lambda one: one.name
)
def test_what_is_for_one_page_touches_no_other(sheet):
    inside = "".join(text for name, text in layers(sheet.read_text()) if name == "page")
    roots = {
        match[1] for one in selectors(inside) if (match := re.match(r"\.(at-[a-z]+|talking|feeding)(?=[ .:>]|$)", one))
    }
    assert len(roots) == 1, roots
    root = roots.pop()
    wrong = [one for one in selectors(inside) if not re.match(rf"html:has\(|\.{root}(?=[ .:>]|$)", one)]
    assert wrong == []
    name = f"{sheet.parent.name}/{sheet.name}"
    for page in PAGES:
        if f"static('{name}')" in (text := page.read_text()):
            assert re.search(rf"{{% block (at|body_class) %}} ?{root}{{% endblock %}}", text), page.name


def test_a_rule_outside_its_page_or_in_no_layer_is_noticed():
    assert layers("@layer page { a { b: c } } d { e: f }")[-1][1].strip() == "d { e: f }"
    assert selectors(".at-x a, b:is(c, d) { } @media (x) { e { } }") == [".at-x a", "b:is(c, d)", "e"]
