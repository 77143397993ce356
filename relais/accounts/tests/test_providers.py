"""An account for SMS is set on a page, by two people, and its keys are shown to nobody."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core import mail
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from relais.accounts import providers
from relais.accounts.models import AccessRecord, Membership
from relais.channels import accounts, opt_outs
from relais.channels.models import ChannelAccount
from relais.channels.tests.fakes import Provider, serving
from relais.foundation import outbox
from relais.foundation.models import Outbound
from tests.builders import WEBHOOK, line, sms_account

pytestmark = pytest.mark.django_db
URL, KEY, NUMBER = "https://sms.exemple.invalid/envoi", "la-clef-du-service-41", "06 39 98 00 01"
TYPED = {"dialect": "json", "url": URL, "key": KEY, "sender": "Parcours"}


@pytest.fixture
def place(make_user):
    """An organisation with a line and two administrators: (its number, one, the other)."""
    one = make_user("administrator")
    organisation = one.memberships.get().organisation
    line(organisation, slug="leur-ligne", name="Leur ligne")
    return organisation.pk, one, make_user("administrator", organisation=organisation)


def page(owner) -> str:
    return f"/pro/reseaux/{owner}/sms/"


def ask(client, owner, **changed):
    return client.post(page(owner), TYPED | changed, follow=True)


def act(client, what, account, **fields):
    return client.post(f"/pro/reseaux/comptes/{account.pk}/{what}", fields, follow=True)


def test_one_asks_another_agrees_and_everybody_is_told(place, client_for):
    owner, one, other = place
    mine, theirs = client_for(one), client_for(other)
    assert "La demande est faite" in ask(mine, owner).text
    asked = ChannelAccount.objects.get()
    assert accounts.serving("sms", owner) is None, "nothing changes before"
    assert "Accepter" not in mine.get(page(owner)).text
    assert "c’est à quelqu’un d’autre" in act(mine, "accepter", asked).text and accounts.serving("sms", owner) is None
    assert "SMS : un compte attend une seconde personne" in theirs.get("/pro/").text
    assert "un compte attend" not in mine.get("/pro/").text
    shown = theirs.get(page(owner)).text
    assert (
        URL in shown and "Parcours" in shown and f"{one.display_name} demande ceci" in shown and one.email not in shown
    ), "what one agrees to is seen"
    assert "En service depuis" in act(theirs, "accepter", asked).text
    assert accounts.serving("sms", owner).values == TYPED
    outbox.send_due(timezone.now())
    told = [(letter.to[0], letter.body) for letter in mail.outbox]
    assert {to for to, _ in told} >= {one.email, other.email} and any(URL in body for _, body in told)
    traced = AccessRecord.objects.filter(kind=providers.KIND, subject=str(owner)).values_list("action", flat=True)
    assert sorted(traced) == ["asked", "confirmed"]


def test_the_keys_are_shown_nowhere_again(place, client_for):
    owner, one, other = place
    mine = client_for(one)
    pages = [ask(mine, owner).text]
    account = ChannelAccount.objects.get()
    pages += [
        act(client_for(other), "accepter", account).text,
        mine.get(f"/pro/reseaux/{owner}/").text,
        mine.get(page(owner)).text,
    ]
    account = ChannelAccount.objects.get()
    pages.append(ask(mine, owner, dialect="", key="une-autre-clef").text)
    outbox.send_due(timezone.now())
    pages += [letter.body for letter in mail.outbox]
    pages += list(AccessRecord.objects.values_list("reason", flat=True))
    assert not any(word in text for text in pages for word in (KEY, "une-autre-clef", account.webhook_secret))
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM channels_channelaccount t")
        assert KEY not in str(cursor.fetchall())


def test_the_secret_of_the_door_is_shown_once_and_the_former_opens_nothing(place, client_for):
    owner, one, _ = place
    account = sms_account(owner=owner, url=URL)
    client = client_for(one)
    assert WEBHOOK not in client.get(page(owner)).text
    answer = act(client, "secret", account)
    secret = ChannelAccount.objects.get().webhook_secret
    assert secret != WEBHOOK and f"/entree/sms/{secret}" in answer.text and answer["Cache-Control"] == "no-store"
    assert secret not in client.get(page(owner)).text and f"/entree/sms/compte/{owner}" in answer.text
    assert accounts.behind("sms", WEBHOOK) is None and accounts.behind("sms", secret).owner == owner


def test_another_account_is_knocked_at_as_the_one_before(place, client_for):
    owner, one, other = place
    former = sms_account(owner=owner, url="https://ancien.exemple.invalid")
    ask(client_for(one), owner)
    waiting = ChannelAccount.objects.get(confirmed_at=None)
    assert accounts.behind("sms", WEBHOOK) == former, "what waits opens nothing"
    act(client_for(one), "secret", former)
    secret = ChannelAccount.objects.get(pk=former.pk).webhook_secret
    act(client_for(other), "accepter", waiting)
    assert ChannelAccount.objects.get().values["url"] == URL and accounts.behind("sms", secret).pk == waiting.pk


def test_a_secret_that_was_replaced_opens_nothing_again(place, client_for):
    owner, one, other = place
    mine, theirs = client_for(one), client_for(other)
    ask(mine, owner)
    first = ChannelAccount.objects.get()
    act(theirs, "accepter", first)
    leaked = ChannelAccount.objects.get().webhook_secret
    ask(mine, owner, sender="Autre")
    second = ChannelAccount.objects.get(confirmed_at=None)
    assert (second.webhook_secret, second.webhook_digest) == ("", ""), "what waits knows no secret"
    act(mine, "secret", first)
    fresh = ChannelAccount.objects.get(pk=first.pk).webhook_secret
    act(mine, "arreter", first)
    act(theirs, "accepter", second)
    secret = ChannelAccount.objects.get().webhook_secret
    assert len({leaked, fresh, secret}) == 3 and accounts.behind("sms", secret).pk == second.pk
    assert accounts.behind("sms", leaked) is None and accounts.behind("sms", fresh) is None


def elsewhere(act, **fields):
    """What `act` does on another connection, which gives up as soon as it would wait."""

    def run():
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '50ms'")
            return act(now=timezone.now(), **fields)
        except OperationalError:
            return "waits"
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()


def test_a_new_secret_and_an_agreement_wait_for_each_other(transactional_db, place):
    owner, one, _ = place
    account = sms_account(owner=owner, url=URL)
    with transaction.atomic():
        providers._locked(owner)
        assert elsewhere(providers.new_webhook_secret, actor=one, pk=account.pk) == "waits"
        assert elsewhere(providers.end, actor=one, pk=account.pk) == "waits"
    assert elsewhere(providers.new_webhook_secret, actor=one, pk=account.pk) != WEBHOOK


def test_who_agrees_takes_the_secret_that_is_there_at_that_moment(place, client_for):
    owner, one, other = place
    sms_account(owner=owner, url="https://ancien.exemple.invalid")
    ask(client_for(one), owner)
    with CaptureQueriesContext(connection) as asked:
        act(client_for(other), "accepter", ChannelAccount.objects.get(confirmed_at=None))
    held = [one["sql"] for one in asked if "channels_channelaccount" in one["sql"] and "FOR UPDATE" in one["sql"]]
    assert len(held) == 2, "the one that waits, and the one that serves"
    assert accounts.behind("sms", WEBHOOK).values["url"] == URL


def test_one_takes_it_away_and_nothing_of_it_stays(place, client_for):
    owner, one, _ = place
    account = sms_account(owner=owner, url=URL)
    assert "Le compte est arrêté" in act(client_for(one), "arreter", account).text
    assert not ChannelAccount.objects.exists()
    outbox.send_due(timezone.now())
    assert any("est arrêté" in letter.body and "SMS, " in letter.body for letter in mail.outbox)


def test_a_request_ends(place, client_for, make_user):
    """Refused, replaced, too old, or asked by somebody who administers no more."""
    owner, one, other = place
    mine, theirs = client_for(one), client_for(other)
    ask(mine, owner)
    first = ChannelAccount.objects.get()
    ask(mine, owner, sender="Autre")
    assert act(theirs, "accepter", first).status_code == 404, "another was asked for meanwhile: it was not seen"
    second = ChannelAccount.objects.get()
    assert "La demande est retirée" in act(theirs, "refuser", second).text and not ChannelAccount.objects.exists()
    ask(mine, owner)
    ChannelAccount.objects.update(asked_at=timezone.now() - ChannelAccount.LIFE)
    assert "n’attend plus de réponse" in act(theirs, "accepter", ChannelAccount.objects.get()).text
    ask(mine, owner)
    Membership.objects.filter(user=one).update(role="mediator")
    assert "n’attend plus de réponse" in act(theirs, "accepter", ChannelAccount.objects.get()).text
    assert accounts.serving("sms", owner) is None


def test_alone_nobody_can_ask(make_user, people, client_for):
    Membership.objects.filter(role="administrator").delete()
    alone = make_user("administrator")
    organisation = alone.memberships.get().organisation
    line(organisation, slug="leur-ligne", name="Leur ligne")
    answer = ask(client_for(alone), organisation.pk)
    assert answer.status_code == 422 and "Rien n’a changé" in answer.text and not ChannelAccount.objects.exists()


def test_an_organisation_without_a_line_is_not_written_to(make_user, client_for):
    one = make_user("administrator")
    organisation = one.memberships.get().organisation
    make_user("administrator", organisation=organisation)
    answer = ask(client_for(one), organisation.pk)
    assert answer.status_code == 422 and "pas encore de ligne" in answer.text and not ChannelAccount.objects.exists()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"url": "http://sms.exemple.invalid"}, "commence par https"),
        ({"url": "https://sms.exemple.invalid/?clef=1"}, "commence par https"),
        ({"url": "https://moi:mot@sms.exemple.invalid"}, "commence par https"),
        ({"url": "ftp://x"}, "commence par https"),
        ({"url": "https://[::1"}, "commence par https"),
        ({"key": "a\r\nX-Autre: b"}, "signes simples"),
        ({"key": "clé"}, "signes simples"),
        ({"key": ""}, "Écrivez la clé"),
        ({"sender": "Équipe"}, "signes simples"),
        ({"dialect": "pigeon"}, "pigeon"),
        ({"dialect": "ovh"}, "trois parties"),
        ({"dialect": "ovh", "key": "a:b:c"}, "le nom du service"),
    ],
)
def test_what_cannot_be_is_said_and_not_kept(place, client_for, changed, said):
    answer = ask(client_for(place[1]), place[0], **changed)
    assert answer.status_code == 422 and said in answer.text and not ChannelAccount.objects.exists()


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ((200, {}, {}), "le service l’a pris"),
        ((401, {}, {}), "refusé. La passerelle SMS a refusé (401)."),
        ((503, {}, {}), "en route. La passerelle SMS ne prend pas de message en ce moment (503)."),
        (Provider.CUT, "parti ou non, on ne sait pas"),
    ],
)
def test_a_message_is_tried_before_anybody_agrees_and_its_fate_is_said_in_words(place, client_for, reply, said):
    owner, one, _ = place
    with serving(Provider(reply)) as fake:
        client = client_for(one)
        ask(client, owner, url=fake.address)
        account = ChannelAccount.objects.get()
        assert "L’essai part" in act(client, "essai", account, **{"essai-number": NUMBER}).text
        outbox.send_due(timezone.now() + timedelta(seconds=1))
        (request,) = fake.requests
        assert request["headers"]["authorization"] == f"Bearer {KEY}" and b"message d'essai" in request["body"]
    text = re.sub(r"\s+", " ", client.get(page(owner)).text)
    assert said in text and accounts.serving("sms", owner) is None
    assert "639980001" not in text


@pytest.mark.parametrize("state", Outbound.State.values)
def test_a_try_has_its_word_in_every_state(place, client_for, now, state):
    owner, one, _ = place
    account = sms_account(owner=owner, url=URL)
    values = {"payload": {}, "owner": owner, "not_before": now, "created_at": now, "state": state}
    Outbound.objects.create(channel="sms", key=f"account-test:{account.pk.hex}:1", **values)
    answer = client_for(one).get(page(owner))
    assert answer.status_code == 200 and re.search(r"<li>Essai [^<]*\s: [a-z’é ]{4,}[^<]*</li>", answer.text)


def test_who_wants_no_sms_is_sent_none_to_try(place, client_for):
    owner, one, _ = place
    account = sms_account(owner=owner, url=URL)
    opt_outs.add(channel="sms", address="+33639980001", how="word", now=timezone.now())
    client = client_for(one)
    act(client, "essai", account, **{"essai-number": NUMBER})
    outbox.send_due(timezone.now() + timedelta(seconds=1))
    assert "a demandé à ne plus recevoir" in client.get(page(owner)).text
    assert act(client, "essai", account, **{"essai-number": "01 40 00 00 00"}).status_code == 422


def test_no_message_is_tried_by_the_account_of_another(place, now):
    """What is asked of the outbox by hand goes by an account of its own organisation only."""
    owner = place[0]
    account = sms_account(owner=uuid4(), url=URL)
    payload = {"to": NUMBER, "text": "x", "account": str(account.pk)}
    outbox.enqueue("sms", key="account-test:x", payload=payload, now=now, owner=owner)
    outbox.send_due(now)
    assert Outbound.objects.get().state == "failed"


def test_the_list_shows_ones_own_places(place, people, client_for):
    owner, one, _ = place
    sms_account(url=URL)
    host = client_for(people["administrator"]).get("/pro/reseaux/").text
    assert "Toute l’installation" in host and f"/pro/reseaux/{owner}/" in host
    assert client_for(one).get("/pro/reseaux/")["Location"] == f"/pro/reseaux/{owner}/"
    assert client_for(one).get("/pro/reseaux/installation/").status_code == 404
    assert client_for(one).get("/pro/reseaux/installation/sms/").status_code == 404
    ways = client_for(one).get(f"/pro/reseaux/{owner}/").text
    assert "par le compte de l’installation" in ways and URL not in ways and "YouTube" in ways
    text = client_for(one).get(page(owner)).text
    assert "celui de l’installation sert" in text and URL not in text
    assert client_for(one).get(f"/pro/reseaux/{owner}/mastodon/").status_code == 404
