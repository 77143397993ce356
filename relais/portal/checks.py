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
