"""The link below each letter: one click stops, only a press does, and nobody stops another."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from relais.channels import opt_outs
from relais.channels.models import OptOut
from relais.foundation.models import EventRecord

from .stopping import LEA, State, letter

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_secret")]
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def below(number=-1) -> str:
    """The path that the last letter carries."""
    address = mail.outbox[number].extra_headers["List-Unsubscribe"].strip("<>")
    assert mail.outbox[number].extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert address in mail.outbox[number].body
    return address.removeprefix("https://relais.exemple.invalid")


@pytest.fixture
def anonymous():
    """Neither cookie nor token, as a mail program asks."""
    return Client(enforce_csrf_checks=True)


def test_one_click_stops_and_only_a_press_does(anonymous):
    letter()
    path = below()
    for method in ("get", "head"):
        for address in (path, f"{path}?List-Unsubscribe=One-Click&act=stop"):
            assert getattr(anonymous, method)(address).status_code == 200
    assert not OptOut.objects.exists(), "a scanner opens everything and stops nobody"
    answer = anonymous.post(path, ONE_CLICK)
    assert (answer.status_code, answer.cookies) == (200, {}), "no redirect: mail programs follow none"
    assert OptOut.objects.get().how == "header" and letter("reply:2").state == State.STOPPED
    body = '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
    OptOut.objects.all().delete()
    assert anonymous.post(path, body, content_type="multipart/form-data; boundary=x").status_code == 200
    assert OptOut.objects.exists(), "as RFC 8058 prefers it"


def test_the_page_stops_and_begins_again(anonymous):
    letter()
    path = below()
    assert anonymous.post(path, {"act": "stop"}).status_code == 302
    assert "C’est noté" in anonymous.get(path).content.decode() and OptOut.objects.get().how == "link"
    opt_outs.add(channel="email", address=LEA, how="staff", now=timezone.now(), owner=uuid4())
    assert anonymous.post(path, {"act": "again"}).status_code == 302 and not OptOut.objects.exists()
    assert letter("reply:2").state == State.SENT and below() == path, "an old letter stops the next one"


def test_a_flood_of_presses_is_one_row_and_ends_stopped(anonymous):
    letter()
    path = below()
    for _ in range(20):
        anonymous.post(path, ONE_CLICK)
    assert OptOut.objects.count() == 1 and EventRecord.objects.filter(name="sender.stopped").count() == 1
    for _ in range(8):
        anonymous.post(path, {"act": "again"})
        anonymous.post(path, {"act": "stop"})
    answer = anonymous.post(path, {"act": "again"})
    assert OptOut.objects.exists(), "stopping is heard each time, beginning again five times an hour"
    assert answer.status_code == 429 and "Rien n’a changé" in answer.content.decode()
    assert "Rien n’a changé" not in anonymous.get(path).content.decode()


@pytest.mark.parametrize("act", [{"act": "stop"}, ONE_CLICK, {"act": "again"}])
def test_a_forged_link_stops_nobody(anonymous, act):
    letter()
    path, digest = below(), opt_outs._digest("email", LEA)
    for forged in (
        path[:-4] + "0000",
        f"/ne-plus-recevoir/{digest}",
        f"/ne-plus-recevoir/{LEA}",
        "/ne-plus-recevoir/x",
    ):
        assert anonymous.post(forged, act).status_code == 404
    assert not OptOut.objects.exists()


def test_each_address_has_its_own_link(anonymous):
    letter()
    letter("reply:2", to="autre@exemple.invalid")
    assert below(0) != below(1)
    anonymous.post(below(0), ONE_CLICK)
    assert opt_outs.holds("email", LEA) and not opt_outs.holds("email", "autre@exemple.invalid")
    assert LEA not in below(0), "the address is not in the link"


def test_the_link_lives_on_with_each_letter(anonymous, time_machine):
    at = timezone.now()
    time_machine.move_to(at)
    letter()
    path = below()
    time_machine.move_to(at + timedelta(days=300))
    letter("reply:2")
    time_machine.move_to(at + timedelta(days=400))
    assert anonymous.post(path, ONE_CLICK).status_code == 200
