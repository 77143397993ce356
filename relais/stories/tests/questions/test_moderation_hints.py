"""What is set apart in a text: every piece stays in its place, what is masked stays masked, nothing unseen stays."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relais.foundation import typed
from relais.stories.questions import moderation_hints

CONTACTS = (
    "mon snap c’est lola.dub45 et mon insta lola_45",
    "appelle le 06 39 98 12 34 ou le 07.39.98.56.78",
    "écris à lola@exemple.fr, ou va voir https://lola.exemple.fr",
    "je m’appelle Lola Dubreuil, au collège Jean Moulin",
)


@given(st.text(max_size=300) | st.sampled_from(CONTACTS))
def test_the_pieces_make_the_text(text):
    assert "".join(piece for piece, _ in moderation_hints.marked(text)) == text


@given(st.text(max_size=300))
def test_tidied_twice_is_tidied_once(text):
    once = typed.clean(text)
    assert typed.clean(once) == once == once.strip()
    assert not any(
        one in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
        or (unicodedata.category(one) == "Cc" and one != "\n")
        for one in once
    )


@pytest.mark.parametrize("text", CONTACTS)
def test_what_is_masked_holds_nothing_more(text):
    assert moderation_hints.flags(text) and not moderation_hints.flags(moderation_hints.masked(text))
    # A second contact behind a mask is still seen.
    assert moderation_hints.flags(moderation_hints.masked(text) + " lola@exemple.fr")


def test_dangers_come_first():
    text = "appelle le 06 39 98 12 34, je veux mourir ce soir"
    assert [flag.is_danger for flag in moderation_hints.flags(text)] == [True, False]
