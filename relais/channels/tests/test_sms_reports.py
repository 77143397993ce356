"""What became of an SMS once its provider had taken it: the one letter that is meant, and no more than what is known."""

import hmac
import json
from datetime import timedelta
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.utils import timezone

from relais.channels import tasks
from relais.channels.models import Inbound
from relais.channels.sms import ovh, reports
from relais.foundation import outbox
from relais.foundation.models import Outbound
from tests.builders import sms_account

from .conftest import SECRET
from .fakes import FICTION, Ovh, Provider

pytestmark = pytest.mark.django_db
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def service(provider):
    """OVHcloud, and the account of the installation there."""
    fake = provider(kind=Ovh)
    fake.account = sms_account(url=fake.address + "/1.0/sms/sms-xx1-1", dialect="ovh", key="ak:as:ck")
    return fake


def leave(now, *, key="reply:1", owner=None) -> Outbound:
    """One that left, by the account that serves this organisation."""
    outbox.enqueue("sms", key=key, payload={"to": FICTION, "text": "Un message."}, now=now, owner=owner)
    outbox.send_due(now)
    return Outbound.objects.get(key=key)


def took(fake, number) -> None:
    fake.answer_to_jobs = (200, {}, {"ids": [number], "validReceivers": [FICTION], "invalidReceivers": []})


def asked(fake) -> list[str]:
    return [one["path"].rpartition("/")[2] for one in fake.requests if "/outgoing/" in one["path"]]


def state(row) -> str:
    return Outbound.objects.values_list("state", flat=True).get(pk=row.pk)


# --- asked for at OVHcloud


@pytest.mark.parametrize(
    ("receipt", "ptt", "becomes"),
    [
        (1, 4, "delivered"),
        (2, 23, "returned"),
        (2, 24, "returned"),
        (2, 5, "returned"),
        (16, 202, "returned"),
        (2, 999, "returned"),
        (0, 0, "sent"),
        (4, 1, "sent"),
        (8, 2, "sent"),
        (8, 24, "sent"),
        (4, 3, "sent"),
        (2, 6, "sent"),
        (2, 4, "sent"),
        (1, 3, "sent"),
        (1, 6, "sent"),
        (1, 23, "sent"),
        (3, 4, "sent"),
        (None, None, "sent"),
        ("2", "23", "sent"),
        (2, None, "sent"),
    ],
)
def test_no_more_is_said_than_the_provider_knows(service, now, receipt, ptt, becomes):
    row = leave(now)
    service.became(1, receipt, ptt)
    tasks.fetch_sms(now + MINUTE)
    assert state(row) == becomes


def test_why_it_did_not_arrive_is_said_without_a_number(service, now):
    row = leave(now)
    service.became(1, 2, 23)
    tasks.fetch_sms(now + MINUTE)
    row.refresh_from_db()
    assert row.error == "L’opérateur n’a pas remis le SMS (numéro inconnu de l’opérateur, ou bloqué)."
    assert (row.payload, row.known_as) == ({}, "ovh:1")


def test_each_report_is_of_its_own_letter(service, now):
    rows = []
    for number in (11, 12, 13):
        took(service, number)
        rows.append(leave(now, key=f"reply:{number}"))
    service.became(11, 1, 4)
    service.became(12, 2, 24)
    service.became(99, 2, 24)
    tasks.fetch_sms(now + MINUTE)
    assert [state(row) for row in rows] == ["delivered", "returned", "sent"]


@pytest.mark.parametrize(
    "bad", [None, {"id": 12, "deliveryReceipt": 2, "ptt": 23}, [], {"deliveryReceipt": 2, "ptt": 23}]
)
def test_one_that_cannot_be_had_holds_back_no_other(service, now, bad):
    """404 while it is still a job over there, or an answer about another one."""
    took(service, 11)
    first = leave(now, key="reply:1")
    took(service, 13)
    second = leave(now, key="reply:2")
    service.became(13, 2, 23)
    service.outgoing[11] = bad
    tasks.fetch_sms(now + MINUTE)
    assert sorted(asked(service)) == ["11", "13"] and (state(first), state(second)) == ("sent", "returned")
    service.became(11, 1, 4)
    tasks.fetch_sms(now + 3 * MINUTE)
    assert state(first) == "delivered", "asked for again"


def test_it_is_asked_for_less_and_less_then_no_more(service, now):
    leave(now)
    service.became(1, 4, 3)
    for minutes in (*range(10), *range(10, 4 * 24 * 60, 60)):
        reports.fetch(ovh.report, service.account, now + minutes * MINUTE)
    assert 15 <= len(asked(service)) <= 22
    before = len(asked(service))
    service.became(1, 2, 23)
    tasks.fetch_sms(now + 30 * DAY)
    assert len(asked(service)) == before


def test_a_telephone_that_was_off_for_two_days_is_known_within_hours(service, now):
    row = leave(now)
    service.became(1, 4, 3)
    for minutes in (*range(10), *range(10, 48 * 60, 15)):
        reports.fetch(ovh.report, service.account, now + minutes * MINUTE)
    service.became(1, 2, 23)
    for minutes in range(48 * 60, 55 * 60, 15):
        reports.fetch(ovh.report, service.account, now + minutes * MINUTE)
    assert state(row) == "returned"


def test_what_is_known_is_asked_for_no_more(service, now):
    leave(now)
    service.became(1, 1, 4)
    for minutes in (1, 10, 100):
        tasks.fetch_sms(now + minutes * MINUTE)
    assert asked(service) == ["1"]


def test_a_turn_asks_about_so_many_and_those_that_wait_longest(service, now, monkeypatch):
    monkeypatch.setattr(reports, "MOST", 2)
    for number in (11, 12, 13):
        took(service, number)
        leave(now + number * timedelta(seconds=1), key=f"reply:{number}")
    at = now + 30 * MINUTE
    reports.fetch(ovh.report, service.account, at)
    assert asked(service) == ["11", "12"]
    reports.fetch(ovh.report, service.account, at)
    assert asked(service) == ["11", "12", "13"], "the others had their turn, and come back later"


def test_two_who_ask_at_once_ask_once(service, now):
    row = leave(now)
    service.became(1, 4, 3)
    account, at = service.account, now + MINUTE
    (seen_by_both,) = reports.due(account, at)
    assert [reports._asked(ovh.report, account, one, at) for one in (row, seen_by_both)] == [False, False]
    assert asked(service) == ["1"]


def test_an_account_asks_about_what_left_by_it_only(service, provider, now):
    """Two services count each for itself: number 1 of one organisation is not number 1 of the installation."""
    theirs = uuid4()
    there = provider(kind=Ovh)
    sms_account(
        url=there.address + "/1.0/sms/sms-yy2-1", dialect="ovh", key="ak:as:ck", owner=theirs, webhook_secret="autre"
    )
    ours, other = leave(now), leave(now, key="reply:2", owner=theirs)
    there.became(1, 2, 23)
    service.became(1, 1, 4)
    tasks.fetch_sms(now + MINUTE)
    assert (state(ours), state(other)) == ("delivered", "returned")
    assert asked(service) == asked(there) == ["1"]


@pytest.mark.parametrize("ids", [[], [1, 2], "1", [None], [True], ["../jobs"], ["x" * 200]])
def test_a_number_that_is_none_is_not_kept(service, now, ids):
    service.answer_to_jobs = (200, {}, {"ids": ids, "validReceivers": [FICTION], "invalidReceivers": []})
    row = leave(now)
    assert (row.state, row.known_as) == ("sent", "")
    tasks.fetch_sms(now + MINUTE)
    assert not asked(service)


# --- brought by a gateway


@pytest.fixture
def gateway(provider):
    """A gateway of one's own, which gives « a7 » for each message."""
    fake = provider((202, {}, {"id": "a7"}))
    sms_account(url=fake.address, dialect="json")
    return fake


def tell(client, status, number="a7", *, secret=SECRET, path="/entree/sms"):
    body = json.dumps({"id": number, "status": status}).encode()
    second = str(int(timezone.now().timestamp()))
    sign = hmac.new(secret.encode(), second.encode() + b"." + body, "sha256").hexdigest()
    headers = {"x-relais-signature": f"t={second},s={sign}"}
    return client.post(path, body, content_type="application/json", headers=headers).status_code


@pytest.mark.parametrize(
    ("said", "becomes"),
    [
        (["delivered"], "delivered"),
        (["failed"], "returned"),
        (["sent"], "sent"),
        (["inconnu"], "sent"),
        (["DELIVRD"], "delivered"),
        (["Undelivered"], "returned"),
        (["expired"], "returned"),
        (["failed", "failed"], "returned"),
        (["failed", "sent"], "returned"),
        (["delivered", "failed"], "delivered"),
        (["failed", "delivered"], "delivered"),
        (["delivered", "sent", "failed", "delivered"], "delivered"),
    ],
)
def test_reports_come_in_any_order(gateway, client, now, said, becomes):
    row = leave(now)
    assert [tell(client, word) for word in said] == [200] * len(said)
    assert state(row) == becomes
    assert (Outbound.objects.get().error != "") == (becomes == "returned")


def test_what_a_human_has_seen_is_not_told_again(gateway, client, now):
    row = leave(now)
    tell(client, "failed")
    outbox.leave(Outbound.objects.all())
    assert [tell(client, word) for word in ("failed", "delivered")] == [200, 200]
    assert state(row) == "left"


def test_a_number_that_no_letter_bears_moves_nothing(gateway, client, now):
    row = leave(now)
    numbers = ("a8", "A7", " ", "a", "%", "json:a7", str(row.pk), "a7\x00", "\ud800")
    told = [tell(client, "failed", number) for number in numbers]
    assert set(told) <= {200, 400} and state(row) == "sent"


def test_a_gateway_quicker_than_our_own_note_is_asked_to_come_again(gateway, client, now):
    row = leave(now)
    Outbound.objects.update(state="sending", known_as="")
    assert tell(client, "failed") == 404
    Outbound.objects.update(owner=uuid4())
    assert tell(client, "failed") == 200, "of another organisation"
    assert state(row) == "sending"


@pytest.mark.parametrize(("ago", "becomes"), [(3 * DAY - MINUTE, "returned"), (3 * DAY + MINUTE, "sent")])
def test_a_gateway_that_begins_to_count_anew_speaks_of_no_old_letter(gateway, client, now, ago, becomes, time_machine):
    row = leave(now)
    time_machine.move_to(now + ago, tick=False)
    assert tell(client, "failed") == 200 and state(row) == becomes


def test_a_report_that_repeats_our_words_is_no_message(gateway, client, now):
    row = leave(now)
    form = urlencode({"id": "a7", "status": "failed", "from": FICTION, "message": "Bonjour"})
    assert client.post(f"/entree/sms/{SECRET}", form, content_type=FORM).json() == {"kept": 1}
    assert state(row) == "returned" and not Inbound.objects.exists()


def test_a_forged_report_finds_no_door(gateway, client, now):
    row = leave(now)
    assert tell(client, "failed", secret="autre") == 404
    form = urlencode({"id": "a7", "status": "failed"})
    assert client.post("/entree/sms/autre", form, content_type=FORM).status_code == 404
    assert (
        client.post("/entree/sms", b'{"id":"a7","status":"failed"}', content_type="application/json").status_code == 404
    )
    assert state(row) == "sent"


@pytest.mark.parametrize(
    "body",
    [{"status": "failed"}, {"id": 3, "status": None}, {"id": [], "status": "failed"}, {"id": "a7", "status": ""}],
)
def test_a_report_that_cannot_be_read_is_left_to_the_gateway(gateway, client, now, body):
    row = leave(now)
    raw = json.dumps(body).encode()
    second = str(int(timezone.now().timestamp()))
    sign = hmac.new(SECRET.encode(), second.encode() + b"." + raw, "sha256").hexdigest()
    headers = {"x-relais-signature": f"t={second},s={sign}"}
    answer = client.post("/entree/sms", raw, content_type="application/json", headers=headers)
    assert answer.status_code == 400 and state(row) == "sent"


def test_the_account_of_another_organisation_says_nothing_of_ours(gateway, provider, client, now):
    theirs = uuid4()
    there = provider((202, {}, {"id": "a7"}))
    sms_account(url=there.address, dialect="json", owner=theirs, webhook_secret="autre-secret")
    ours, other = leave(now), leave(now, key="reply:2", owner=theirs)
    path = f"/entree/sms/compte/{theirs}"
    assert tell(client, "failed", secret="autre-secret", path=path) == 200
    assert (state(ours), state(other)) == ("sent", "returned")
    assert tell(client, "failed", secret=SECRET, path=path) == 404
    assert tell(client, "delivered", secret=SECRET) == 200
    assert (state(ours), state(other)) == ("delivered", "returned")
    assert tell(client, "failed", path=f"/entree/sms/compte/{uuid4()}") == 404


def test_a_number_given_twice_names_neither(gateway, client, now):
    rows = [leave(now), leave(now, key="reply:2")]
    assert tell(client, "failed") == 200
    assert [state(row) for row in rows] == ["sent", "sent"]


def test_the_form_of_those_who_sign_nothing(gateway, client, now):
    """46elks: id, status, and the hour of what was delivered."""
    row = leave(now)
    form = urlencode({"id": "a7", "status": "delivered", "delivered": "2026-11-22T10:00:00"})
    assert client.post(f"/entree/sms/{SECRET}", form, content_type=FORM).json() == {"kept": 1}
    assert state(row) == "delivered"


@pytest.mark.parametrize(
    "answer", [(202, {}, b""), (202, {}, b"pris"), (202, {}, []), (202, {}, {"id": None}), (204, {}, b"")]
)
def test_a_gateway_that_gives_no_number_goes_on_as_before(provider, now, answer):
    sms_account(url=provider(answer).address, dialect="json")
    row = leave(now)
    assert (row.state, row.known_as) == ("sent", "")


def test_a_message_that_speaks_of_a_status_is_a_message(gateway, client, now):
    body = json.dumps({"id": "m1", "from": FICTION, "text": "failed", "status": "failed"}).encode()
    second = str(int(timezone.now().timestamp()))
    sign = hmac.new(SECRET.encode(), second.encode() + b"." + body, "sha256").hexdigest()
    headers = {"x-relais-signature": f"t={second},s={sign}"}
    assert client.post("/entree/sms", body, content_type="application/json", headers=headers).json() == {"kept": 1}


def test_what_is_tried_again_by_hand_is_known_by_its_new_number(provider, now):
    fake = provider((400, {}, {}), (202, {}, {"id": "b2"}))
    sms_account(url=fake.address, dialect="json")
    row = leave(now)
    assert (row.state, row.known_as) == ("failed", "")
    outbox.send_again(row.pk, now=now)
    outbox.send_due(now)
    row.refresh_from_db()
    assert (row.state, row.known_as) == ("sent", "json:b2")
    assert isinstance(fake, Provider)
