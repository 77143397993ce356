"""What a number says to the account of one organisation counts there: whoever holds that account could say it in anybody's name."""

from uuid import uuid4

import pytest
from django.utils import timezone

from relais.channels import opt_outs, services
from relais.channels.models import Inbound, OptOut

from .test_sms import NUMBER

pytestmark = pytest.mark.django_db


def came(body, owner=None) -> Inbound:
    message = {"channel": "sms", "provider_id": uuid4().hex, "sender": NUMBER, "body": body, "account_of": owner}
    return services.receive(at=timezone.now(), **message)[0]


def stopped(owner=None) -> bool:
    return opt_outs.holds("sms", NUMBER, owner=owner)


def test_stop_to_the_account_of_one_holds_for_its_letters_only():
    a, b = uuid4(), uuid4()
    came("STOP", b)
    assert stopped(b) and not stopped(a) and not stopped()
    came("Bonjour", a)
    assert stopped(b), "what was said to others"
    came("Bonjour")
    assert stopped(b), "it was said to that number, and was not taken back there"
    came("Bonjour", b)
    assert not OptOut.objects.exists()


def test_by_its_own_account_nobody_takes_back_what_was_said_to_all():
    a, b = uuid4(), uuid4()
    came("STOP", a)
    came("STOP")
    opt_outs.add(channel="sms", address=NUMBER, how="staff", now=timezone.now(), owner=a)
    came("Bonjour", b)
    assert stopped(a) and stopped(b) and OptOut.objects.count() == 2
    came("Bonjour", a)
    assert stopped(a), "what was said for all"
    came("Bonjour")
    assert not stopped(a)


def test_what_the_person_says_is_theirs_even_where_the_team_had_noted_it():
    b, now = uuid4(), timezone.now()
    opt_outs.add(channel="sms", address=NUMBER, how="staff", now=now, owner=b)
    came("STOP", b)
    opt_outs.add(channel="sms", address=NUMBER, how="staff", now=now, owner=b)
    assert not opt_outs.withdraw(channel="sms", address=NUMBER, owner=b, now=now) and stopped(b)


def test_a_flood_at_one_is_none_at_another():
    a, b = uuid4(), uuid4()
    assert [came(f"{number}", b).flood for number in range(21)] == [False] * 20 + [True]
    assert not came("Bonjour", a).flood and not came("Bonjour").flood
    assert came("Encore", b).quiet
