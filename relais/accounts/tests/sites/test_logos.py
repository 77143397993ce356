"""The logo of a site: drawn again, shown on its site only, refused in words."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from relais.accounts.models import Site

from .hosts import HERE, THERE, at, fields

pytestmark = pytest.mark.django_db


def picture(kind="PNG", size=(600, 300), **options):
    out = BytesIO()
    Image.new("RGB", size, "red").save(out, kind, **options)
    return out.getvalue()


def test_a_logo_is_drawn_again_and_shown_on_its_site_only(
    two, elsewhere, client_for, django_capture_on_commit_callbacks
):
    client, address = client_for(elsewhere), f"/pro/site/{two[THERE].pk}/"
    sent = picture("JPEG", exif=b"Exif\0\0II*\0secret")
    before = client.post(
        address, fields(two[THERE], look="1", logo=SimpleUploadedFile("logo.svg", sent))
    ).content.decode()
    assert (
        before.count('src="data:image/webp;base64,') == 2
        and "choisissez-le de nouveau" in before
        and Site.objects.get(pk=two[THERE].pk).logo is None
    )
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(address, fields(two[THERE], logo=SimpleUploadedFile("logo.svg", sent))).status_code == 302
    site = Site.objects.get(pk=two[THERE].pk)
    shown = f"/apparence/{site.logo_version}.webp"
    assert f'src="{shown}"' in at(client, THERE).content.decode() and shown not in at(client, HERE).content.decode()
    answer = at(client, THERE, shown)
    assert (
        answer["Content-Type"] == "image/webp"
        and "immutable" in answer["Cache-Control"]
        and b"secret" not in answer.content
    )
    assert Image.open(BytesIO(answer.content)).size == (256, 128)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(address, fields(two[THERE], remove_logo="on"))
    assert at(client, THERE, shown).status_code == 404 and "logo" in at(client, THERE).content.decode()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
            "n’est pas une image JPEG, PNG ou WebP",
        ),
        (picture()[:60], "abîmée ou incomplète"),
        (b"\x89PNG" + bytes(901_000), "trop lourd pour un logo"),
        (b"", "Ce fichier est vide"),
    ],
)
def test_a_bad_logo_is_refused_in_words_at_the_top_and_loses_nothing_typed(
    two, elsewhere, client_for, content, sentence
):
    sent = fields(two[THERE], tagline="Une phrase tapée", logo=SimpleUploadedFile("logo.png", content))
    answer = client_for(elsewhere).post(f"/pro/site/{two[THERE].pk}/", sent)
    page = answer.content.decode()
    assert answer.status_code == 422 and sentence in page and 'value="Une phrase tapée"' in page
    assert '<a href="#id_logo">' in page[: page.index("<form")] and 'id="id_logo"' in page
    assert Site.objects.get(pk=two[THERE].pk).logo is None


def test_a_logo_changed_meanwhile_is_told_without_its_digest(two, elsewhere, client_for):
    site, client = two[THERE], client_for(elsewhere)
    old = fields(site, name="Autre nom")
    client.post(f"/pro/site/{site.pk}/", fields(site, logo=SimpleUploadedFile("logo.png", picture())))
    page = client.post(f"/pro/site/{site.pk}/", old).content.decode()
    assert "Ce qui a changé\u00a0: logo." in page and Site.objects.get(pk=site.pk).logo is not None
