"""Every letter template, written with what its sender gives: one subject, the same words in plain and as a page, one address."""

import re
from datetime import timedelta
from email import message_from_bytes, policy
from html import unescape
from io import BytesIO
from pathlib import Path

import pytest
from django.core import mail
from PIL import Image

from relais.accounts.models import Site
from relais.foundation import colours, letters, outbox, sites
from relais.foundation.models import Outbound

from .letters import HOST, YOUNG, contexts

FOLDER = Path(__file__).parent.parent / "relais"
NAMES = sorted(f"{file.parts[-3]}/{file.stem}" for file in FOLDER.glob("*/templates/*/letters/*.html"))
ADDRESS = re.compile(r"https?://[^\s<>\"]+")
TAGS = re.compile(r"<(style|title)\b.*?</\1>|<!--.*?-->|<[^>]+>", re.DOTALL)
SENSITIVE = re.compile(r"danger|mineur|suicid|viol|mort|santé|police|harc|agress|violence", re.IGNORECASE)
ENGLISH = re.compile(r"\b(the|your|you|and|please|hello|account|click|here|password|with|from|hi)\b", re.IGNORECASE)
PLAIN_SPACE = re.compile(r"« | [?!:;%»](?:[\s<.,)]|$)")
YOUNG_ONES = {"reply", "nudge", "link_again", "told", "reminder", "question", "notice_received", "notice_decided"}
COPIES = 2
"""Addresses, in the letter about them, of publications elsewhere."""


@pytest.fixture
def organisation(people):
    return people["mediator"].memberships.get().organisation


@pytest.fixture
def site(organisation):
    site = Site(
        organisation=organisation, host=HOST, is_default=True, name="Relais du Loiret", signal="#ffb000", deep="#0b3d2e"
    )
    sites.hold([site])
    return site


@pytest.fixture
def written(organisation, site, now):
    found = contexts(organisation, now)
    return {name: letters.write(name, found[name], site=site, organisation=organisation) for name in found}


def words_of(html: str) -> str:
    return " ".join(unescape(TAGS.sub(" ", html)).split())


def test_every_letter_is_looked_at(organisation, now):
    assert sorted(contexts(organisation, now)) == NAMES and len(NAMES) > 40


def test_a_subject_is_one_line_that_says_nothing_of_anybody(written):
    for name, letter in written.items():
        assert letter.subject == letter.subject.strip() and "\n" not in letter.subject, name
        assert 10 < len(letter.subject) <= 78 and "&" not in letter.subject, name
        assert YOUNG not in letter.subject and not SENSITIVE.search(letter.subject), name
        assert f"<title>{letter.subject}</title>" in unescape(letter.html), name


def test_no_letter_of_ours_names_who_came(written):
    for name, letter in written.items():
        assert YOUNG not in letter.text + letter.html, name


def test_plain_words_stand_in_short_lines_and_no_address_is_broken(written):
    for name, letter in written.items():
        for line in letter.text.splitlines():
            assert len(line) <= letters.WIDTH or not line.strip(" *").count(" "), (name, line)
        assert letter.text == letter.text.strip() + "\n" and "\n\n\n" not in letter.text, name
        assert not re.search(r"</?(p|a|ul|li|table|br)\b|&(amp|lt|gt|nbsp|#)", letter.text), name


def test_an_address_stands_once_and_on_the_name_of_the_organisation(written):
    for name, letter in written.items():
        found = ADDRESS.findall(letter.text)
        here = [one for one in found if one.startswith(f"http://{HOST}")]
        assert len(found) == len(set(found)) and len(here) <= 1, name
        assert len(found) - len(here) == (COPIES if name == "stories/take_down" else 0), name
        assert re.findall(r'href="([^"]+)"', letter.html) == here, name
        # On the page too, the address can be read and copied: once beside its button.
        assert [letter.html.count(one) for one in here] == [2] * len(here), name


def test_the_page_says_what_the_plain_words_say(written):
    for name, letter in written.items():
        page = words_of(letter.html).replace("Si le bouton ne marche pas, voici l’adresse : ", "")
        plain = " ".join(letter.text.replace("* ", "").split())
        assert [word for word in plain.split() if word not in page.split() and word != ":"] == [], name


def test_a_page_fetches_nothing_and_says_its_language(written):
    for name, letter in written.items():
        assert letter.html.startswith('<!DOCTYPE html><html lang="fr">'), name
        assert not re.search(r"<(script|link|iframe|form|object|video)\b|url\(|@import|srcset", letter.html), name
        assert [src for src in re.findall(r'src="([^"]*)"', letter.html) if src != "cid:logo"] == [], name
        assert set(re.findall(r"<table [^>]*?role=\"(\w+)\"", letter.html)) == {"presentation"}, name
        assert letter.html.count("<table") == letter.html.count('role="presentation"'), name
        assert 'style="' in letter.html and len(letter.html.encode()) < 12_000, name


def test_one_language_one_way_of_speaking_to_somebody(written):
    for name, letter in written.items():
        told = ADDRESS.sub("", letter.subject + "\n" + letter.text)
        assert not ENGLISH.search(told), (name, ENGLISH.search(told))
        tu, vous = re.search(r"\b(tu|ton|ta|tes|toi)\b", told), re.search(r"(?<!-)\b(vous|votre|vos)\b", told)
        assert not (vous if name.split("/")[1] in YOUNG_ONES else tu), name


def test_a_name_is_not_glued_into_a_sentence(written):
    """« que Équipe Relais » is no French: what stands before a name must suit any name."""
    for name, letter in written.items():
        assert not re.search(r"\b([Qq]ue|[Dd]e) [AEIOUYÀÂÉÈÊÎÔÛ]", " ".join(letter.text.split())), name


def test_one_message_set_aside_is_spoken_of_in_the_singular(site, organisation):
    one, two = (
        letters.write("coaching/aside", {"count": count, "nobody_at": ""}, site=site, organisation=organisation)
        for count in (1, 2)
    )
    assert one.subject == "Un message mis de côté est à lire" and two.subject == "Des messages mis de côté sont à lire"


def test_french_spaces_do_not_break_in_either_part(written):
    for name, letter in written.items():
        assert not PLAIN_SPACE.search(letter.subject + "\n" + letter.text), name
        assert not PLAIN_SPACE.search(re.sub(r"<style.*?</style>|<!--.*?-->", "", letter.html).split("<body")[1]), name


PAIRS = [("text", "paper"), ("soft", "paper"), ("on_ink", "ink"), ("on_signal", "signal")]


def test_every_pair_of_colours_can_be_read_on_each_site(site):
    """With the site's own colours and with those of the house, in light and in dark."""
    for one in (site, Site(host="x.exemple.invalid")):
        for scheme in colours.SCHEMES:
            look = letters._colours(scheme, one)
            for front, back in PAIRS:
                assert colours.contrast(look[front], look[back]) >= colours.WORDS, (scheme, front, back)


def test_a_letter_wears_the_colours_of_its_site(written, organisation, now):
    html = written["handovers/handover"].html
    assert "Relais du Loiret" in html and "#ffb000" in html and 'bgcolor="#0b3d2e"' in html
    _, dark = html.split("@media (prefers-color-scheme: dark)")
    assert "background-color: #ffffff;" in html and colours.lifted("#0b3d2e") in dark


def test_what_somebody_typed_is_words_and_nothing_else(written):
    letter = written["coaching/reply"]
    assert "14 rue de la Gare, le <lundi> & le mardi." in letter.text
    assert "le &lt;lundi&gt; &amp; le mardi." in letter.html
    assert "attend\u00a0:\n14 rue" in letter.text and "attend&nbsp;:<br>14 rue" in letter.html, "its lines are kept"


def test_what_is_typed_into_a_name_cannot_add_a_header(site, organisation):
    for end in ("\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"):
        site.name = f"Relais{end}Bcc: tous@exemple.invalid"
        subject = letters.write("accounts/approved", {}, site=site, organisation=organisation).subject
        assert len(subject.splitlines()) == 1 and "Relais Bcc" in subject, repr(end)


def left() -> list:
    """The letters that left, as programs that read mail parse them."""
    return [message_from_bytes(one.message().as_bytes(), policy=policy.default) for one in mail.outbox]


def told(organisation, now, **more):
    letters.send(
        "accounts/approved",
        to="karim@exemple.invalid",
        context={},
        key="approuvé",
        now=now,
        organisation=organisation,
        **more,
    )


def test_a_letter_leaves_as_plain_words_or_a_page(site, organisation, now):
    told(organisation, now)
    assert outbox.send_due(now, "email") == 1
    (letter,) = left()
    assert letter.get_content_type() == "multipart/alternative"
    plain, page = letter.iter_parts()
    assert (plain.get_content_type(), page.get_content_type()) == ("text/plain", "text/html"), "the richer one last"
    address = f"http://{HOST}:8000/compte/login/"
    assert address in plain.get_content() and f'href="{address}"' in page.get_content()
    assert letter["From"].startswith("Relais du Loiret") and "Auto-Submitted" not in letter


def test_a_logo_goes_inside_the_page(site, organisation, now):
    out = BytesIO()
    Image.new("RGB", (256, 200), "#d02060").save(out, "WEBP")
    site.logo, site.logo_version = out.getvalue(), "0123456789abcdef"
    told(organisation, now)
    outbox.send_due(now, "email")
    (letter,) = left()
    assert letter.get_content_type() == "multipart/related"
    words, logo = letter.iter_parts()
    assert words.get_content_type() == "multipart/alternative" and 'src="cid:logo"' in words.get_body().get_content()
    assert (logo["Content-ID"], logo.get_content_disposition()) == ("<logo>", "inline")
    with Image.open(BytesIO(logo.get_content())) as picture:
        assert (picture.format, picture.size) == ("JPEG", (letters.LOGO, 75))


def test_a_logo_that_cannot_be_drawn_keeps_no_letter_from_leaving(site, organisation, now):
    site.logo, site.logo_version = b"RIFF\x00\x00\x00\x00WEBPVP8 ", "fedcba9876543210"
    told(organisation, now)
    outbox.send_due(now, "email")
    (letter,) = left()
    assert letter.get_content_type() == "multipart/alternative" and "cid:" not in letter.as_string()


def test_a_name_typed_on_two_lines_is_no_header(site, organisation, now):
    site.sender_name = "Relais\r\nBcc: tous@exemple.invalid"
    told(organisation, now)
    outbox.send_due(now, "email")
    (letter,) = left()
    assert letter["Bcc"] is None and "tous@exemple.invalid" in letter["From"]


def test_the_same_letter_leaves_at_each_try_and_is_erased_once_it_left(site, organisation, now, settings):
    settings.EMAIL_BACKEND, before = "django.core.mail.backends.smtp.EmailBackend", settings.EMAIL_BACKEND
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    told(organisation, now)
    outbox.send_due(now, "email")
    kept = Outbound.objects.get(key="approuvé")
    assert kept.state == Outbound.State.WAITING and kept.error
    site.name, site.signal, site.deep = "Autre nom", "", ""
    settings.EMAIL_BACKEND = before
    outbox.send_due(now + timedelta(minutes=2), "email")
    (letter,) = left()
    page, foot = letter.get_body(("html",)).get_content(), "Ne plus recevoir d’e-mails d’ici</a>"
    before = kept.payload["html"].split(letters.FOOT_OF_PAGE)[0]
    assert page.startswith(before) and foot in page
    assert letters.FOOT_OF_PAGE not in page and "Autre nom" not in letter["Subject"] + page
    assert Outbound.objects.get(key="approuvé").payload == {}


def test_a_letter_that_waited_while_the_program_was_renewed_leaves_without_a_page(organisation, now):
    payload = {"to": "karim@exemple.invalid", "subject": "D’avant", "text": "Bonjour"}
    outbox.enqueue("email", key="d’avant", payload=payload, now=now, owner=organisation.pk)
    outbox.send_due(now, "email")
    assert left()[0].get_content_type() == "text/plain"
