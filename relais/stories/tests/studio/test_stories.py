"""Testimonies: the demonstration ones, the pages, what a preview shows."""

import tomllib
from datetime import timedelta

import pytest

from relais.accounts.models import Organisation
from relais.foundation.typography import unbreakable
from relais.stories.demo import loading
from relais.stories.models import Story
from tests import builders

ENTRIES = tomllib.loads(loading.TEXTS.read_text("utf-8"))["stories"]
SHEETS = loading.TEXTS.parents[2] / "catalogue" / "content" / "occupations"
ENTRY_JOBS = {
    "conseiller-conseillere-en-insertion-sociale-et-professionnelle",
    "educateur-educatrice-de-jeunes-enfants",
    "psychologue",
    "aide-a-domicile",
    "assistant-assistante-de-service-social",
    "educateur-specialise-educatrice-specialisee",
    "assistant-familial-assistante-familiale",
}


@pytest.fixture
def organisation(db):
    return Organisation.objects.create(name="Équipe", kind="operator")


@pytest.fixture
def sheets(db, now):
    for slug in sorted({entry["occupation"] for entry in ENTRIES}):
        builders.occupation(slug)


def test_every_entry_job_has_its_story_and_its_sheet():
    assert {entry["occupation"] for entry in ENTRIES} == ENTRY_JOBS
    assert all((SHEETS / f"{slug}.md").is_file() for slug in ENTRY_JOBS)


def test_one_idea_a_screen():
    for entry in ENTRIES:
        assert 4 <= len(entry["lines"]) <= 8
        assert all(len(line) <= 90 and "'" not in line for line in [entry["title"], *entry["lines"]])
        assert "Exemple" in entry["place"]


def test_loading_twice_changes_nothing(sheets, now, organisation):
    loading.load_demo_stories(organisation=organisation, now=now)
    first = list(Story.objects.values())
    loading.load_demo_stories(organisation=organisation, now=now + timedelta(days=3))
    assert list(Story.objects.values()) == first
    assert [story.slug for story in Story.objects.all()] == [entry["slug"] for entry in ENTRIES]
    assert all(story.is_demo for story in Story.objects.all())


def test_a_missing_sheet_is_named_and_nothing_is_written(db, now, organisation):
    with pytest.raises(loading.UnknownOccupation, match="aide-a-domicile"):
        loading.load_demo_stories(organisation=organisation, now=now)
    assert not Story.objects.exists()


def test_a_story_says_who_and_what_and_leads_on(client, sheets, now, settings, django_assert_num_queries, organisation):
    loading.load_demo_stories(organisation=organisation, now=now)
    entry = ENTRIES[0]
    with django_assert_num_queries(4):
        answer = client.get(f"/temoignages/{entry['slug']}", {"par": "K7QM3"})
    page = answer.content.decode()
    assert answer.status_code == 200 and not answer.cookies
    assert all(unbreakable(line) in page for line in entry["lines"])
    assert (
        "Le métier\xa0: <strong>éducateur ou éducatrice</strong>" in page
        and f"<strong>{entry['person']}</strong><br>éducateur<br>" in page
    )
    assert "Démonstration\xa0: personne fictive" in page
    assert f'href="/metiers/{entry["occupation"]}?par=K7QM3"' in page and 'href="/parler?par=K7QM3"' in page
    address = f"{settings.SITE_URL}/temoignages/{entry['slug']}"
    assert f'<link rel="canonical" href="{address}">' in page and f'property="og:url" content="{address}"' in page


def test_a_real_story_carries_no_mark(client, sheets, now, organisation):
    loading.load_demo_stories(organisation=organisation, now=now)
    Story.objects.update(is_demo=False, person="", employer="", place="")
    page = client.get(f"/temoignages/{ENTRIES[0]['slug']}").content.decode()
    assert "fictive" not in page and "anonyme" in page


def test_what_is_not_published_is_not_there(client, sheets, now, organisation):
    loading.load_demo_stories(organisation=organisation, now=now)
    Story.objects.filter(slug=ENTRIES[0]["slug"]).update(published_at=now + timedelta(days=1))
    Story.objects.filter(slug=ENTRIES[1]["slug"]).update(state="draft")
    page = client.get("/temoignages/").content.decode()
    for entry in ENTRIES[:2]:
        assert client.get(f"/temoignages/{entry['slug']}").status_code == 404
        assert entry["slug"] not in page
    assert ENTRIES[2]["slug"] in page
    assert client.get("/temoignages/inconnu").status_code == 404


def test_the_list_in_four_queries(client, sheets, now, django_assert_num_queries, organisation):
    loading.load_demo_stories(organisation=organisation, now=now)
    with django_assert_num_queries(4):
        answer = client.get("/temoignages/")
    assert not answer.cookies and answer.content.decode().count("personne fictive") == len(ENTRIES)


def test_an_empty_list_leads_somewhere(client, db):
    assert 'href="/metiers/"' in client.get("/temoignages/").content.decode()
