"""Each way of an organisation has its page: its own values, tried before they serve, and shown to nobody again."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from relais.accounts import providers
from relais.accounts.models import AccessRecord
from relais.channels import accounts, readings
from relais.channels.models import AccountReading, ChannelAccount, Way
from relais.channels.tests.fakes import Mailbox, Provider, imap, serving
from relais.foundation import keys, outbox
from relais.foundation.models import Outbound
from tests.builders import channel_account, discord_account, line

pytestmark = pytest.mark.django_db
SECRET = "un-secret-bien-garde-41"
TYPED = {
    "discord": {"application_id": "845027738276462632", "public_key": "ab" * 32, "token": SECRET},
    "email": {
        "address": "bonjour@exemple.invalid",
        "host": "imap.exemple.invalid",
        "security": "imaps",
        "port": "",
        "user": "bonjour@exemple.invalid",
        "password": SECRET,
        "folder": "",
        "checked_by": "MX.exemple.invalid",
    },
    "instagram": {"account": "178414", "token": SECRET},
    "tiktok": {"account": "open-id_4", "token": SECRET},
    "youtube": {
        "account": "UCus",
        "client_id": "client.apps.exemple.invalid",
        "client_secret": SECRET,
        "refresh_token": SECRET,
    },
}
KEPT = {name: dict(values) for name, values in TYPED.items()}
KEPT["email"] |= {"port": 993, "folder": "INBOX", "checked_by": "mx.exemple.invalid"}


@pytest.fixture
def place(make_user):
    """An organisation with a line and two administrators: (its number, one, the other)."""
    one = make_user("administrator")
    organisation = one.memberships.get().organisation
    line(organisation, slug="leur-ligne", name="Leur ligne")
    return organisation.pk, one, make_user("administrator", organisation=organisation)


def page(owner, way) -> str:
    return f"/pro/reseaux/{owner}/{way}/"


def act(client, what, account, **fields):
    return client.post(f"/pro/reseaux/comptes/{account.pk}/{what}", fields, follow=True)


@pytest.mark.parametrize("way", TYPED)
def test_two_people_set_each_way_and_its_keys_are_shown_nowhere(place, client_for, way):
    owner, one, other = place
    mine, theirs = client_for(one), client_for(other)
    seen = [mine.post(page(owner, way), TYPED[way], follow=True).text]
    assert "La demande est faite" in seen[0] and accounts.serving(way, owner) is None, "nothing changes before"
    asked = ChannelAccount.objects.get()
    assert "c’est à quelqu’un d’autre" in act(mine, "accepter", asked).text
    seen += [theirs.get(page(owner, way)).text, theirs.get("/pro/").text]
    seen += [act(theirs, "accepter", asked).text, mine.get("/pro/reseaux/", follow=True).text]
    account = accounts.serving(way, owner)
    assert (account.values, account.owner, account.webhook_secret) == (KEPT[way], owner, "")
    assert accounts.serving(way, None) is None
    seen.append(mine.post(page(owner, way), TYPED[way] | {"host": "", "account": "", "application_id": ""}).text)
    outbox.send_due(timezone.now())
    seen += [letter.body for letter in mail.outbox]
    assert any(providers.title(account) in text for text in seen), "what one agrees to is seen"
    records = AccessRecord.objects.filter(kind=f"channel-account-{way}", subject=str(owner))
    assert sorted(records.values_list("action", flat=True)) == ["asked", "confirmed"]
    seen += list(records.values_list("reason", flat=True))
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM channels_channelaccount t")
        seen.append(str(cursor.fetchall()))
    assert not any(SECRET in text for text in seen)


@pytest.mark.parametrize(
    ("way", "wrong", "said"),
    [
        ("discord", {"application_id": "12/../3"}, "que des chiffres"),
        ("discord", {"public_key": "zz" * 32}, "64 signes"),
        ("discord", {"token": "deux mots"}, "Lettres sans accent"),
        ("email", {"host": "imap.exemple.invalid/x"}, "nom d’un serveur"),
        ("email", {"password": "été"}, "Sans accent"),
        ("email", {"security": "imap"}, "choisissez TLS"),
        ("email", {"checked_by": "*"}, "nom d’un serveur"),
        ("email", {"address": "personne"}, "valide"),
        ("instagram", {"account": "@relais"}, "que des chiffres"),
        ("instagram", {"token": "a\r\nb: c"}, "Lettres sans accent"),
        ("tiktok", {"account": "@relais"}, "L’identifiant"),
        ("youtube", {"account": "https://youtube.com/@relais"}, "L’identifiant"),
        ("youtube", {"refresh_token": ""}, "Écrivez"),
    ],
)
def test_what_would_break_a_header_or_an_address_is_refused(place, client_for, settings, way, wrong, said):
    settings.LOCAL = True
    owner, one, _ = place
    answer = client_for(one).post(page(owner, way), TYPED[way] | wrong)
    assert answer.status_code == 422 and said in answer.text and not ChannelAccount.objects.exists()


def test_in_clear_a_mailbox_is_of_this_machine_and_of_a_rehearsal_only(place, client_for, settings):
    owner, one, _ = place
    typed = TYPED["email"] | {"security": "imap", "host": "127.0.0.1"}
    settings.LOCAL = False
    assert client_for(one).post(page(owner, "email"), typed).status_code == 422
    settings.LOCAL = True
    assert client_for(one).post(page(owner, "email"), typed).status_code == 302


def test_comments_need_no_line_and_messages_do(make_user, client_for):
    one = make_user("administrator")
    owner = one.memberships.get().organisation_id
    make_user("administrator", organisation=one.memberships.get().organisation)
    for way, status in (("discord", 422), ("email", 422), ("instagram", 302)):
        assert client_for(one).post(page(owner, way), TYPED[way]).status_code == status


def test_a_mailbox_is_tried_before_it_serves(place, client_for, settings):
    owner, one, _ = place
    settings.LOCAL = True
    client = client_for(one)
    with serving(Provider()), imap(Mailbox([b"From: lea@exemple.invalid\r\n\r\nBonjour"])) as box:
        for password, said in (("phrase", "réussi"), ("autre", "refuse cet identifiant")):
            typed = TYPED["email"] | box.values | {"password": password}
            client.post(page(owner, "email"), typed)
            assert "L’essai part" in act(client, "essai", ChannelAccount.objects.get()).text
            outbox.send_due(timezone.now())
            assert said in client.get(page(owner, "email")).text
        assert not box.seen, "nothing is read"


@pytest.mark.parametrize(
    ("way", "answer", "state"),
    [
        ("instagram", (200, {}, {"id": "178414", "username": "relais"}), "sent"),
        ("instagram", (400, {}, {"error": {"code": 190}}), "failed"),
        ("youtube", (200, {}, {"access_token": "une-heure"}), "sent"),
        ("youtube", (400, {}, {"error": "invalid_grant"}), "failed"),
        ("discord", (200, {}, []), "sent"),
        ("discord", (401, {}, {"message": "401: Unauthorized"}), "failed"),
    ],
)
def test_an_account_is_tried_before_it_serves(place, client_for, settings, way, answer, state):
    owner, one, _ = place
    client = client_for(one)
    client.post(page(owner, way), TYPED[way])
    with serving(Provider(answer)) as fake:
        settings.INSTAGRAM_API_URL = settings.YOUTUBE_TOKEN_URL = settings.DISCORD_API_URL = fake.address
        act(client, "essai", ChannelAccount.objects.get())
        outbox.send_due(timezone.now())
        assert fake.requests
    row = Outbound.objects.get(key__startswith="account-test:")
    assert row.state == state and SECRET not in row.error
    assert accounts.serving(way, owner) is None


def test_tiktok_is_not_offered_a_trial(place, client_for):
    owner, one, _ = place
    client = client_for(one)
    assert "Essayer" not in client.post(page(owner, "tiktok"), TYPED["tiktok"], follow=True).text
    assert "ne s’essaie pas" in act(client, "essai", ChannelAccount.objects.get()).text
    assert not Outbound.objects.filter(key__startswith="account-test:").exists()


def test_no_account_is_tried_by_the_row_of_another(place, now, settings):
    owner, _, _ = place
    account = channel_account("instagram", KEPT["instagram"], owner=owner)
    with serving(Provider((200, {}, {"username": "relais"}))) as fake:
        settings.INSTAGRAM_API_URL = fake.address
        payload = {"account": str(account.pk), "do": "try"}
        outbox.enqueue("instagram", key="account-test:x", payload=payload, now=now, owner=None)
        outbox.send_due(now)
        assert not fake.requests and Outbound.objects.get().state == "failed"


def test_only_sms_has_a_secret_to_draw_again(place, client_for):
    owner, one, _ = place
    account = discord_account(public_key="ab" * 32, owner=owner)
    assert "n’a pas de secret d’entrée" in act(client_for(one), "secret", account).text
    text = client_for(one).get(page(owner, "discord")).text
    assert f"/entree/discord/compte/{owner}" in text and "Tirer un nouveau secret" not in text


def test_what_is_wrong_is_forgotten_with_the_account_that_it_was_of(place, client_for, now):
    owner, one, other = place
    former = channel_account("email", KEPT["email"], owner=owner)
    readings.failed("email", owner, "La boîte refuse.", now=now)
    mine, theirs = client_for(one), client_for(other)
    assert "La boîte refuse" in mine.get(page(owner, "email")).text and "en panne" in mine.get("/pro/").text
    assert "En panne" in mine.get(f"/pro/reseaux/{owner}/").text
    mine.post(page(owner, "email"), TYPED["email"])
    act(theirs, "accepter", ChannelAccount.objects.get(confirmed_at=None))
    assert not ChannelAccount.objects.filter(pk=former.pk).exists()
    assert AccountReading.objects.get().error == "" and "en panne" not in mine.get("/pro/").text
    readings.failed("email", owner, "La boîte refuse.", now=now)
    act(mine, "arreter", ChannelAccount.objects.get())
    assert "en panne" not in mine.get("/pro/").text


def test_a_moment_without_an_answer_troubles_nobody(place, client_for):
    owner, one, _ = place
    now = timezone.now()
    channel_account("email", KEPT["email"], owner=owner)
    readings.went_well("email", owner, now=now - timedelta(minutes=14))
    readings.failed("email", owner, "La boîte ne répond pas.", now=now)
    assert "en panne" not in client_for(one).get("/pro/").text
    assert "La boîte ne répond pas" in client_for(one).get(page(owner, "email")).text


def test_all_serve_on_when_the_keys_turn(settings, place):
    owner, _, _ = place
    for way, values in KEPT.items():
        channel_account(way, values, owner=owner)
    settings.SEALING_KEYS = ["une-clef-toute-neuve-" * 3, *settings.SEALING_KEYS]
    call_command("reseal", verbosity=0)
    settings.SEALING_KEYS = settings.SEALING_KEYS[:1]
    keys.house.cache_clear()
    assert {way: accounts.serving(way, owner).values for way in KEPT} == KEPT


def test_every_way_has_its_form_and_its_words():
    from relais.accounts.forms_providers import FORMS

    assert set(FORMS) == set(providers.WAYS) == set(Way)
