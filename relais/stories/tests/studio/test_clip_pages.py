"""The bench of the studio: captions written beside the file, what the team sees before anybody else, photos in order."""

import asyncio
import io
import re
from uuid import uuid4

import pytest
from django.core.signing import TimestampSigner

from relais.foundation import meanwhile
from relais.media import clips, previews
from relais.media.models import Clip
from relais.media.tests.files import picture
from relais.media.tests.places import path, place
from relais.stories.models import Story
from relais.stories.studio import editor, services
from relais.stories.studio.captions import Cue
from relais.stories.tests.drafts import draft, send

pytestmark = pytest.mark.django_db
SRT = "1\n00:00:00,200 --> 00:00:02,400\nLe matin, on commence\npar un café.\n\n2\n00:00:04,000 --> 00:00:07,000\nÊtre au cœur de leur journée.\n"


@pytest.fixture
def user(people):
    return people["mediator"]


@pytest.fixture
def story(user, now):
    return draft(user, now)


@pytest.fixture
def client(user, client_for):
    return client_for(user)


def form(story, rows=(), **values):
    fields = {"start": [row[0] for row in rows], "end": [row[1] for row in rows], "text": [row[2] for row in rows]}
    return (
        {
            "action": "save",
            "seen": meanwhile.fingerprint(services.told_words(story)),
            "transcript": "",
            "image_description": "",
        }
        | fields
        | values
    )


def post(client, story, *arguments, **values):
    return client.post(f"/pro/studio/{story.slug}/video", form(story, *arguments, **values), follow=True)


# --- times


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("0:04,5", 4500),
        ("1:02:03.250", 3_723_250),
        ("62", 62_000),
        (" 0 : 04 , 05 ", 4050),
        ("0:00,001", 1),
        ("12:00", 720_000),
    ],
)
def test_times_are_read_as_people_write_them(text, milliseconds):
    assert editor.read_clock(text) == milliseconds
    assert editor.read_clock(editor.clock(milliseconds)) == milliseconds


@pytest.mark.parametrize("text", ["", "abc", "1:2:3:4", "-1", "0:04,5000", "1e3", "٣", "0:04;5"])
def test_other_times_are_not(text):
    with pytest.raises(ValueError, match=f"^{re.escape(text.strip())}$"):
        editor.read_clock(text)


# --- captions


def test_what_is_typed_is_saved_in_the_order_of_time(client, story):
    rows = [
        ("0:04", "0:07", "Être au cœur\r\nde leur journée."),
        ("0:00,2", "0:02,4", "<b>Le matin</b>"),
        ("", "", ""),
        ("0:09", "0:10", "  "),
    ]
    answer = post(client, story, rows, transcript="Le matin.\r\nEncore.", image_description="Une cour.")
    story.refresh_from_db()
    assert story.cues == [
        {"start": 200, "end": 2400, "text": "Le matin"},
        {"start": 4000, "end": 7000, "text": "Être au cœur\nde leur journée."},
    ]
    assert (story.transcript, story.image_description) == ("Le matin.\nEncore.", "Une cour.")
    assert "C’est enregistré." in answer.content.decode() and story.proofreading


@pytest.mark.parametrize(
    ("start", "end", "sentence"),
    [("hier", "0:02", "minutes et secondes"), ("0:03", "0:02", "finit avant"), ("0:01", "25:00:00", "une journée")],
)
def test_a_wrong_time_is_said_and_nothing_is_lost(client, story, start, end, sentence):
    answer = post(client, story, [("0:00", "0:01", "Bien."), (start, end, "À corriger.")], transcript="Un texte long.")
    page = answer.content.decode()
    assert answer.status_code == 422 and sentence in page
    assert all(text in page for text in ("Bien.", "À corriger.", "Un texte long.", f'value="{start}"'))
    story.refresh_from_db()
    assert story.cues == [] and not story.transcript


def test_three_minutes_of_captions_fit_in_one_form(client, story):
    rows = [
        (f"{second // 60}:{second % 60}", f"{second // 60}:{second % 60},9", f"Ligne {second}") for second in range(180)
    ]
    assert post(client, story, rows).status_code == 200
    story.refresh_from_db()
    assert len(story.cues) == 180


def test_somebody_else_saved_meanwhile(client, story):
    sent = form(story, [("0:00", "0:01", "Le mien.")])
    story.cues = [{"start": 0, "end": 1000, "text": "Le leur."}]
    story.save()
    answer = client.post(f"/pro/studio/{story.slug}/video", sent)
    page = answer.content.decode()
    assert answer.status_code == 409 and "Le mien." in page and "Le leur." in page
    story.refresh_from_db()
    assert story.cues[0]["text"] == "Le leur."
    again = sent | {"seen": re.search(r'name="seen" value="(\w+)"', page)[1]}
    assert client.post(f"/pro/studio/{story.slug}/video", again).status_code == 302
    story.refresh_from_db()
    assert story.cues[0]["text"] == "Le mien."


def test_the_same_words_saved_twice_are_no_quarrel(client, story):
    sent = form(story, [("0:00", "0:01", "Le mien.")])
    assert [client.post(f"/pro/studio/{story.slug}/video", sent).status_code for _ in range(2)] == [302, 302]


def test_an_approved_story_is_a_draft_again(client, story, user, people):
    Story.objects.update(state=Story.State.APPROVED, submitted_by=user, approved_by=people["supervisor"])
    post(client, story, [("0:00", "0:01", "Autre chose.")])
    story.refresh_from_db()
    assert (story.state, story.approved_by) == (Story.State.DRAFT, None)


@pytest.mark.parametrize("state", [Story.State.PUBLISHED, Story.State.WITHDRAWN])
def test_what_was_published_does_not_change(client, story, now, state):
    Story.objects.update(state=state, published_at=now)
    answer = post(client, story, [("0:00", "0:01", "Autre chose.")])
    assert answer.status_code == 409 and "Autre chose." in answer.content.decode()
    story.refresh_from_db()
    assert story.cues == []


def test_imported_captions_are_read_before_they_are_saved(client, story):
    for given in ({"import_text": SRT}, {"import_file": named(SRT.encode("cp1252"))}):
        page = post(
            client, story, [("0:00", "0:01", "Ancien.")], action="import", transcript="Gardé.", **given
        ).content.decode()
        assert "2 sous-titres lus" in page and 'value="0:00,200"' in page and "par un café." in page
        assert "Gardé." in page and "Ancien." not in page
    story.refresh_from_db()
    assert story.cues == []


@pytest.mark.parametrize("given", ["", "rien de cela", "1\n00:00:05,000 --> 00:00:02,000\nÀ l’envers\n"])
def test_an_unreadable_import_says_where_and_keeps_the_lines(client, story, given):
    answer = post(client, story, [("0:00", "0:01", "Ancien.")], action="import", import_text=given)
    assert answer.status_code == 422 and "Ancien." in answer.content.decode()


def test_a_huge_import_is_refused(client, story):
    answer = client.post(
        f"/pro/studio/{story.slug}/video", form(story, action="import", import_file=named(b"x" * 1_000_001))
    )
    assert answer.status_code == 422 and "1 Mo" in answer.content.decode()


def named(content):
    file = io.BytesIO(content)
    file.name = "a.srt"
    return file


def test_lines_are_added_and_the_transcript_taken_up_without_javascript(client, story):
    page = post(client, story, [("0:00", "0:01", "Bonjour.")], action="add").content.decode()
    assert page.count('name="start"') == 1 + editor.EMPTY_ROWS
    page = post(
        client, story, [("0:00", "0:02", "Bonjour."), ("0:02", "0:04", "Je suis\néduc.")], action="transcript"
    ).content.decode()
    assert "Bonjour.\nJe suis éduc.</textarea>" in page


def test_both_forms_are_exported(client, story):
    story.cues = [{"start": 200, "end": 2400, "text": "Être là <3"}]
    story.save()
    srt, vtt = (client.get(f"/pro/studio/{story.slug}/sous-titres.{kind}") for kind in ("srt", "vtt"))
    assert srt.content.decode().startswith(
        "1\n00:00:00,200 --> 00:00:02,400\nÊtre là"
    ) and vtt.content.decode().startswith("WEBVTT\n\n")
    assert vtt["Content-Type"] == "text/vtt; charset=utf-8" and f"{story.slug}.srt" in srt["Content-Disposition"]


def test_what_is_hard_to_read_is_said(client, story):
    story.cues = [{"start": 0, "end": 500, "text": "Une ligne qui n’en finit pas, et que personne ne lira jamais."}]
    story.save()
    page = client.get(f"/pro/studio/{story.slug}/video").content.decode()
    assert "Moins d’une seconde" in page and "1 à revoir" in page


def test_how_far_it_is(client, story, now):
    clip = Clip.objects.create(folder=story.folder, name="film.mp4", state="working", progress=42, created_at=now)
    fragment = client.get(f"/pro/studio/{story.slug}/video/etat").content.decode()
    assert "42\xa0%" in fragment and "data-busy" in fragment and "<html" not in fragment
    Clip.objects.update(state="refused", reason="Ce fichier est un document PDF.")
    fragment = client.get(f"/pro/studio/{story.slug}/video/etat").content.decode()
    assert "document PDF" in fragment and "data-busy" not in fragment
    Clip.objects.create(folder=story.folder, state="ready", created_at=clip.created_at)
    page = client.get(f"/pro/studio/{story.slug}/video").content.decode()
    assert "Montrer cette version" in page


def test_the_page_in_few_queries(client, story, now, django_assert_max_num_queries):
    story.clip = Clip.objects.create(
        folder=story.folder,
        state="ready",
        created_at=now,
        facts={"kind": "video", "width": 540, "height": 960, "sizes": {"540.mp4": 1}},
    )
    story.cues = [{"start": 1000 * second, "end": 1000 * second + 900, "text": "Oui."} for second in range(60)]
    story.save()
    with django_assert_max_num_queries(10):
        client.get(f"/pro/studio/{story.slug}/video")


# --- addresses of files not yet published


def fetch(path, headers=()):
    """(status, headers, body) of the native application, as a browser would ask it."""
    sent = []

    async def go():
        async def receive():
            await asyncio.Event().wait()

        async def send(message):
            sent.append(message)

        scope = {"type": "http", "method": "GET", "path": path, "headers": list(headers), "query_string": b""}
        await previews.Previews()(scope, receive, send)

    asyncio.run(go())
    return (
        sent[0]["status"],
        {name.decode(): value.decode() for name, value in sent[0]["headers"]},
        b"".join(one.get("body", b"") for one in sent[1:]),
    )


@pytest.fixture
def clip(story, now):
    clip = Clip.objects.create(folder=story.folder, state="ready", created_at=now)
    place(clip).mkdir(parents=True)
    for name in ("540.mp4", "network.mp4", "source", "facts.json"):
        (place(clip) / name).write_bytes(b"0123456789")
    return clip


def test_a_signed_address_serves_ranges_to_nobody_s_cache(clip):
    address = previews.address(clip, "540.mp4")
    status, headers, body = fetch(address)
    assert (status, body) == (200, b"0123456789") and headers["content-type"] == "video/mp4"
    assert (
        headers["cache-control"] == "private, no-store"
        and headers["x-robots-tag"] == "noindex"
        and headers["x-content-type-options"] == "nosniff"
    )
    status, headers, body = fetch(address, [(b"range", b"bytes=2-5")])
    assert (status, body, headers["content-range"]) == (206, b"2345", "bytes 2-5/10")
    assert "attachment" in fetch(previews.address(clip, "network.mp4"))[1]["content-disposition"]


def test_no_other_address_serves_anything(clip, story, now):
    good = previews.address(clip, "540.mp4")
    signature = good.split("/")[2]
    foreign = Clip.objects.create(folder=story.folder, created_at=now)
    tampered = [
        good.replace("540", "1080"),
        good.replace(str(clip.pk), str(foreign.pk)),
        good.replace(signature, signature[:-1] + ("a" if signature[-1] != "a" else "b")),
        f"/media-interne/{clip.pk}/540.mp4",
        f"/media-interne//{clip.pk}/540.mp4",
        "/media-interne/",
        good + "/../source",
        previews._signed(f"{clip.pk}/source"),
        previews._signed(f"{clip.pk}/facts.json"),
        previews._signed("../uploads/x"),
        previews._signed("photos/../clips/" + f"{clip.pk}/source"),
        f"/media-interne/{TimestampSigner(salt='other').sign(f'{clip.pk}/540.mp4').partition(':')[2]}/{clip.pk}/540.mp4",
    ]
    assert {fetch(address)[0] for address in tampered} == {404}


def test_an_address_lives_an_hour(clip, time_machine):
    time_machine.move_to("2026-11-22 10:00:00+00:00")
    address = previews.address(clip, "540.mp4")
    time_machine.move_to("2026-11-22 10:59:59+00:00")
    assert fetch(address)[0] == 200
    time_machine.move_to("2026-11-22 11:00:02+00:00")
    assert fetch(address)[0] == 404


# --- photos


@pytest.fixture
def series(user, now):
    story = draft(user, now, form="photos")
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        send(story, user, picture(size=(200, 300)), now, purpose="photo", name=name)
    return story


def told(photos, **values):
    fields = {}
    for number, photo in enumerate(photos, 1):
        fields |= {f"place-{photo.pk}": number, f"description-{photo.pk}": photo.description}
    return fields | values


def test_photos_are_described_ordered_and_removed(client, series, django_capture_on_commit_callbacks):
    first, second, third = series.photos.all()
    address = f"/pro/studio/{series.slug}/video"
    page = client.get(address).content.decode()
    assert page.count("/media-interne/") == 3 and fetch(re.search(r'src="(/media-interne/[^"]+)"', page)[1])[0] == 200
    sent = told([first, second, third]) | {
        f"place-{third.pk}": 1,
        f"description-{third.pk}": "Une cour.",
        f"remove-{first.pk}": "on",
    }
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(address, sent).status_code == 302
    assert [(photo.pk, photo.order, photo.description) for photo in series.photos.all()] == [
        (third.pk, 0, "Une cour."),
        (second.pk, 1, ""),
    ]
    assert not path(first).exists() and path(second).exists()


def test_a_description_too_long_is_said_and_kept(client, series):
    photo = series.photos.first()
    answer = client.post(
        f"/pro/studio/{series.slug}/video", told(series.photos.all()) | {f"description-{photo.pk}": "Long " * 100}
    )
    assert answer.status_code == 422 and "Long Long" in answer.content.decode()


def test_photos_of_another_story_are_out_of_reach(client, series, make_user, now):
    stranger = make_user("mediator")
    foreign = draft(stranger, now, form="photos")
    send(foreign, stranger, picture(size=(200, 300)), now, purpose="photo", name="x.jpg")
    client.post(
        f"/pro/studio/{series.slug}/video", told(series.photos.all()) | {f"remove-{foreign.photos.get().pk}": "on"}
    )
    assert foreign.photos.exists()


def test_unknown_versions_are_not_shown(client, story):
    for clip in ("", "x", str(uuid4())):
        answer = client.post(f"/pro/studio/{story.slug}/video/version", {"clip": clip}, follow=True)
        assert "n’est pas prête" in answer.content.decode()


def test_the_digest_follows_the_captions():
    one = [Cue(0, 1, "a")]
    assert clips.digest_of(one) == clips.digest_of([Cue(0, 1, "a")]) != clips.digest_of([Cue(0, 1, "b")])
