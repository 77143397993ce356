"""Sealed text: unreadable in the database, readable with any key that is still there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relais.foundation.sealed import CannotOpen, reseal, seal, unseal

OLD, NEW = "ancienne" * 8, "nouvelle" * 8


@given(st.text())
def test_what_is_sealed_opens_again_and_does_not_show(text):
    token = seal(text)
    assert unseal(token) == text
    assert len(text) < 4 or text not in token
    assert not text or seal(text) != token


def test_a_new_key_seals_and_the_old_one_may_leave(settings):
    settings.SEALING_KEYS = [OLD]
    token = seal("bonjour")
    settings.SEALING_KEYS = [NEW, OLD]
    again = reseal(token)
    assert unseal(token) == unseal(again) == "bonjour"
    settings.SEALING_KEYS = [NEW]
    assert unseal(again) == "bonjour"
    with pytest.raises(CannotOpen):
        unseal(token)
    with pytest.raises(CannotOpen):
        reseal(token)


def test_nothing_stays_nothing():
    assert seal("") == unseal("") == reseal("") == ""
