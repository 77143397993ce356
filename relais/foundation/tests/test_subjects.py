"""Each kind of things is declared once; who hangs something on it adds a hook, refused at the start where nobody declares the kind."""

import uuid
from abc import abstractmethod

import pytest

from relais.foundation.subjects import KINDS, Hook, add


class Knocked(Hook):
    """A hook of nobody, to try."""


class Asked(Hook):
    @abstractmethod
    def remind(self): ...


class Doors(Knocked):
    kind = "door"


def test_a_hook_on_a_kind_that_nobody_declares_is_refused():
    with pytest.raises(LookupError, match="'door'"):
        add(Doors())
    assert Knocked.added == {}


def test_a_hook_that_does_not_say_all_it_must_is_refused():
    class Half(Asked):
        kind = "conversation"

    with pytest.raises(TypeError, match="abstract"):
        Half()


def test_hooks_of_two_floors_are_apart():
    class Other(Hook):
        pass

    assert Other.added is not Knocked.added and Doors.added is Knocked.added


def test_a_kind_has_one_model_and_one_code():
    assert len({kind.model for kind in KINDS.values()}) == len(KINDS)
    assert {code for code, kind in KINDS.items() if kind.code != code} == set()


@pytest.mark.django_db
@pytest.mark.parametrize("code", sorted(KINDS))
def test_a_thing_that_is_gone_is_none(code):
    kind = KINDS[code]
    number = uuid.uuid4() if kind.model._meta.pk.get_internal_type() == "UUIDField" else 2**31 - 1
    assert kind.find(number) is None and kind.found([]) == {}
