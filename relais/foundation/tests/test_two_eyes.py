"""The same person does not do both steps, as an object or as a number; nobody is nobody."""

from types import SimpleNamespace
from uuid import uuid4

import pytest

from relais.foundation.refusals import SecondPersonNeeded
from relais.foundation.two_eyes import second_person


def test_who_did_the_first_step_does_not_do_the_second():
    me, other = SimpleNamespace(pk=uuid4()), SimpleNamespace(pk=uuid4())
    second_person(me, other, other.pk, None, says="Non.")
    for first in (me, me.pk):
        with pytest.raises(SecondPersonNeeded, match="à quelqu’un d’autre"):
            second_person(me, other, None, first, says="C’est à quelqu’un d’autre.")
