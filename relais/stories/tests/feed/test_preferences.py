"""What a device remembers of what somebody likes."""

import re

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from relais.stories.feed import preferences
from relais.stories.feed.preferences import COOKIE, Preferences
from relais.stories.models import Story

# ---- What a device remembers --------------------------------------------------------------------------------------


def carried(value: str) -> Preferences:
    return preferences.read(RequestFactory(headers={"cookie": f"{COOKIE}={value}"}).get("/"))


def test_the_cookie_comes_back_as_it_left():
    own = Preferences(("enfants", "malades"), ("aide-a-domicile",), ("un-seul-sac", "deux-bols"), ("un-seul-sac:clap",))
    cookie = preferences.write(HttpResponse(), own).cookies[COOKIE]
    assert carried(cookie.coded_value) == own
    assert cookie["httponly"] and cookie["samesite"] == "Lax" and cookie["max-age"] == 365 * 86400


def test_a_full_cookie_fits_in_a_browser():
    own = Preferences(audiences=tuple(Story.Audience.values))
    for number in range(100):
        slug = f"{number:03d}".ljust(60, "x")
        own = own.with_("occupations", slug).with_("saved", slug).with_("said", f"{slug}:me-too")
    cookie = preferences.write(HttpResponse(), own).cookies[COOKIE]
    assert len(cookie.OutputString()) < 4096
    assert carried(cookie.coded_value) == own and own.saved[-1].startswith("099")


@pytest.mark.parametrize(
    "value",
    [
        "",
        "1",
        "2|enfants|||",
        "1|rois|||",
        "1||../../etc||",
        "1|||<script>|",
        "1||||x:hate",
        "1|" * 2000,
        '"',
        "1|é|||",
    ],
)
def test_what_somebody_wrote_themselves_is_left_out(value):
    assert not carried(value)


@given(st.text(max_size=200))
def test_any_cookie_is_read(value):
    request = RequestFactory().get("/")
    request.COOKIES[COOKIE] = value
    own = preferences.read(request)
    assert all(
        re.fullmatch(r"[-a-zA-Z0-9_]{1,60}(:[a-z-]+)?", one)
        for part in (own.occupations, own.saved, own.said)
        for one in part
    )
