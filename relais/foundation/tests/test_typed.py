"""What is kept of what somebody typed."""

import pytest

from relais.foundation.typed import clean, one_line


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("  Bonjour \r\n\r\n\r\n\r\nToi\u2028là ", "Bonjour\n\nToi\nlà"),
        ("e\u0301duc", "éduc"),
        ("nom\u202egpj.exe", "nomgpj.exe"),
        ("Lé\u200ba\u00ad\u2060\u061c\u180e", "Léa"),
        ("\u3164\u115f\uffa0", ""),
        ("A\U000e0041\U000e007fB", "AB"),
        ("👩\u200d⚕️ infir\u200cmière", "👩\u200d⚕️ infir\u200cmière"),
        ("a\x00b\x07c\ufeff", "abc"),
        ("👩\u200d👧", "👩\u200d👧"),
        ("\ud800", "?"),
        (" \u202e\x00 ", ""),
    ],
)
def test_one_form_of_lines_and_letters_and_nothing_unseen(given, kept):
    assert clean(given) == kept == clean(kept)


def test_a_line_is_a_line_and_not_longer():
    assert one_line("a\r\n\tb  c") == "a b c" and one_line("abc def", 4) == "abc"
