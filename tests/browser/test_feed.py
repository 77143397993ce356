"""The feed on a telephone: by the thumb, by keys, by buttons, without scripts, with little data; and what it never asks for."""

import re
import time
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from .conftest import DESK, PHONE
from .test_accessible import accessible, fits

PLAYING = "document.querySelector('.clip.is-playing')?.id ?? ''"
SHOWN = """() => [...document.querySelectorAll('.clip, .pause')].find(one => {
  const box = one.getBoundingClientRect();
  return box.top < innerHeight / 2 && box.bottom > innerHeight / 2;
})?.id"""
WAIT_FOR_CLIPS = 300


@pytest.fixture(scope="module", autouse=True)
def published_files(site):
    """The worker has put the demonstration clips where they are served from."""
    wanted = "SELECT count(*) FROM stories_story s JOIN media_clip c ON c.id = s.clip_id WHERE s.state = 'published' AND c.state = 'ready'"
    ((count,),) = site.sql(wanted)
    assert count >= 24
    deadline = time.monotonic() + WAIT_FOR_CLIPS
    while len(list(site.data.glob("media/public/*/540.mp4"))) < count:
        assert time.monotonic() < deadline, "the clips were not published"
        time.sleep(0.2)


@pytest.fixture
def mobile(person):
    """mobile(…) → a page on a telephone, with all that it asks for in `page.asked`."""

    def make(**options) -> Page:
        page = person(**({"viewport": PHONE, "has_touch": True, "is_mobile": True} | options))
        page.asked = []
        page.on("request", lambda request: page.asked.append(request.url))
        return page

    return make


def until(page: Page, expression: str) -> None:
    """Wait for it. (Playwright's own wait evaluates text inside the page, which the page's policy refuses.)"""
    deadline = time.monotonic() + 60
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, f"never true: {expression}"
        page.wait_for_timeout(50)


def videos(page: Page) -> list[str]:
    return [address for address in page.asked if address.endswith(".mp4")]


def swipe(page: Page, up: bool = True) -> None:
    """A thumb that passes over the screen."""
    devtools, start = page.context.new_cdp_session(page), 560 if up else 200
    devtools.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": 120, "y": start}]})
    for step in range(1, 9):
        y = start + (-45 if up else 45) * step
        devtools.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": 120, "y": y}]})
        page.wait_for_timeout(16)
    devtools.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def ids(page: Page) -> list[str]:
    return page.locator(".clip").evaluate_all("clips => clips.map(clip => clip.id)")


def plays(page: Page, clip: str) -> None:
    until(page, f"({PLAYING}) === '{clip}'")
    until(page, f"document.getElementById('{clip}').querySelector('video').currentTime > 0")


def of_kind(page: Page, kind: str, followed_by: str) -> int:
    """The place of the first clip of `kind` followed by one of `followed_by`."""
    kinds = page.locator(".clip").evaluate_all("clips => clips.map(clip => clip.classList[1])")
    return next(at for at, pair in enumerate(pairwise(kinds)) if pair == (kind, followed_by))


def test_the_first_clip_plays_without_sound_with_captions(mobile):
    page = mobile()
    page.goto("/")
    first = ids(page)[0]
    plays(page, first)
    clip = page.locator(f"#{first}")
    assert clip.locator("video").evaluate("video => [video.muted, video.controls]") == [True, False]
    expect(clip.locator(".cue span")).not_to_be_empty()
    expect(page.get_by_role("heading", level=1)).to_be_in_viewport()
    expect(page.locator(".talkbar").get_by_role("link", name="Parler à quelqu’un")).to_be_in_viewport()
    expect(clip.get_by_text("Démonstration : personne fictive")).to_be_in_viewport()


def test_one_ahead_and_no_more(mobile):
    page = mobile()
    page.goto("/")
    at = of_kind(page, "video", "video")
    here, ahead = ids(page)[at : at + 2]
    page.evaluate(f"document.getElementById('{here}').scrollIntoView({{behavior: 'instant'}})")
    plays(page, here)
    until(page, f"document.getElementById('{ahead}').querySelector('video').readyState > 1")
    folders = {address.split("/")[-2] for address in videos(page)}
    loaded = page.locator(".clip video").evaluate_all("videos => videos.filter(video => video.readyState > 0).length")
    assert len(folders) == loaded == (2 if at == 0 else 3)
    assert sum("captions.vtt" in address for address in page.asked) <= loaded


@pytest.mark.parametrize("by", ["thumb", "keys", "button"])
def test_on_to_the_next_and_back(mobile, by):
    page = mobile()
    page.goto("/")
    first, second = ids(page)[:2]
    plays(page, first)
    if by == "thumb":
        swipe(page)
    elif by == "keys":
        page.keyboard.press("ArrowDown")
    else:
        page.locator(f"#{first}").get_by_role("link", name="Suivante").tap()
    until(page, f"({SHOWN})() === '{second}'")
    until(page, f"document.getElementById('{first}').querySelector('video').paused")
    # It stands exactly under the tabs, not half way.
    until(page, f"Math.abs(document.getElementById('{second}').getBoundingClientRect().top - 48) < 2")
    if by == "thumb":
        swipe(page, up=False)
    else:
        page.keyboard.press("ArrowUp")
    plays(page, first)


def test_press_to_pause_and_for_sound(mobile):
    page = mobile()
    page.goto("/")
    first = ids(page)[0]
    plays(page, first)
    clip = page.locator(f"#{first}")
    clip.get_by_role("button", name="Pause").tap(position={"x": 100, "y": 150})
    expect(clip.get_by_role("button", name="Lire")).to_be_visible()
    clip.get_by_role("button", name="Son").tap()
    plays(page, first)
    expect(clip.get_by_role("button", name="Son")).to_have_attribute("aria-pressed", "true")
    assert not clip.locator("video").evaluate("video => video.muted")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press(" ")
    expect(clip.get_by_role("button", name="Lire")).to_be_visible()


def test_nothing_plays_out_of_sight(mobile):
    page = mobile()
    page.goto("/")
    plays(page, ids(page)[0])
    page.evaluate(
        "Object.defineProperty(document, 'hidden', {value: true, configurable: true}); document.dispatchEvent(new Event('visibilitychange'))"
    )
    until(page, f"({PLAYING}) === ''")
    page.evaluate(
        "Object.defineProperty(document, 'hidden', {value: false, configurable: true}); document.dispatchEvent(new Event('visibilitychange'))"
    )
    plays(page, ids(page)[0])
    page.evaluate("document.querySelector('.pause').scrollIntoView({behavior: 'instant'})")
    until(page, f"({PLAYING}) === ''")


def test_reduced_motion_waits_to_be_asked(mobile):
    page = mobile(reduced_motion="reduce")
    page.goto("/")
    clip = page.locator(".clip").first
    expect(clip.get_by_role("button", name="Lire")).to_be_visible()
    page.wait_for_timeout(500)
    assert not videos(page)
    clip.get_by_role("button", name="Lire").tap(position={"x": 100, "y": 150})
    plays(page, ids(page)[0])
    page.wait_for_timeout(300)
    assert len({address.split("/")[-2] for address in videos(page)}) == 1


def test_saving_data_asks_for_no_video(mobile):
    page = mobile(extra_http_headers={"Save-Data": "on"})
    page.goto("/")
    expect(page.locator(".clip").first.get_by_role("button", name="Lire")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.wait_for_timeout(700)
    assert not videos(page) and not any("captions.vtt" in address for address in page.asked)


def test_on_a_metered_line_nothing_is_fetched_ahead(mobile):
    page = mobile()
    page.add_init_script(
        "Object.defineProperty(navigator, 'connection', {value: {type: 'cellular', effectiveType: '4g', saveData: false}})"
    )
    page.goto("/")
    here = ids(page)[of_kind(page, "video", "video")]
    page.evaluate(f"document.getElementById('{here}').scrollIntoView({{behavior: 'instant'}})")
    plays(page, here)
    page.wait_for_timeout(700)
    # The one that plays, and the first if it is another.
    assert len({address.split("/")[-2] for address in videos(page)}) <= 2
    assert page.locator(".clip video").evaluate_all("videos => videos.every(video => video.preload === 'none')")


def test_twelve_then_a_pause(mobile):
    page = mobile()
    page.goto("/?par=K7QM3")
    assert len(ids(page)) == 12
    page.evaluate("document.querySelector('.pause').scrollIntoView({behavior: 'instant'})")
    pause = page.locator(".pause")
    expect(pause.get_by_role("link", name="Parler à quelqu’un")).to_have_attribute("href", "/parler?par=K7QM3")
    expect(pause.get_by_role("link", name="J’ai un code de reprise")).to_be_visible()
    expect(pause.get_by_role("link", name=re.compile("Voir le métier"))).to_be_visible()
    pause.get_by_label("Qu’est-ce qui t’attire").fill("bébés")
    before = ids(page)
    pause.get_by_role("link", name="Encore douze").click()
    expect(page).to_have_url(re.compile(r"page=2.*par=K7QM3"))
    assert not set(ids(page)) & set(before)


def test_react_keep_and_share_without_leaving(mobile):
    page = mobile(permissions=["clipboard-read", "clipboard-write"])
    page.add_init_script("delete Navigator.prototype.share")
    page.goto("/")
    first = ids(page)[0]
    plays(page, first)
    clip = page.locator(f"#{first}")
    clip.locator("summary", has_text="Réagir").tap()
    clip.get_by_role("button", name="Bravo").tap()
    expect(page.locator("[data-said]")).to_have_text("C’est dit, sans ton nom.")
    expect(clip.get_by_role("button", name="Bravo")).to_have_attribute("aria-pressed", "true")
    clip.get_by_role("button", name="Garder").tap()
    expect(clip.get_by_role("button", name="Gardée")).to_have_attribute("aria-pressed", "true")
    clip.locator("summary", has_text="Envoyer").tap()
    given = clip.locator("[data-share]")
    expect(given).to_have_attribute("href", re.compile(r"/r/[3467ACDEFGHJKMNPQRTWXY9]{5}$"))
    address = given.get_attribute("href")
    given.tap()
    expect(page.locator("[data-said]")).to_have_text("Le lien est copié.")
    assert page.evaluate("navigator.clipboard.readText()") == address
    plays(page, first)
    (cookie,) = page.context.cookies()
    slug = first.removeprefix("v-")
    assert (cookie["name"], cookie["value"], cookie["httpOnly"], cookie["sameSite"]) == (
        "gouts",
        f"1|||{slug}|{slug}:clap",
        True,
        "Lax",
    )
    page.goto(address)
    expect(page).to_have_url(re.compile(rf"/temoignages/{slug}\?par="))
    page.goto("/gouts")
    expect(
        page.get_by_role("link", name=re.compile("."), exact=False).filter(has_text=re.compile(".")).first
    ).to_be_visible()
    page.get_by_role("button", name="Tout oublier").click()
    expect(page.get_by_role("button", name="Tout oublier")).to_have_count(0)
    assert page.context.cookies() == []


def test_the_telephone_s_own_share_sheet(mobile):
    page = mobile()
    page.add_init_script("navigator.share = async data => { window.shared = data; }")
    page.goto("/")
    plays(page, ids(page)[0])
    page.locator(".clip").first.locator("summary", has_text="Envoyer").tap()
    until(page, "window.shared")
    assert re.search(r"/r/\w{5}$", page.evaluate("window.shared.url"))


def test_without_scripts(mobile):
    """The same stories, each video with the browser's own controls, every form a plain one."""
    page = mobile(java_script_enabled=False)
    page.goto("/")
    clip = page.locator(".clip.video").first
    expect(clip.locator("video")).to_be_visible()
    assert clip.locator("video").get_attribute("controls") is not None
    assert clip.locator("track[kind=captions]").get_attribute("default") is not None
    box, says = clip.locator("video").bounding_box(), clip.locator(".says").bounding_box()
    assert says["y"] >= box["y"] + box["height"] - 1, "something lies over the controls"
    assert not videos(page)
    clip.locator("summary", has_text="Réagir").click()
    clip.get_by_role("button", name="Ça me parle").click()
    expect(page).to_have_url(re.compile(r"/#v-"))
    clip = page.locator(".clip.video").first
    clip.get_by_role("button", name="Garder").click()
    expect(page.locator(".clip.video").first.get_by_role("button", name="Gardée")).to_be_visible()
    clip.locator("summary", has_text="Pourquoi").click()
    expect(
        clip.get_by_text("Tu n’as rien choisi").or_(clip.get_by_text("Elle ne vient pas de tes choix"))
    ).to_be_visible()
    page.goto("/gouts")
    page.get_by_label("Les enfants").check()
    page.get_by_role("button", name="Voir mes vidéos").click()
    clip = page.locator(".clip").first
    clip.locator("summary", has_text="Pourquoi").click()
    expect(clip.get_by_text("ce que tu as choisi")).to_be_visible()


def test_followed(mobile):
    page = mobile()
    page.goto("/suivis")
    expect(page.get_by_role("heading", name="Tu ne suis")).to_be_visible()
    page.goto("/temoignages/")
    page.locator(".poster a").first.tap()
    page.get_by_role("button", name="Suivre ce métier").tap()
    expect(page.get_by_role("button", name="Tu suis ce métier")).to_be_visible()
    page.goto("/suivis")
    expect(page.locator(".clip").first).to_be_visible()


def test_a_desk_has_a_calm_grid(person):
    page, asked = person(viewport=DESK), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/")
    page.wait_for_timeout(500)
    page.mouse.move(300, 400)
    page.wait_for_timeout(300)
    assert not any(address.endswith((".mp4", ".vtt")) for address in asked)
    assert page.locator(".clip video").count() == 0
    boxes = page.locator(".clip").evaluate_all(
        "clips => clips.slice(0, 4).map(clip => clip.getBoundingClientRect().top)"
    )
    assert len(set(boxes)) == 1
    page.locator(".clip h2 a").first.click()
    expect(page).to_have_url(re.compile("/temoignages/"))


def test_every_state_is_accessible(mobile, phone):
    """axe, nothing left out: playing, paused, each drawer open, reduced motion, the pause, without a story."""
    page = mobile()
    page.goto("/")
    first = ids(page)[0]
    plays(page, first)
    clip = page.locator(f"#{first}")
    for open_ in ("Réagir", "Envoyer", "Pourquoi"):
        clip.locator("summary", has_text=open_).first.evaluate("summary => summary.parentElement.open = true")
    accessible(page)
    fits(page)
    page = phone(reduced_motion="reduce")
    page.goto("/?page=2")
    accessible(page)
    page.goto("/suivis")
    accessible(page)
    page = mobile()
    page.goto("/temoignages/")
    with page.expect_navigation():
        page.locator(".poster:has(img) a").first.tap()
    for summary in page.locator("main summary").all():
        summary.evaluate("summary => summary.parentElement.open = true")
    accessible(page)
    fits(page)
    page.locator("main").get_by_role("button", name="Suivre ce métier").tap()
    page.goto("/gouts")
    accessible(page)
    fits(page)
