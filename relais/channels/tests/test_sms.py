"""SMS in and out: one safe segment, the truth about whether it left, and STOP."""

import hmac
import json
import string
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from relais.channels import http, services
from relais.channels.models import Inbound, Stopped
from relais.channels.sms import ovh
from relais.channels.sms.hours import next_allowed, sms_allowed, zone_of
from relais.channels.sms.numbers import is_mobile
from relais.channels.sms.segment import SENSITIVE, TooLong, TooTelling, one_segment, proposals, sensitive, septets
from relais.foundation import outbox
from relais.foundation.models import Outbound
from relais.foundation.phones import international

from .conftest import SECRET
from .fakes import Provider

NUMBER = "+33639980001"
"""In a block kept for fiction by ARCEP."""
State = Outbound.State


# ---- one segment


@pytest.mark.parametrize(
    ("text", "leaves"),
    [
        ("Tu as un nouveau message.", "Tu as un nouveau message."),
        ("C’est à l’heure… « oui »\u202f!", "C'est à l'heure... \"oui\" !"),
        ("Bœuf – cœur — sœur", "Boeuf - coeur - soeur"),
        ("Ça va être prêt à la forêt, où ? Noël, ï, û, î, â, À, Ê", "Ça va etre pret à la foret, où ? Noel, i, u, i, a, A, E"),
        ("ça", "ca"),
        ("Bravo 🎉\u200d!", "Bravo !"),
        ("5 €", "5 €"),
    ],
)
def test_what_leaves_stays_in_the_gsm_alphabet(text, leaves):
    assert one_segment(text) == leaves


def test_septets_are_counted_as_operators_count_them():
    assert septets("a" * 160) == 160 and septets("€" * 80) == 160
    assert one_segment("é" * 160) == "é" * 160
    for long in ("a" * 161, "€" * 81, "…" * 54):
        with pytest.raises(TooLong):
            one_segment(long)
    with pytest.raises(ValueError, match="GSM"):
        septets("ê")


def test_who_writes_is_shown_what_will_change():
    assert proposals("C’est prêt, ça va 🎉") == {"ê": "e", "ç": "c", "🎉": ""}


@given(st.text(max_size=160))
def test_whatever_is_written_one_segment_or_a_refusal(text):
    with suppress(TooLong, TooTelling):
        assert septets(one_segment(text)) <= 160


@pytest.mark.parametrize("word", SENSITIVE)
def test_no_sensitive_word_ever_leaves(word):
    with pytest.raises(TooTelling):
        one_segment(f"Ta réponse : {word.upper()}.")


def test_accents_do_not_hide_a_word_and_plain_words_pass():
    for telling in ("Ta SANTÉ", "ta Mission Locale", "dépression", "harcèlement", "hôpital", "le psychologue", "violée", "abusé", "le 119"):
        assert sensitive(telling), telling
    for plain in (
        "Le transport est payé",
        "La violette",
        "Le jury t'attend",
        "Au 1190",
        "Un gayac",
        "Le jugement",
        "Abusif",
        "Tu as un nouveau message",
    ):
        assert sensitive(plain) == [], plain


# ---- numbers and hours


@pytest.mark.parametrize(
    ("typed", "number", "mobile"),
    [
        ("06 00 00 00 01", "+33600000001", True), ("0033639980001", NUMBER, True), ("33639980001", NUMBER, True),
        ("+33 6.39-98 (00)01", NUMBER, True),
        ("0692 12 34 56", "+262692123456", True), ("0690123456", "+590690123456", True), ("0140000000", "+33140000000", False),
        ("+33 (0)6 12 34 56 78", "+33612345678", True), ("+33 06 12 34 56 78", "+33612345678", True), ("0033 (0)6 12 34 56 78", "+33612345678", True),
        ("6 12 34 56 78", "+33612345678", True), ("06/12/34/56/78", "+33612345678", True), ("06–12–34–56–78", "+33612345678", True),
        ("0709001234", "+590709001234", True), ("0709101234", "+596709101234", True), ("0709201234", "+262709201234", True),
        ("+262 0692 12 34 56", "+262692123456", True), ("262692123456", "+262692123456", True),
        ("+447911123456", "+447911123456", False), ("+689 87 12 34 56", "+68987123456", True),
    ],
)  # fmt: skip
def test_numbers_as_people_write_them(typed, number, mobile):
    assert international(typed) == number and is_mobile(number) is mobile


@pytest.mark.parametrize("typed", ["", "36180", "Relais", "06 12", "+33 six", "０６39980001"])
def test_what_is_no_number(typed):
    with pytest.raises(ValueError, match="number"):
        international(typed)


@pytest.mark.parametrize(("hour", "minute", "allowed"), [(7, 59, False), (8, 0, True), (19, 59, True), (20, 0, False), (23, 0, False)])
def test_a_minor_is_not_woken(hour, minute, allowed):
    # The day the clocks go back: the morning comes 25 hours after the one before.
    local = datetime(2026, 10, 25, hour, minute, tzinfo=ZoneInfo("Europe/Paris"))
    now = local.astimezone(ZoneInfo("UTC"))
    assert sms_allowed(now, minor=True) is allowed and sms_allowed(now, minor=False)
    later = next_allowed(now, minor=True)
    assert later == now if allowed else sms_allowed(later, minor=True)
    assert later - now < timedelta(hours=13)
    if not allowed:
        assert later.astimezone(ZoneInfo("Europe/Paris")).strftime("%H:%M") == "08:00"


def test_a_territory_has_its_own_night():
    noon = datetime(2026, 11, 22, 12, tzinfo=ZoneInfo("Europe/Paris"))
    assert sms_allowed(noon, True, zone_of(NUMBER)) and sms_allowed(noon, True, zone_of("+262692123456"))
    assert not sms_allowed(noon, True, zone_of("+590690123456")), "7 in the morning in Guadeloupe"
    assert not sms_allowed(noon, True, zone_of("+68987123456")), "1 in the morning in Tahiti"


# ---- out


@pytest.fixture
def leave(db, settings, now):
    """leave(provider) → the outgoing row after one try."""

    def send(provider, dialect="json", path="", text="Tu as un nouveau message.", to=NUMBER):
        settings.SMS_DIALECT, settings.SMS_URL = dialect, provider.address + path
        settings.SMS_KEY, settings.SMS_SENDER = "ak:as:ck" if dialect == "ovh" else "relais:cle", "Relais"
        outbox.enqueue("sms", key="k", payload={"to": to, "text": text}, now=now, owner=None)
        outbox.send_due(now)
        return Outbound.objects.get()

    return send


def test_a_gateway_of_ones_own(leave, provider):
    fake = provider((202, {}, {}))
    assert leave(fake).state == State.SENT
    (request,) = fake.requests
    assert json.loads(request["body"]) == {"to": NUMBER, "from": "Relais", "text": "Tu as un nouveau message."}
    assert request["headers"]["authorization"] == "Bearer relais:cle"


def test_allmysms(leave, provider):
    fake = provider((201, {}, {"smsId": "de1", "nbSms": 1}))
    assert leave(fake, "allmysms", "/sms/send/").state == State.SENT
    (request,) = fake.requests
    assert request["path"] == "/sms/send/" and json.loads(request["body"])["to"] == NUMBER[1:]


def test_allmysms_answers_200_to_what_it_refuses(leave, provider):
    assert leave(provider((200, {}, {"code": 101})), "allmysms").state == State.FAILED


class Ovh(Provider):
    """The service: its clock, its signature, its jobs and its answers."""

    answer_to_jobs = (200, {}, {"ids": [1], "validReceivers": [NUMBER], "invalidReceivers": [], "totalCreditsRemoved": 1})
    incoming: dict = {}

    def answer(self, request):
        if request["path"] == "/1.0/auth/time":
            return 200, {}, b"1795305600"
        headers = request["headers"]
        address, body = self.address + request["path"], request["body"].decode()
        signed = "+".join(["as", "ck", request["method"], address, body, headers["x-ovh-timestamp"]])
        if headers["x-ovh-signature"] != "$1$" + sha1(signed.encode()).hexdigest():
            return 400, {}, {"message": "Invalid signature"}
        if request["path"].endswith("/jobs"):
            return self.answer_to_jobs
        if "/incoming?" in request["path"]:
            return 200, {}, list(self.incoming)
        found = self.incoming[int(request["path"].rpartition("/")[2])]
        return (200, {}, found) if found else (404, {}, {"message": "The requested object does not exist"})


def test_ovhcloud_signed_by_its_own_clock(leave, provider):
    fake = provider(kind=Ovh)
    assert leave(fake, "ovh", "/1.0/sms/sms-xx1-1").state == State.SENT
    assert json.loads(fake.requests[-1]["body"])["receivers"] == [NUMBER]


def test_ovhcloud_refuses_a_number(leave, provider):
    fake = provider(kind=Ovh)
    fake.answer_to_jobs = (200, {}, {"ids": [], "validReceivers": [], "invalidReceivers": [NUMBER]})
    assert leave(fake, "ovh", "/1.0/sms/sms-xx1-1").state == State.FAILED


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ((500, {}, {}), State.WAITING), ((503, {}, {}), State.WAITING), ((429, {"Retry-After": "600"}, {}), State.WAITING),
        ((400, {}, {}), State.FAILED), ((401, {}, {}), State.FAILED), ((301, {"Location": "https://autre.invalid/"}, {}), State.FAILED),
        ((502, {}, {}), State.AMBIGUOUS), ((504, {}, {}), State.AMBIGUOUS), (Provider.CUT, State.AMBIGUOUS), (Provider.HANG, State.AMBIGUOUS),
    ],
)  # fmt: skip
def test_what_is_known_of_each_fault(leave, provider, monkeypatch, answer, state):
    monkeypatch.setattr(http, "TIMEOUT", 0.3)
    fake = provider(answer)
    row = leave(fake)
    assert row.state == state and len(fake.requests) == 1
    assert "cle" not in row.error


def test_nobody_there_means_that_nothing_left(leave, provider):
    fake = provider()
    fake.address = "http://127.0.0.1:9"
    assert leave(fake).state == State.WAITING


@pytest.mark.parametrize(("asked", "seconds"), [("600", 600), ("0.25", 0.25), ("", 0), ("jamais", 0), ("-5", 0), ("1e99", 0), ("999999", 4 * 3600)])
def test_how_long_a_provider_asks_to_wait(provider, asked, seconds):
    with pytest.raises(http.Busy) as busy:
        http.call("POST", provider((429, {"Retry-After": asked}, {})).address, who="X", headers={})
    assert busy.value.after == timedelta(seconds=seconds)


def test_a_provider_down_for_an_hour_loses_nothing_and_doubles_nothing(leave, provider, now):
    fake = provider(*[(503, {}, {})] * 4, (202, {}, {}))
    leave(fake)
    for minutes in range(1, 100):
        outbox.send_due(now + timedelta(minutes=minutes))
    assert Outbound.objects.get().state == State.SENT and len(fake.requests) == 5


@pytest.mark.parametrize(
    ("text", "to"),
    [("Rendez-vous à la mission locale", NUMBER), ("a" * 161, NUMBER), ("Bonjour", "+447911123456"), ("Bonjour", "0140000000"), ("x", "?")],
)
def test_what_must_not_leave_does_not_reach_the_provider(leave, provider, text, to):
    fake = provider((202, {}, {}))
    assert leave(fake, text=text, to=to).state == State.FAILED
    assert not fake.requests


# ---- in


@pytest.fixture
def gateway(client, db):
    """gateway(id, from, text) → the answer to an SMS signed as the gateway signs; `ago` and `secret` spoil the signature."""

    def post(number="1", sender=NUMBER, text="Bonjour", *, ago=0, secret=SECRET, body=None, **headers):
        body = body if body is not None else json.dumps({"id": number, "from": sender, "text": text}).encode()
        second = str(int(timezone.now().timestamp()) - ago)
        sign = hmac.new(secret.encode(), second.encode() + b"." + body, "sha256").hexdigest()
        headers = {"x-relais-signature": f"t={second},s={sign}"} | headers
        return client.post("/entree/sms", body, content_type="application/json", headers=headers)

    return post


def test_a_signed_sms_is_kept_once(gateway):
    assert gateway().json() == gateway().json() == {"kept": 1}
    row = Inbound.objects.get()
    assert (row.channel, row.sender, row.body) == ("sms", NUMBER, "Bonjour")


@pytest.mark.parametrize(
    "spoiled",
    [
        {"secret": "autre"}, {"ago": 301}, {"ago": -301}, {"x-relais-signature": ""}, {"x-relais-signature": "t=1,s=" + "0" * 64},
        {"x-relais-signature": "t=" + "9" * 12 + ",s=" + "a" * 64},
    ],
)  # fmt: skip
def test_a_forged_or_stale_signature_finds_no_door(gateway, spoiled):
    assert gateway(**spoiled).status_code == 404
    assert not Inbound.objects.exists()


def test_a_replayed_delivery_has_no_second_effect(gateway, client, taken):
    gateway(ago=200)
    assert len(taken(timezone.now())) == 1
    gateway(ago=200)
    assert len(taken(timezone.now())) == 1


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'{"id":1}', b'{"id":"","from":"x","text":"y"}', b'{"id":[],"from":"x","text":"y"}', b"[" * 50_000]
)
def test_malformed_bodies_are_left_to_the_gateway(gateway, body):
    assert gateway(body=body).status_code == 400
    assert not Inbound.objects.exists()


def test_too_long_a_body(gateway):
    assert gateway(body=b"x" * 100_001).status_code == 413


def test_the_form_of_those_who_sign_nothing(client, db):
    form = urlencode({"direction": "incoming", "id": "sf84", "from": NUMBER, "to": "+46766860000", "message": "J’ai besoin d’aide"})
    kind = "application/x-www-form-urlencoded"
    assert client.post(f"/entree/sms/{SECRET}", form, content_type=kind).json() == {"kept": 1}
    assert Inbound.objects.get().body == "J’ai besoin d’aide"
    assert client.post(f"/entree/sms/{SECRET}x", form, content_type=kind).status_code == 404
    assert client.post(f"/entree/sms/{SECRET}", "id=1", content_type=kind).status_code == 400
    assert client.get(f"/entree/sms/{SECRET}").status_code == 405


def test_a_door_without_its_secret_is_not_there(gateway, client, settings):
    settings.SMS_INBOUND_SECRET = ""
    assert gateway(secret="").status_code == 404
    assert client.post("/entree/sms/" + SECRET).status_code == 404


@pytest.mark.parametrize("word", ["STOP", " stop ", "Arrêt", "« STOP ! »", "Stop SMS."])
def test_stop_stops_until_the_person_writes_again(gateway, leave, provider, word, taken):
    gateway("1", text=word)
    assert Inbound.objects.get().reason == "stop" and taken(timezone.now()) == []
    assert Stopped.objects.get().digest == services.digest_of("sms", NUMBER)
    fake = provider((202, {}, {}))
    assert leave(fake).state == State.FAILED and not fake.requests
    gateway("2", text="J’ai besoin d’aide")
    gateway("1", text=word)
    assert not Stopped.objects.exists(), "a late second delivery of STOP does not stop again"


def test_stop_inside_a_sentence_is_a_sentence(gateway):
    gateway(text="Stop, je n’en peux plus")
    assert Inbound.objects.get().state == "new" and not Stopped.objects.exists()


def test_who_cannot_be_answered_is_kept_aside(gateway):
    gateway(sender="Publicité")
    row = Inbound.objects.get()
    assert (row.state, row.reason, row.body) == ("refused", "no-sender", "Bonjour")


def test_answers_are_fetched_from_ovhcloud_once(provider, settings, db):
    fake = provider(kind=Ovh)
    fake.incoming = {
        7: {"id": 7, "sender": NUMBER, "message": "Oui", "creationDatetime": "2026-11-22T10:00:00+01:00", "credits": 0, "tag": ""},
        8: {"id": 8, "sender": NUMBER, "message": "STOP", "creationDatetime": "2026-11-22T10:01:00+01:00", "credits": 0, "tag": ""},
    }
    settings.SMS_DIALECT, settings.SMS_URL, settings.SMS_KEY = "ovh", fake.address + "/1.0/sms/sms-xx1-1", "ak:as:ck"
    now = datetime(2026, 11, 22, 10, tzinfo=UTC)
    assert ovh.fetch(now) == 2 and ovh.fetch(now) == 0
    assert sorted(Inbound.objects.values_list("provider_id", "state")) == [("ovh:7", "new"), ("ovh:8", "ignored")]
    assert Stopped.objects.exists()
    assert {row.received_at for row in Inbound.objects.all()} == {datetime(2026, 11, 22, 9, minute, tzinfo=UTC) for minute in (0, 1)}


def test_an_answer_that_cannot_be_had_holds_back_no_other(provider, settings, db):
    """404 for one of the list: the others are kept, it is shown to a human, and asked for again later."""
    fake = provider(kind=Ovh)
    whole = {"id": 8, "sender": NUMBER, "message": "Oui", "creationDatetime": "2026-11-22T10:00:00+01:00"}
    fake.incoming = {7: None, 8: whole, 9: {"id": 9, "message": "sans expéditeur"}}
    settings.SMS_DIALECT, settings.SMS_URL, settings.SMS_KEY = "ovh", fake.address + "/1.0/sms/sms-xx1-1", "ak:as:ck"
    now = datetime(2026, 11, 22, 10, tzinfo=UTC)
    assert ovh.fetch(now) == 1 and ovh.fetch(now) == 0
    assert Inbound.objects.new().get().body == "Oui"
    assert set(Inbound.objects.set_aside().values_list("provider_id", "reason")) == {("ovh:7", "not-given"), ("ovh:9", "not-given")}
    fake.incoming[7] = whole | {"id": 7, "message": "Et moi"}
    assert ovh.fetch(now + timedelta(minutes=3)) == 1
    assert set(Inbound.objects.new().values_list("provider_id", flat=True)) == {"ovh:7", "ovh:8"}


def test_the_alphabet_is_that_of_the_standard():
    assert septets(string.ascii_letters + string.digits) == 62
    assert septets("@£$¥èéùìòÇØøÅåÆæßÉÄÖÑÜ§¿äöñüà¤¡") == 31
