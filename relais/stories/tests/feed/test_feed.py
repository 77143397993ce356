"""The pages of the feed."""

import json
import re
import tomllib
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client

from relais.accounts.models import Organisation
from relais.catalogue.models import Commune
from relais.foundation.models import EventRecord
from relais.foundation.ratelimit import HOUR, LIMITS, Limit
from relais.media.models import Clip
from relais.stories.feed import feed
from relais.stories.feed.feed import Card
from relais.stories.feed.preferences import COOKIE, Preferences
from relais.stories.models import ReactionCount, Story
from tests import builders

# ---- Pages --------------------------------------------------------------------------------------------------------


@pytest.fixture
def sheets(db, now):
    return [
        builders.occupation(slug, name=name, rome=["K1304"], audiences=audiences)
        for slug, name, audiences in (
            ("aide", "Aide à domicile", ["personnes-agees"]),
            ("creche", "Éducateur / Éducatrice", ["enfants"]),
        )
    ]


@pytest.fixture
def make_story(sheets, now):
    organisation = Organisation.objects.create(name="Équipe", kind="operator")

    def make(slug, ago=1, *, video=True, **values):
        values = {"title": f"Histoire de {slug}", "occupation": sheets[0], "lines": [{"text": "Bonjour."}]} | values
        values |= {"cues": [{"start": 0, "end": 900, "text": "Bonjour."}]} if video else {}
        story = Story.objects.create(
            slug=slug,
            organisation=organisation,
            form="video" if video else "text",
            state=values.pop("state", "published"),
            published_at=now - timedelta(minutes=ago),
            transcript="Bonjour.\nAu revoir.",
            image_description="Une porte s’ouvre.",
            **values,
        )
        if video:
            facts = {
                "duration_ms": 9000,
                "width": 540,
                "height": 960,
                "sizes": {"540.mp4": 9, "1080.mp4": 9, "poster.jpg": 9},
            }
            story.clip = Clip.objects.create(folder=story.folder, state="ready", created_at=now, facts=facts)
            story.save()
        return story

    return make


def titles(page: str) -> list[str]:
    return re.findall(r'<article class="clip[^>]*id="v-([^"]+)"', page)


def test_the_feed_in_four_queries_however_long(client, make_story, django_assert_num_queries):
    for number in range(30):
        make_story(f"histoire-{number}", number, employer=f"Employeur {number % 3}")
    with django_assert_num_queries(4):
        answer = client.get("/")
    page = answer.content.decode()
    assert titles(page) == [f"histoire-{number}" for number in range(12)]
    assert not answer.cookies and "Cookie" in answer["Vary"] and "Save-Data" in answer["Vary"]
    assert 'href="/?page=2"' in page
    assert titles(client.get("/", {"page": 3}).content.decode()) == [f"histoire-{number}" for number in range(24, 30)]
    assert client.get("/", {"page": 4, "par": "K7QM3"})["Location"] == "/?par=K7QM3"
    assert client.get("/", {"page": "ⅷ"}).status_code == 200


def test_a_video_asks_for_nothing_before_it_is_wanted(client, make_story):
    story = make_story("porte")
    page = client.get("/").content.decode()
    folder = f"/media/{story.clip_id}/"
    # Inside <noscript>: with scripts, the page's module takes it out when its turn comes.
    video = re.search(r"<noscript>(<video.*?</video>)</noscript>", page, re.S)[1]
    assert 'preload="none"' in video and "muted" in video and "autoplay" not in page
    assert (
        f'src="{folder}540.mp4"' in video
        and f'src="{folder}captions.vtt" default' in video
        and 'kind="captions"' in video
    )
    assert f'<img class="poster-image" src="{folder}poster.webp"' in page and 'fetchpriority="high"' in page
    assert (
        "data-saver" not in page
        and "crossorigin" not in page
        and "data-saver" in client.get("/", headers={"save-data": "on"}).content.decode()
    )


def test_where_files_are_elsewhere_the_page_names_that_host(client, make_story, settings):
    """Captions of another host are read only if the video asks for them in a way that this host may answer (`crossorigin`)."""
    memory, host = "django.core.files.storage.InMemoryStorage", "https://fichiers.exemple.invalid/"
    settings.STORAGES = settings.STORAGES | {"published": {"BACKEND": memory, "OPTIONS": {"base_url": host}}}
    story = make_story("porte")
    page, own = client.get("/").content.decode(), client.get(story.get_absolute_url()).content.decode()
    assert f'src="{host}{story.clip_id}/540.mp4"' in page and f'src="{host}{story.clip_id}/captions.vtt"' in page
    assert 'crossorigin="anonymous"' in page and "/media/" not in page + own
    assert f'<meta property="og:video" content="{host}{story.clip_id}/540.mp4">' in own


def test_a_clip_that_is_not_ready_is_told_in_words(client, make_story):
    story = make_story("porte")
    Clip.objects.update(state="working")
    page = client.get("/").content.decode()
    assert "/media/" not in page and "Bonjour." in page and story.title in page


def test_what_was_ticked_comes_first_and_says_so(client, make_story, sheets):
    make_story("recente", 1)
    make_story("des-enfants", 2, audience="enfants")
    make_story("suivie", 3, occupation=sheets[1], audience="malades")
    assert titles(client.get("/").content.decode()) == ["recente", "des-enfants", "suivie"]
    answer = client.post(
        "/gouts/choisir", {"avec": ["enfants", "rois"], "metier": ["creche", "inconnu"], "retour": "/?par=K7QM3"}
    )
    assert answer["Location"] == "/?par=K7QM3" and client.cookies[COOKIE].value == "1|enfants|creche||"
    answer = client.get("/")
    page = answer.content.decode()
    assert titles(page) == ["suivie", "des-enfants", "recente"] and answer["Cache-Control"] == "private, no-store"
    why = re.findall(r'<details class="why">.*?</details>', page, re.S)
    assert "Tu suis ce métier" in why[0] and "ce que tu as choisi" in why[1] and "ne vient pas de tes choix" in why[2]
    assert titles(client.get("/suivis").content.decode()) == ["suivie"]


def test_the_employer_rule_says_so(client, make_story):
    for number, name in enumerate(["Foyer", "Foyer", "EHPAD"]):
        make_story(f"histoire-{number}", number, employer=name)
    page = client.get("/").content.decode()
    assert titles(page) == ["histoire-0", "histoire-2", "histoire-1"]
    assert page.count("deux fois de suite le même employeur") == 1


def test_nothing_followed_says_how(client, db):
    page = client.get("/suivis").content.decode()
    assert "Tu ne suis" in page and 'href="/gouts"' in page


def test_keep_follow_and_forget_by_plain_forms(client, make_story):
    make_story("porte")
    assert client.post("/temoignages/porte/garder", {"oui": "1", "retour": "/#v-porte"})["Location"] == "/#v-porte"
    assert client.post("/gouts/suivre/aide", {"oui": "1", "retour": "//ailleurs.example/"})["Location"] == "/gouts"
    page = client.get("/gouts").content.decode()
    assert "Histoire de porte" in page and 'value="aide" checked' in page
    assert client.cookies[COOKIE].value == "1||aide|porte|"
    client.post("/temoignages/porte/garder", {"oui": "0"})
    assert client.cookies[COOKIE].value == "1||aide||"
    forgotten = client.post("/gouts/oublier")
    assert forgotten.cookies[COOKIE]["max-age"] == 0
    assert "Tout oublier" not in client.get("/gouts").content.decode()


def test_no_story_or_occupation_no_choice(client, db):
    for address in ("/temoignages/rien/garder", "/gouts/suivre/rien"):
        answer = client.post(address, {"oui": "1"})
        assert answer.status_code == 404 and not answer.cookies


def test_reactions_are_counted_once_a_device_and_shown_from_five(client, make_story):
    make_story("porte")
    ReactionCount.objects.create(story_id="porte", kind="clap", number=3)
    for _ in range(2):
        assert client.post("/temoignages/porte/reagir?par=K7QM3", {"kind": "clap"}).status_code == 302
    assert ReactionCount.objects.get().number == 4
    event = EventRecord.objects.get(name="story.reacted")
    assert event.data == {"story": "porte", "kind": "clap"} and event.touch == "K7QM3" and event.journey is None
    assert "Bravo <b>" not in client.get("/").content.decode()
    answer = Client().post("/temoignages/porte/reagir", {"kind": "clap"}, headers={"accept": "application/json"})
    assert answer.json() == {"said": "clap"} and answer.cookies[COOKIE].value == "1||||porte:clap"
    page = client.get("/").content.decode()
    assert "Bravo <b>5</b>" in page and 'value="clap" aria-pressed="true"' in page


@pytest.mark.parametrize("state", ["draft", "withdrawn"])
def test_no_reaction_to_what_is_not_there(client, make_story, state):
    make_story("porte", state=state)
    assert client.post("/temoignages/porte/reagir", {"kind": "clap"}).status_code == 404
    assert client.post("/temoignages/porte/reagir", {"kind": "hate"}).status_code == 404
    assert not ReactionCount.objects.exists() and not EventRecord.objects.filter(name="story.reacted").exists()


def test_a_flood_of_reactions_is_slowed(make_story, monkeypatch):
    make_story("porte")
    monkeypatch.setitem(LIMITS, "react", Limit(3, HOUR))
    statuses = [Client().post("/temoignages/porte/reagir", {"kind": "heart"}).status_code for _ in range(5)]
    assert statuses == [302] * 3 + [429] * 2 and ReactionCount.objects.get().number == 3


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 302),
        ({"sec-fetch-site": "same-origin"}, 302),
        ({"origin": "http://testserver"}, 302),
        ({"sec-fetch-site": "cross-site", "origin": "http://testserver"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "https://ailleurs.example"}, 403),
        ({"origin": "null"}, 403),
    ],
)
def test_a_form_of_another_site_is_refused(make_story, headers, status):
    make_story("porte")
    client = Client(enforce_csrf_checks=True)
    for address in ("/temoignages/porte/garder", "/gouts/choisir", "/gouts/oublier", "/gouts/suivre/aide"):
        assert client.post(address, {"oui": "1"}, headers=headers).status_code == status, address


def test_the_list_by_audience_and_by_place(client, make_story, sheets, django_assert_num_queries):
    values = {"region": "24", "postcodes": ["45200"], "latitude": 48.0, "longitude": 2.7}
    commune = Commune.objects.create(insee="45208", name="Montargis", departement="45", key="montargis", **values)
    make_story("ici", commune=commune)
    make_story("des-enfants", audience="enfants")
    make_story("sans-le-dire", occupation=sheets[1], video=False)
    with django_assert_num_queries(4):
        page = client.get("/temoignages/").content.decode()
    assert "45\xa0: Montargis" in page and page.count('class="poster ') == 3
    page = client.get("/temoignages/", {"avec": "enfants"}).content.decode()
    assert "des-enfants" in page and "sans-le-dire" in page and "/temoignages/ici" not in page
    page = client.get("/temoignages/", {"ou": "45", "par": "K7QM3"}).content.decode()
    assert (
        "/temoignages/ici?par=K7QM3" in page and "des-enfants" not in page and "avec=enfants&amp;par=K7QM3" not in page
    )
    assert 'href="/temoignages/?avec=enfants&amp;ou=45&amp;par=K7QM3"' in page
    assert client.get("/temoignages/", {"avec": "rois", "ou": "<b>"}).status_code == 200


def test_the_page_of_a_video(client, make_story, settings, django_assert_num_queries):
    story = make_story("porte", title="</script><b>Être & là", is_demo=True)
    with django_assert_num_queries(4):
        feed_part = client.get("/temoignages/porte", {"par": "K7QM3"})
    page = feed_part.content.decode()
    site, folder = settings.SITE_URL, f"/media/{story.clip_id}/"
    data = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.S)[1])
    assert data["@type"] == "VideoObject" and data["name"] == story.title and data["duration"] == "PT9S"
    assert data["contentUrl"] == f"{site}{folder}540.mp4" and data["thumbnailUrl"] == [f"{site}{folder}poster.webp"]
    for name, value in (
        ("og:image", f"{site}{folder}poster.jpg"),
        ("og:video", f"{site}{folder}540.mp4"),
        ("og:type", "video.other"),
    ):
        assert f'<meta property="{name}" content="{value}">' in page
    assert f'<link rel="canonical" href="{site}/temoignages/porte">' in page
    for words in ("Au revoir.", "Une porte s’ouvre.", "Démonstration : personne fictive", "Voir le métier"):
        assert words in page
    assert f'src="{folder}1080.mp4"' in page and "<b>Être" not in page and not feed_part.cookies
    assert (
        f'src="{folder}1080.mp4"' not in client.get("/temoignages/porte", headers={"save-data": "on"}).content.decode()
    )


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"state": "withdrawn"}, 410),
        ({"expires_at": -1}, 410),
        ({"state": "draft"}, 404),
        ({"state": "approved"}, 404),
        ({"state": "in-review"}, 404),
        ({"ago": -60}, 404),
    ],
)
def test_what_was_taken_down_is_gone_everywhere(client, make_story, now, values, status):
    if "expires_at" in values:
        values = values | {"expires_at": now - timedelta(minutes=values["expires_at"] * -1)}
    story = make_story("retiree", **values)
    answer = client.get("/temoignages/retiree")
    assert answer.status_code == status
    for page in (
        answer,
        client.get("/"),
        client.get("/temoignages/"),
        client.get("/sitemap.xml"),
        client.get("/gouts"),
    ):
        assert story.title not in page.content.decode() and str(story.clip_id) not in page.content.decode()
    assert client.post("/temoignages/retiree/garder", {"oui": "1"}).status_code == 404
    assert client.post("/temoignages/retiree/garder", {"oui": "0"}).status_code == 302


@pytest.mark.parametrize(
    ("next_step", "words", "href"),
    [
        ("sheet", "Voir le métier", "/metiers/aide"),
        ("internship", "Qui t’aide à trouver un stage", "/structures/"),
        ("conversation", "En parler à quelqu’un", "/parler"),
        ("offer", "Voir le métier", "/metiers/aide"),
    ],
)
def test_the_next_step(client, make_story, next_step, words, href):
    """An offer that is gone leaves the occupation."""
    make_story("porte", next_step=next_step)
    for address in ("/", "/temoignages/porte"):
        assert f'<a class="button button-primary" href="{href}">{words}</a>' in client.get(address).content.decode()


def test_a_story_deleted_between_two_queries_is_not_there(make_story, monkeypatch, now):
    make_story("porte")
    gone = Card(str(uuid4()), "aide", (), "", now)
    monkeypatch.setattr(feed, "cards", lambda now: [gone])
    assert feed.page(Preferences(), now).panels == []


def test_demonstration_texts_stay_plain(db):
    from relais.stories.demo import loading

    assert all(len(entry["slug"]) <= 60 for entry in tomllib.loads(loading.TEXTS.read_text("utf-8"))["stories"])
