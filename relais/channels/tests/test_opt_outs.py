"""Who wants nothing more gets nothing more, by whatever way and however they said so; and nobody can say it for them."""

import re
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.core import mail
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from relais.channels import opt_outs, services
from relais.channels.email import reading
from relais.channels.models import Inbound, OptOut
from relais.foundation import keys, outbox
from relais.foundation.models import EventRecord, Outbound
from tests.builders import discord_account

from .stopping import LEA, NUMBER, State, came, letter

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_secret")]
RELAIS = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "text",
    [
        "STOP",
        "stop !",
        "Arrêt",
        "ＳＴＯＰ",
        "STOP 🙏",
        "« Stop. »",
        "S.T.O.P",
        "Désinscription",
        "STOP\n-- \nLéa Martin\n06 39 98 00 01",
        "Stop\n\nEnvoyé de mon iPhone",
    ],
)
def test_stop_and_nothing_else(text):
    assert opt_outs.asks_to_stop(text)


@pytest.mark.parametrize(
    "text", ["", "🙏", "Stop, je n’en peux plus", "dis-lui stop", "STOP Léa", "non-stop", "arrêt maladie", "stop " * 50]
)
def test_a_sentence_is_for_a_human(text):
    assert not opt_outs.asks_to_stop(text)


def test_a_letter_answered_by_stop_is_the_last_one_and_a_human_sees_it():
    came("STOP")
    row = Inbound.objects.get()
    assert (row.state, row.reason, row.body) == ("ignored", "stop", "STOP")
    sent = letter(to="Lea@Exemple.INVALID")
    assert (sent.state, sent.error, sent.attempts) == (State.STOPPED, "", 1) and not mail.outbox
    assert sent.payload == {"to": "Lea@Exemple.INVALID", "subject": "Relais : un message pour toi"}, "the text is gone"
    assert not Outbound.objects.needing_a_human().exists() and not Outbound.objects.tried_again().exists()
    assert not outbox.send_again(sent.pk, now=timezone.now())
    assert EventRecord.objects.filter(name="sender.stopped").count() == 1
    came("STOP", "2")
    assert EventRecord.objects.filter(name="sender.stopped").count() == 1


def test_the_subject_counts_where_there_is_nothing_else():
    came("", subject="Stop")
    assert opt_outs.holds("email", LEA)


@pytest.mark.parametrize(
    ("verified", "answers", "heard"),
    [
        (True, "", True),
        (False, "", False),
        (False, LEA, False),
        (None, "", False),
        (None, "attaquant@exemple.invalid", False),
        (None, LEA, True),
        (None, "Lea@Exemple.INVALID", True),
    ],
)
def test_nobody_stops_the_letters_of_another_in_their_name(verified, answers, heard):
    proofs = [opt_outs.proof_of(answers)] if answers else []
    came("STOP", verified=verified, thread="x" * 20, proofs=["0" * 32, *proofs])
    assert Inbound.objects.get().reason == "stop", "a human sees it in any case"
    assert opt_outs.holds("email", LEA) is heard


def arrived(head: str, body: str = "STOP", number: str = "1") -> None:
    """A letter as the mailbox has it; who signed it is checked by a server of ours."""
    raw = f"Message-ID: <{number}@autre.invalid>\r\nSubject: Re\r\n{head}\r\n\r\n{body}".encode()
    services.keep(channel="email", shape="mime", raw=raw, at=timezone.now())
    reading.read_all(timezone.now())


MINE = "Authentication-Results: mx; dmarc=pass header.from=autre.invalid\r\nFrom: moi@autre.invalid"


@pytest.mark.parametrize(
    "forged",
    [f"From: {LEA}", f"{MINE}\r\nReply-To: {LEA}", f'{MINE}\r\nReply-To: "moi@autre.invalid" <{LEA}>'],
    ids=["from", "asked to answer", "under my name"],
)
def test_whoever_was_written_to_themselves_stops_nobody_else(forged, settings):
    """A letter of ours to oneself, and of the same conversation, proves nothing of another address."""
    settings.EMAIL_CHECKED_BY = "mx"
    thread = "0" * 32 + "f" * 32
    for number, to in enumerate(("moi@autre.invalid", LEA)):
        letter(f"reply:{number}", to=to, thread=thread)
    mine, theirs = (one.extra_headers for one in mail.outbox)
    assert mine["References"] != theirs["References"] and mine["Message-ID"] != theirs["Message-ID"]
    arrived(f"{forged}\r\nIn-Reply-To: {mine['Message-ID']}\r\nReferences: {mine['References']}")
    row = Inbound.objects.get()
    assert (row.sender, row.reason, row.thread, row.verified) == (LEA, "stop", thread, None)
    assert not OptOut.objects.exists()
    arrived(f"From: {LEA}\r\nReferences: {mine['References']} {theirs['References']}", number="2")
    assert OptOut.objects.get().how == "word", "who answers a letter that went there"


def test_a_letter_of_no_conversation_is_answered_by_stop_too(settings):
    settings.EMAIL_CHECKED_BY = ""
    letter("invitation:1")
    letter("invitation:2")
    one, other = (sent.extra_headers for sent in mail.outbox)
    assert not {one["Message-ID"], one["References"]} & {other["Message-ID"], other["References"]}, "no thread of them"
    arrived(f"From: {LEA}\r\nIn-Reply-To: {one['Message-ID']}")
    assert opt_outs.holds("email", LEA)


def test_whom_a_stranger_asks_to_answer_has_not_written_again(settings):
    settings.EMAIL_CHECKED_BY = "mx"
    opt_outs.add(channel="email", address=LEA, how="word", now=timezone.now())
    arrived(f"{MINE}\r\nReply-To: {LEA}", "Bonjour")
    assert Inbound.objects.get().sender == LEA and opt_outs.holds("email", LEA)
    arrived(f"From: {LEA}", "Bonjour", "2")
    assert opt_outs.holds("email", LEA), "nothing proves who wrote that"
    arrived(f"Authentication-Results: mx; dmarc=pass header.from=exemple.invalid\r\nFrom: {LEA}", "Bonjour", "3")
    assert not opt_outs.holds("email", LEA)


@pytest.mark.parametrize(
    ("verified", "answers", "elsewhere", "begins"),
    [
        (True, "", False, True),
        (True, "", True, False),
        (True, LEA, True, True),
        (False, LEA, False, False),
        (None, "", False, False),
        (None, "attaquant@exemple.invalid", False, False),
        (None, LEA, False, True),
        (None, LEA, True, True),
    ],
)
def test_nobody_makes_letters_begin_again_in_the_name_of_another(verified, answers, elsewhere, begins):
    """The proof that stops is the proof that lifts: a `From:` is written by whoever likes."""
    opt_outs.add(channel="email", address=LEA, how="word", now=timezone.now())
    came("Bonjour", verified=verified, proofs=[opt_outs.proof_of(answers)] if answers else [], elsewhere=elsewhere)
    assert opt_outs.holds("email", LEA) is not begins


def test_a_team_takes_back_what_it_noted_itself_and_nothing_else():
    one, other = uuid4(), uuid4()
    for owner in (one, other):
        opt_outs.add(channel="email", address=LEA, how="staff", now=timezone.now(), owner=owner)
    came("STOP")
    assert opt_outs.withdraw(channel="email", address=LEA, owner=one, now=timezone.now())
    assert not opt_outs.withdraw(channel="email", address=LEA, owner=one, now=timezone.now())
    assert set(OptOut.objects.values_list("how", "owner")) == {("staff", other), ("word", None)}
    assert opt_outs.holds("email", LEA, owner=one), "what the person said is theirs"
    assert EventRecord.objects.filter(name="refusal.withdrawn").count() == 1


def test_stop_said_again_is_kept_for_as_long_again(time_machine):
    at = timezone.now()
    for days in (0, 1000):
        time_machine.move_to(at + timedelta(days=days), tick=False)
        came("STOP", str(days))
    assert OptOut.objects.get().at == timezone.now()


def test_whoever_writes_again_waits_for_an_answer():
    came("STOP")
    came("OUI", "2", verified=False)
    assert opt_outs.holds("email", LEA), "somebody else wrote that"
    came("Absente jusqu’à lundi", "3", reason="automatic")
    assert opt_outs.holds("email", LEA), "a program wrote that"
    came("OUI", "4")
    assert not opt_outs.holds("email", LEA)
    came("STOP", "1")
    assert not opt_outs.holds("email", LEA), "a late second delivery stops nothing"


def test_a_number_is_one_however_it_is_written():
    came("STOP", channel="sms", sender=NUMBER, verified=None)
    assert all(opt_outs.holds("sms", one) for one in ("06 39 98 00 01", "0033639980001", "+33 (0)6.39.98.00.01"))
    assert not opt_outs.holds("sms", "06 39 98 00 02") and not opt_outs.holds("email", NUMBER)


def test_what_was_asked_for_a_moment_ago_leaves_all_the_same():
    opt_outs.add(channel="email", address=LEA, how="word", now=timezone.now())
    for kind in opt_outs.PASSES:
        assert letter(f"{kind}:1").state == State.SENT
        assert (
            "List-Unsubscribe" not in mail.outbox[-1].extra_headers and "Ne plus recevoir" not in mail.outbox[-1].body
        )
    assert letter("brand-new-kind:1").state == State.STOPPED, "what nobody listed is stopped"
    assert all(opt_outs.PASSES.values())


def test_it_is_asked_when_it_leaves_not_only_when_it_was_written(now):
    outbox.enqueue("email", key="reply:1", payload={"to": LEA, "subject": "x", "text": "x"}, now=now, owner=None)
    came("STOP")
    outbox.send_due(timezone.now())
    assert Outbound.objects.get().state == State.STOPPED and not mail.outbox


def test_two_organisations():
    """What a person says holds for everybody; what a team notes, for its own letters."""
    one, other = uuid4(), uuid4()
    opt_outs.add(channel="email", address=LEA, how="staff", now=timezone.now(), owner=one)
    assert letter("reply:1", owner=one).state == State.STOPPED
    assert letter("reply:2", owner=other).state == State.SENT and letter("reply:3").state == State.SENT
    came("STOP")
    assert letter("reply:4", owner=other).state == State.STOPPED
    came("Bonjour", "2")
    assert letter("reply:5", owner=one).state == State.SENT and not OptOut.objects.exists()


# --- discord


def test_a_block_on_discord_is_written_down_and_is_no_error(provider, settings, now):
    fake = provider((403, {}, {"code": 50007, "message": "Cannot send messages to this user"}))
    settings.DISCORD_API_URL = fake.address
    discord_account(public_key="ab" * 32)
    payload = {"to": "123456789012345678", "token": "t", "text": "Bonjour"}
    payload |= {"until": (timezone.now() + timedelta(minutes=5)).isoformat()}
    for number in (1, 2):
        outbox.enqueue("discord", key=f"reply:{number}", payload=payload, now=now, owner=None)
    outbox.send_due(timezone.now())
    assert [one.state for one in Outbound.objects.all()] == [State.STOPPED] * 2 and len(fake.requests) == 1
    assert OptOut.objects.get().how == "block"
    came("Bonjour", channel="discord", sender="123456789012345678")
    assert not OptOut.objects.exists()


# --- the upgrade


def test_who_wrote_stop_before_the_upgrade_is_stopped_after_it(now):
    def migrate(name):
        executor = MigrationExecutor(connection)
        executor.migrate([("channels", name)])
        return MigrationExecutor(connection).loader.project_state([("channels", name)]).apps

    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    digest = keys.sign(f"inbound|sms|{NUMBER}")
    migrate("0005_inbound_danger").get_model("channels", "Stopped").objects.create(channel="sms", digest=digest, at=now)
    migrate("0006_opt_out")
    row = OptOut.objects.get()
    assert (row.how, row.owner, row.at) == ("word", None, now) and opt_outs.holds("sms", "06 39 98 00 01")
    opt_outs.add(channel="sms", address=NUMBER, how="word", now=now)
    assert OptOut.objects.count() == 1


STOPPED = {
    "appointment",
    "asked",
    "comment-reply",
    "follow-up",
    "handover",
    "invitation",
    "news",
    "nudge",
    "outcome",
    "remind",
    "reply",
    "account-test",
    "told",
    "words",
}
"""Kinds that leave for nobody who wants nothing more: whoever writes a new one decides here, or in PASSES."""


# Each begins with letters, which `re` looks for first: the whole tree is read.
KINDS = (
    r'key(?<!\wkey)\b[^\n"(]*f"([a-z-]+):',
    r'_send\w*\([^()]*f"([a-z-]+):',
    r'def _key\(.*\n    return f"([a-z-]+):',
    r'_key\(["\x27]([a-z-]+)',
)
# Notices to people on duty: by `notices.tell`, or by a function of the app that calls it.
NOTICES = (
    r'notices\.tell\(\s*"([a-z_-]+)"',
    r'_write(?<!\w_write)\(\s*"([a-z_-]+)"',
    r'_tell(?<!\w_tell)\(\s*"([a-z_-]+)"',
)


def test_each_kind_that_somebody_sends_was_decided_about():
    """No kind in the closed list that nobody sends any more, and none outside of it that nobody thought about."""
    texts = [
        path.read_text("utf-8")
        for path in RELAIS.rglob("*.py")
        if not {"tests", "demo"} & set(path.parts) and path.name != "opt_outs.py"
    ]
    found = {kind for text in texts for pattern in KINDS for kind in re.findall(pattern, text)}
    found |= {f"reading-{what}" for text in texts for what in re.findall(r'_tell\(user, "(\w+)"', text)}
    found |= {kind.replace("_", "-") for text in texts for pattern in NOTICES for kind in re.findall(pattern, text)}
    assert found == set(opt_outs.PASSES) | STOPPED
