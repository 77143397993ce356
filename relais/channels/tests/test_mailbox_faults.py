"""What a mailbox answers that is no mailbox: a fault of that one account, whose organisation sees it, and of nothing else."""

import socket
import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from relais.channels import services, tasks
from relais.channels.email import imap
from relais.channels.models import AccountReading, Inbound
from relais.channels.retention import set_aside
from relais.channels.tests.fakes import Mailbox
from relais.channels.tests.fakes import imap as serve
from relais.foundation import inner, loops
from relais.foundation.models import Heartbeat
from relais.foundation.outbox import TemporaryError
from relais.foundation.retention import DAY, sweep
from tests.builders import mailbox_account

pytestmark = pytest.mark.django_db
LETTER = b"From: lea@exemple.invalid\r\n\r\nBonjour"
FETCH_LETTERS = f"{tasks.__name__}.fetch_letters"


class Odd(Mailbox):
    """It says `odd` to the command `at`, where the rest of it begins with `rest`."""

    def __init__(self, at, *odd, letters=(LETTER,), rest=""):
        super().__init__(letters)
        self.at, self.odd, self.rest = at, list(odd), rest

    def answer(self, tag, command, rest):
        if command == self.at and rest.startswith(self.rest):
            return self.odd, "OK fine"
        return super().answer(tag, command, rest)


def a_turn(now) -> None:
    """Of the loop, as the worker runs it; its heartbeat was late before."""
    loop = loops.registry[FETCH_LETTERS]
    Heartbeat.objects.update_or_create(name=loop.name, defaults={"every": loop.every, "at": now - timedelta(hours=1)})
    loops._turn.is_spoiled, loops._turn.loop = False, loop
    loop.run(now)


@pytest.mark.parametrize(
    ("at", "odd"),
    [
        ("UID SEARCH", "* SEARCH é 1"),
        ("UID SEARCH", "* SEARCH ²"),
        ("UID SEARCH", "* SEARCH -1"),
        ("UID SEARCH", f"* SEARCH {'1' * 90}"),
        ("UID SEARCH", "* SEARCH {1}\r\n1"),
        ("UID SEARCH", "* SEARCH {9999999}"),
        ("SELECT", "* OK [UIDVALIDITY \0] fine"),
        ("SELECT", f"* OK [UIDVALIDITY {'é' * 90}] fine"),
    ],
)
def test_what_no_mailbox_says_is_a_fault_of_that_mailbox_only(now, at, odd):
    owner = uuid4()
    with serve(Odd(at, odd)) as one, serve(Mailbox([LETTER])) as two:
        mailbox_account(one, owner=owner)
        mailbox_account(two)
        a_turn(now)
    beat = Heartbeat.objects.get(name=FETCH_LETTERS)
    assert timezone.now() - beat.at < timedelta(minutes=1) and not loops._turn.is_spoiled
    assert "comme prévu" in AccountReading.objects.get(owner=owner).error
    assert Inbound.objects.get().account_of is None, "the other one was read"


def test_a_letter_longer_than_was_asked_for_is_not_read_and_holds_back_no_other(now):
    literal = b"* 1 FETCH (UID 11 BODY[]<0> {%d}" % (imap.LARGEST + 1)
    with serve(Odd("UID FETCH", literal, letters=(LETTER, LETTER + b" !"), rest="11 ")) as box:
        account = mailbox_account(box)
        with pytest.raises(TemporaryError):
            imap.fetch(account, now)
        assert Inbound.objects.get().reason == "not-given" and not box.seen
        assert imap.fetch(account, now) == 1 and box.seen == {12}


def test_an_answer_of_many_lines_ends_too(now, monkeypatch):
    monkeypatch.setattr(imap, "MOST", 1000)
    with serve(Odd("UID SEARCH", *["* OK still looking"] * 100)) as box, pytest.raises(TemporaryError):
        imap.fetch(mailbox_account(box), now)


def test_a_server_of_names_that_keeps_us_waiting_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(inner, "look", lambda *args, **more: time.sleep(2))
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        inner.reach("boite.invalid", 993, 0.2)
    assert time.monotonic() - began < 1


def test_the_time_to_connect_is_that_of_all_addresses_together(monkeypatch):
    monkeypatch.setattr(inner, "look", lambda *args, **more: [f"127.0.0.{number}" for number in range(1, 100)])
    asked = []

    def silent(address, timeout):
        asked.append(timeout)
        time.sleep(min(timeout, 0.1))
        raise TimeoutError

    monkeypatch.setattr(socket, "create_connection", silent)
    with pytest.raises(TimeoutError):
        inner.reach("boite.invalid", 993, 0.3)
    assert len(asked) <= 4 and asked == sorted(asked, reverse=True)


def test_a_mailbox_in_one_turn_leaves_the_loop_its_heartbeat():
    """Late after three turns and half a minute: the pause before and one mailbox that is cut off are over by then."""
    every = loops.registry[FETCH_LETTERS].every
    assert every + imap.LONGEST < 3 * every + 30 and imap.ENOUGH + imap.TIMEOUT <= imap.LONGEST


def test_what_is_still_not_given_comes_back_once_it_was_seen_and_emptied(now):
    told = {"channel": "email", "number": "imap:1:9"}
    services.not_given(now=now, **told)
    row = Inbound.objects.get()
    services.see(rows=[row], now=now)
    services.not_given(now=now + timedelta(hours=1), **told)
    assert not Inbound.objects.unseen().exists(), "looked at once, it does not come back each hour"
    later = now + 31 * DAY
    assert set_aside(later - 30 * DAY).exists()
    sweep(later)
    assert not Inbound.objects.set_aside().exists()
    services.not_given(now=later, **told)
    assert Inbound.objects.unseen().get().pk == row.pk
    sweep(later)
    assert Inbound.objects.unseen().exists()
