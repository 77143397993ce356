"""Every purpose of links is walked: what opens, what opens no more, what opening does not do, what a log does not say."""

import io
import logging
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings as real
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import resolve

from relais.accounts.models import AccessRecord
from relais.coaching import services as coaching
from relais.coaching.models import Conversation
from relais.coaching.rights import requests
from relais.coaching.thread import links as private
from relais.foundation import keys, links, redaction
from relais.foundation.models import Link, Outbound, RateBucket
from relais.handovers import services as handovers
from relais.handovers.models import FollowUp

from .conftest import LIVES, MADE, PARTNER, YOUNG

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
OVER = "Ce lien n’est plus valable."
ALL = sorted(MADE)
RECEIPTS = {"agenda.feed", "stories.question", "stories.notice"}
"""Their pages take no form."""
OTHERS = {"foundation_ratebucket", "django_session"}
"""Tables that may change when a page is opened: they say nothing of who read what."""


def test_every_purpose_is_walked_and_lives_as_long_as_is_said():
    assert {name: purpose.lifetime for name, purpose in links.PURPOSES.items()} == LIVES
    assert MADE.keys() == LIVES.keys()
    assert all(purpose.holder for purpose in links.PURPOSES.values())


@pytest.mark.parametrize("purpose", ALL)
def test_its_address_is_behind_the_one_page(purpose):
    view = resolve(links.PURPOSES[purpose].path.format("ACDEFGHJKMNP")).func
    assert purpose in view.purposes


def ended(way: str, now) -> None:
    """Every link of this test comes to its end."""
    Link.objects.update(
        **{
            "expired": {"expires_at": now},
            "revoked": {"revoked_at": now},
            "used": {"single_use": True, "used_at": now},
        }[way]
    )


def page(address: str, client=None) -> tuple[int, str]:
    """Without what is of this address and of this moment."""
    answer = (client or Client()).get(address)
    text = answer.content.decode().replace(address.partition("?")[0], "")
    return answer.status_code, re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text)


@pytest.mark.parametrize("purpose", ALL)
def test_expired_used_revoked_and_unknown_say_the_same(world, purpose):
    path = MADE[purpose](world)
    status, alive = page(path)
    assert status == 200 and OVER not in alive
    unknown = page(path[:-6] + "AAAAAA")
    assert unknown[0] == 404 and OVER in unknown[1]
    for way in ("expired", "used", "revoked"):
        Link.objects.update(revoked_at=None, used_at=None)
        ended(way, world.now)
        assert page(path) == unknown, way
        assert Client().post(path, {"action": "accept", "choice": "training", "body": "x"}).status_code == (
            405 if purpose in RECEIPTS else 404
        ), way
    Link.objects.all().delete()
    assert page(path) == unknown, "forgotten"


def everything() -> dict[str, str]:
    """Each table, as it lies there."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        )
        found = {}
        for (table,) in cursor.fetchall():
            if table not in OTHERS:
                cursor.execute(f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM \"{table}\" t")
                found[table] = cursor.fetchone()[0]
    return found


@pytest.mark.parametrize("state", ["live", "expired"])
@pytest.mark.parametrize("purpose", ALL)
def test_opening_changes_nothing_and_says_of_nobody_that_they_read(world, purpose, state):
    path = MADE[purpose](world)
    if state == "expired":
        ended("expired", world.now)
    before = everything()
    for method in ("get", "head"):
        for address in (path, f"{path}?nouveau-lien=1&action=open&choice=stop&action=accept"):
            assert getattr(Client(), method)(address).status_code == (404 if state == "expired" else 200)
    assert everything() == before


def test_the_partner_reads_once_they_have_pressed_and_that_is_written_down(world):
    path = MADE["coaching.orientation.answer"](world)
    partner = Client()
    assert (
        "Cherche un stage" not in partner.get(path).content.decode()
        and not AccessRecord.objects.filter(kind="handover").exists()
    )
    assert partner.post(path, {"action": "open"}).status_code == 302
    assert (
        "Cherche un stage" in partner.get(path).content.decode()
        and AccessRecord.objects.filter(kind="handover").count() == 1
    )
    assert "Cherche un stage" not in Client().get(path).content.decode(), "another browser presses for itself"
    assert Client().post(path, {"action": "refuse", "reason": ""}).status_code == 422
    assert AccessRecord.objects.filter(kind="handover").count() == 2, "a form sent back shows it too"


@pytest.mark.parametrize("purpose", ALL)
def test_links_open_after_the_keys_have_turned(world, purpose, settings):
    path = MADE[purpose](world)
    settings.SEALING_KEYS = [new := "une-clef-toute-neuve-" * 3, *settings.SEALING_KEYS]
    keys.check()
    call_command("reseal", verbosity=0)
    settings.SEALING_KEYS, settings.SECRET_KEY = [new], "z" * 60
    keys.check()
    assert page(path)[0] == 200


@pytest.mark.parametrize("purpose", ALL)
def test_the_database_holds_no_secret_nor_its_plain_digest(world, purpose):
    secret = MADE[purpose](world).rpartition("/")[2]
    Outbound.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(t::text, ' ') FROM foundation_link t")
        kept = cursor.fetchone()[0]
    assert secret not in kept and links.codes.digest(secret) not in kept


# --- another one


RENEWED = {"coaching.conversation": YOUNG, "coaching.news": YOUNG}
"""Who is sent another; the first link of a partner is told below."""


@pytest.mark.parametrize("purpose", sorted(MADE.keys() - RECEIPTS))
def test_another_is_offered_where_the_purpose_says_so_and_the_answer_is_always_the_same(world, purpose):
    path = MADE[purpose](world)
    ended("expired", world.now)
    offered = purpose in RENEWED or "orientation" in purpose
    assert ("Recevoir un nouveau lien" in page(path)[1]) == offered
    Outbound.objects.all().delete()
    client = Client()
    answers = [client.post(one, {"nouveau-lien": "1"}) for one in (path, path, path[:-6] + "AAAAAA")]
    assert {answer.status_code for answer in answers} == {302}
    said = {page(answer["Location"]) for answer in answers}
    assert len(said) == 1 and ("C’est noté" in said.pop()[1]) == offered
    sent = list(Outbound.objects.all())
    assert [row.payload["to"] for row in sent] == ([RENEWED[purpose]] if purpose in RENEWED else []), (
        "once, to whom the first one had gone"
    )
    if sent:
        text = sent[0].payload["text"]
        assert path not in text and all(path not in answer.content.decode() for answer in answers)
        assert page(world.path(text, path.rpartition("/")[0] + "/"))[0] == 200


@pytest.mark.parametrize("purpose", sorted(RENEWED))
@pytest.mark.parametrize("way", ["revoked", "used", "live"])
def test_no_other_instead_of_one_that_did_not_come_to_its_end(world, purpose, way):
    path = MADE[purpose](world)
    if way != "live":
        ended(way, world.now)
    Outbound.objects.all().delete()
    assert Client().post(path, {"nouveau-lien": "1"}).status_code == 302
    assert not Outbound.objects.exists()


def test_nobody_gets_the_link_of_another_recipient(world):
    """The address it was sent to is gone, or was never known: nothing leaves, whatever other address there is."""
    path = MADE["coaching.conversation"](world)
    ended("expired", world.now)
    for sent_by in ("", "address:0", "callback:20261125120000000000"):
        Link.objects.update(sent_by=sent_by)
        assert Client().post(path, {"nouveau-lien": "1"}).status_code == 302
    assert not Outbound.objects.filter(key__startswith="again:").exists()


@pytest.mark.parametrize(("kind", "to"), [("sms", "+33639980001"), ("email", "autre@exemple.invalid")])
def test_who_left_a_number_to_be_told_gets_another_there_until_they_leave_another_one(world, kind, to):
    held = coaching.claim(conversation=world.write(age="18-25").conversation, user=world.mediator, now=world.now)
    coaching.ask_callback(journey=held.journey, kind=kind, value=to, now=world.now)
    coaching.reply(conversation=held, user=world.mediator, body="Bonjour", key=uuid4(), now=world.now)
    path = world.path(Outbound.objects.get(key__startswith="nudge:").payload["text"], "/parler/l/")
    ended("expired", world.now)
    Client().post(path, {"nouveau-lien": "1"})
    again = Outbound.objects.get(key__startswith="again:")
    assert (again.channel, again.payload["to"]) == (kind, to) and page(world.path(again.payload["text"], "/parler/l/"))[
        0
    ] == 200
    again.delete()
    RateBucket.objects.all().delete()
    coaching.ask_callback(journey=held.journey, kind=kind, value=f"{to}0", now=world.now + DAY)
    Client().post(path, {"nouveau-lien": "1"})
    assert not Outbound.objects.filter(key__startswith="again:").exists()


def test_news_are_not_asked_again_elsewhere(world):
    """Another address was left meanwhile, or none is left: the one the link had gone to is not known any more."""
    path = MADE["coaching.news"](world)
    ended("expired", world.now)
    Outbound.objects.all().delete()
    for values in ({"address": "autre@exemple.invalid"}, {"address": ""}, {"by": "door"}):
        for follow_up in FollowUp.objects.all():
            for name, value in values.items():
                setattr(follow_up, name, value)
            follow_up.save()
        links.ask_again(path.rpartition("/")[2], "coaching.news", now=world.now)
        RateBucket.objects.all().delete()
    assert not Outbound.objects.exists()


def test_a_partner_who_accepted_is_sent_their_second_link_again_as_long_as_the_agreement_holds(world):
    handover = world.sent()
    path = world.letter(f"handover:{handover.pk}", "/orientation/")
    handovers.accept(handover=handover, now=world.now)
    Link.objects.filter(purpose="coaching.orientation.answer").update(expires_at=world.now)
    Client().post(path, {"nouveau-lien": "1"})
    again = Outbound.objects.get(key__startswith=f"again:{handover.pk}:")
    assert again.payload["to"] == PARTNER and page(world.path(again.payload["text"], "/orientation/"))[0] == 200
    again.delete()
    handovers.withdraw(handover=handover, journey=handover.conversation.journey, now=world.now)
    links.ask_again(path.rpartition("/")[2], "coaching.orientation.answer", now=world.now + DAY)
    assert not Outbound.objects.filter(key__startswith="again:").exists()


def test_a_single_use_serves_once_whoever_comes(db, now):
    secret = links.make("accounts.invitation", "x", now=now)
    one, two = (links.opened(secret, "accounts.invitation", now=now) for _ in range(2))
    links.use(one, now=now)
    with pytest.raises(links.LinkOver):
        links.use(two, now=now)


def test_a_secret_opens_its_own_purposes_only(world):
    secret = MADE["coaching.orientation.answer"](world).rpartition("/")[2]
    assert (
        Client().get(f"/questions/{secret}").status_code == Client().get(f"/pro/invitation/{secret}").status_code == 404
    )


def test_of_two_conversations_that_became_one_both_links_open_it(world, join):
    keep, other = world.conversation(), world.conversation()
    secrets = [private.make(one, now=world.now).rpartition("/")[2] for one in (keep, other)]
    join(keep, other)
    assert [private.opened_by(secret, now=world.now) for secret in secrets] == [keep, keep]
    assert set(Link.objects.values_list("about", flat=True)) == {keep.pk}


def test_erased_with_the_conversation(world):
    for purpose in ("coaching.conversation", "coaching.news", "coaching.orientation.follow"):
        MADE[purpose](world)
    for conversation in Conversation.objects.all():
        requests.erase(journey=conversation.journey, now=world.now)
    assert not Link.objects.exists()


# --- logs


@pytest.fixture
def log():
    """What the console of the site would be given."""
    assert {handler["formatter"] for handler in real.LOGGING["handlers"].values()} == {"line"}
    assert real.LOGGING["formatters"]["line"]["()"] == f"{redaction.Line.__module__}.{redaction.Line.__qualname__}"
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(redaction.Line(real.LOGGING["formatters"]["line"]["fmt"]))
    loggers = [logging.getLogger(name) for name in ("", "django")]
    for logger in loggers:
        logger.addHandler(handler)
    yield written
    for logger in loggers:
        logger.removeHandler(handler)


@pytest.mark.parametrize("purpose", ALL)
def test_no_log_says_a_secret(world, purpose, log):
    path = MADE[purpose](world)
    head, _, secret = path.rpartition("/")
    client = Client(raise_request_exception=False)
    assert client.get(path).status_code == 200
    assert client.delete(path).status_code in (200, 405)
    ended("expired", world.now)
    assert client.get(path).status_code == 404
    assert f"{head}/…" in log.getvalue(), "the line is there, without its end"
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE foundation_link RENAME TO gone")
    assert client.get(path).status_code == 500
    logging.getLogger("relais").warning("An address: %s", f"https://relais.exemple.invalid{path}?x=1")
    assert "Traceback" in log.getvalue() and secret not in log.getvalue()


@pytest.mark.parametrize("purpose", ALL)
def test_a_letter_that_quotes_ours_lets_nobody_in(world, purpose):
    path = MADE[purpose](world)
    head = path.rpartition("/")[0]
    assert (
        redaction.masked_in_words(f"> https://relais.exemple.invalid{path} a dit")
        == f"> https://relais.exemple.invalid{head}/… a dit"
    )


@pytest.mark.parametrize("head", ["/entree/sms/", "/compte/password/reset/key/", "/media-interne/"])
def test_nor_what_opens_a_door(head, log):
    Client(raise_request_exception=False).get(f"{head}un-secret-tout-entier")
    logging.getLogger("relais").error("Refused: %s", f"{head}un-secret-tout-entier")
    assert "un-secret" not in log.getvalue() and head in log.getvalue()
