"""The keys turn on a living site: every code, link, STOP, sender and second factor made before still does what it did."""

from uuid import uuid4

import pytest
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.test import Client

from relais.accounts.second_factor import new_secret
from relais.channels import opt_outs
from relais.channels import services as channels
from relais.coaching import services
from relais.coaching.messaging import intake
from relais.coaching.models import Conversation
from relais.coaching.thread import links, outbound
from relais.foundation import keys
from relais.foundation.models import HouseSecret
from relais.handovers import common
from relais.handovers import services as handovers
from relais.journeys import services as journeys
from tests import builders

NEW = "une-clef-toute-neuve-" * 3
LEA, STOPPED = "lea@exemple.invalid", "+33639980009"
PASSWORD = "une phrase assez longue 42"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_secret(settings):
    """Each test draws the secret of the house for itself, and leaves none behind."""
    settings.MFA_ADAPTER = "relais.accounts.adapter.MFAAdapter"
    cache.clear()
    keys.house.cache_clear()
    yield
    keys.house.cache_clear()


def turn(settings) -> None:
    """What the guide says: the new key first, `relais reseal`, the old key away; another SECRET_KEY as well."""
    settings.SEALING_KEYS = [NEW, *settings.SEALING_KEYS]
    keys.check()
    call_command("reseal", verbosity=0)
    settings.SEALING_KEYS, settings.SECRET_KEY = [NEW], "z" * 60
    keys.check()


def written_by_letter(now, number: str, body: str) -> Conversation:
    channels.receive(channel="email", provider_id=number, sender=LEA, body=body, at=now, verified=True)
    channels.deliver(intake.take, now=now)
    return Conversation.objects.select_related("journey").order_by("-updated_at").first()


def test_what_was_given_before_the_turn_still_opens(write, people, structure, now, settings):
    conversation = write().conversation
    Conversation.objects.filter(pk=conversation.pk).update(age_band="18-25")
    code = journeys.resume_code(conversation.journey)
    services.claim(conversation=conversation, user=people["mediator"], now=now)
    handover = handovers.propose(
        conversation=conversation,
        user=people["mediator"],
        structure=structure,
        partner_email=structure.email,
        summary="Bonjour",
        key=uuid4(),
        now=now,
    )
    handover = handovers.agree(
        handover=handover, journey=conversation.journey, name="Lou", contact="0639980001", now=now
    )
    partner, private, thread = (
        common.partner_address(handover),
        links.make(conversation, now=now),
        outbound.thread_of(conversation),
    )
    by_letter = written_by_letter(now, "1", "Bonjour")
    opt_outs.add(channel="sms", address=STOPPED, how="word", now=now)
    opt_outs.add(channel="email", address="Parent@Exemple.invalid", how="link", now=now)
    below = opt_outs.address_for("parent@exemple.invalid", None, now=now)
    turn(settings)
    assert journeys.resume_code(conversation.journey) == code
    assert journeys.by_code(code) == conversation.journey
    assert common.partner_address(handover) == partner
    assert Client().get(partner.removeprefix(settings.SITE_URL)).status_code == 200
    assert Client().get(private.removeprefix(settings.SITE_URL)).status_code == 200
    assert outbound.conversation_of(thread) == conversation.pk
    assert opt_outs.holds("sms", "06 39 98 00 09") and opt_outs.holds("email", "parent@exemple.invalid")
    assert opt_outs.address_for("parent@exemple.invalid", None, now=now) == below
    assert Client().get(below.removeprefix(settings.SITE_URL)).status_code == 200
    assert written_by_letter(now, "2", "C’est encore moi") == by_letter


def test_who_has_a_second_factor_still_signs_in(make_user, settings):
    person = make_user("mediator", password=PASSWORD, secret=(secret := new_secret()))
    turn(settings)
    client = Client()
    assert client.post("/compte/login/", {"login": person.email, "password": PASSWORD})["Location"].startswith(
        "/compte/2fa/authenticate/"
    )
    code = builders.code(secret)
    assert client.post("/compte/2fa/authenticate/", {"code": code}).status_code == 302
    assert client.get("/pro/").status_code == 200


def test_keys_of_another_site_are_refused_in_words(settings):
    keys.house()
    keys.check()
    settings.SEALING_KEYS = [NEW]
    with pytest.raises(ImproperlyConfigured, match="RELAIS_KEYS=NEW,FORMER"):
        keys.check()


def test_an_old_key_taken_away_before_the_end_of_reseal_is_refused(write, settings, monkeypatch):
    """The secret of the house is sealed anew last: a reseal cut short leaves it under the old key."""
    from relais.coaching.management.commands import reseal

    write()
    keys.check()
    keys.house()
    columns = reseal.sealed_columns()
    assert columns[-1][0] == HouseSecret._meta.db_table
    monkeypatch.setattr(reseal, "sealed_columns", lambda: columns[:-1])
    settings.SEALING_KEYS = [NEW, *settings.SEALING_KEYS]
    call_command("reseal", verbosity=0)
    settings.SEALING_KEYS = [NEW]
    with pytest.raises(ImproperlyConfigured):
        keys.check()


def test_nothing_that_lasts_is_drawn_from_secret_key():
    """Sessions, forms and the addresses of an hour are signed with it by Django; ours come from the secret of the house."""
    from pathlib import Path

    import relais

    sources = [path for path in Path(relais.__path__[0]).rglob("*.py") if "tests" not in path.parts]
    assert [path.name for path in sources if "settings.SECRET_KEY" in path.read_text()] == ["keys.py"]
