"""The studio's bench in a real browser: a line that is cut, a page that is reloaded, captions typed beside the picture, no JavaScript."""

import hashlib
import os
import re
import time

import pytest
from playwright.sync_api import expect

from relais.media.tests.files import small_video

from .test_accessible import accessible, fits


@pytest.fixture
def draft(site):
    """The address of a fresh draft of a video."""
    script = (
        "from django.utils import timezone; from relais.accounts.models import User; from relais.catalogue.models import Occupation;"
        "from relais.stories.studio import services;"
        "user = User.objects.filter(memberships__role='campaign_manager').first();"
        "print(services.create(user=user, now=timezone.now(), title='Être au cœur de leur journée', form='video', person='Lou', job_form='feminine',"
        "occupation=Occupation.objects.first()).slug)"
    )
    return f"/pro/studio/{site.command('shell', '--no-imports', '-c', script).stdout.split()[-1]}/video"


@pytest.fixture(scope="session")
def film(tmp_path_factory):
    path = tmp_path_factory.mktemp("film") / "Mon métier.mp4"
    small_video(path, seconds=4, width=360, height=640)
    return path


def line(page):
    """A function of (kilobytes a second, offline) for the line of this page."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")

    def be(kilobytes: int, offline: bool = False) -> None:
        limits = {"offline": offline, "latency": 20, "downloadThroughput": -1, "uploadThroughput": kilobytes * 1000}
        devtools.send("Network.emulateNetworkConditions", limits)

    return be


def choose(page, path) -> None:
    page.locator("input[name=file]").set_input_files(path)
    page.get_by_role("button", name=re.compile("^(Envoyer|Reprendre l’envoi)$")).click()


def reach(page, least: int) -> None:
    """Waits until so much of the file has been sent. (A string given to wait_for_function is what the policy of the site forbids.)"""
    deadline = time.monotonic() + 120
    while int(re.match(r"\d*", page.locator("[data-upload-text]").inner_text())[0] or 0) < least:
        assert time.monotonic() < deadline, page.locator("[data-upload-text]").inner_text()
        page.wait_for_timeout(50)


def test_a_cut_line_a_pause_and_a_reload_lose_nothing(site, watch, person, draft, tmp_path):
    content = os.urandom(4_000_000)
    (tmp_path / "film.mp4").write_bytes(content)
    page = person("Inès")
    watch.provoked.append("ERR_INTERNET_DISCONNECTED")
    page.goto(draft)
    be = line(page)
    be(700)
    choose(page, tmp_path / "film.mp4")
    reach(page, 10)
    be(700, offline=True)
    expect(page.get_by_text("La ligne est coupée")).to_be_visible()
    be(700)
    reach(page, 30)
    page.get_by_role("button", name="Mettre en pause").click()
    expect(page.locator("[data-upload-text]")).to_have_text("En pause. Ce qui est arrivé est gardé.")
    accessible(page)
    page.get_by_role("button", name="Reprendre l’envoi").click()
    reach(page, 50)
    page.reload()
    expect(page.get_by_text("Choisissez le même fichier")).to_contain_text(re.compile("s’est arrêté à [3-9]\\d\\s%"))
    accessible(page)
    fits(page)
    choose(page, tmp_path / "film.mp4")
    # It holds nothing but noise: it arrives whole, and is refused in words.
    expect(page.locator("#etat")).to_contain_text("n’a pas pu être préparé", timeout=240_000)
    accessible(page)
    (clip,) = site.sql(
        "SELECT c.id FROM media_clip c JOIN stories_story s ON s.folder_id = c.folder_id WHERE s.slug = %s",
        draft.split("/")[3],
    )
    kept = (site.data / "media" / "clips" / str(clip[0]) / "source").read_bytes()
    assert hashlib.sha256(kept).digest() == hashlib.sha256(content).digest()


def test_a_film_is_prepared_captioned_and_burnt(site, watch, person, draft, film):
    page = person("Inès")
    page.goto(draft)
    choose(page, film)
    expect(page.locator("#etat")).to_contain_text(re.compile("attend son tour|se prépare"))
    accessible(page)
    expect(page.locator("video[data-player]")).to_be_visible(timeout=240_000)
    page.locator("video[data-player]").evaluate(
        "video => video.readyState || new Promise(done => video.onloadedmetadata = () => done())"
    )
    page.locator("[name=text]").first.fill("Le matin, on commence par un café avec toute l’équipe du foyer.")
    page.evaluate("document.querySelector('video').currentTime = 0.5")
    page.locator("[name=text]").first.press("F2")
    page.evaluate("document.querySelector('video').currentTime = 1")
    page.locator("[name=text]").first.press("F4")
    expect(page.locator("[name=start]").first).to_have_value("0:00,500")
    expect(page.locator("[name=end]").first).to_have_value("0:01,000")
    expect(page.locator("[data-said]").first).to_contain_text("42 au plus")
    expect(page.locator("[data-count]")).to_have_text("1 sous-titre, 1 à revoir")
    page.locator("[name=text]").first.press("Alt+ArrowDown")
    expect(page.locator("[name=text]").nth(1)).to_be_focused()
    page.keyboard.type("Puis on y va.")
    page.locator("[name=start]").nth(1).fill("0:02")
    page.locator("[name=end]").nth(1).fill("0:03,5")
    accessible(page)
    fits(page)
    page.keyboard.press("Control+s")
    expect(page.get_by_text("C’est enregistré.")).to_be_visible()
    expect(page.locator("[name=end]").nth(1)).to_have_value("0:03,500")
    page.get_by_role("button", name="Préparer la copie").click()
    expect(page.get_by_text("Elle est prête.")).to_be_visible(timeout=240_000)
    site.sql("UPDATE stories_story SET state = 'approved' WHERE slug = %s", draft.split("/")[3])
    page.reload()
    link = page.get_by_role("link", name="Télécharger la copie")
    with page.expect_download() as download:
        link.click()
    assert download.value.suggested_filename == "copie-reseaux.mp4" and download.value.path().stat().st_size > 10_000


def test_without_javascript(watch, person, draft, film):
    page = person("Inès", java_script_enabled=False)
    page.goto(draft)
    assert "Sans JavaScript, seulement un fichier de 1,9 Mo au plus" in page.locator(".upload .hint").inner_text()
    page.locator("input[name=file]").set_input_files(film)
    page.get_by_role("button", name="Envoyer", exact=True).click()
    expect(page.get_by_text("est arrivé").first).to_be_visible()
    expect(page.get_by_role("link", name="Actualiser")).to_be_visible()
    page.locator("[name=start]").first.fill("0:00")
    page.locator("[name=end]").first.fill("plus tard")
    page.locator("[name=text]").first.fill("Bonjour.")
    page.get_by_role("button", name="Enregistrer").first.click()
    expect(page.get_by_text("minutes et secondes").last).to_be_visible()
    page.locator("[name=end]").first.fill("0:02")
    page.get_by_role("button", name="Enregistrer").first.click()
    expect(page.get_by_text("C’est enregistré.")).to_be_visible()
    page.get_by_role("button", name="Ajouter des lignes").click()
    expect(page.locator("[name=start]")).to_have_count(4)


def test_who_approves_sees_and_plays_what_they_approve(site, watch, person, draft, film):
    story = draft.removesuffix("/video")
    ines = person("Inès")
    ines.goto(draft)
    choose(ines, film)
    expect(ines.locator("video[data-player]")).to_be_visible(timeout=120_000)
    ines.locator("[name=start]").first.fill("0:00")
    ines.locator("[name=end]").first.fill("0:02")
    ines.locator("[name=text]").first.fill("Bonjour à toute l’équipe.")
    ines.locator("[name=transcript]").fill("Bonjour à toute l’équipe.")
    ines.locator("[name=image_description]").fill("Un fond gris qui bouge.")
    ines.get_by_role("button", name="Enregistrer").first.click()
    expect(ines.get_by_text("C’est enregistré.")).to_be_visible()
    # Whether Grammalecte is on this machine is another test's affair.
    site.sql(
        "UPDATE stories_proofreading SET is_complete = true, mistakes = '[]' WHERE story_id = %s", story.split("/")[3]
    )
    ines.goto(story)
    ines.get_by_role("button", name="Envoyer en relecture").click()
    expect(ines.get_by_role("button", name="Approuver")).to_have_count(0)

    helene = person("Hélène")
    helene.goto(story)
    video = helene.locator(".seen video")
    video.scroll_into_view_if_needed()
    told = video.evaluate(
        "async video => { video.muted = true; await video.play(); while (video.currentTime < .3) await new Promise(done => setTimeout(done, 50));"
        " return [video.duration, video.textTracks[0].mode, video.textTracks[0].cues?.[0]?.text] }"
    )
    assert told[0] > 3 and told[1:] == ["showing", "Bonjour à toute l’équipe."]
    expect(helene.locator(".seen")).to_contain_text("Un fond gris qui bouge.")
    accessible(helene)
    fits(helene)
    address = video.get_attribute("src")
    assert person().request.get(address.replace("/media-interne/", "/media-interne/x")).status == 404, (
        "signed, or not served"
    )

    # Something changes while the page is open: what Hélène saw is not what she would approve.
    site.sql("UPDATE stories_story SET place = 'Ailleurs-sur-Loire' WHERE slug = %s", story.split("/")[3])
    helene.get_by_role("button", name="Approuver").click()
    expect(helene.get_by_role("alert")).to_contain_text("Cette page a changé depuis que vous l’avez ouverte")
    expect(helene.locator(".seen")).to_contain_text("Ailleurs-sur-Loire")
    helene.get_by_role("button", name="Approuver").click()
    expect(helene.get_by_text("Approuvé. Il peut être publié")).to_be_visible()
