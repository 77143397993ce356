"""The Jinja2 environment of our own pages: an undefined variable is an error, macros are the components."""

import re
from datetime import datetime
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.messages import get_messages
from django.middleware.csrf import get_token
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.dateformat import format as format_date
from jinja2 import Environment, StrictUndefined, pass_context

from . import codes, contacts, grammar, menu, sites
from .typography import Page, cells

FIRST_OF_MONTH = re.compile(r"(?<!\d)1 (?=\D)")
TOUCH_PARAMETER = "par"
"""The query parameter that carries the touch from page to page: no cookie for a mere visit."""


def touch_of(request) -> str:
    """The well-formed touch code that this request carries, or ''."""
    code = codes.tidy(request.GET.get(TOUCH_PARAMETER, "")) if request else ""
    return code if codes.is_code(code, codes.TOUCH_LENGTH) else ""


@pass_context
def link(context, address: str, **query) -> str:
    """An address of this site that keeps the touch the visitor came with."""
    if touch := touch_of(context.get("request")):
        query[TOUCH_PARAMETER] = touch
    if not query:
        return address
    return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"


def logo_of(site) -> str:
    """The address of a site's own logo, or of that of the house."""
    return reverse("logo", args=[site.logo_version]) if site.logo_version else static("foundation/logo.svg")


def clock(value: datetime, zone=None) -> str:
    """« 14 h 05 » on the wall clock of `zone` (the site's by default)."""
    return format_date(timezone.localtime(value, zone), "G\u00a0\\h\u00a0i")


def day(value, zone=None) -> str:
    """« lundi 3 mars »; with the year when it is not the current one."""
    if isinstance(value, datetime):
        value = timezone.localtime(value, zone)
    return dated(value, "l j F" if value.year == timezone.localtime().year else "l j F Y")


def full_day(value, zone=None) -> str:
    """« lundi 3 mars 2026 », for what is kept and read in another year."""
    return dated(timezone.localtime(value, zone) if isinstance(value, datetime) else value, "l j F Y")


def dated(value, pattern: str) -> str:
    """A date by a pattern of Django's; the first of a month is « 1er »."""
    return FIRST_OF_MONTH.sub("1er ", format_date(value, pattern), count=1)


def moment(value: datetime, zone=None) -> str:
    """« aujourd’hui à 14 h 05 », « demain à 9 h 00 », « lundi 3 mars à 9 h 00 »."""
    local = timezone.localtime(value, zone)
    gap = (local.date() - timezone.localtime(timezone.now(), zone).date()).days
    name = {0: "aujourd’hui", 1: "demain", -1: "hier"}.get(gap) or day(value, zone)
    return f"{name} à {clock(value, zone)}"


def duration(seconds, *, measured: bool = False) -> str:
    """« 45 s », « 12 min », « 3 h 05 »: read by people, rounded down; what was `measured` is rounded, and says its seconds: « 12 min 05 »."""
    seconds = round(seconds) if measured else int(seconds)
    if seconds < 60:
        return f"{seconds}\u00a0s"
    if seconds < 3600:
        return f"{seconds // 60}\u00a0min" + (f" {seconds % 60:02d}" if measured else "")
    return f"{seconds // 3600}\u00a0h\u00a0{seconds % 3600 // 60:02d}"


def lasting(gap) -> str:
    """A timedelta in the words of a rule: « 3 ans », « 6 mois », « 90 jours », « 1 heure »."""
    if not gap.days:
        hours = gap.seconds // 3600
        return f"{hours}\u00a0{plural(hours, 'heure', 'heures')}"
    if gap.days and gap.days % 365 == 0:
        return f"{gap.days // 365}\u00a0{plural(gap.days // 365, 'an', 'ans')}"
    if gap.days == 183:
        return "6\u00a0mois"
    return f"{gap.days}\u00a0{plural(gap.days, 'jour', 'jours')}"


def number(value: float | None) -> str:
    """« 35 008 », with a narrow no-break space; « — » when there is nothing to count."""
    return "—" if value is None else f"{value:,}".replace(",", "\u202f")


def plural(count: int, one: str, many: str) -> str:
    """French: zero and one are singular."""
    return one if abs(count) < 2 else many


def now() -> datetime:
    """Asked of the clock each time: an environment made while a test held the clock would keep that one for ever."""
    return timezone.now()


def environment(**options) -> Environment:
    """Called by Django with the OPTIONS of settings.TEMPLATES."""
    options.update(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.do"]
    )
    env = Environment(**options)
    env.template_class = Page
    env.globals.update(
        static=static,
        url=reverse,
        link=link,
        logo_of=logo_of,
        get_messages=get_messages,
        csrf_token_of=get_token,
        local=settings.LOCAL,
        touch_of=touch_of,
        now=now,
        menu_of=menu.shown,
        site=sites.Default(),
    )
    env.filters.update(
        clock=clock,
        day=day,
        full_day=full_day,
        moment=moment,
        duration=duration,
        grouped=codes.grouped,
        cells=cells,
        lasting=lasting,
        number=number,
        contact=contacts.shown,
        dialled=contacts.dialled,
    )
    env.filters.update(of=grammar.de, at=grammar.at, lower_first=grammar.lower_first)
    env.globals["plural"] = plural
    return env
