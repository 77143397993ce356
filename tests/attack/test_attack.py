"""A small part of the campaign, in one life of the house: nothing that was found once gets through again."""

import pytest

from . import kinds
from .campaign import run
from .house import serving

SEED = 20261201


@pytest.fixture(scope="module")
def told(tmp_path_factory, django_db_modify_db_settings):
    with serving(tmp_path_factory.mktemp("attack")) as house:
        return {one.attack.number: one for one in run(house, kinds.NUMBERS, seed=SEED)}


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("number", kinds.NUMBERS)
def test_it_holds(told, number):
    assert told[number].held, told[number].line()
