"""What people really type, and the occupation they mean. queries.tsv: query, expected ROME codes (any of them will do).

One half was looked at while the lexicon and the weights were set, the other was not: both are told, and both must hold.
"""

import re
import zlib
from pathlib import Path

import pytest

from relais.catalogue.search.lexicon import Sheet, packaged_source
from relais.catalogue.search.occupation_matching import Jobs
from relais.catalogue.search.text import split, stems_of
from relais.catalogue.sheets import rome_scope

FIRST, FIVE = 0.85, 0.97
ROWS = [line.split("\t") for line in (Path(__file__).parent / "queries.tsv").read_text("utf-8").splitlines()]


@pytest.fixture(scope="session")
def jobs(sheets_read):
    sheets = [
        Sheet(
            slug,
            front.name,
            front.rome,
            [front.name, front.masculine, front.feminine, *front.aliases],
            f"{front.tagline} {text}",
            front.no_diploma,
        )
        for slug, front, text in sheets_read
    ]
    return Jobs(packaged_source(sheets))


def half(query: str) -> str:
    return "held-out" if zlib.crc32(query.encode()) % 2 else "tuning"


def test_the_set_is_large_and_its_codes_exist():
    assert len(ROWS) >= 200 and len({query for query, _ in ROWS}) == len(ROWS)
    assert {code for _, codes in ROWS for code in codes.split(",")} <= rome_scope().keys()


@pytest.mark.parametrize("part", ["tuning", "held-out"])
def test_people_find_what_they_mean(jobs, part):
    rows = [(query, set(codes.split(","))) for query, codes in ROWS if half(query) == part]
    found = [[bool(codes & set(one.rome)) for one in jobs.understand(query)] for query, codes in rows]
    first, five = sum(any(one[:1]) for one in found) / len(rows), sum(any(one[:5]) for one in found) / len(rows)
    missed = [query for (query, _), one in zip(rows, found, strict=True) if not any(one[:5])]
    print(f"{part}: {len(rows)} queries, first {first:.1%}, in the first five {five:.1%}")
    assert first >= FIRST and five >= FIVE, (first, five, missed)


def test_every_name_of_the_trades_of_care_is_found(jobs):
    """Names of the ROME, in the feminine and without accents: 565 titles that nobody chose."""
    from relais.catalogue.search.text import plain

    names = [one for one in packaged_source().names if one.code[0] == "J" or one.code[:3] in ("K11", "K12", "K13")]
    asked = [(plain(one.text.partition(" / ")[2] or one.text), one.code) for one in names]
    found = [[code in one.rome for one in jobs.understand(query)] for query, code in asked]
    assert sum(any(one[:1]) for one in found) / len(asked) >= FIRST
    assert sum(any(one[:5]) for one in found) / len(asked) >= FIVE


SAME = [
    *(
        (form, "infirmier")
        for form in (
            "infirmier·ère",
            "infirmier.ère",
            "infirmier(ère)",
            "infirmier/ère",
            "infirmier-ère",
            "infirmier⋅ères",
            "infirmier•ère•s",
            "INFIRMIER·ÈRE",
            "Infirmier.e",
        )
    ),
    *(
        (f"éducateur{form} spécialisé{e}", "éducateur spécialisé")
        for form in ("·rice", "·trice", "(trice)", ".rice.s")
        for e in ("·e", "(e)", ".e.s")
    ),
    ("assistant·e social·e", "assistant social"),
    ("assistant·e·s social·e·s", "assistant social"),
    ("assistant·es sociaux·ales", "assistant social"),
    *((f"aide{hyphen}soignant", "aide-soignant") for hyphen in "‐‑‒–—−"),
    ("aide-soignant·e", "aide-soignant"),
    ("aide(s)-soignant(e)(s)", "aide-soignant"),
    ("auxiliaire de vie·sociale", "auxiliaire de vie sociale"),
    ("animateur·rice", "animateur"),
    ("accompagnant·e éducatif·ve et social·e", "accompagnant éducatif et social"),
    ("psychomotricien·ne", "psychomotricien"),
    ("travailleur·euse social·e", "travailleur social"),
    *((f"l{apostrophe}infirmière", "infirmière") for apostrophe in "'’‘＇ʼ′´"),
    ("métier d‘éducateur", "éducateur"),
    ("e\u0301ducateur", "éducateur"),
    ("édu\u00adcateur", "éducateur"),
]


@pytest.mark.parametrize(("typed", "meant"), SAME)
def test_however_a_word_is_written_it_is_the_same_word(typed, meant):
    """In what is asked and in what is indexed: both are cut by the same function."""
    assert [found for found in stems_of(typed) if found != "meti"] == stems_of(meant)


@pytest.mark.parametrize(
    "text", ["vas-y", "homme/femme", "e-commerce", "A.E.S", "D.E. éducateur", "sage-femme", "h/f", "B.2.e"]
)
def test_what_only_looks_like_an_ending_stays(text):
    assert split(text) == re.findall(r"[a-z0-9]+", text.lower().replace("é", "e"))


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("m'occuper de bébés", {"K1307", "J1304", "K1303", "K1310"}),
        ("aider les gens à trouver du travail", {"K1801"}),
        ("orthofoniste", {"J1406"}),
        ("educateur jeunes enfant", {"K1202"}),
        ("aide soignate", {"J1501"}),
    ],
)
def test_examples(jobs, query, code):
    assert jobs.understand(query)[0].code in code


def test_without_a_diploma_means_without_a_diploma(jobs):
    found = jobs.understand("un métier humain sans le bac")
    assert found and sum(jobs.open[jobs.number[one.code]] for one in found[:5]) >= 4


@pytest.mark.parametrize("query", ["", "   ", "zzzzqqq", "\\", "a" * 10_000, "🙂" * 50, '"AND" OR (', "+-*:^~"])
def test_words_that_name_nothing(jobs, query):
    assert all(one.score >= 0 for one in jobs.understand(query))
    assert jobs.understand("zzzzqqq") == []


def test_names_are_completed_from_the_second_letter(jobs):
    assert jobs.complete("a", 8) == []
    assert any("Auxiliaire de puériculture" in name for name in jobs.complete("auxi pu", 8))
    assert len(jobs.complete("ed", 8)) == 8
