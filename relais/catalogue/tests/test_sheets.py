"""The sheets of the project are fit to be shown, and the check sees what is not."""

from datetime import date

import pytest

from relais.catalogue.sheets import (
    FOLDER,
    SheetError,
    check_sheets,
    left_to_check,
    mean_sentence,
    read_sheet,
    rome_scope,
    typography,
)
from relais.catalogue.sources.occupations import read

GOOD = (FOLDER / "aide-a-domicile.md").read_text()


def test_every_sheet_of_the_project_is_fit():
    assert [str(problem) for problem in check_sheets()] == []


def test_the_packaged_scope_is_the_whole_rome():
    scope = rome_scope()
    assert len(scope) == 1584
    assert sum(len(names) for _, names in scope.values()) == 13120


@pytest.mark.parametrize(
    ("old", "new", "field", "sentence"),
    [
        (
            "masculine: aide",
            "masculines: aide",
            "fields",
            "unknown field `masculines`|missing required field `masculine`",
        ),
        ("rome: [K1304]", "rome: [K1304", "line", "cannot be read"),
        ("no_diploma: true", "no_diploma: peut-être", "no_diploma", "Expected `bool`"),
        ("## Pour qui", "## Pour quoi", "headings", "« Pour quoi » instead of « Pour qui »"),
        ("### En apprentissage", "### Apprentissage", "Comment y arriver", "its headings must be"),
        ("---\nname", "name", "file", "must begin with a block"),
        ("checked: 2026-11-29\n---", "---", "fields", "missing required field `checked`"),
    ],
)
def test_what_cannot_be_shown_is_refused_by_name(tmp_path, old, new, field, sentence):
    path = tmp_path / "aide.md"
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(SheetError, match=sentence) as refusal:
        read_sheet(path)
    assert refusal.value.problem.file == "aide.md"
    assert refusal.value.problem.field.startswith(field)


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("rome: [K1304]", "rome: [K9999]", "rome"),
        ("rome_name: 10805", "rome_name: 15485", "rome_name"),
        ("Tu sonnes, tu entres", "Va voir [là](/metiers/astronaute). Tu entres", "links"),
        ("Tu sonnes, tu entres", "mot " * 3000 + "fin", "text"),
        ("audiences: [", "audiences: [martiens, ", "audiences"),
        ("https://www.data.gouv.fr", "http://www.data.gouv.fr", "sources"),
        ('tagline: "Grâce', 'tagline: "' + "x" * 60 + "Grâce", "tagline"),
        (
            'tagline: "Grâce à toi, elle reste chez elle"',
            'tagline: "\\"Grâce à toi, elle reste chez elle\\""',
            "fields",
        ),
        ("feminine: aide", "feminine: Aide", "feminine"),
        ("feminine: aide", "feminine: infirmière", "feminine"),
        ("name: Aide à domicile", "name: Aide / Aidante à domicile", "feminine"),
        ("code K1304", "code K1304 (à revérifier)", "to_check"),
        ("no_diploma: true", 'no_diploma: true\nentry: "' + "x" * 91 + '"', "entry"),
    ],
)
def test_the_check_is_stricter(tmp_path, old, new, field):
    (tmp_path / "aide.md").write_text(GOOD.replace(old, new, 1))
    assert field in {problem.field for problem in check_sheets(tmp_path)}


# One sheet of each kind of rule: what the law asks for, and a wrong sheet that said otherwise.
@pytest.mark.parametrize(
    ("slug", "old", "new", "field"),
    [
        ("psychologue", "no_diploma: false", "no_diploma: true", "no_diploma"),
        (
            "accompagnant-accompagnante-des-eleves-en-situation-de-handicap-aesh",
            "no_diploma: false",
            "no_diploma: true",
            "no_diploma",
        ),
        ("accompagnant-accompagnante-des-eleves-en-situation-de-handicap-aesh", "entry: ", "# ", "entry"),
        ("assistant-maternel-agree-assistante-maternelle-agreee", "gestes de secours", "premiers soins", "text"),
        ("accueillant-familial-accueillante-familiale-aupres-dadultes", "54 heures", "quelques heures", "text"),
        ("mandataire-judiciaire-a-la-protection-des-majeurs", "icence professionnelle", "ertificat", "text"),
        ("psychologue", "icence de psychologie", "icence de droit", "text"),
        (
            "conseiller-conseillere-dinsertion-et-de-probation-cip",
            "Un concours à bac + 3, puis deux ans de formation payée",
            "Une formation, puis un concours",
            "entry",
        ),
        ("conseiller-en-economie-sociale-et-familiale", "entry: ", "# ", "entry"),
        ("chirurgien-chirurgienne", "entry: ", "# ", "entry"),
        ("aide-soignant-aide-soignante", "17 ans", "18 ans", "text"),
    ],
)
def test_a_sheet_cannot_say_less_than_the_law(tmp_path, slug, old, new, field):
    text = (FOLDER / f"{slug}.md").read_text()
    assert old in text
    (tmp_path / f"{slug}.md").write_text(text.replace(old, new))
    assert field in {problem.field for problem in check_sheets(tmp_path)}


def test_what_a_person_must_look_up_is_told_to_the_editor_and_to_nobody_else(tmp_path):
    note = "numéro à trouver"
    text = GOOD.replace("to_check:\n", f'to_check:\n  - "{note}"\n')
    text = text.replace("entry_jobs_for", "  - {name: Un titre, rncp: 1, expires: 2027-01-31}\nentry_jobs_for", 1)
    (tmp_path / "aide.md").write_text(text)
    told = [(one.field, one.sentence) for one in left_to_check(tmp_path, today=date(2026, 11, 29))]
    assert ("to_check", note) in told
    assert ("expires", "Un titre, RNCP 1: 31/01/2027.") in told
    assert note not in str(read(str(tmp_path)).tables)


def test_a_name_claimed_twice_is_told(tmp_path):
    for name in ("un", "deux"):
        (tmp_path / f"{name}.md").write_text(GOOD)
    assert any(problem.field == "aliases" and "sap" in problem.sentence for problem in check_sheets(tmp_path))


def test_html_in_a_sheet_is_shown_not_run(tmp_path):
    path = tmp_path / "aide.md"
    path.write_text(GOOD.replace("Tu sonnes", "<script>alert(1)</script> Tu sonnes"))
    assert "<script>" not in read_sheet(path).sections[0]["html"]


def test_words_a_sentence():
    assert (
        mean_sentence(
            "## Titre long à ne pas compter\n\nUn deux trois. Quatre cinq !\n\n- **8 h 30** Six sept huit neuf"
        )
        == 3
    )


def test_french_typography():
    assert typography("l'école : « oui » ?") == "l’école\u00a0: «\u00a0oui\u202f»\u202f?"
