"""Letters at the webhook and in the mailbox: verified, kept, acknowledged in that order."""

import json
import time
from base64 import b64encode
from datetime import timedelta
from email.message import EmailMessage
from typing import ClassVar

import pytest
from django.core import mail
from django.core.mail.backends import locmem
from django.db import connection, transaction
from django.utils import timezone

from relais.channels.email import imap, reading, threads
from relais.channels.models import Inbound
from relais.channels.webhooks import LONGEST_LETTER, may_be_heavy
from relais.foundation import outbox
from relais.foundation.models import Outbound
from relais.foundation.outbox import PermanentError, TemporaryError
from tests.builders import mailbox_account

from .conftest import SECRET
from .fakes import Mailbox

pytestmark = pytest.mark.django_db


def raw(body="Bonjour", number="1", sender="lea@exemple.invalid", **headers):
    message = EmailMessage()
    message["From"], message["Message-ID"], message["Subject"] = sender, f"<{number}@exemple.invalid>", "Stage"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(body)
    return message.as_bytes()


@pytest.fixture
def knock(client):
    """knock("mime", letter) → the answer of the door, once the worker has read what it kept."""

    def post(provider, content, password=SECRET, **options):
        content = content if isinstance(content, bytes) else json.dumps(content).encode()
        given = b64encode(f"relais:{password}".encode()).decode()
        answer = client.post(
            f"/entree/email/{provider}",
            content,
            content_type="application/json",
            headers={"authorization": f"Basic {given}"},
            **options,
        )
        reading.read_all(timezone.now())
        return answer

    return post


@pytest.fixture
def fetch(now):
    """fetch(box) → how many letters of the mailbox were kept, once the worker has read them."""

    def turn(box, at=now):
        kept = imap.fetch(mailbox_account(box), at)
        reading.read_all(at)
        return kept

    return turn


def brevo(**changes):
    return {
        "items": [
            {
                "Uuid": ["cd9ef5a7"],
                "MessageId": "<1@exemple.invalid>",
                "From": {"Name": "Léa", "Address": "lea@exemple.invalid"},
                "Headers": {
                    "From": "Léa <lea@exemple.invalid>",
                    "Message-ID": "<1@exemple.invalid>",
                    "Subject": "Stage",
                    "Received": ["from a", "from b"],
                    "Return-Path": "<lea@exemple.invalid>",
                },
                "Subject": "Stage",
                "RawTextBody": "Je cherche un stage.",
                "RawHtmlBody": "<p>Je cherche un stage.</p>",
                "SpamScore": 0.1,
                "Attachments": [
                    {
                        "Name": "virus.exe",
                        "ContentType": "application/octet-stream",
                        "ContentLength": 5,
                        "DownloadToken": "jeton",
                    }
                ],
            }
            | changes
        ]
    }


MAILJET = {
    "Sender": "lea@exemple.invalid",
    "Recipient": "bonjour@relais.exemple.invalid",
    "Date": "20261122T100000",
    "Headers": {"From": "lea@exemple.invalid", "Message-ID": "<1@exemple.invalid>", "Subject": "Stage"},
    "Parts": [
        {
            "Headers": {
                "Content-Type": 'application/pdf; name="cv.pdf"',
                "Content-Disposition": 'attachment; filename="cv.pdf"',
            },
            "ContentRef": "Attachment1",
        }
    ],
    "Attachment1": b64encode(b"%PDF").decode(),
    "Text-part": "Je cherche un stage.",
    "Html-part": "",
    "SpamAssassinScore": "0",
}
POSTMARK = {
    "FromFull": {"Email": "lea@exemple.invalid", "Name": "Léa"},
    "ToFull": [],
    "MessageID": "uuid",
    "Subject": "Stage",
    "Headers": [
        {"Name": "Return-Path", "Value": "<lea@exemple.invalid>"},
        {"Name": "Message-ID", "Value": "<1@exemple.invalid>"},
    ],
    "TextBody": "Je cherche un stage.",
    "HtmlBody": "",
    "Attachments": [{"Name": "cv.pdf", "ContentType": "application/pdf", "Content": "JVBERg=="}],
}


@pytest.mark.parametrize(
    ("provider", "content"),
    [("brevo", brevo()), ("mailjet", MAILJET), ("postmark", POSTMARK), ("mime", raw("Je cherche un stage."))],
)
def test_each_provider_brings_the_same_letter_once(knock, provider, content):
    for _ in range(2):
        assert knock(provider, content).json() == {"kept": 1}
    row = Inbound.objects.get()
    assert (row.channel, row.sender, row.subject, row.body, row.state) == (
        "email",
        "lea@exemple.invalid",
        "Stage",
        "Je cherche un stage.",
        "new",
    )
    if provider != "mime":
        assert [one["program"] for one in row.attachments] == [provider == "brevo"]


def test_without_the_secret_there_is_no_door(knock, client, settings):
    for password in ("", "autre", SECRET[:-1], SECRET + "x"):
        assert knock("brevo", brevo(), password).status_code == 404
    assert client.post("/entree/email/brevo", brevo(), content_type="application/json").status_code == 404
    odd = {"Basic ??": 404, "Basic ££": 400}
    for proof, status in odd.items():
        answer = client.post("/entree/email/brevo", b"", content_type="x", headers={"authorization": proof})
        assert answer.status_code == status
    settings.INBOUND_EMAIL_SECRET = ""
    assert knock("brevo", brevo(), "").status_code == 404
    assert not Inbound.objects.exists()


def test_guessing_is_slowed_down_but_the_provider_still_enters(knock):
    answers = [knock("brevo", brevo(), "essai").status_code for _ in range(25)]
    assert answers[:20] == [404] * 20 and set(answers[20:]) == {429}
    assert knock("brevo", brevo()).status_code == 200


@pytest.mark.parametrize(
    ("provider", "content"),
    [
        ("brevo", b"{"),
        ("brevo", b"[]"),
        ("brevo", {"event": "delivered"}),
        ("mailjet", b"[1]"),
        ("postmark", b"null"),
        ("mailjet", b"[" * 100_000),
        ("brevo", brevo(Headers=None)),
    ],
)
def test_a_shape_we_do_not_know_is_kept_for_a_human(knock, provider, content):
    assert knock(provider, content).status_code == 200
    row = Inbound.objects.set_aside().get()
    assert (row.state, row.reason) == ("refused", "unreadable") and row.raw == (
        content if isinstance(content, bytes) else json.dumps(content).encode()
    )


def test_a_provider_nobody_wrote_for_is_not_there(knock):
    assert knock("pigeon", b"").status_code == 404


def test_ten_megabytes_are_kept_cut_and_beyond_the_limit_refused(knock):
    assert knock("mime", raw("Aide-moi.\n" + "a " * 5_000_000)).status_code == 200
    row = Inbound.objects.get()
    assert row.shortened and row.body.startswith("Aide-moi.")
    heavy = dict(
        POSTMARK,
        MessageID="2",
        TextBody="Mon CV",
        Attachments=[{"Name": "cv.pdf", "ContentType": "application/pdf", "Content": "A" * 13_000_000}],
    )
    assert knock("postmark", heavy).status_code == 200
    assert Inbound.objects.get(shortened=False).body == "Mon CV"
    assert knock("mime", b"a" * (LONGEST_LETTER + 1)).status_code == 413


def test_only_who_knows_the_secret_may_bring_so_much():
    known, unknown = (f"Basic {b64encode(f'x:{word}'.encode()).decode()}" for word in (SECRET, "autre"))
    assert may_be_heavy("/entree/email/brevo", known)
    assert not any(
        [
            may_be_heavy("/entree/email/brevo", unknown),
            may_be_heavy("/parler", known),
            may_be_heavy("/entree/email/brevo", ""),
        ]
    )


def test_programs_that_write_are_kept_aside_and_never_answered(knock, taken):
    for number, header in enumerate([{"Auto_Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"X_Relais": "1"}]):
        assert knock("mime", raw(number=str(number), **header)).status_code == 200
    assert taken() == []
    assert all(row.quiet and row.state == "ignored" for row in Inbound.objects.all())


def test_two_programs_cannot_talk_for_ever(knock, settings, now):
    """Our own letter, answered by an absent person's program, or sent back to our own address."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    token = "conversation-0123456789"
    outbox.enqueue(
        "email",
        key="k",
        payload={"to": "lea@exemple.invalid", "subject": "Réponse", "text": "…", "thread": token, "automatic": True},
        now=now,
        owner=None,
    )
    outbox.send_due(now)
    ours = mail.outbox[0].message()
    assert (
        ours["Auto-Submitted"] == "auto-replied"
        and threads.token_in(ours["Message-ID"]) == threads.token_in(ours["References"]) == token
    )
    knock("mime", ours.as_bytes())
    knock("mime", raw("Je suis en vacances.", Auto_Submitted="auto-replied", In_Reply_To=ours["Message-ID"]))
    knock("mime", raw("Oui, demain.", number="2", In_Reply_To=ours["Message-ID"]))
    assert list(Inbound.objects.values_list("reason", "thread")) == [("own", token), ("automatic", token), ("", token)]


class Watching(locmem.EmailBackend):
    """A mail server that sees who is held up while it is spoken to."""

    held: ClassVar[list] = []

    def open(self):
        self.held.append(connection.connection)


def test_no_connection_is_held_while_the_mail_server_is_spoken_to(shared, settings, now):
    """It may take a minute to answer: the other loops of the worker share four."""
    settings.EMAIL_BACKEND = f"{__name__}.Watching"
    Watching.held.clear()
    payload = {"to": "lea@exemple.invalid", "subject": "Réponse", "text": "…"}
    outbox.enqueue("email", key="k", payload=payload, now=now, owner=None)
    outbox.send_due(now)
    assert Watching.held == [None] and len(mail.outbox) == 1


# ---- the mailbox


def test_letters_are_fetched_kept_then_marked(mailbox, fetch):
    box = mailbox(raw("Un"), raw("Deux", number="2"))
    assert fetch(box) == 2
    assert {row.body for row in Inbound.objects.all()} == {"Un", "Deux"}
    assert box.seen == {11, 12}
    assert fetch(box) == 0


@pytest.mark.parametrize("cut", ["UID FETCH", "before:UID STORE", "before:UID FETCH", "LOGIN", "before:UID SEARCH"])
def test_a_connection_lost_anywhere_loses_and_doubles_nothing(mailbox, fetch, cut):
    box = mailbox(raw("Un"), raw("Deux", number="2"))
    box.cut_after = cut
    with pytest.raises(TemporaryError):
        fetch(box)
    box.cut_after = ""
    fetch(box)
    assert {row.body for row in Inbound.objects.all()} == {"Un", "Deux"}
    assert Inbound.objects.count() == 2 and box.seen == {11, 12}


def test_what_is_not_committed_is_not_marked(mailbox, now, monkeypatch):
    box = mailbox(raw("Un"))

    def full(**_):
        raise OSError("no space left")

    monkeypatch.setattr(imap.services, "keep", full)
    with pytest.raises(TemporaryError):
        imap.fetch(mailbox_account(box), now)
    assert not box.seen


def test_a_heavy_letter_is_fetched_only_as_far_as_its_text(mailbox, fetch):
    message = EmailMessage()
    message["From"] = "lea@exemple.invalid"
    message.set_content("Voici mon CV")
    message.add_attachment(b"x" * 12_000_000, maintype="application", subtype="pdf", filename="cv.pdf")
    box = mailbox(message.as_bytes())
    fetch(box)
    row = Inbound.objects.get()
    assert (row.body, row.attachments[0]["name"]) == ("Voici mon CV", "cv.pdf")


def test_letters_that_the_server_cannot_give_hold_back_no_other(mailbox, fetch, now):
    """More of them than one turn asks for; each is shown to a human, asked for again later, and forgotten once it was given."""
    bad = imap.AT_ONCE
    box = mailbox(*(raw(f"Mauvaise {n}", number=f"m{n}") for n in range(bad)), raw("Un"), raw("Deux", number="2"))
    box.broken = set(range(11, 11 + bad))
    fetch(box)
    assert fetch(box) == 2 and fetch(box) == 0
    assert {row.body for row in Inbound.objects.new()} == {"Un", "Deux"} and box.seen == {11 + bad, 12 + bad}
    assert (
        set(Inbound.objects.set_aside().values_list("reason", "attempts")) == {("not-given", 1)}
        and Inbound.objects.set_aside().count() == bad
    )
    box.broken.discard(11)
    assert fetch(box, now + timedelta(minutes=3)) == 1
    assert Inbound.objects.set_aside().count() == bad - 1 and Inbound.objects.new().filter(attempts=0).count() == 3


def test_a_server_that_keeps_us_waiting_is_cut_off(mailbox, now, monkeypatch):
    """Long before it is silent for long enough: whoever sends one sign now and then would hold the others up for ever."""
    monkeypatch.setattr(imap, "LONGEST", 0.3)
    box, plain = mailbox(raw()), Mailbox.answer

    def slow(self, tag, command, rest):
        time.sleep(2 if command == "UID SEARCH" else 0)
        return plain(self, tag, command, rest)

    monkeypatch.setattr(Mailbox, "answer", slow)
    began = time.monotonic()
    with pytest.raises(TemporaryError):
        imap.fetch(mailbox_account(box), now)
    assert time.monotonic() - began < 2 and not box.seen


def test_a_slow_mailbox_goes_on_in_the_next_turn(mailbox, fetch, monkeypatch):
    monkeypatch.setattr(imap, "ENOUGH", -1.0)
    box = mailbox(raw("Un"))
    assert fetch(box) == 0 and not box.seen


def test_a_wrong_password_is_an_error_not_a_loop(mailbox, now):
    box = mailbox(raw())
    box.values["password"] = "autre"
    with pytest.raises(PermanentError, match="mot de passe"):
        imap.fetch(mailbox_account(box), now)


@pytest.mark.django_db(transaction=True)
def test_the_two_doors_open_on_the_same_letter(mailbox, fetch, knock):
    letter = raw("Une fois")
    fetch(mailbox(letter))
    knock("mime", letter)
    assert Inbound.objects.count() == 1
    with transaction.atomic():
        assert Inbound.objects.new().get().body == "Une fois"
    assert Outbound.objects.count() == 0
