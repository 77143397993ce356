"""Where somebody comes from, for whoever counts: no address is kept, and no header opens a new account at the counter."""

from datetime import timedelta

import pytest
from django.test import RequestFactory

from relais.accounts.adapter import AccountAdapter
from relais.foundation.models import RateBucket
from relais.foundation.ratelimit import allowed, origin_of

pytestmark = pytest.mark.django_db


def test_no_address_is_kept_and_a_day_does_not_recognise_the_one_before(now):
    allowed("ask", "192.0.2.7", now=now)
    allowed("ask", "192.0.2.7", now=now + timedelta(days=1))
    keys = list(RateBucket.objects.values_list("pk", flat=True))
    assert len(keys) == 2 and not any("192.0" in key for key in keys)


@pytest.mark.parametrize(
    ("behind", "forwarded", "remote", "origin"),
    [
        (False, "198.51.100.1", "192.0.2.7", "192.0.2.7"),
        (False, "", "192.0.2.7", "192.0.2.7"),
        (True, "198.51.100.1", "192.0.2.7", "198.51.100.1"),
        (True, "203.0.113.9, 198.51.100.1", "192.0.2.7", "198.51.100.1"),
        (True, "203.0.113.9,203.0.113.10 , 198.51.100.1:4711", "192.0.2.7", "198.51.100.1"),
        (True, "203.0.113.9, unknown", "192.0.2.7", "192.0.2.7"),
        (True, "203.0.113.9,", "192.0.2.7", "192.0.2.7"),
        (True, "", "192.0.2.7", "192.0.2.7"),
        (False, "", "2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        (True, '"[2001:db8:1:2:bbbb::1]:4711"', "192.0.2.7", "2001:db8:1:2::/64"),
        (False, "", "fe80::1%eth0", "fe80::/64"),
        (False, "", "::ffff:192.0.2.7", "192.0.2.7"),
        (False, "", "", ""),
    ],
)
def test_the_origin_is_what_our_own_proxy_says_last(settings, behind, forwarded, remote, origin):
    """What stands before the last entry was written by the visitor: it escapes no limit, and borrows nobody's."""
    settings.BEHIND_PROXY = behind
    assert origin_of(RequestFactory().get("/", REMOTE_ADDR=remote, HTTP_X_FORWARDED_FOR=forwarded)) == origin


@pytest.mark.parametrize("behind", [False, True])
def test_a_forged_header_opens_no_new_account_at_the_counter(client, settings, now, behind):
    settings.BEHIND_PROXY = behind
    statuses = []
    for number in range(31):
        forged = f"203.0.113.{number}" + (", 198.51.100.1" if behind else "")
        statuses.append(client.get("/parler/l/ACDEFGHJKMNP", HTTP_X_FORWARDED_FOR=forged).status_code)
    assert statuses == [404] * 30 + [429]


def test_a_network_of_ipv6_is_one_origin(client, now):
    statuses = [
        client.get("/parler/l/ACDEFGHJKMNP", REMOTE_ADDR=f"2001:db8::{number:x}").status_code for number in range(1, 32)
    ]
    assert statuses == [404] * 30 + [429]
    assert client.get("/parler/l/ACDEFGHJKMNP", REMOTE_ADDR="2001:db8:0:1::1").status_code == 404


def test_who_signs_in_is_counted_by_the_same_origin(now):
    ips = {
        AccountAdapter().get_client_ip(RequestFactory().get("/", REMOTE_ADDR=address))
        for address in ("2001:db8::1", "2001:db8::2")
    }
    assert (
        len(ips) == 1 and AccountAdapter().get_client_ip(RequestFactory().get("/", REMOTE_ADDR="192.0.2.7")) not in ips
    )
