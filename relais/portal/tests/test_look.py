"""What the eye needs, checked by arithmetic: contrasts of the tokens, weight of the styles, the macros' wiring."""

import re
from pathlib import Path

import pytest
from django import forms
from django.template import engines
from django.test import RequestFactory

STATIC = Path(__file__).parents[2] / "foundation" / "static" / "foundation"
PAIRS = [
    ("text", "paper"),
    ("text", "wash"),
    ("soft", "paper"),
    ("soft", "wash"),
    ("on-ink", "ink"),
    ("on-ink-soft", "ink"),
    ("on-signal", "signal"),
    ("signal", "ink"),
    ("bad", "paper"),
    ("good", "paper"),
    ("placeholder", "paper"),
]


def tokens(scheme: str) -> dict[str, str]:
    light, dark = (STATIC / "tokens.css").read_text().split("@media (prefers-color-scheme: dark)")
    pattern = r"--([a-z-]+): (#[0-9a-f]{6});"
    return dict(re.findall(pattern, light)) | (dict(re.findall(pattern, dark)) if scheme == "dark" else {})


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("front", "back"), PAIRS)
def test_every_pair_of_the_theme_can_be_read(scheme, front, back):
    colours = tokens(scheme)
    assert contrast(colours[front], colours[back]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_edges_and_focus_are_seen(scheme):
    colours = tokens(scheme)
    assert contrast(colours["edge"], colours["paper"]) >= 3
    assert contrast(colours["focus"], colours["paper"]) >= 3


def test_only_the_tokens_name_a_colour():
    for name in ("base.css", "components.css"):
        text = re.sub(r"@media print \{.*", "", (STATIC / name).read_text(), flags=re.DOTALL)
        assert not set(re.findall(r"#[0-9a-fA-F]{3,8}\b", text)) - {"#fff"}, name


def test_styles_and_scripts_stay_small():
    assert sum(file.stat().st_size for file in STATIC.glob("*.css")) < 25_000
    assert sum(file.stat().st_size for file in STATIC.glob("*.js")) < 25_000


class Sample(forms.Form):
    name = forms.CharField(label="Ton pseudo", help_text="Pas ton vrai nom.")
    way = forms.ChoiceField(label="Comment ?", choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)
    agreed = forms.BooleanField(label="D’accord")
    note = forms.CharField(label="Note", required=False)


def rendered(source: str, **context) -> str:
    template = engines["jinja"].from_string('{% import "components/ui.html" as ui %}' + source)
    return template.render(context, RequestFactory().get("/"))


def test_a_wrong_field_is_tied_to_its_hint_and_its_error():
    page = rendered("{% for field in form %}{{ ui.field(field) }}{% endfor %}", form=Sample({}))
    assert 'aria-describedby="id_name_helptext id_name_error"' in page
    for name in re.findall(r'aria-describedby="([^"]+)"', page):
        assert all(f'id="{part}"' in page for part in name.split())
    assert page.count('aria-invalid="true"') == 4
    assert page.count("(facultatif)") == 1
    assert '<label for="id_name">Ton pseudo</label>' in page and "<legend>Comment ?</legend>" in page


def test_what_comes_from_outside_is_escaped():
    source = "{{ ui.button(text, href=href) }}{{ ui.notice(text) }}{{ ui.card(text, href) }}{{ ui.tag(text) }}"
    page = rendered(source, text="<b>", href='/"><b>')
    assert "<b>" not in page


def test_a_macro_gives_the_secret_of_the_form():
    page = rendered("{{ ui.csrf(request) }}")
    assert re.search(r'<input type="hidden" name="csrfmiddlewaretoken" value="\w{64}">', page)
