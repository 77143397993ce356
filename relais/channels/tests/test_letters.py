"""Letters as they really come: what the person wrote, and whether a person wrote."""

import time
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relais.channels.email import threads
from relais.channels.email.html import words_of
from relais.channels.email.parsing import UNREADABLE, read
from relais.channels.email.quoting import own_words
from tests.made_up import cases

HEAD = "From: Léa <lea@exemple.invalid>\r\nTo: bonjour@relais.exemple.invalid\r\nMessage-ID: <1@exemple.invalid>\r\nSubject: Bonjour\r\n"


def letter(body="Bonjour", head="", kind="text/plain; charset=utf-8"):
    text = f"{HEAD}{head}Content-Type: {kind}\r\n\r\n"
    return read(text.encode() + (body if isinstance(body, bytes) else body.encode()))


def test_a_plain_letter():
    told = letter("Je cherche un stage.\r\n\r\nLéa")
    assert (told.sender, told.subject, told.body) == ("lea@exemple.invalid", "Bonjour", "Je cherche un stage.\n\nLéa")
    assert (told.reason, told.thread, told.verified, told.attachments) == ("", "", None, [])


@pytest.mark.parametrize(
    ("declared", "content"),
    [
        ("us-ascii", "été".encode()),
        ("utf-8", "été".encode("latin-1")),
        ("iso-8859-1", "« l’été »".encode("windows-1252")),
        ("iso-8859-1", "« l’été »".encode()),
        ("martian", "été".encode()),
        ("", "été".encode("windows-1252")),
        ("utf-16", "été".encode("utf-16")),
    ],
)
def test_a_wrong_charset_does_not_spoil_the_accents(declared, content):
    assert "été" in letter(content, kind=f'text/plain; charset="{declared}"').body


def test_a_letter_cut_anywhere_is_read_as_far_as_it_goes():
    message = EmailMessage()
    message["From"], message["Subject"] = "lea@exemple.invalid", "Été"
    message.set_content("Je voudrais parler à quelqu’un.")
    message.add_alternative("<p>Je voudrais parler à quelqu’un.</p>", subtype="html")
    message.add_attachment(b"x" * 5000, maintype="application", subtype="pdf", filename="cv.pdf")
    raw = message.as_bytes()
    for end in range(0, len(raw), 7):
        read(raw[:end])
    assert read(raw[:-3000]).body == "Je voudrais parler à quelqu’un."


@cases(300)
@given(
    st.binary(max_size=2000),
    st.sampled_from([b"", HEAD.encode(), b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n"]),
)
def test_no_bytes_stop_the_reader(tail, head):
    read(head + tail).body.encode()


@pytest.mark.parametrize(
    "raw",
    [
        b"From: =?utf-8?q?=ff?= <lea@exemple.invalid>\r\n\r\nx",
        b"From: " + b"(" * 5000 + b" <lea@exemple.invalid>\r\n\r\nx",
        b"Content-Type: text/plain; charset*0*=x''%ff; charset*1=y\r\n\r\nx",
        b"Content-Disposition: attachment; filename*=martian''%ff%fe\r\n\r\nx",
        b"Content-Type: message/rfc822\r\n\r\nFrom: a@b.invalid\r\n\r\nx",
        b"Content-Transfer-Encoding: base64\r\n\r\n====%%%",
        b"Subject: =?utf-8?b?w6k?= =?martian?q?x?=\r\n\r\nx",
    ],
)
def test_malformed_headers_do_not_stop_it_either(raw):
    read(raw)


def test_parts_nested_by_the_thousand_leave_the_sender_known():
    depth = 3000
    raw = (
        HEAD.encode()
        + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(depth))
        + b"\r\nx"
    )
    started = time.process_time()
    told = read(raw)
    assert told.sender == "lea@exemple.invalid" and told.body in (UNREADABLE, "x", "")
    assert time.process_time() - started < 5


def test_ten_megabytes_are_read_in_seconds():
    started = time.process_time()
    told = letter("Aide-moi. " + "é " * 5_000_000)
    assert told.body.startswith("Aide-moi.") and time.process_time() - started < 8


@pytest.mark.parametrize(
    "line", ["Le 2026 " * 40, "Le 2026 a écrit " * 30, "> De : x", "De : x", "Le " * 100, "-" * 3000, "_ " * 500, "--"]
)
def test_a_letter_made_to_slow_the_reader_down_does_not(line):
    started = time.process_time()
    letter((line + "\n") * (10_000_000 // (len(line) + 1)))
    assert time.process_time() - started < 5


def test_hostile_html_is_only_its_words():
    html = """<html><head><title>t</title><style>p{}</style><script>alert(1)</script></head><body onload="alert(2)">
    <p>Bonjour,</p><img src="http://pister.invalid/p.png" alt="x"><svg><script>alert(3)</script></svg>
    <p>je cherche <b>un&nbsp;stage</b> &lt;script&gt;alert(4)&lt;/script&gt;</p><iframe src="//mal.invalid">dedans</iframe>
    <a href="javascript:alert(5)">clique</a><form action="//mal.invalid"><input value="x"><button>ok</button></form></body></html>"""
    told = letter(html, kind="text/html; charset=utf-8").body
    assert told == "Bonjour,\n\nje cherche un stage <script>alert(4)</script>\nclique"
    assert "invalid" not in told


def test_html_that_was_never_closed_keeps_its_words():
    assert (
        letter("<head><title>x<body><p>Aide<header>-moi</header><button>oui", kind="text/html").body
        == "x\nAide\n-moi\noui"
    )
    assert (
        letter("<style>p{}</style><p>1 < 2 & <3<br/>fin<!-- jamais fermé", kind="text/html").body
        == "1 < 2 & <3\nfin jamais fermé"
    )


def test_broken_html_of_any_size_is_read_quickly():
    for bad in (
        "<" * 300_000,
        "<!--" * 75_000,
        "<a " * 100_000,
        "</" * 150_000,
        "&#" * 150_000,
        "<script" * 40_000,
        "<![CDATA[" * 30_000,
        "<p>" * 90_000,
        "<svg>" * 60_000,
        '<a "' * 90_000,
    ):
        started = time.process_time()
        words_of(bad)
        assert time.process_time() - started < 3, bad[:12]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (
            "Oui, demain.\n\nLe ven. 20 nov. 2026 à 14:03, Relais <x@relais.invalid> a écrit :\n\n> Es-tu libre ?\n> Demain ?",
            "Oui, demain.",
        ),
        (
            "Oui.\n\nLe vendredi 20 novembre 2026 à 14:03, Relais\n<bonjour@relais.exemple.invalid> a\nécrit :\n> Es-tu libre ?",
            "Oui.",
        ),
        ("Oui.\n\nLe 20/11/2026 à 14:03, Relais a écrit :\nEs-tu libre ?\nDemain ?", "Oui."),
        ("Oui.\n\nOn Fri, Nov 20, 2026 at 2:03 PM Relais <x@y.invalid> wrote:\n> Free?", "Oui."),
        (
            "Oui.\n________________________________\nDe : Relais <x@y.invalid>\nEnvoyé : vendredi 20 novembre 2026\nÀ : Léa\nObjet : Bonjour\n\nLibre ?",
            "Oui.",
        ),
        ("Oui.\n\n-----Message d'origine-----\nDe : Relais\nEnvoyé : hier\nLibre ?", "Oui."),
        ("Oui.\n\nEnvoyé de mon iPhone", "Oui."),
        (
            "Oui.\n\nEnvoyé depuis mon mobile\n\nLe ven. 20 nov. 2026 à 14:03, R <x@y.invalid> a écrit :\n> Libre ?",
            "Oui.",
        ),
        # What must stay.
        ("Il a dit :\n\n> Casse-toi", None),
        ("Oui.\n-- \nLéa\n06", None),
        ("Oui.\n--\nAppelle le 06 12 34 56 78", None),
        ("Oui.\nEnvoyé de mon téléphone, viens me chercher", None),
        ("Oui.\nSent from my school", None),
        ("Coucou\nLe 12 mars 2026 à 14:03, mon père a écrit :\nje vais te tuer\nJ'ai peur", None),
        ("Le prof a écrit :\n« Léa est absente »\nJe ne sais pas quoi faire.", None),
        ("Le 20 nov. 2026 à 14:03, R <x@y.invalid> a écrit :\n> Libre ?\n\nOui, demain.", "Oui, demain."),
        (
            "Le 20 nov. 2026 à 14:03, R <x@y.invalid> a écrit :\n> Libre ?\nOui\n> Où ?\nÀ Pau",
            "> Libre ?\nOui\n> Où ?\nÀ Pau",
        ),
        ("Regarde.\n---------- Message transféré ---------\nDe : Max\nDate : hier\n\nTu es nulle.", None),
        ("> Libre ?", None),
        ("De : moi, sans rien d’autre\nje veux parler", None),
        ("--\n" + "ligne\n" * 20 + "fin", None),
    ],
)
def test_what_the_person_wrote_themselves(text, kept):
    assert own_words(text) == (text if kept is None else kept)


def test_the_quote_of_an_html_answer_goes_too():
    html = (
        '<div dir="ltr">Oui, demain.</div><br><div class="gmail_quote"><div class="gmail_attr">Le ven. 20 nov. 2026 à 14:03, R a écrit :<br></div>'
        "<blockquote>Es-tu libre ?<br>Demain ?</blockquote></div>"
    )
    assert letter(html, kind="text/html").body == "Oui, demain."


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        ("Auto-Submitted: auto-replied\r\n", "automatic"),
        ("Auto-Submitted: no\r\n", ""),
        ("Auto-Submitted: no (humain)\r\n", ""),
        ("Precedence: auto_reply\r\n", "automatic"),
        ("Precedence: bulk\r\n", "list"),
        ("X-Autoreply: yes\r\n", "automatic"),
        ("List-Id: <nouvelles.exemple.invalid>\r\n", "list"),
        ("Return-Path: <>\r\n", "bounce"),
        ("X-Relais: 1\r\n", "own"),
        ("X-Auto-Response-Suppress: All\r\n", ""),
    ],
)
def test_programs_are_recognised(head, reason):
    assert letter(head=head).reason == reason


@pytest.mark.parametrize(
    ("sender", "reason"),
    [
        ("no-reply@exemple.invalid", "no-reply"),
        ("ne-pas-repondre@exemple.invalid", "no-reply"),
        ("MAILER-DAEMON@exemple.invalid", "bounce"),
        ("bonjour@relais.exemple.invalid", "own"),
        ("", "no-sender"),
        ("pas une adresse", "no-sender"),
        ("norelle@exemple.invalid", ""),
        ("bounce.girl93@exemple.invalid", ""),
        ("noreply.lea@exemple.invalid", ""),
        ("bounces+12-ab=x@exemple.invalid", "no-reply"),
        ("no-reply-12@exemple.invalid", "no-reply"),
        ('"a\r\nBcc: b"@x', "no-sender"),
    ],
)
def test_senders_that_nobody_reads(sender, reason, settings):
    settings.DEFAULT_FROM_EMAIL = "Relais <bonjour@relais.exemple.invalid>"
    assert read(f"From: {sender}\r\n\r\nBonjour".encode()).reason == reason


def test_a_delivery_report_is_a_bounce():
    assert letter(kind="multipart/report; report-type=delivery-status; boundary=x").reason == "bounce"


def test_attachments_leave_a_line_each_and_a_program_is_told():
    message = EmailMessage()
    message["From"] = "lea@exemple.invalid"
    message.set_content("Voici mon CV")
    message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="cv.pdf")
    message.add_attachment(b"MZ\x90\x00payload", maintype="image", subtype="png", filename="photo.png")
    message.add_attachment(b"x", maintype="application", subtype="octet-stream", filename="facture.pdf.exe. ")
    told = read(message.as_bytes())
    assert told.body == "Voici mon CV"
    assert [(one["name"], one["program"]) for one in told.attachments] == [
        ("cv.pdf", False),
        ("photo.png", True),
        ("facture.pdf.exe.", True),
    ]
    assert "payload" not in repr(told)


def test_a_letter_inside_a_letter_is_not_what_the_person_wrote():
    inner = EmailMessage()
    inner["From"] = "max@exemple.invalid"
    inner.set_content("Tu es nulle.")
    outer = EmailMessage()
    outer["From"] = "lea@exemple.invalid"
    outer.set_content("Lis ça.")
    outer.add_attachment(inner)
    assert read(outer.as_bytes()).body == "Lis ça."


def test_an_answer_finds_its_conversation(settings):
    settings.SITE_URL = "https://relais.exemple.invalid"
    token = "Abc_def-0123456789xyz"
    proof, host = "0123456789abcdef" * 2, "relais.exemple.invalid"
    for head in (
        f"In-Reply-To: {threads.message_id(token, proof, '0a1b2c3d')}\r\n",
        f"References: <x@mtasv.net>\r\n {threads.message_id(token, proof)} <y@mtasv.net>\r\n",
    ):
        assert (letter(head=head).thread, letter(head=head).proofs) == (token, [proof])
    none = letter(head=f"In-Reply-To: {threads.message_id('', proof, '0a1b2c3d')}\r\n")
    assert (none.thread, none.proofs) == ("", [proof]), "a letter of no conversation"
    for before in (f"<{token}@{host}>", f"<{token}.0123456789abcdef@{host}>"):
        found = letter(head=f"References: {before}\r\n")
        assert (found.thread, found.proofs) == (token, []), "letters of earlier versions find their conversation"
    assert letter(head=f"References: <{token}.{proof}@autre.invalid>\r\n").thread == ""
    assert letter(head=f"References: <{token}.{proof}@autre.invalid>\r\n").proofs == []


@pytest.mark.parametrize(
    ("results", "verified"),
    [
        ("mx.exemple.invalid; dkim=pass header.d=exemple.invalid; spf=fail", True),
        ("mx; dmarc=fail; dkim=pass header.d=exemple.invalid", False),
        ("mx; dmarc=pass (p=none) header.from=exemple.invalid", True),
        ("mx; dmarc=pass", None),
        ("mx; spf=fail", False),
        ("mx; none", None),
        ("mx; spf=pass smtp.mailfrom=lea@exemple.invalid", True),
        ("mx; dkim=pass header.i=@exemple.invalid", True),
        ("mx;\r\n dkim=pass\r\n header.d=exemple.invalid", True),
        ("", None),
        (";", None),
        ("mx", None),
        ("mx; dmarc=passé", None),
        # Somebody else's domain, which did sign its own letter.
        ("mx; dkim=pass header.d=ailleurs.invalid", None),
        ("mx; spf=pass smtp.mailfrom=x@ailleurs.invalid", None),
        ("mx; dkim=pass", None),
        ("mx; dkim=pass header.d=pas-exemple.invalid; dmarc=none", None),
        ("mx; dmarc=pass header.from=ailleurs.invalid", None),
        # What the sender chose, repeated by a server that is right to repeat it.
        ('mx; spf=softfail smtp.mailfrom="x; dmarc=pass"@ailleurs.invalid', None),
        ("mx; spf=none (dmarc=pass); dmarc=none", None),
        ("mx; spf=none smtp.mailfrom=dmarc=pass@ailleurs.invalid", None),
        ("mx; spf=none (a (b; dmarc=pass); dmarc=pass) x=y", None),
        ("mx; spf=none (a; dmarc=pass", None),
        ('mx; spf=none "a; dmarc=pass', None),
    ],
)
def test_what_the_receiving_server_says_is_kept(results, verified):
    assert letter(head=f"Authentication-Results: {results}\r\n").verified is verified


@pytest.mark.parametrize(
    ("head", "verified"),
    [
        ("autre; dmarc=pass", None),
        ("mx.exemple.fr; dmarc=pass header.from=exemple.invalid", True),
        ("MX.exemple.fr 1; dmarc=pass header.from=exemple.invalid", True),
        ("mx.exemple.fr.autre; dmarc=pass", None),
        ("; dmarc=pass", None),
        (" ; dmarc=pass header.from=exemple.fr", None),
    ],
)
def test_only_the_word_of_our_own_server_counts(settings, head, verified):
    """Whoever sends a letter may write such a header too, above or below the true one."""
    settings.EMAIL_CHECKED_BY = "mx.exemple.fr"
    assert letter(head=f"Authentication-Results: {head}\r\n").verified is verified
    assert (
        letter(head=f"Authentication-Results: autre; dmarc=fail\r\nAuthentication-Results: {head}\r\n").verified
        is verified
    )
    settings.EMAIL_CHECKED_BY = ""
    assert letter(head=f"Authentication-Results: {head}\r\n").verified is None


@pytest.mark.parametrize(
    ("senders", "sender", "verified"),
    [
        (["Léa <lea@exemple.invalid>"], "lea", True),
        (['"lea@exemple.invalid" <Lea@exemple.invalid>'], "Lea", True),
        (["Léa @ Gien <lea@exemple.invalid>"], "lea", True),
        (["\"'lea@exemple.invalid'\" <lea@exemple.invalid>"], "lea", True),
        (["@lea <lea@exemple.invalid>"], "lea", True),
        (['"lea@exemple.invalid." <lea@exemple.invalid>'], "lea", True),
        (["lea@exemple.invalid", "ex@exemple.invalid"], "lea", None),
        (["lea@exemple.invalid, ex@exemple.invalid"], "lea", None),
        (["<lea@exemple.invalid>, <ex@exemple.invalid>"], "lea", None),
        (["<ex@exemple.invalid> <lea@exemple.invalid>"], "lea", None),
        (["(<lea@exemple.invalid>) ex@exemple.invalid"], "lea", None),
        (['"ex@exemple.invalid" <lea@exemple.invalid>'], "lea", None),
    ],
)
def test_of_two_authors_none_is_proven(senders, sender, verified):
    """The server that checked the letter says of which domain it was, not which of them it read."""
    head = "".join(f"From: {one}\r\n" for one in senders)
    told = "Authentication-Results: mx; dmarc=pass header.from=exemple.invalid\r\n"
    letter = read(f"{told}{head}\r\nBonjour".encode())
    assert (letter.sender, letter.verified) == (f"{sender}@exemple.invalid", verified)
    failed = read(f"{told.replace('pass', 'fail')}{head}\r\nBonjour".encode())
    assert failed.verified is False
