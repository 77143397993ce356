"""Strangers' bytes: kept before they are read, read at a bounded cost, item by item, and never lost."""

import json
import resource
import time
from base64 import b64encode
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from hypothesis import given, seed
from hypothesis import strategies as st

from relais.channels.email import child, reading
from relais.channels.email.letter import address_in
from relais.channels.email.parsing import read
from relais.channels.models import Inbound
from relais.foundation import confined
from tests.made_up import cases

from ..email import shapes
from ..text import decode
from .conftest import SECRET
from .hostile import letters

HOSTILE = letters()
LETTERS = Path(__file__).parent / "letters"
TRIES = 3
BASIC = "Basic " + b64encode(f"relais:{SECRET}".encode()).decode()


def post(client, raw, provider="mime"):
    return client.post(
        f"/entree/email/{provider}", raw, content_type="message/rfc822", headers={"authorization": BASIC}
    )


def taken_to_keep(client, raw) -> float:
    """Seconds of this thread's processor."""
    started = time.thread_time()
    assert post(client, raw).json() == {"kept": 1}
    return time.thread_time() - started


@pytest.mark.django_db
def test_a_page_only_keeps_the_bytes(client):
    """The door's own processor time, whatever comes; the page of help numbers answers before anything was read."""
    assert post(client, b"From: a@exemple.invalid\r\n\r\nx").status_code == 200
    for what, raw in HOSTILE.items():
        # What the letter itself costs: not what else happens to fall into one try, as the collection of the whole suite's garbage.
        assert (
            min(taken_to_keep(client, raw + b"\n" * again) for again in range(TRIES)) <= 0.05 + len(raw) / 50_000_000
        ), what
    assert Inbound.objects.unread().count() == TRIES * len(HOSTILE) + 1
    assert client.get("/aide").status_code == 200


@pytest.mark.parametrize("what", HOSTILE)
def test_reading_costs_the_child_less_than_a_second_of_processor(what):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    (told,) = reading.letters_in("mime", HOSTILE[what])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime <= 1.0
    assert "Aide" in told["body"] + told["whole"] or what in ("noise", "slow character set", "a name in many pieces")


@pytest.mark.django_db
def test_nothing_is_lost(client, now):
    """Each letter is on its way into a conversation, or where a human sees it."""
    for raw in HOSTILE.values():
        post(client, raw)
    reading.read_all(timezone.now())
    there = Inbound.objects.new() | Inbound.objects.set_aside()
    assert there.count() == Inbound.objects.count() == len(HOSTILE)
    assert Inbound.objects.new().count() >= len(HOSTILE) - 5


@pytest.mark.django_db
def test_a_letter_that_kills_its_reader_is_shown_and_holds_back_no_other(client, monkeypatch):
    """Bounds are the last defence: they are made so small here that an honest letter meets them."""
    post(client, b"From: Lou <lou@exemple.invalid>\r\n\r\n" + b"Bonjour " * 1_000_000)
    post(client, b"From: lea@exemple.invalid\r\n\r\nBonjour")
    real = confined.ask

    def small(module, *words, given, seconds):
        return real(module, *words, given=given, seconds=seconds if len(given) < 1000 else 0.001)

    monkeypatch.setattr(confined, "ask", small)
    now = timezone.now()
    assert reading.read_all(now) == 1 and not Inbound.objects.set_aside().exists(), (
        "a machine that is busy is no fault of the letter"
    )
    for _ in range(Inbound.PATIENCE - 1):
        now += timedelta(hours=1)
        reading.read_all(now)
    aside = Inbound.objects.set_aside().get()
    assert (aside.reason, aside.sender) == ("unreadable", "lou@exemple.invalid") and aside.raw.startswith(b"From: Lou")
    assert Inbound.objects.new().get().body == "Bonjour"


@pytest.mark.django_db
def test_a_reader_killed_from_outside_is_started_again_later(client, monkeypatch, now):
    post(client, b"From: lea@exemple.invalid\r\n\r\nBonjour")
    now = timezone.now()

    def killed(*_, **__):
        raise confined.Died(-9)

    with monkeypatch.context() as patch:
        patch.setattr(confined, "ask", killed)
        assert reading.read_all(now) == 0
    row = Inbound.objects.unread().get()
    assert row.attempts == 1 and row.not_before > now
    assert reading.read_all(row.not_before) == 1 and Inbound.objects.get().body == "Bonjour"


def test_the_child_has_small_bounds():
    assert child.CONFINED.file == 0 and child.CONFINED.processor_seconds <= 5 and child.CONFINED.memory < 1_000_000_000


@seed(20261129)
@cases(400)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                [
                    "From",
                    "Subject",
                    "Content-Type",
                    "Content-Disposition",
                    "Content-Transfer-Encoding",
                    "Reply-To",
                    "References",
                    "Date",
                    "To",
                ]
            ),
            st.one_of(
                st.text(max_size=80),
                st.from_regex(r"=\?[A-Za-z0-9-]{1,12}\?[bBqQ]\?[A-Za-z0-9+/=_ ]{0,20}\?=", fullmatch=True),
                st.from_regex(
                    r"[a-z]{1,9}/[a-z]{1,9}(; ?[a-z]{1,8}\*?[0-9]?\*?=\"?[^\n\r]{0,12}){0,4}", fullmatch=True
                ),
            ),
        ),
        max_size=6,
    ),
    st.binary(max_size=200),
)
def test_no_header_stops_the_reader(headers, body):
    head = "".join(f"{name}: {value}\r\n" for name, value in headers).encode("utf-8", "surrogatepass")
    for field in (head + b"\r\n" + body, head + body):
        told = read(field)
        assert isinstance(told.subject + told.body + told.sender, str)


@pytest.mark.parametrize(
    ("name", "sender", "body"),
    [
        (
            "01-latin9-body",
            "maelys@exemple.invalid",
            "Ma sœur touche 500 € par mois, moi j'ai arrêté au début de l'été.",
        ),
        ("03-smime-signed", "maelys@exemple.invalid", "Oui, jeudi me va."),
        ("03b-outlook-logo-in-signature", "maelys@exemple.invalid", "Oui, jeudi me va."),
        ("03e-calendar-answer", "maelys@exemple.invalid", "C'est bon pour moi."),
        ("04-body-with-a-name", "maelys@exemple.invalid", "Je dors dehors depuis mardi, je ne sais plus quoi faire."),
        ("05-html-table-cells", "maelys@exemple.invalid", "Mes horaires :\n\nJour Heures\n\nLundi 9h 12h\n\nMardi 14h"),
        *[
            (f"06{one}", "maelys@exemple.invalid", "Oui jeudi.")
            for one in (
                "-reply-zimbra",
                "b-reply-orange",
                "d-reply-proton",
                "e-reply-yahoo-unquoted",
                "i-reply-outlook-en-cc",
                "j-reply-message-original",
                "l-reply-outlook-ios",
            )
        ],
        ("06f-reply-gmail-spanish", "maelys@exemple.invalid", "Sí, oui jeudi."),
        ("07-contact-form-reply-to", "maelys@exemple.invalid", "Bonjour, je cherche un métier avec des enfants."),
        ("10-reply-that-begins-with-Le", "maelys@exemple.invalid", "Bonjour,\n\nLe foyer m'a mis dehors hier soir."),
        ("10c-reply-of-one-line-with-Le", "maelys@exemple.invalid", "Le jeudi me va."),
        ("24-broken-encoded-subject", "maelys@exemple.invalid", "Je suis dehors, on peut m'aider ce soir ?"),
        ("25-from-unquoted-comma", "maelys@exemple.invalid", "Je suis dehors ce soir."),
        ("25c-from-at-in-name", "maelys@exemple.invalid", "Je suis dehors ce soir."),
        (
            "26-flowed",
            "maelys@exemple.invalid",
            "Bonjour, je voudrais savoir si je peux venir vous voir jeudi parce que j'ai un rendez-vous le matin avec "
            "la mission locale et je n'ai pas de bus avant.",
        ),
    ],
)
def test_letters_of_real_programs(name, sender, body):
    told = read((LETTERS / f"{name}.eml").read_bytes())
    assert (told.sender, told.body, told.reason, told.attachments) == (sender, body, "", [])


def test_a_subject_in_a_rare_set():
    assert read((LETTERS / "01b-latin9-subject.eml").read_bytes()).subject == "Ma sœur et 500 €"
    assert read(b"Subject: =?iso-8859-1?Q?J=92ai_80=80?=\r\n\r\nx").subject == "J’ai 80€"
    assert read(b"Subject: =?utf-8?B?w?= =?utf-8?B?6k=?=\r\n\r\nx").subject, "as it was typed"


@pytest.mark.parametrize(
    ("header", "address"),
    [
        ("Exemple, Maelys <m@exemple.invalid>", "m@exemple.invalid"),
        ("[ML] Maelys <m@exemple.invalid>", "m@exemple.invalid"),
        ("Maelys; Exemple <m@exemple.invalid>", "m@exemple.invalid"),
        ("Maelys @ Gien <m@exemple.invalid>", "m@exemple.invalid"),
        ('"Lou <autre@exemple.invalid>" <m@exemple.invalid>', "m@exemple.invalid"),
        ("autre@exemple.invalid <m@exemple.invalid>", "m@exemple.invalid"),
        ("m@exemple.invalid (Maelys)", "m@exemple.invalid"),
        ("<m@exemple.invalid>, <autre@exemple.invalid>", "m@exemple.invalid"),
        ('"Maelys <m@exemple.invalid>', "m@exemple.invalid"),
        ("Maelys", ""),
        ("<>", ""),
        ("a@b@c.invalid", ""),
        ("<pas une adresse>", ""),
    ],
)
def test_the_address_is_read_whatever_stands_before_it(header, address):
    assert address_in(header) == address


def test_who_a_form_asks_to_answer_is_answered_and_nothing_is_proved_of_them():
    raw = b"From: contact@mission.invalid\r\nReply-To: m@exemple.invalid\r\nAuthentication-Results: mx; dmarc=pass header.from=mission.invalid\r\n\r\nBonjour"
    assert (read(raw).sender, read(raw).verified) == ("m@exemple.invalid", None)
    assert read(raw.replace(b"Reply-To: m@exemple", b"Reply-To: contact@mission")).verified is True


WORDS = "Le foyer m'a mise dehors"
OURS = "Bonjour Maelys, on va voir cela ensemble jeudi."


def leaf(kind, body, head=""):
    return f"Content-Type: {kind}; charset=utf-8\n{head}\n{body}"


def several(kind, *parts, before=""):
    inside = "".join(f"--b1\n{part}\n" for part in parts)
    return f"From: m@exemple.invalid\nContent-Type: multipart/{kind}; boundary=b1\n\n{before}{inside}--b1--\n".encode()


def html(body):
    return f"From: m@exemple.invalid\nContent-Type: text/html; charset=utf-8\n\n{body}".encode()


FOOTER = "-- \nVérifié par l'antivirus du rectorat."


@pytest.mark.parametrize(
    "raw",
    [
        several("mixed", leaf("text/html", f"<p>{WORDS}</p>"), leaf("text/plain", FOOTER)),
        several(
            "alternative",
            leaf("text/plain", "Votre messagerie ne lit pas le HTML."),
            leaf("text/html", f"<p>{WORDS}</p>"),
        ),
        several("alternative", leaf("text/plain", "\u200b"), leaf("text/html", f"<p>{WORDS}</p>")),
        several(
            "mixed",
            leaf("text/plain; name=message.txt", WORDS, "Content-Disposition: inline; filename=message.txt\n"),
            leaf("text/html", "<p>antivirus</p>"),
        ),
        several("mixed", leaf("text/markdown", WORDS)),
        several("mixed", leaf("text/enriched", f"<bold>{WORDS}</bold>")),
        several("mixed", leaf("application/pdf; name=x.pdf", "x"), before=f"{WORDS}\n"),
        html('<p>Bonjour</p><img src="data:image/jpeg;base64,' + "A" * 400_000 + f'"><p>{WORDS}</p>'),
        html(f"<textarea>{WORDS}</textarea>"),
        html(f"<noscript>{WORDS}</noscript>"),
        html(f"a<!--><p>{WORDS}</p>"),
        html(f"a<!-- x <p>{WORDS}</p>"),
    ],
    ids=range(12),
)
def test_no_word_is_lost_whatever_stands_beside_it(raw):
    assert WORDS in read(raw).body


def test_two_versions_of_one_text_are_one_and_what_one_adds_is_kept_beside():
    told = read(
        several("alternative", leaf("text/plain", f"{WORDS} hier soir"), leaf("text/html", f"<p>{WORDS} hier soir</p>"))
    )
    assert (told.body, told.whole) == (f"{WORDS} hier soir", "")
    told = read(
        several(
            "alternative",
            leaf("text/plain", f"{WORDS} hier soir"),
            leaf("text/html", f"<p>{WORDS} hier soir</p><p>avec rien</p>"),
        )
    )
    assert told.body == f"{WORDS} hier soir" and "avec rien" in told.whole


def test_what_is_kept_beside_and_what_is_not():
    assert WORDS in read(several("mixed", leaf("text/plain", "Bonjour"), before=f"{WORDS}\n")).whole
    assert (
        read(
            several("mixed", leaf("text/plain", "Bonjour"), before="This is a multi-part message in MIME format.\n")
        ).whole
        == ""
    )
    told = read(several("mixed", leaf("text/plain", "Bonjour"), leaf("message/rfc822", "From: a@b.fr\n\nx")))
    assert [one["type"] for one in told.attachments] == ["message/rfc822"]
    assert read(html("<p>mot</p>" * 40_000)).shortened


@pytest.mark.parametrize(
    "quoted",
    [
        f"Envoyé à partir de Yahoo Mail pour Android \n \n  Le dim. 29 nov. 2026 à 18:03, Relais<relais@localhost> a écrit :   {OURS}  ",
        f'{"=" * 40}\n\nMessage du : 29/11/2026 18:03\nDe : "Relais" <relais@localhost>\nA : m@sfr.invalid\nCopie à : \nSujet : Relais\n\n{OURS}',
        f"{'-' * 50}\nDe : Relais\nA : Maelys DUPONT\nLe : 29/11/2026 18:03\nObjet : Relais\n\n{OURS}",
    ],
)
def test_three_more_ways_to_quote(quoted):
    assert read(f"From: m@exemple.invalid\n\n{WORDS}\n\n{quoted}\n".encode()).body == WORDS


def test_one_bruised_letter_does_not_spoil_the_others():
    assert decode("Ça ne va plus dès ce soir".encode() + b"\xe9", "utf-8") == "Ça ne va plus dès ce soir\ufffd"
    assert decode("L’été…".encode("cp1252"), "utf-8") == "L’été…"


def test_a_broken_letter_of_a_delivery_does_not_take_the_others_with_it():
    whole = {"Headers": {"From": "lea@exemple.invalid", "X-Number": 3}, "RawTextBody": "Bonjour"}
    first, second = shapes.read(
        "brevo",
        json.dumps({"items": [whole, {"Headers": None, "RawTextBody": "Au secours"}]}).encode(),
        reading.house(),
    )
    assert (first.body, first.reason) == ("Bonjour", "")
    assert second.reason == "unreadable" and "Au secours" in second.body
