"""Which site is asked for: one installation answers to several host names, each with its own name, colours and texts.

The table is small and every page needs it, so it is held in memory and no page waits for it: a web process reads it again every
LIFE seconds in a thread of its own (`Keeper`), and at once where it was changed; other processes read it when they use it and it is
older than that. While the database is away what was last read stands.

The rows belong to `accounts`, which says how they are read (`declare`). Without a default one it is the installation itself, at SITE_URL.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db import Error, connection
from django.http import Http404
from django.http.request import split_domain_port, validate_host

from .outage import is_away, outage

log = logging.getLogger(__name__)
LIFE = 5.0
"""Seconds for which a change made in another process may not be seen."""
FIRST = 3.0
"""Seconds for which a process that begins to serve waits for its first reading."""


@dataclass(frozen=True)
class Table:
    """Sites by host name and by organisation (its first one), and the one shown where nothing names another."""

    default: Any
    by_host: dict[str, Any]
    by_organisation: dict[UUID, Any]


def _nothing() -> Any:
    raise RuntimeError("Nobody has declared how the sites are read.")


_read: Callable[[], list] = _nothing
_default: Callable[[], Any] = _nothing
_held: Table | None = None
_at = 0.0
_kept = False


def declare(*, read: Callable[[], list], default: Callable[[], Any]) -> None:
    """How the sites are read, the default one first; and what stands while none is: a site without host."""
    global _read, _default
    _read, _default = read, default


def hold(found: list) -> Table:
    """Have these sites from now on, the default one first; while none of them is, the installation itself is shown."""
    global _held, _at
    found = found if found and found[0].is_default else [_default(), *found]
    by_organisation: dict[UUID, Any] = {}
    for site in found:
        if site.organisation_id:
            by_organisation.setdefault(site.organisation_id, site)
    table = Table(found[0], {site.host: site for site in found if site.host}, by_organisation)
    _held, _at = table, monotonic()
    return table


def refresh() -> Table:
    """Read the table again, now."""
    return hold(_read())


def table() -> Table:
    if _held is not None and (_kept or monotonic() - _at <= LIFE):
        return _held
    try:
        return refresh()
    except Error as error:
        if not is_away(error):
            raise
        return hold([]) if _held is None else _held


def site_of(request) -> Any:
    """The site of the host that this request names; the default one for a host of the settings without a row."""
    held = table()
    return held.by_host.get(_domain(request.META.get("HTTP_HOST", "")), held.default) if request else held.default


def of(organisation) -> Any:
    """The site of an organisation (or its number); the default one when it has none, or for None."""
    held = table()
    return held.by_organisation.get(getattr(organisation, "pk", organisation), held.default)


def named(host: str) -> Any:
    """The site of a host name, None when there is none."""
    return table().by_host.get(host)


def absolute(path: str, *, organisation=None, request=None) -> str:
    """A whole address of this installation: on the site of the request, or of the organisation, or on the default one."""
    site = site_of(request) if request else of(organisation)
    if not site.host:
        return settings.SITE_URL + path
    machine = urlsplit(settings.SITE_URL)
    # All host names come in by the same port, with or without TLS as one: only the name differs.
    return f"{machine.scheme}://{site.host}{f':{machine.port}' if machine.port else ''}{path}"


def inside(address: str) -> str:
    """The path of a whole address of ours; the address as it is when it leads elsewhere."""
    parts = urlsplit(address)
    return parts._replace(scheme="", netloc="").geturl() if answers_to(parts.netloc) else address


def machine() -> str:
    """The installation's own name, in what must stay the same for ever (threads of letters, numbers of calendar events)."""
    return urlsplit(settings.SITE_URL).hostname or "localhost"


def answers_to(host: str) -> bool:
    """Whether this Host header names us: a host of the settings or of the table, with any port. Anything odd does not."""
    domain = _domain(host)
    return bool(domain) and (domain in table().by_host or validate_host(domain, settings.ALLOWED_HOSTS))


def _domain(host: str) -> str:
    return split_domain_port(host)[0]


def context(request) -> dict:
    """For every page: `site` is the one that was asked for."""
    return {"site": site_of(request)}


class Default:
    """`site` where no request says which: the default one, at the time it is asked."""

    def __getattr__(self, name):
        return getattr(table().default, name)


modules: dict[str, str] = {}
"""Public parts that a site may close whole, by name: what they are called in French. Help and legal pages are in none."""


def module(name: str, words: str) -> Callable[[Callable], Callable]:
    """Declare a part that a site may close, and get what marks its views, in `urls.py`: they answer 404 where it is closed.

    Templates ask `site.opens(name)` before they lead there; the site map looks at the marks.
    """
    modules[name] = words

    def mark(view):
        view.module = name
        return view

    return mark


def is_open(view, site) -> bool:
    return getattr(view, "module", None) not in site.closed


class Hosts:
    """Names of the table are answered to beside ALLOWED_HOSTS. First of all middleware: others ask for the host.

    What a site has closed does not exist there.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        host = request.META.get("HTTP_HOST", "")
        if _domain(host) in table().by_host:
            # Known word for word: what Django asks of its own list is answered. Any other name goes on to be refused there.
            request.get_host = lambda: host
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if not is_open(view, site_of(request)):
            raise Http404


class Keeper:
    """Reads the table of a web process again and again, so that no page does."""

    def __init__(self):
        self._stopping, self._looked = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._keep, name="sites", daemon=True)

    async def start(self) -> None:
        """Returns once the sites were read, or could not be: then the default one is shown until they are."""
        global _kept
        self._thread.start()
        await asyncio.to_thread(self._looked.wait, FIRST)
        if _held is None:
            hold([])
        _kept = True

    async def stop(self) -> None:
        global _kept, _held
        self._stopping.set()
        await asyncio.to_thread(self._thread.join, FIRST)
        _kept, _held = False, None

    def _keep(self) -> None:
        while not self._stopping.is_set():
            self._look()
            connection.close()
            self._looked.set()
            self._stopping.wait(LIFE)

    def _look(self) -> None:
        try:
            hold(_read())
        except Exception as error:
            if is_away(error):
                outage.begin(error)
            else:
                log.exception("The sites could not be read; what was read before stands")
