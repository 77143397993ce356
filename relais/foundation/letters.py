"""Letters, one way: a template written once gives the subject, the plain words and the page, in the look of the organisation's site.

A letter is `templates/APP/letters/NAME.html`, a Jinja template with a block `subject`, a block `body` of paragraphs and lists, and, where
it is not the name of the site, a block `signed`. It is given `site`, `absolute(name, *args)` (a whole address on the host name of the
organisation, of a page or of a path) and the parts of `letters/parts.html`, as `letter`: `button`, its one address, and `said`, what somebody typed.

What was written is what the row of the outbox keeps, both parts: whatever changes before a later try, the same letter leaves; and it is
erased with the row. Nothing in it is fetched from anywhere, and nothing tells that it was opened.
"""

import logging
import re
import textwrap
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from html import escape, unescape
from html.parser import HTMLParser
from io import BytesIO
from typing import cast
from uuid import UUID

import css_inline
from django.core.exceptions import ObjectDoesNotExist
from django.template import engines
from django.template.backends.jinja2 import Jinja2
from django.urls import reverse

from . import colours, outbox, sites
from .typography import unbreakable

WIDTH = 72
"""Characters of a line of the plain words. An address longer than that is not broken."""
ENDS = re.compile(r"[^\S\u00a0\u202f]+")
"""Whatever some program takes for the end of a line, and plain spaces: not those that do not break."""
ITEM = "* "
FOOT_OF_PAGE = "<!--foot-->"
"""Where the transport says how to receive nothing more, when it leaves: the link is of that moment."""
LOGO = 96
"""Pixels of a side of the logo, shown at half of it."""
BANDS = ("ink", "on-ink", "signal", "on-signal", "paper", "wash", "text", "soft", "hairline")
"""What a letter uses of the colours: their pairs are among those that `colours.PAIRS` holds to."""
log = logging.getLogger(__name__)
_inliner = css_inline.CSSInliner(load_remote_stylesheets=False)


@dataclass(frozen=True)
class Written:
    """Of a letter, all that does not depend on whom it goes to. `logo`: a JPEG in base64, or ''."""

    subject: str
    text: str
    html: str
    logo: str = ""


def send(
    name: str,
    *,
    to: str,
    context: dict,
    key: str,
    now: datetime,
    organisation,
    about: UUID | None = None,
    not_before: datetime | None = None,
    site=None,
    thread: str = "",
    automatic: bool = False,
    account_of: str = "",
    counts: dict[str, int] | None = None,
) -> None:
    """Write the letter `name` (« handovers/handover ») and have it leave, in the transaction of the caller; the same `key` is one letter.

    `organisation`: whose letter it is (or its number), for its look and its sender; None for the installation itself. `site`: another
    one than the organisation's. `about`, `not_before`: as in `outbox.enqueue`. `thread`, `automatic`: as `channels.email` has them.
    `account_of`: of the organisation to whose account they wrote, the number in hexadecimal: what they refused there holds too.
    `counts`: of what it tells, kept with it (see `notices`).
    """
    more = {"thread": thread, "automatic": automatic, "site": site.host if site else "", "account_of": account_of}
    outbox.enqueue(
        "email",
        key=key,
        payload=payload(name, to=to, context=context, organisation=organisation, site=site)
        | {what: value for what, value in more.items() if value}
        | (counts or {}),
        now=now,
        owner=getattr(organisation, "pk", organisation),
        about=about,
        not_before=not_before,
    )


def payload(name: str, *, to: str, context: dict, organisation, site=None) -> dict:
    """The letter as the outbox keeps it."""
    written = write(name, context, site=site or sites.of(organisation), organisation=organisation)
    kept = {"to": to, "subject": written.subject, "text": written.text, "html": written.html}
    return kept | ({"logo": written.logo} if written.logo else {})


def write(name: str, context: dict, *, site, organisation=None) -> Written:
    app, _, letter = name.rpartition("/")
    find = cast(Jinja2, engines["jinja"]).env.get_template
    template = find(f"{app}/letters/{letter}.html")

    def absolute(name: str, *args) -> str:
        path = name if name.startswith("/") else reverse(name, args=args)
        return sites.absolute(path, organisation=organisation)

    look = {scheme: _colours(scheme, site) for scheme in colours.SCHEMES}
    given = {"site": site, "absolute": absolute, "letter": find("letters/parts.html").module, "look": look}
    shown = template.new_context(context | given)
    block = {part: unbreakable("".join(made(shown)).strip()) for part, made in template.blocks.items()}
    # One line, whatever a name in it holds: it becomes a header.
    block["subject"] = ENDS.sub(" ", unescape(block["subject"])).strip()
    block.setdefault("signed", escape(site.name))
    logo = _logo(site)
    page = find("letters/page.html").render(given | {"block": block, "has_logo": bool(logo)})
    return Written(block["subject"], plain(f"{block['body']}<p>{block['signed']}</p>"), _inliner.inline(page), logo)


def plain(body: str) -> str:
    """The plain words of the body of a letter, in lines of WIDTH."""
    reader = _Words()
    reader.feed(body)
    reader.close()
    return "\n\n".join(_folded(told) for one in reader.told if (told := one.strip())) + "\n"


def _folded(told: str) -> str:
    lines = (" ".join(line.split(" ")).strip(" ") for line in told.split("\n"))
    fold = partial(textwrap.fill, width=WIDTH, break_long_words=False, break_on_hyphens=False)
    return "\n".join(fold(line, subsequent_indent="  " if line.startswith(ITEM) else "") for line in lines)


class _Words(HTMLParser):
    """Paragraphs (`told`) of what our own templates write: `p` and `li`, `br`, one `a` whose words come before its address.

    What is marked `data-page` says the same again, to eyes only.
    """

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.told: list[str] = [""]
        self._address = ""
        self._hidden = ""

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if "data-page" in given:
            self._hidden = tag
        if tag in ("p", "ul", "table"):
            self.told.append("")
        elif tag in ("br", "li"):
            self.told[-1] += f"\n{ITEM if tag == 'li' else ''}"
        elif tag == "a":
            self._address = given["href"]

    def handle_endtag(self, tag):
        if tag == self._hidden:
            self._hidden = ""
        if tag == "a":
            self.told[-1] += f"\u00a0:\n{self._address}"

    def handle_data(self, data):
        if not self._hidden:
            # Where a template breaks its lines says nothing; where somebody broke theirs is a `br`.
            self.told[-1] += re.sub(r"[ \t\r\n]+", " ", data)


def _colours(scheme: str, site) -> dict[str, str]:
    found = colours.tokens(scheme) | (colours.changed(scheme, site.signal, site.deep) if site.signal else {})
    return {name.replace("-", "_"): found[name] for name in BANDS}


def _logo(site) -> str:
    """The site's own logo, as a JPEG, which every program that reads mail can show; '' while it has none."""
    try:
        return _jpeg(site.logo_version, bytes(site.logo)) if site.logo_version and site.logo else ""
    except (OSError, ValueError, SyntaxError, ObjectDoesNotExist):
        # A picture must not keep a letter about a danger from leaving; nor a site that was closed since, whose logo is only read now.
        log.exception("The logo of %s cannot be drawn; letters leave without it", site.host)
        return ""


@lru_cache(maxsize=100)
def _jpeg(version: str, logo: bytes) -> str:
    from PIL import Image

    out = BytesIO()
    # It was drawn by us, in a process with limits, when it was sent.
    with Image.open(BytesIO(logo), formats=("WEBP",)) as image:
        picture = image.convert("RGB")
    picture.thumbnail((LOGO, LOGO), Image.Resampling.LANCZOS)
    picture.save(out, "JPEG", quality=88)
    return b64encode(out.getvalue()).decode()
