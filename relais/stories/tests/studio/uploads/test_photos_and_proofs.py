"""Photos are drawn again without their secrets; proofs are kept, only ever downloaded, and stay while an agreement names them."""

from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from relais.foundation import retention
from relais.foundation.retention import DAY
from relais.media import uploads
from relais.media.models import Photo, Upload
from relais.media.tests.files import picture
from relais.media.tests.places import path
from relais.stories.models import Consent
from relais.stories.tests.drafts import draft, send


def test_a_photo_is_drawn_again_without_its_secrets(user, now, tmp_path):
    story = draft(user, now, form="photos")
    exif = Image.Exif()
    exif[0x0112] = 6  # lying on its side
    exif.get_ifd(0x8825)[2] = (48.0, 1.0, 2.0)  # where it was taken
    upload = send(story, user, picture(size=(2400, 1200), exif=exif), now, purpose="photo", name="a.jpg")
    photo = story.photos.get()
    assert (photo.width, photo.height) == (540, 1080) and upload.completed_at
    with Image.open(path(photo)) as image:
        assert (image.format, image.size) == ("WEBP", (540, 1080))
        assert not image.getexif() and not set(image.info) & {"exif", "xmp", "icc_profile"}
    send(story, user, picture("PNG", (300, 300)), now, purpose="photo", name="b.png")
    assert [one.order for one in story.photos.all()] == [0, 1]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"%PDF-1.7 not a photo", "n’est pas une image"),
        (b"GIF89a" + bytes(50), "n’est pas une image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "n’est pas une image"),
        (picture()[:5000], "abîmée"),
        (b"\0\0\0\x18ftypheic" + bytes(60), "HEIC"),
        (picture("PNG", (4000, 100)), "étroite"),
        (picture("PNG", (9000, 9000), compress_level=1), "60 millions"),
    ],
    ids=["pdf", "gif", "svg", "cut", "heic", "narrow", "bomb"],
)
def test_bad_pictures_are_refused_in_words(user, now, settings, content, sentence):
    story = draft(user, now, form="photos")
    with pytest.raises(uploads.WrongFile, match=sentence):
        send(story, user, content, now, purpose="photo", name="a.jpg")
    assert not Photo.objects.exists() and not Upload.objects.exists()
    assert not list((Path(settings.MEDIA_ROOT) / "photos").glob("*")), "nothing half made"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7\n...", "application/pdf"),
        (picture(size=(90, 90)), "image/jpeg"),
        (picture("PNG", (90, 90)), "image/png"),
        (picture("WEBP", (90, 90)), "image/webp"),
    ],
)
def test_a_proof_is_kept_and_only_ever_downloaded(client, user, story, now, content, kind):
    upload = send(story, user, content, now, purpose="proof", name="accord signé.pdf")
    answer = client.get(f"/pro/studio/envois/{upload.pk}/fichier")
    assert answer.content == content and answer["Content-Type"] == kind
    assert answer["Content-Disposition"].startswith("attachment;") and answer["X-Content-Type-Options"] == "nosniff"


def test_what_is_no_proof_is_refused(client, user, story, now):
    for content in (b"<html><script>alert(1)</script>", b"MZ" + bytes(100), b"\xff\xd8\xff broken"):
        with pytest.raises(uploads.WrongFile):
            send(story, user, content, now, purpose="proof", name="accord.pdf")
    clip = send(story, user, b"x", now)
    assert client.get(f"/pro/studio/envois/{clip.pk}/fichier").status_code == 404


def test_a_proof_that_an_agreement_names_stays(user, story, now, django_capture_on_commit_callbacks):
    old = now - 7 * DAY - timedelta(days=1)
    used, unused = (send(story, user, b"%PDF-1", old, purpose="proof", name=name) for name in ("a.pdf", "b.pdf"))
    Consent.objects.create(
        story=story,
        kind="person",
        name="Lou",
        channels=["site"],
        starts=now.date(),
        ends=now.date(),
        proof=used,
        recorded_by=user,
        recorded_at=now,
    )
    with django_capture_on_commit_callbacks(execute=True):
        retention.sweep(now)
    assert list(Upload.objects.all()) == [used] and path(used).exists() and not path(unused).exists()
