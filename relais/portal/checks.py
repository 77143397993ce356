"""What is missing before the site may open to the public, told to whoever starts it."""

from django.conf import settings
from django.core import checks
from django.db import DatabaseError

from relais.accounts import sites as rows
from relais.foundation import sites
from relais.foundation.database import rights

TAG = "operator"
NEEDED = ("publisher", "hosting", "data_contact", "mail_provider")
"""Without these /confidentialite is not what the law asks for (RGPD, article 13)."""


@checks.register(TAG)
def operator_is_named(app_configs, **options) -> list[checks.CheckMessage]:
    """A warning for each site whose pages do not say what the law asks for. Nothing on a demonstration: nobody is behind it."""
    if settings.LOCAL:
        return []
    hint = "Fill them in on /pro/site/ before people write: /confidentialite must name them (RGPD, article 13)."
    found = [(site, [name for name in NEEDED if not getattr(site, name)]) for site in _sites()]
    return [
        checks.Warning(
            f"The site {site.host or 'without a name'} does not say: {', '.join(names)}.", hint=hint, id="portal.W001"
        )
        for site, names in found
        if names
    ]


def _sites() -> list:
    try:
        held = sites.table()
    except DatabaseError:
        return [rows.unnamed()]
    return [*held.by_host.values()] or [held.default]


@checks.register(TAG)
def proxy_is_told_of(app_configs, **options) -> list[checks.CheckMessage]:
    """This program never speaks TLS itself: sent to https, a page needs a proxy, and the proxy must be told of."""
    if not settings.SECURE_SSL_REDIRECT or settings.BEHIND_PROXY:
        return []
    hint = "Set BEHIND_PROXY=1 for that proxy (see docs/operating.md)."
    return [
        checks.Warning("Pages are sent to https, which only a TLS proxy in front answers.", hint=hint, id="portal.W002")
    ]


@checks.register(TAG)
def who_serves_owns_nothing(app_configs, **options) -> list[checks.CheckMessage]:
    """On a PostgreSQL of the operator's own, two roles are theirs to make."""
    try:
        if rights.is_bounded():
            return []
    except DatabaseError:
        return []
    hint = "Give DATABASE_URL a role of its own beside DATABASE_OWNER_URL (see docs/operating.md)."
    return [checks.Warning("The role that serves owns the tables of the database.", hint=hint, id="portal.W003")]
