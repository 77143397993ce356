"""The public pages of the portal, over HTTP and over a real database."""

import gzip
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as real
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from relais.accounts.models import Organisation
from relais.foundation.help import help_groups
from relais.portal import views
from relais.stories.models import Story
from tests import builders

PAGES = ["/", "/suivis", "/aide", "/mentions-legales", "/accessibilite"]
NO_DATABASE = ["/aide", "/mentions-legales", "/accessibilite", "/robots.txt"]
HELP_DAYS = 180
STANDING_ALONE = {"coaching/own_data_file.html", "letters/page.html"}
"""Read without the site: a file to take away, and a letter, whose words are those of who writes it."""


@pytest.fixture
def story(db, now):
    sheet = builders.occupation("aide-a-domicile", name="Aide à domicile", short_name="aide à domicile")
    return Story.objects.create(
        slug="exemple",
        title="Être au cœur",
        person="Mathis",
        occupation=sheet,
        lines=[{"text": "Bonjour."}],
        is_demo=True,
        published_at=now,
        state=Story.State.PUBLISHED,
        organisation=Organisation.objects.create(name="Équipe", kind="operator"),
    )


@pytest.mark.parametrize("address", PAGES)
def test_a_visit_leaves_no_cookie_and_has_a_human_and_help(client, db, address):
    answer = client.get(address)
    assert answer.status_code == 200
    assert not answer.cookies
    page = answer.content.decode()
    assert 'href="/parler"' in page and 'href="/aide"' in page and 'href="#contenu"' in page
    assert page.count("<h1") == 1
    assert not re.search(r'\sstyle=|\son[a-z]+="|<style|<script(?! type="module" src="/static/)', page)
    assert len(gzip.compress(answer.content)) < 20_000


@pytest.mark.parametrize("address", PAGES)
def test_the_touch_follows_every_link(client, db, address):
    page = client.get(address, {"par": "K7QM3"}).content.decode()
    inner = [found for found in re.findall(r'href="(/[^"]*)"', page) if not found.startswith("/static/")]
    assert len(inner) > 5
    assert all("par=K7QM3" in found for found in inner)


def test_a_malformed_touch_is_dropped(client, db):
    assert "par=" not in client.get("/", {"par": '"><script>'}).content.decode()


@pytest.mark.parametrize("address", NO_DATABASE)
def test_these_pages_need_no_database(client, address):
    """pytest-django refuses any query here: the test has no `db`."""
    assert client.get(address).status_code == 200


def test_help_numbers_are_complete_and_fresh():
    lines = [line for group in help_groups() for line in group.numbers]
    numbers = {line.number for line in lines}
    assert numbers == {"15", "17", "18", "112", "114", "115", "119", "3114", "3018", "3919", "0 800 235 236"}
    today = timezone.localdate()
    for line in lines:
        assert line.source.startswith("https://") and line.who and line.hours
        assert line.verified_on <= today
        assert today - line.verified_on <= timedelta(days=HELP_DAYS), (
            f"{line.number}: read its source again, then change verified_on."
        )


def test_each_help_number_can_be_pressed(client):
    page = client.get("/aide").content.decode()
    for group in help_groups():
        for line in group.numbers:
            assert f'href="{line.address}"' in page
    assert 'href="sms:114"' in page and 'href="tel:0800235236"' in page
    assert len(page.encode()) <= 20_000


def test_what_we_keep_is_told_in_150_words(client, db):
    page = client.get("/confidentialite").content.decode()
    told = re.search(r'<section id="pour-toi".*?</section>', page, re.DOTALL)[0]
    assert len(re.sub(r"<[^>]+>", " ", told).split()) <= 150


def test_home_shows_the_latest_story(client, story, django_assert_num_queries):
    """What to arrange, what is shown, its reactions, the codes to share."""
    with django_assert_num_queries(4):
        page = client.get("/").content.decode()
    assert story.title in page and 'href="/temoignages/exemple"' in page and "personne fictive" in page


def test_home_without_a_story_leads_to_the_occupations(client, db):
    page = client.get("/").content.decode()
    assert "<article" not in page and 'href="/metiers/"' in page


def test_site_map_lists_every_public_page(client, story, settings):
    answer = client.get("/sitemap.xml")
    assert answer["Content-Type"] == "application/xml"
    told = re.findall(r"<loc>(.*?)</loc>", answer.content.decode())
    assert len(told) == len(set(told))
    for path in [
        "/",
        "/aide",
        "/metiers/",
        "/metiers/aide-a-domicile",
        "/temoignages/",
        "/temoignages/exemple",
        "/mentions-legales",
    ]:
        assert settings.SITE_URL + path in told


def test_robots_are_kept_out_of_work_and_of_touches(client, settings):
    text = client.get("/robots.txt").content.decode()
    assert "Disallow: /pro/" in text and "Disallow: /r/" in text and f"Sitemap: {settings.SITE_URL}/sitemap.xml" in text


def test_component_page_only_on_a_local_site(client, settings):
    assert client.get("/composants").status_code == 200
    assert client.get("/composants?pro").status_code == 200
    settings.LOCAL = False
    assert client.get("/composants").status_code == 404


@pytest.mark.parametrize("address", PAGES)
def test_only_reading(client, address):
    assert client.post(address).status_code == 405


def test_unknown_address(client):
    answer = client.get("/rien-ici", {"par": "K7QM3"})
    assert answer.status_code == 404
    assert "Rien à cette adresse" in answer.content.decode() and "/aide?par=K7QM3" in answer.content.decode()


def test_a_query_string_that_cannot_be_read_has_its_page(client, settings, db):
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 3
    answer = client.get("/?" + "&".join(f"a{number}=1" for number in range(9)))
    assert answer.status_code == 400
    assert 'href="/aide"' in answer.content.decode()


def test_a_fault_of_ours_has_its_page(db, monkeypatch):
    monkeypatch.setattr(views, "help_groups", lambda: 1 / 0)
    answer = Client(raise_request_exception=False).get("/aide")
    assert answer.status_code == 500
    assert 'href="tel:3114"' in answer.content.decode() and "Ça vient de nous" in answer.content.decode()


def test_error_pages_hold_the_nine_numbers_with_their_hours(client):
    """Where nothing can be read any more, the words of the page agree with the table."""
    page = " ".join(client.get("/rien-ici").content.decode().split())
    table = {line.number: line for group in help_groups() for line in group.numbers}
    told = {
        number: page.index(f'href="{table[number].address}"')
        for number in ("15", "17", "18", "112", "114", "119", "3114", "3919", "3018")
    }
    for number, line in table.items():
        if number in told:
            hours = "jour et nuit" if line.hours.startswith("24 h") else line.hours.partition(",")[0]
            assert page.index(hours, told[number]) < told[number] + 900, number


HELP = re.compile(r"""url\(["']help["']\)""")


@pytest.mark.parametrize(
    "template",
    sorted(Path(real.BASE_DIR).glob("relais/*/templates/**/*.html")),
    ids=lambda file: "/".join(file.parts[-2:]),
)
def test_no_page_is_without_its_way_to_help(template):
    """Pages inherit it from their frame; those that draw their own header or footer keep it."""
    source = template.read_text()
    if "<!doctype" in source.lower():
        assert HELP.search(source) or "/".join(template.parts[-2:]) in STANDING_ALONE
    elif re.search(r"{% block (header|footer) %}", source) and template.name not in ("base.html", "pro.html"):
        assert "super()" in source or HELP.search(source)


def test_a_dead_database_has_its_page(db):
    def refuse(execute, sql, params, many, context):
        raise OperationalError("gone")

    with connection.execute_wrapper(refuse):
        answer = Client(raise_request_exception=False).get("/")
    assert answer.status_code == 503
    assert 'href="/aide"' in answer.content.decode()


def test_a_form_that_waited_too_long_gives_its_text_back():
    text = "J’ai <b>tout</b> écrit\nici."
    client = Client(enforce_csrf_checks=True)
    answer = client.post(
        "/parler", {"body": text, "other": "x"}, headers={"referer": "http://testserver/parler?par=K7QM3"}
    )
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "J’ai &lt;b&gt;tout&lt;/b&gt; écrit\nici.</textarea>" in page
    assert 'href="http://testserver/parler?par=K7QM3"' in page


def test_a_stale_form_leads_nowhere_else():
    answer = Client(enforce_csrf_checks=True).post(
        "/parler", {"body": "x"}, headers={"referer": "https://ailleurs.example/"}
    )
    assert "ailleurs.example" not in answer.content.decode()
