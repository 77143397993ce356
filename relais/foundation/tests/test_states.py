"""One way to change a state: checked against its table, said in the words of the state it is in, drawn for whoever reads."""

import pytest
from django.conf import settings
from django.utils import timezone

from relais.foundation import states
from relais.foundation.models import Outbound
from relais.foundation.refusals import WrongState

State = Outbound.State


def letter(state, key="one"):
    return Outbound.objects.create(
        channel="email", key=key, state=state, not_before=timezone.now(), created_at=timezone.now()
    )


@pytest.mark.django_db
@pytest.mark.parametrize("before", State.values)
@pytest.mark.parametrize("to", State.values)
def test_a_row_goes_where_its_table_says_and_nowhere_else(before, to):
    row = letter(before)
    if to in Outbound.MOVES.get(before, ()):
        states.move(row, to, now=timezone.now(), error="bien noté")
        assert (Outbound.objects.get().state, Outbound.objects.get().error) == (to, "bien noté")
    else:
        with pytest.raises(WrongState, match="« " + State(before).label.lower()):
            states.move(row, to, now=timezone.now(), error="perdu")
        assert (Outbound.objects.get().state, row.state, row.error) == (before, before, "")


@pytest.mark.django_db
def test_of_many_only_those_that_may_move():
    for state in State:
        letter(state, key=state)
    assert states.move_all(Outbound.objects.all(), State.FAILED, error="non") == 2
    assert set(Outbound.objects.filter(error="non").values_list("key", flat=True)) == {State.SENDING, State.AMBIGUOUS}


@pytest.mark.parametrize(("model", "column"), states.columns(), ids=lambda one: getattr(one, "__name__", one))
def test_every_column_of_states_has_its_table(model, column):
    """No state that is not one of its choices, none that nothing leads to, a sentence for each that somebody can come too late for."""
    moves, field = states.table(model, column), model._meta.get_field(column)
    known = {state for state, _ in field.choices}
    assert {*moves, *(to for after in moves.values() for to in after)} - {""} <= known
    assert isinstance(moves.late, str) or set(moves.late) == known


def test_the_picture_is_up_to_date():
    """When this fails: `relais draw-states`."""
    assert (settings.BASE_DIR / "docs" / "states.md").read_text() == states.drawn()
