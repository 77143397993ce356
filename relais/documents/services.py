"""A document: a template of typst and the data it shows, made into a PDF tagged to PDF/UA-1 and PDF/A-2a at once.

`make("handovers/receipt", data, …)` sets `relais/handovers/typst/receipt.typ`, which begins with `#import "house.typ": *`. What people wrote
is data: it goes beside the template as JSON and is never a part of its text, so that typst code in it stays words. The same data, at the
same date and with the same version of the template, make the same bytes: a document is made again rather than kept.
"""

import base64
import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import msgspec
from django.http import HttpResponse

from relais.accounts.models import Site
from relais.foundation import colours, confined
from relais.foundation.database.patience import let_go
from relais.foundation.ratelimit import allowed, origin_of
from relais.foundation.refusals import NotAcceptable, TooOften

from . import child, legible

RELAIS = Path(__file__).parents[1]
LOGO = RELAIS / "foundation" / "static" / "foundation" / "logo.svg"
HOUSE = Path(__file__).parent / "typst" / "house.typ"
BYTES = 8_000_000
"""Of the data, as JSON: the words of six thousand long messages."""
SECONDS = 60
AT_ONCE, PATIENCE = 2, 8
"""Documents that one process sets at once; seconds for which one more waits."""

_places = threading.BoundedSemaphore(AT_ONCE)


class TooLong(NotAcceptable):
    """More than can be set in the time and the memory that one document may take."""

    def __init__(self):
        super().__init__("C’est trop long pour un PDF. La copie à lire sur le web contient la même chose.")


class TemplateFault(Exception):
    """A template cannot be set. `said`: by typst; it may hold what somebody wrote, so it is in no log."""

    def __init__(self, template: str, said: str):
        super().__init__(f"The template {template} cannot be set.")
        self.said = said


@dataclass(frozen=True)
class Made:
    """`sha256` of the body, in hexadecimal; `version`: which text of the template made it; `named`: signs that no face draws, said by their number."""

    body: bytes
    sha256: str
    version: str
    named: int


def make(
    template: str,
    data: dict,
    *,
    title: str,
    site,
    at: datetime,
    lang: str = "fr",
    pictures: dict[str, bytes] | None = None,
) -> Made:
    """The document of `template` (« app/name ») with the look of `site`, dated `at`. `data`: plain values, as for JSON.

    `pictures`: by the name that the template calls, SVG or WebP. Raises TooLong, TooOften; TemplateFault when a template is wrong.
    """
    files = {"main.typ": (RELAIS / template.replace("/", "/typst/", 1)).with_suffix(".typ").read_bytes()}
    files["house.typ"] = HOUSE.read_bytes()
    version = sha256(b"\0".join(files.values())).hexdigest()[:12]
    frame = {"title": title, "lang": lang, "template": template, "version": version} | _look(site)
    frame["date"] = [at.year, at.month, at.day]
    logo = _logo(site)
    frame["logo"] = next(iter(logo))
    files |= logo | (pictures or {})
    # A cluster that no single face holds (a letter of one script under the mark of another) is found out by the typesetter only.
    for strictly in (False, True):
        told, named = legible.everywhere({"frame": frame, "data": data}, strictly=strictly)
        told["frame"]["named"] = named
        files["data.json"] = json.dumps(told, ensure_ascii=False).encode()
        done = _set(files, at)
        if not done.sign:
            break
    if not done.pdf:
        raise TemplateFault(template, done.fault)
    return Made(done.pdf, sha256(done.pdf).hexdigest(), version, named)


def count(request, whose: UUID, now: datetime) -> None:
    """One more document for somebody who has no account, of the conversation `whose`. Raises TooOften: four who ask again and again would
    hold every page. A whole school may stand behind one address: what one person asks for counts first."""
    if not allowed("document", str(whose), now=now) or not allowed("documents", origin_of(request), now=now):
        raise TooOften(
            "Beaucoup de PDF ont été demandés. Réessaie dans une heure : en attendant, la page dit la même chose."
        )


def answer(made: Made, name: str) -> HttpResponse:
    """A PDF to take away. `name`: of the file, in French and without anything personal: it stays in the folders of a shared machine."""
    response = HttpResponse(made.body, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    response["Cache-Control"] = "private, no-store"
    # Packed already; and packed again it would not be what this digest says (RFC 9530), by which who keeps the file can check it.
    response["Content-Encoding"] = "identity"
    response["Repr-Digest"] = f"sha-256=:{base64.b64encode(bytes.fromhex(made.sha256)).decode()}:"
    return response


def _set(files: dict[str, bytes], at: datetime) -> child.Set:
    if len(files["data.json"]) > BYTES:
        raise TooLong
    asked = msgspec.msgpack.encode(child.Asked(files, str(legible.FONTS), int(at.timestamp())))
    # A minute and more, at worst: four pages that wait would leave no connection to all the others.
    let_go()
    try:
        with _a_place():
            told = confined.ask(child.__name__, given=asked, seconds=SECONDS)
    except confined.Died as death:
        raise TooLong from death
    return msgspec.msgpack.decode(told, type=child.Set)


@contextmanager
def _a_place():
    """Each takes a whole core for a while, and pages are to be answered meanwhile."""
    if not _places.acquire(timeout=PATIENCE):
        raise TooOften("Beaucoup de documents se préparent en ce moment. Il faut réessayer dans une minute.")
    try:
        yield
    finally:
        _places.release()


def _look(site) -> dict:
    """What a page of this site shows of itself; the pairs of its colours were checked when they were chosen (`foundation.colours`)."""
    chosen = colours.changed("light", site.signal, site.deep) if site.signal else {}
    return {"site": {"name": site.name, "tagline": site.tagline}, "colours": colours.tokens("light") | chosen}


def _logo(site) -> dict[str, bytes]:
    if site.logo_version:
        kept = Site.objects.filter(logo_version=site.logo_version).values_list("logo", flat=True).first()
        if kept:
            return {"logo.webp": bytes(kept)}
    return {"logo.svg": LOGO.read_bytes()}
