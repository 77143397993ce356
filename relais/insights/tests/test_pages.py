import csv
import io
import re
from datetime import timedelta

import pytest

from relais.campaigns.models import Touch
from relais.campaigns.services import ensure_demo_touches
from relais.foundation.codes import ALPHABET
from relais.foundation.jinja import duration
from relais.foundation.typography import unbreakable
from relais.insights import figures, selectors
from relais.insights.figures import Period

from .histories import anything, event, life, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def organisation(people):
    return people["campaign_manager"].memberships.get().organisation


@pytest.fixture
def codes(organisation, now):
    return [touch.code for touch in ensure_demo_touches(organisation=organisation, now=now)]


@pytest.fixture
def client(people, client_for):
    return client_for(people["campaign_manager"])


@pytest.mark.parametrize("role", ["campaign_manager", "funder", "supervisor", "administrator"])
@pytest.mark.parametrize("address", ["/pro/entonnoir/", "/pro/entonnoir/answered/", "/pro/entonnoir/export.csv"])
def test_who_may_read(people, codes, client_for, role, address):
    assert client_for(people[role]).get(address).status_code == 200


@pytest.mark.parametrize("role", ["mediator", "partner"])
@pytest.mark.parametrize("address", ["/pro/entonnoir/", "/pro/entonnoir/answered/", "/pro/entonnoir/export.csv"])
def test_who_may_not(people, codes, client_for, role, address):
    assert client_for(people[role]).get(address).status_code == 404


def test_every_cell_opens_what_stands_behind_it(client, codes, now):
    write(*anything(3, touches=codes, now=now))
    page = client.get("/pro/entonnoir/?periode=tout").content.decode()
    links = re.findall(r'<a href="(/pro/entonnoir/[a-z0-9-]+/\?contact=[^"]*)"', page)
    assert len(links) == len(figures.FIGURES) * (len(codes) + 2)
    for link in links[:: len(codes)]:
        opened = client.get(link.replace("&amp;", "&"))
        assert opened.status_code == 200, link
        assert "Numérateur" in opened.content.decode()


def test_a_figure_says_its_definition_and_its_counts(client, codes, now):
    write(*life(now, touch="K7QM3", seconds=60, until="answered")[1], *life(now, touch="K7QM3", until="started")[1])
    page = client.get("/pro/entonnoir/answered/?contact=K7QM3&periode=30").content.decode()
    figure = figures.BY_SLUG["answered"]
    for text in (
        figure.name,
        figure.numerator_text,
        figure.denominator_text,
        figure.missing_text,
        "Abribus Montargis",
        "depuis le ",
    ):
        assert unbreakable(text) in page, text
    assert re.findall(r"<dd>(\d+)</dd>", page) == ["1", "2", "1"]
    assert "50\u00a0%" in page


@pytest.mark.parametrize(
    "address",
    ["/pro/entonnoir/rien/", "/pro/entonnoir/answered/?contact=ACDEF"],
)
def test_what_does_not_exist_answers_404(client, codes, address):
    assert client.get(address).status_code == 404


def test_another_organisation_is_nowhere(codes, now, make_user, client_for):
    write(*life(now, touch="K7QM3")[1], event("touch.followed", now, touch="K7QM3"), *life(now)[1])
    client = client_for(make_user("funder"))
    page = client.get("/pro/entonnoir/").content.decode()
    assert "K7QM3" not in page and "Abribus" not in page
    assert client.get("/pro/entonnoir/answered/?contact=K7QM3").status_code == 404
    assert re.findall(r"<dd>(\d+)</dd>", client.get("/pro/entonnoir/opened/").content.decode()) == ["1"]


@pytest.mark.parametrize(
    "query, words",
    [
        ("periode=hier", "choix"),
        ("du=demain", "date"),
        ("du=2026-03-10&au=2026-03-01", "La fin doit venir après le début."),
        ("periode=dates", "Donnez au moins une date"),
        ("periode=dates&du=0001-01-01", "Écrivez une année"),
        ("periode=dates&au=9999-12-31", "Écrivez une année"),
    ],
)
def test_a_period_that_cannot_be_read_gets_a_sentence(client, codes, query, words):
    answer = client.get(f"/pro/entonnoir/?{query}")
    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert client.get(f"/pro/entonnoir/export.csv?{query}").status_code == 400
    assert client.get(f"/pro/entonnoir/answered/?{query}").status_code == 400


@pytest.mark.parametrize(
    "query, words",
    [
        ("du=2026-03-01&au=2026-03-31", "du 1er mars 2026 au 31 mars 2026 inclus"),
        ("periode=dates&au=2026-03-31", "jusqu’au 31 mars 2026 inclus"),
        ("periode=tout", "ouvertes depuis le début"),
    ],
)
def test_a_period_is_told_in_words_and_kept_in_the_links(client, codes, query, words):
    page = client.get(f"/pro/entonnoir/?{query}").content.decode()
    assert words in page
    for pair in query.split("&"):
        assert pair in page[page.index("Par contact") :]


def test_the_file_holds_the_numbers_of_the_page(client, codes, now, people):
    write(*anything(5, touches=codes, now=now))
    answer = client.get("/pro/entonnoir/export.csv?periode=tout")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    lines = selectors.funnel(people["campaign_manager"], Period())
    assert len(rows) == len(lines) * len(figures.FIGURES)
    counted = {(line.contact, slug): value for line in lines for slug, value in line.values.items()}
    for row in rows:
        value = counted[row["contact"], row["chiffre"]]
        assert row["numérateur"] == str(value.numerator)
        assert row["dénominateur"] == ("" if value.denominator is None else str(value.denominator))
        assert row["manquants"] == ("" if value.missing is None else str(value.missing))
        assert row["définition"] == figures.BY_SLUG[row["chiffre"]].definition
        if value.value is not None:
            assert float(row["valeur"].replace(",", ".")) == value.value


def test_a_name_never_becomes_a_formula(organisation, people, now, client):
    Touch.objects.create(
        code="ACDEF", kind="poster", label="=cmd|' /C calc'!A0", organisation=organisation, created_at=now
    )
    rows = csv.reader(io.StringIO(client.get("/pro/entonnoir/export.csv").content.decode("utf-8-sig")), delimiter=";")
    assert not [cell for row in rows for cell in row if cell[:1] in ("=", "+", "@", "\t", "\r")]


@pytest.mark.parametrize("number", [5, 500])
def test_the_page_costs_the_same_with_many_touches(organisation, client, now, number, django_assert_max_num_queries):
    codes = [f"{a}{b}ACD" for a in ALPHABET for b in ALPHABET][:number]
    Touch.objects.bulk_create(
        Touch(code=code, kind="poster", label=code, organisation=organisation, created_at=now) for code in codes
    )
    write(*anything(1, touches=codes, now=now))
    with django_assert_max_num_queries(15):
        assert client.get("/pro/entonnoir/").status_code == 200


@pytest.mark.parametrize(
    "share, text",
    [(0, "0"), (0.001, "< 1"), (0.004999, "< 1"), (0.5, "50"), (0.994, "99"), (0.9951, "> 99"), (1, "100")],
)
def test_almost_all_is_not_all(share, text):
    assert selectors.percent(share) == text


@pytest.mark.parametrize(
    "seconds, text",
    [(0, "0\u00a0s"), (59.6, "1\u00a0min 00"), (1800.5, "30\u00a0min 00"), (3725, "1\u00a0h\u00a002")],
)
def test_a_delay_as_people_say_it(seconds, text):
    assert duration(seconds, measured=True) == text


def test_bars_are_parts_of_the_opened_conversations(client, codes, now):
    write(
        *(one for _ in range(3) for one in life(now - timedelta(hours=1), touch="K7QM3")[1]),
        *life(now, until="started")[1],
    )
    page = client.get("/pro/entonnoir/").content.decode()
    steps = page[page.index('<ol class="steps">') : page.index("</ol>")]
    assert re.findall(r'viewBox="0 0 (\d+) 1".*?width="(\d+)"', steps) == [("4", "4"), *[("4", "3")] * 5]
    assert "<b>3 sur 4</b>" in steps
    assert "style=" not in page
