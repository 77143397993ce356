"""The feed on a telephone: what a first visit weighs before any video, its scripts, and how video bytes are served."""

import http.client
import subprocess

from playwright.sync_api import Browser, sync_playwright

from bench.house import SOURCES, House, Line

PAGE, SCRIPTS, POSTER, START = 100.0, 25.0, 150.0, 400.0
SECONDS = 3
PUBLISHED = 60
QUIET = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
# The first clip's poster is painted: the browser itself says when (largest contentful paint), and what came before it.
PAINTED = """() => new Promise(done => new PerformanceObserver(list => {
  for (const entry of list.getEntries()) if (entry.element?.matches('.poster-image')) done(entry.renderTime || entry.loadTime);
}).observe({type: 'largest-contentful-paint', buffered: true}))"""


def run(house: House):
    with house.served() as (port, _):
        clips = _published(house)
        chromium = subprocess.run(
            [SOURCES / "scripts" / "chromium.sh"], stdout=subprocess.PIPE, text=True, check=True
        ).stdout.split("\n")[0]
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
            seen = _first_visit(browser, f"http://127.0.0.1:{port}")
            browser.close()
        wrong = [problem for clip in clips for problem in _ranges(port, clip)]
    page = sum(size for kind, size, _ in seen["received"] if kind in ("Document", "Stylesheet", "Script"))
    scripts = sum(size for kind, size, _ in seen["received"] if kind == "Script")
    before = sum(size for _, size, at in seen["received"] if at <= seen["painted"])
    videos = [at for kind, _, at in seen["asked"] if kind == "Media"]
    yield _line("feed, HTML, styles and scripts", page, PAGE, "compressed, first visit on a telephone")
    yield _line("feed, scripts", scripts, SCRIPTS)
    early = [at for at in videos if at < seen["painted"]]
    yield _line(
        "feed, bytes until the poster shows",
        before,
        POSTER,
        f"{seen['painted']:.0f} ms, {len(early)} videos asked for before",
    )
    # What goes before a decoder has three seconds: the index, which stands first, and the pictures and sound up to there.
    starts = {clip: _first_seconds(house, clip) for clip in clips}
    worst = max(starts, key=starts.get)
    yield _line(f"clip, its first {SECONDS} s at 540 lines", starts[worst], START, f"the heaviest of {len(clips)}")
    yield Line(
        "clip, ranges served as they should be",
        str(len(wrong)),
        "0",
        not wrong,
        "; ".join(wrong[:3]) or f"{len(clips)} clips, 4 requests each",
    )


def _line(name: str, bytes_: int, bound: float, detail: str = "") -> Line:
    return Line(name, f"{bytes_ / 1000:.1f} kB", f"{bound:.0f} kB", bytes_ / 1000 <= bound, detail)


def _published(house: House) -> list[str]:
    """The folders of the published clips, once the worker has put them where they are served from."""
    import time

    rows = house.rows(
        "SELECT c.id FROM stories_story s JOIN media_clip c ON c.id = s.clip_id WHERE s.state = 'published' ORDER BY s.slug"
    )
    clips, deadline = [str(row[0]) for row in rows], time.monotonic() + PUBLISHED
    while not all((house.data / "media" / "public" / clip / "540.mp4").is_file() for clip in clips):
        if time.monotonic() > deadline:
            raise SystemExit("bench: the clips were not published.")
        time.sleep(0.2)
    return clips


def _first_visit(browser: Browser, site: str) -> dict:
    """{"painted": ms, "received": [(kind, bytes, ms)], "asked": [(kind, address, ms)]}, times from the start of the page."""
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    page = context.new_page()
    devtools, kinds, asked, received = context.new_cdp_session(page), {}, [], []

    def request(event):
        kinds[event["requestId"]] = event["type"]
        asked.append((event["type"], event["request"]["url"], event["timestamp"] * 1000))

    def finished(event):
        received.append((kinds.get(event["requestId"], ""), event["encodedDataLength"], event["timestamp"] * 1000))

    devtools.on("Network.requestWillBeSent", request)
    devtools.on("Network.loadingFinished", finished)
    devtools.send("Network.enable")
    page.goto(site, wait_until="load")
    painted = page.evaluate(PAINTED)
    page.wait_for_timeout(1500)
    context.close()
    start = asked[0][2]
    return {
        "painted": painted,
        "received": [(kind, size, at - start) for kind, size, at in received],
        "asked": [(kind, address, at - start) for kind, address, at in asked],
    }


def _first_seconds(house: House, clip: str) -> int:
    """Bytes from the beginning of the file to the last packet of its first seconds."""
    file = house.data / "media" / "public" / clip / "540.mp4"
    return house.ask("bench.packets", file, SECONDS)["end"]


def _ranges(port: int, clip: str) -> list[str]:
    """What is not as a player expects it."""
    path, wrong = f"/media/{clip}/540.mp4", []
    whole = _get(port, path)
    size = len(whole[2])
    if (whole[0], whole[1]["Content-Type"], whole[1]["Accept-Ranges"]) != (200, "video/mp4", "bytes"):
        wrong.append(f"{path}: {whole[0]} {whole[1].get('Content-Type')} {whole[1].get('Accept-Ranges')}")
    for asked, first, last in (
        ("bytes=0-99", 0, 99),
        ("bytes=1000-", 1000, size - 1),
        ("bytes=-500", size - 500, size - 1),
    ):
        status, headers, body = _get(port, path, asked)
        if (
            status != 206
            or headers["Content-Range"] != f"bytes {first}-{last}/{size}"
            or body != whole[2][first : last + 1]
        ):
            wrong.append(f"{path} {asked}: {status} {headers.get('Content-Range')}")
    return wrong


def _get(port: int, path: str, asked: str = "") -> tuple:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path, headers={"Range": asked} if asked else {})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, answer.headers, body
