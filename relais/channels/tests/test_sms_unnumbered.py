"""SMS to which their provider gives no number: none takes another for itself, and a second delivery is still none."""

from datetime import timedelta
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.utils import timezone

from relais.channels.models import Inbound
from tests.builders import sms_account

from .conftest import SECRET
from .test_sms import NUMBER

pytestmark = pytest.mark.django_db


@pytest.fixture
def door(client, time_machine):
    """door(message, from, secret) → the answer to a form, at the begin of a minute."""
    time_machine.move_to(timezone.now().replace(second=0), tick=False)
    sms_account()

    def post(message, sender=NUMBER, secret=SECRET, **fields):
        form = urlencode({"from": sender, "message": message} | fields)
        answer = client.post(f"/entree/sms/{secret}", form, content_type="application/x-www-form-urlencoded")
        assert answer.json() == {"kept": 1}

    return post


@pytest.mark.parametrize("fields", [{"id": ""}, {"id": " "}, {}])
def test_each_is_kept_and_a_second_delivery_is_none(door, fields):
    for _ in range(2):
        door("J’ai besoin d’aide", **fields)
        door("Tu es là ?", **fields)
        door("J’ai besoin d’aide", "+33639980002", **fields)
    assert sorted(Inbound.objects.values_list("body", flat=True)) == ["J’ai besoin d’aide"] * 2 + ["Tu es là ?"]


def test_the_same_words_later_are_another_message(door, time_machine):
    door("Oui", id="")
    time_machine.move_to(timezone.now() + timedelta(minutes=1), tick=False)
    door("Oui", id="")
    assert Inbound.objects.count() == 2


def test_two_organisations_take_nothing_from_each_other(door):
    owner = uuid4()
    sms_account(owner=owner, webhook_secret="une-autre-porte")
    door("Oui", id="")
    door("Oui", secret="une-autre-porte", id="")
    assert set(Inbound.objects.values_list("account_of", flat=True)) == {None, owner}
    assert not Inbound.objects.filter(provider_id__contains=NUMBER[1:]).exists()
