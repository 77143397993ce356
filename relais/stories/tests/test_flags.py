"""What is set apart in a text: every piece stays in its place, what is masked stays masked, nothing unseen stays."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relais.stories import flags

CONTACTS = (
    "mon snap c’est lola.dub45 et mon insta lola_45",
    "appelle le 06 39 98 12 34 ou le 07.39.98.56.78",
    "écris à lola@exemple.fr, ou va voir https://lola.exemple.fr",
    "je m’appelle Lola Dubreuil, au collège Jean Moulin",
)


@given(st.text(max_size=300) | st.sampled_from(CONTACTS))
def test_the_pieces_make_the_text(text):
    assert "".join(piece for piece, _ in flags.marked(text)) == text


@given(st.text(max_size=300))
def test_tidied_twice_is_tidied_once(text):
    once = flags.tidy(text)
    assert flags.tidy(once) == once == once.strip()
    assert not any(one in flags.TURNING or (unicodedata.category(one) == "Cc" and one != "\n") for one in once)


@pytest.mark.parametrize("text", CONTACTS)
def test_what_is_masked_holds_nothing_more(text):
    assert flags.flags(text) and not flags.flags(flags.masked(text))
    # A second contact behind a mask is still seen.
    assert flags.flags(flags.masked(text) + " lola@exemple.fr")


def test_dangers_come_first():
    text = "appelle le 06 39 98 12 34, je veux mourir ce soir"
    assert [flag.is_danger for flag in flags.flags(text)] == [True, False]


def test_every_kind_has_french_words():
    from relais.foundation import signs
    from relais.foundation.signs.personal_data import MASKS

    assert set(flags.DANGERS) == set(signs.kinds()) and set(flags.PERSONAL) == set(MASKS)
