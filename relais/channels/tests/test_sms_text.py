"""What an SMS may say, to which number, at which hour."""

import string
from contextlib import suppress
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relais.channels.sms.hours import next_allowed, sms_allowed, zone_of
from relais.channels.sms.segment import SENSITIVE, TooLong, TooTelling, one_segment, proposals, sensitive, septets
from relais.foundation import contacts

from .test_sms import NUMBER


@pytest.mark.parametrize(
    ("text", "leaves"),
    [
        ("Tu as un nouveau message.", "Tu as un nouveau message."),
        ("C’est à l’heure… « oui »\u202f!", "C'est à l'heure... \"oui\" !"),
        ("Bœuf – cœur — sœur", "Boeuf - coeur - soeur"),
        (
            "Ça va être prêt à la forêt, où ? Noël, ï, û, î, â, À, Ê",
            "Ça va etre pret à la foret, où ? Noel, i, u, i, a, A, E",
        ),
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
    for telling in (
        "Ta SANTÉ",
        "ta Mission Locale",
        "dépression",
        "harcèlement",
        "hôpital",
        "le psychologue",
        "violée",
        "abusé",
        "le 119",
    ):
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
        ("06 00 00 00 01", "+33600000001", True),
        ("0033639980001", NUMBER, True),
        ("33639980001", NUMBER, True),
        ("+33 6.39-98 (00)01", NUMBER, True),
        ("0692 12 34 56", "+262692123456", True),
        ("0690123456", "+590690123456", True),
        ("0140000000", "+33140000000", False),
        ("+33 (0)6 12 34 56 78", "+33612345678", True),
        ("+33 06 12 34 56 78", "+33612345678", True),
        ("0033 (0)6 12 34 56 78", "+33612345678", True),
        ("6 12 34 56 78", "+33612345678", True),
        ("06/12/34/56/78", "+33612345678", True),
        ("06–12–34–56–78", "+33612345678", True),
        ("0709001234", "+590709001234", True),
        ("0709101234", "+596709101234", True),
        ("0709201234", "+262709201234", True),
        ("+262 0692 12 34 56", "+262692123456", True),
        ("262692123456", "+262692123456", True),
        ("+447911123456", "+447911123456", False),
        ("+689 87 12 34 56", "+68987123456", True),
    ],
)
def test_numbers_as_people_write_them(typed, number, mobile):
    point = contacts.number(typed)
    assert point == number and point.takes_sms is mobile


@pytest.mark.parametrize("typed", ["", "36180", "Relais", "06 12", "+33 six", "０６39980001"])
def test_what_is_no_number(typed):
    with pytest.raises(ValueError, match="number"):
        contacts.number(typed)


@pytest.mark.parametrize(
    ("hour", "minute", "allowed"), [(7, 59, False), (8, 0, True), (19, 59, True), (20, 0, False), (23, 0, False)]
)
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


@pytest.mark.parametrize(
    ("number", "hour", "allowed"),
    [("+262639123456", 7, False), ("+262639123456", 8, True), ("+262639123456", 19, True), ("+262692123456", 19, True)]
    + [("+262639123456", 20, False), ("+262692123456", 8, True), ("+262692123456", 20, False)],
)
def test_two_islands_of_one_code_have_each_their_own(number, hour, allowed):
    zone = "Indian/Mayotte" if number[4:7] == "639" else "Indian/Reunion"
    at = datetime(2026, 11, 22, hour, tzinfo=ZoneInfo(zone))
    assert sms_allowed(at, True, zone_of(number)) is allowed


# ---- out


def test_the_alphabet_is_that_of_the_standard():
    assert septets(string.ascii_letters + string.digits) == 62
    assert septets("@£$¥èéùìòÇØøÅåÆæßÉÄÖÑÜ§¿äöñüà¤¡") == 31
