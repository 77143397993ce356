"""Every public page of the site map, as a browser loads it for the first time: bytes, scripts, hosts; and its queries."""

import re
import subprocess
import urllib.request
from urllib.parse import urlsplit

from playwright.sync_api import Browser, sync_playwright

from bench.house import SOURCES, House, Line

TOTAL, SCRIPTS, QUERIES = 100.0, 25.0, 15
QUIET = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def run(house: House):
    with house.served() as (port, _):
        site = f"http://127.0.0.1:{port}"
        with urllib.request.urlopen(f"{site}/sitemap.xml") as answer:
            paths = [urlsplit(address).path for address in re.findall(r"<loc>([^<]+)</loc>", answer.read().decode())]
        chromium = subprocess.run(
            [SOURCES / "scripts" / "chromium.sh"], stdout=subprocess.PIPE, text=True, check=True
        ).stdout.split("\n")[0]
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
            pages = {path: _weigh(browser, site, path) for path in paths}
            browser.close()
    queries = house.ask("bench.queries", given=paths)
    yield _worst("page weight, compressed, in all", {path: page[0] for path, page in pages.items()}, TOTAL, "kB")
    yield _worst("page weight, JavaScript", {path: page[1] for path, page in pages.items()}, SCRIPTS, "kB")
    yield _worst("page, SQL queries", queries, QUERIES, "")
    others = sorted({host for page in pages.values() for host in page[2]})
    yield Line("requests to other hosts", str(len(others)), "0", not others, f"{len(pages)} pages {' '.join(others)}")


def _weigh(browser: Browser, site: str, path: str) -> tuple[float, float, set[str]]:
    """Kilobytes received in all, of which scripts, and the names of other hosts that were asked."""
    context = browser.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    devtools, kinds, sizes, hosts = context.new_cdp_session(page), {}, {}, set()

    def asked(event):
        address = urlsplit(event["request"]["url"])
        if address.scheme in ("http", "https") and f"{address.scheme}://{address.netloc}" != site:
            hosts.add(address.netloc)

    devtools.on("Network.requestWillBeSent", asked)
    devtools.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"]}))
    devtools.on("Network.loadingFinished", lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}))
    devtools.send("Network.enable")
    answer = page.goto(site + path, wait_until="load")
    if answer.status != 200:
        raise SystemExit(f"bench: {path} answered {answer.status}.")
    context.close()
    scripts = sum(size for request, size in sizes.items() if kinds.get(request) == "Script")
    return sum(sizes.values()) / 1000, scripts / 1000, hosts


def _worst(name: str, found: dict[str, float], bound: float, unit: str) -> Line:
    path, worst = max(found.items(), key=lambda item: item[1])
    figure = f"{worst:.1f} {unit}" if unit else str(worst)
    return Line(name, figure, f"{bound:.0f} {unit}".strip(), worst <= bound, f"the heaviest of {len(found)}: {path}")
