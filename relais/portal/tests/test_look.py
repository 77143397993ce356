"""What the eye needs, checked by arithmetic: contrasts of the tokens, weight of the styles, the macros' wiring."""

import re
from pathlib import Path

import pytest
from django import forms
from django.template import engines
from django.test import RequestFactory

from relais.foundation import colours

STATIC = Path(__file__).parents[2] / "foundation" / "static" / "foundation"


@pytest.mark.parametrize("scheme", colours.SCHEMES)
def test_every_pair_of_the_theme_can_be_read(scheme):
    assert colours.failures(colours.tokens(scheme)) == []


@pytest.mark.parametrize(
    ("one", "other", "ratio"), [("#000000", "#ffffff", 21), ("#777777", "#ffffff", 4.48), ("#0000ff", "#ffffff", 8.59)]
)
def test_contrasts_are_those_of_the_standard(one, other, ratio):
    assert colours.contrast(one, other) == colours.contrast(other, one) == pytest.approx(ratio, abs=0.005)


def test_two_colours_pass_or_are_refused_with_the_pair_and_the_ratio():
    assert colours.problems("#ff5a2c", "#10122a") == {}
    assert colours.problems("#00a0ff", "#101010") == {}
    found = colours.problems("#0b5fff", "#10122a")
    told = found["signal"]
    assert set(found) == {"signal"}
    assert (
        told[0]
        == "La couleur vive #0b5fff et la couleur profonde #10122a sont trop proches : prenez la première plus claire, ou la seconde plus sombre."
    )
    assert any(
        re.fullmatch(r"Le mot d’un bouton .* sur la couleur vive, en clair : \d,\d : 1, il faut 4,5 : 1\.", one)
        for one in told
    ), told
    # Just too pale to be read on paper, and light enough for nothing else.
    pale = colours.problems("#ffffff", "#8a8a8a")["deep"]
    assert pale[0] == "La couleur profonde #8a8a8a est trop claire : prenez-la plus sombre." and any(
        "papier, en clair" in one for one in pale
    )
    assert any("en sombre" in one for one in told)


def test_a_colour_that_passes_makes_styles_that_pass():
    sheet = colours.stylesheet("#00a0ff", "#101010")
    light, dark = sheet.split("@media (prefers-color-scheme: dark)")
    # In dark both blocks count, the second one last: as in a browser.
    for scheme, text in (("light", light), ("dark", light + dark)):
        assert colours.failures(colours.tokens(scheme) | dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", text))) == []
    assert "#00a0ff" in light and "#00a0ff" in dark


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
