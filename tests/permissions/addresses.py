"""Every address of the site, as the URLconf has it."""

from django.urls import get_resolver
from django.urls.resolvers import URLPattern


def addresses(patterns=None, namespace="", route="") -> dict:
    """Every URL pattern, by its full name (its route when it has none) → its view."""
    found = {}
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        here = route + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            found[namespace + pattern.name if pattern.name else here] = pattern.callback
        else:
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            found |= addresses(pattern.url_patterns, inner, here)
    return found


ADDRESSES = addresses()
