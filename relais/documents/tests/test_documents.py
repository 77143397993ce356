"""A document holds every word it was given, and both norms, whatever somebody wrote."""

import re
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.db import connection
from hypothesis import example, given
from hypothesis import strategies as st

from relais.documents import legible, services
from relais.foundation import confined
from relais.foundation.refusals import TooOften
from tests import pdf
from tests.made_up import cases

SITE = SimpleNamespace(name="Relais", tagline="", signal="", deep="", logo_version="")
SHEETS = sorted(services.RELAIS.glob("*/typst/*.typ"))


@pytest.fixture
def receipt(now):
    """receipt(words) → Made, with these words where a person's stand."""

    def go(words: str, *, site=SITE, at=now):
        said = {
            "heading": "Ton reçu.",
            "agreed": "Oui.",
            "facts": [],
            "summary": words,
            "holds": False,
            "team": "Équipe",
        }
        return services.make("handovers/receipt", said, title="Reçu", site=site, at=at)

    return go


@pytest.mark.parametrize(
    "words",
    [
        '#read("/etc/passwd") #eval("1 + 1") #import "house.typ": * #set page(width: 1pt)',
        "$x^2$ *gras* _penché_ `code` @renvoi <marque> \\ // pas un commentaire /* ni ceci */ [crochets] {accolades}",
        "= Un titre\n- une liste\n+ un numéro\n/ terme: sens",
        '"]) #panic("fin") #[',
        "« Tu viens ? » — œuvre, l’été : 12\u202f000\u00a0€ ; ça va !",
    ],
)
def test_what_somebody_wrote_stays_words(receipt, words):
    made = receipt(words)
    assert pdf.tight(words) in pdf.words(made.body)
    assert pdf.faults(made.body) == [] and pdf.leaves(made.body) == 1 and made.named == 0


@pytest.mark.parametrize(
    "words", ["Дякую, я хочу вчитися", "Σε ευχαριστώ", "நன்றி", "ধন্যবাদ", "გმადლობთ", "Շնորհակալ", "😀", "Cảm ơn"]
)
def test_other_scripts_are_drawn(receipt, words):
    made = receipt(words)
    assert made.named == 0 and pdf.faults(made.body) == []
    assert pdf.tight(words)[:1] in pdf.words(made.body)


@pytest.mark.parametrize("words", ["مرحبا، أريد أن أعمل مع الأطفال (2)", "שלום, אני רוצה ללמוד", "Salut مرحبا !"])
def test_words_written_from_the_right(receipt, words):
    made = receipt(words)
    assert made.named == 0 and pdf.faults(made.body) == []


@pytest.mark.parametrize(
    "words, number, said",
    [
        ("你好", 2, "[U+4F60][U+597D]"),
        ("abc\u202edef", 1, "[U+202E]"),
        ("\ue000", 1, "[U+E000]"),
        ("a\x00b", 1, "[U+0000]"),
    ],
)
def test_what_no_face_draws_is_said_by_its_number(receipt, words, number, said):
    made = receipt(words)
    text = pdf.words(made.body)
    assert made.named == number and pdf.faults(made.body) == []
    assert pdf.tight(said) in text and pdf.tight("pas pu être dessiné") in text


def test_letters_of_fancy_are_read_as_the_letters_they_stand_for():
    assert legible.legible("𝕳𝖊𝖑𝖑𝖔 ﬁn") == ("Hello ﬁn", 0)


@pytest.mark.parametrize(
    "words", ["a" * 300, "https://exemple.invalid/" + "x" * 300, "😀" * 200, "م" * 300, "a\u00a0" * 150]
)
def test_a_word_longer_than_the_page_breaks(receipt, words):
    made = receipt(words)
    assert pdf.faults(made.body) == []
    assert pdf.ends(made.body) < 1 - 20 / 210, "it stays inside the margin"


@cases(25)
@given(words=st.text(max_size=120))
@example("\u064b" + "a\u064b" + "😀\u20e3")
@example("z" + "\u0321\u0327\u0328\u0322\u031b" * 5)
@example("\u200d\ufe0f\u200d")
@example("क\u064d" * 3)
def test_nothing_that_can_be_typed_stops_a_document(words):
    drawn = services.make(
        "handovers/receipt",
        {
            "heading": "Reçu",
            "agreed": "",
            "facts": [{"name": "x", "value": words}],
            "summary": words,
            "holds": True,
            "team": "",
        },
        title="Reçu",
        site=SITE,
        at=services.datetime(2026, 3, 3),
    )
    assert pdf.faults(drawn.body) == []


def test_the_same_data_make_the_same_bytes(receipt, now):
    made = receipt("Bonjour")
    assert receipt("Bonjour") == made and len(made.sha256) == 64
    assert receipt("Bonsoir").sha256 != made.sha256 != receipt("Bonjour", at=now + timedelta(days=1)).sha256
    assert made.version.encode() in made.body and b"handovers/receipt" in made.body


def test_the_look_of_the_site_changes_the_document(receipt):
    theirs = SimpleNamespace(name="Demain Loiret", tagline="", signal="#7ee081", deep="#052e16", logo_version="")
    made = receipt("Bonjour", site=theirs)
    assert pdf.faults(made.body) == [] and pdf.tight("Demain Loiret") in pdf.words(made.body)


def test_more_than_can_be_set_is_refused_with_what_to_do(receipt, monkeypatch):
    with pytest.raises(services.TooLong, match="à lire sur le web"):
        receipt("x" * services.BYTES)
    monkeypatch.setattr(services, "SECONDS", 0.01)
    with pytest.raises(services.TooLong):
        receipt("Bonjour")


def test_only_so_many_are_set_at_once(receipt, monkeypatch):
    monkeypatch.setattr(services, "PATIENCE", 0)
    with services._a_place(), services._a_place(), pytest.raises(TooOften):
        receipt("Bonjour")
    assert receipt("Bonjour").body.startswith(b"%PDF")


def test_a_fault_of_a_template_tells_no_word_of_anybody(now):
    with pytest.raises(services.TemplateFault) as told:
        services.make("handovers/receipt", {"heading": "secret de Léa"}, title="Reçu", site=SITE, at=now)
    assert "secret" not in str(told.value)


def test_a_file_is_for_its_reader_alone(receipt):
    response = services.answer(receipt("Bonjour"), "relais-recu")
    assert response["Cache-Control"] == "private, no-store" and response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == 'attachment; filename="relais-recu.pdf"'
    assert re.fullmatch(r"sha-256=:[\w+/]{43}=:", response["Repr-Digest"])


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_no_template_reads_words_as_typst_or_looks_elsewhere(sheet: Path):
    text = sheet.read_text("utf-8")
    assert not re.search(r"\beval\(|@preview|\bread\(|\bplugin\(|sys\.inputs", text)


def test_every_face_is_read():
    """The table of each file is read as typst reads it: what is counted as drawn is drawn."""
    assert {ord(sign) for sign in "aéœŒÿ€«»\u202f\u00a0’…→ŁșСяΩمשԱა அ😀🧑"} - {32} <= legible.covered()
    assert not {0x4F60, 0xE000, 0xFFFF} & legible.covered()


def test_the_judge_sees_a_page_that_nobody_could_have_read_aloud(tmp_path):
    with pdf.pypdfium2.PdfDocument.new() as plain:
        plain.new_page(595, 842).close()
        plain.save(tmp_path / "plain.pdf")
    assert {fault.split()[0] for fault in pdf.faults((tmp_path / "plain.pdf").read_bytes())} == set(pdf.NORMS)


def test_no_connection_is_held_while_a_document_is_set(receipt, shared, monkeypatch):
    """Four pages that wait for their document would leave none to all the others."""
    real, held = confined.ask, []

    def ask(*words, **options):
        held.append(connection.connection)
        return real(*words, **options)

    monkeypatch.setattr(confined, "ask", ask)
    connection.ensure_connection()
    assert receipt("Bonjour").body
    assert held == [None]


@given(words=st.text(max_size=60))
@example("e\u0301 \u200d\u00ad\t\r\n")
def test_what_is_drawn_wholly_is_told_as_sign_by_sign(words):
    """The quick look at a whole text says what the look at each sign says."""
    for strictly in (False, True):
        whole, named = legible.legible(words, strictly=strictly)
        slowly, also = legible.legible(words + " \ue000", strictly=strictly)
        assert (whole, named + 1) == (slowly.removesuffix("[U+E000]")[:-1], also)
