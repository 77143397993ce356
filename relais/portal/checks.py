"""What is missing before the site may open to the public, told to whoever starts it."""

from django.conf import settings
from django.core import checks

from . import content

TAG = "operator"


@checks.register(TAG)
def operator_is_named(app_configs, **options) -> list[checks.CheckMessage]:
    """Nothing on a demonstration: nobody is behind it."""
    if settings.LOCAL or not (names := content.missing(content.operator())):
        return []
    hint = "Fill them in in relais/portal/content/operator.toml before people write: /confidentialite must name them (RGPD, article 13)."
    return [checks.Warning(f"operator.toml does not say: {', '.join(names)}.", hint=hint, id="portal.W001")]


@checks.register(TAG)
def proxy_is_told_of(app_configs, **options) -> list[checks.CheckMessage]:
    """This program never speaks TLS itself: sent to https, a page needs a proxy, and the proxy must be told of."""
    if not settings.SECURE_SSL_REDIRECT or settings.BEHIND_PROXY:
        return []
    hint = "Set BEHIND_PROXY=1 for that proxy (see docs/operating.md)."
    return [checks.Warning("Pages are sent to https, which only a TLS proxy in front answers.", hint=hint, id="portal.W002")]
