"""Whoever is shown is called what she or he chose: every public page of the demonstration is read, and what a share shows.

Who is a woman comes from the demonstration's own files, so a story added there is read here too.
"""

import json
import re
import tomllib
from html import unescape

import pytest
from django.core.management import call_command
from django.core.paginator import Paginator

from relais.catalogue.models import Occupation
from relais.foundation import sites
from relais.portal.selectors import public_addresses
from relais.stories.demo import loading
from relais.stories.models import Story

pytestmark = pytest.mark.django_db
FILES = ("demo.toml", "clips.toml")
ENTRIES = [
    entry
    for file in FILES
    for kind in tomllib.loads((loading.CONTENT / file).read_text("utf-8")).values()
    for entry in kind
]


@pytest.fixture
def shown(people, now):
    """The demonstration's stories, on the real sheets."""
    call_command("import", "occupations", verbosity=0)
    organisation = people["mediator"].memberships.get().organisation
    loading.load_demo_stories(organisation=organisation, now=now)
    loading.load_demo_clips(organisation=organisation, now=now)
    return {story.slug: story for story in Story.objects.published().select_related("occupation")}


def addresses(now) -> list[str]:
    """The site map, every page of the feed and of the list, and what searches find."""
    stories = Story.objects.published(now)
    more = [f"/temoignages/?page={number}" for number in Paginator(stories, 12).page_range]
    more += [f"/temoignages/?avec={audience}" for audience in Story.Audience.values]
    return [
        *public_addresses(now, sites.of(None)),
        *more,
        "/gouts",
        "/suivis",
        "/recherche?q=infirmier",
        "/recherche?q=zoe",
        "/metiers/?q=infirmiere",
    ]


def words(page: str) -> str:
    """What is read: no tags, one space between words, and every attribute that a share or a screen reader takes."""
    said = re.findall(r'(?:content|alt|aria-label|title)="([^"]*)"', page)
    data = [
        json.dumps(json.loads(found), ensure_ascii=False)
        for found in re.findall(r'<script type="application/ld[^>]*>(.*?)</script>', page, re.S)
    ]
    return re.sub(r"\s+", " ", unescape(" ¦ ".join([re.sub(r"<[^>]+>", " ", page), *said, *data])))


def wrong(text: str, story: Story) -> str:
    """Where the first name is followed by the other title, or by both, or ''."""
    other = story.occupation.masculine if story.job_form == "feminine" else story.occupation.feminine
    first = other.split(" ")[0]
    if first == story.job.split(" ")[0]:
        first = other if other != story.job else ""
    found = re.search(rf"\b{story.person}\b[ ,:·(]+{re.escape(first)}\b.{{0,40}}", text) if first else None
    return found[0] if found else ""


def test_no_public_page_gives_somebody_the_title_of_the_other(client, shown, now):
    chosen = {entry["slug"]: entry["job_form"] for entry in ENTRIES}
    women = [story for story in shown.values() if chosen[story.slug] == "feminine"]
    assert len(women) >= 13 and {story.job_form for story in shown.values()} == {"feminine", "masculine"}
    called = set()
    for address in addresses(now):
        answer = client.get(address, follow=True)
        assert answer.status_code == 200, address
        text = words(answer.content.decode())
        for story in shown.values():
            assert not wrong(text, story), (address, wrong(text, story))
            called |= {story.slug for _ in re.findall(rf"\b{story.person}\b[ ,]+{re.escape(story.job)}", text)}
    assert called == set(shown)


def test_what_a_share_shows_of_a_woman(client, shown):
    page = unescape(client.get("/temoignages/en-vrai-une-infirmiere").content.decode())
    said = "Élodie, infirmière en soins généraux. Démonstration : personne fictive."
    assert f'<meta name="description" content="{said}">' in page.replace("\u00a0", " ")
    assert f'<meta property="og:description" content="{said}">' in page.replace("\u00a0", " ")
    data = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.S)[1])
    assert data["description"] == said


def test_whom_nobody_asked_is_guessed_neither_way(client, shown):
    Story.objects.filter(slug="en-vrai-une-infirmiere").update(job_form="")
    for address in ("/temoignages/en-vrai-une-infirmiere", "/temoignages/?avec=malades"):
        assert "Élodie, infirmier ou infirmière en soins généraux" in words(
            client.get(address).content.decode()
        ).replace("Élodie inf", "Élodie, inf")


def test_ones_own_words(client, shown):
    Story.objects.filter(slug="en-vrai-une-infirmiere").update(job_form="own", job_words="soignante de nuit")
    assert "Élodie, soignante de nuit" in words(client.get("/temoignages/?avec=malades").content.decode())


def test_every_sheet_has_its_two_titles_and_a_neutral_one(shown):
    for sheet in Occupation.objects.active():
        assert sheet.feminine and sheet.masculine
        assert (" ou " in sheet.short_name) == (sheet.feminine != sheet.masculine), sheet.slug
