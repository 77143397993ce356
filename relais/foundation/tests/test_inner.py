"""What is inside the network is not reached by whoever types an address."""

import time
from ipaddress import ip_network

import pytest

from relais.foundation import inner, ways, web
from relais.foundation.outbox import TemporaryError

from .test_web import fetched, serving

pytestmark = pytest.mark.usefixtures("in_no_time")

INSIDE = [
    "127.0.0.1",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%lo",
    "fd00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "2002:7f00:1::",
    "::127.0.0.1",
    "::ffff:0:7f00:1",
    "64:ff9b:1::7f00:1",
    "fec0::1",
    "5f00::1",
]


@pytest.mark.parametrize("address", INSIDE)
def test_what_is_inside(address):
    assert inner.is_inner(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "185.31.40.11", "2606:4700::1111", "64:ff9b::101:101"])
def test_what_is_outside(address):
    assert not inner.is_inner(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0", "[::1]", "[::]"])
def test_nothing_inside_is_reached_by_any_name(settings, host):
    settings.INNER_ADDRESSES = []
    with serving(lambda seen: (200, {}, b"secret")) as shop:
        address = shop.address.replace("127.0.0.1", host)
        with pytest.raises(inner.Forbidden, match="INNER_ADDRESSES"):
            fetched(address)
    assert shop.asked == []


@pytest.mark.allow_hosts(["127.0.0.1", "127.0.0.2"])
def test_whoever_runs_the_server_lets_some_in(settings):
    settings.INNER_ADDRESSES = [ip_network("127.0.0.2/32")]
    with serving(lambda seen: (200, {}, b"ours"), "127.0.0.2") as shop, serving(lambda seen: (200, {}, b"no")) as other:
        assert fetched(shop.address) == b"ours"
        with pytest.raises(inner.Forbidden):
            fetched(other.address)
        shop.play = lambda seen: (302, {"Location": other.address}, b"")
        with pytest.raises(inner.Forbidden):
            fetched(shop.address)
    assert other.asked == []


def test_from_outside_nothing_inside_is_let_in(settings):
    """What a public address sends elsewhere may not use what was let in for those who type it."""
    settings.INNER_ADDRESSES = [ip_network("127.0.0.0/8")]
    assert inner.look("127.0.0.1", 80) == ["127.0.0.1"]
    with pytest.raises(inner.Forbidden):
        inner.look("127.0.0.1", 80, allowed=False)
    with serving(lambda seen: (200, {}, b"secret")) as shop, pytest.raises(inner.Forbidden):
        ways.opened(shop.address, 1, until=time.monotonic() + 1, guarded=True, let_in=False)
    assert shop.asked == []


def test_a_proxy_is_not_asked_for_what_is_inside(settings, monkeypatch):
    settings.INNER_ADDRESSES = []
    with serving(lambda seen: (200, {}, b"through")) as proxy:
        monkeypatch.setenv("http_proxy", proxy.address)
        with pytest.raises(inner.Forbidden):
            fetched("http://192.168.1.1/admin")
        assert proxy.asked == [] and fetched("http://provider.invalid/a") == b"through"
        proxy.play = lambda seen: (302, {"Location": "http://10.0.0.1/"}, b"")
        settings.INNER_ADDRESSES = [ip_network("10.0.0.0/8")]
        with pytest.raises(inner.Forbidden):
            fetched("http://provider.invalid/b")


def test_a_provider_that_is_set_may_be_inside(settings):
    """Its address is a setting of the server, not a word of a page."""
    settings.INNER_ADDRESSES = []
    with serving(lambda seen: (200, {}, b"{}")) as shop:
        assert web.call("GET", shop.address, who="La passerelle", headers={}).told() == {}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "exemple.fr",
        "file:///etc/passwd",
        "http://",
        "http:///x",
        "http://x:abc",
        "http://[::1",
        "http://a b",
        "http://é",
    ],
)
def test_what_is_no_address(text):
    assert not web.is_address(text)


def test_nobody_there_is_nothing_said():
    with pytest.raises(TemporaryError, match="X ne répond pas"):
        web.call("POST", "http://127.0.0.1:9/", who="X", headers={})
