"""Every form of the site, for what must hold of all of them."""

import re

from django import forms
from django.urls import get_resolver


def site_forms() -> set[type]:
    """As the addresses have loaded them, those of allauth too."""
    assert get_resolver().url_patterns
    found, left = set(), [forms.BaseForm]
    while left:
        left += (more := left.pop().__subclasses__())
        found |= {
            one for one in more if re.match(r"(relais|allauth)\.", one.__module__) and ".tests" not in one.__module__
        }
    return found
