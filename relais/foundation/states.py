"""The states of a row: a table of allowed moves beside its TextChoices, and the only ways to change one.

A model declares `MOVES = Moves({State.A: {State.B}}, late=…)` for its column `state` (`BURN_MOVES` for `burn_state`). Whoever changes a
state holds the row (locked, or claimed) and calls `move`, `turn` as a part of a longer change, or `move_all` for a queryset. All tables are
drawn in docs/states.md.
"""

from collections.abc import Callable
from datetime import datetime

from django.apps import apps
from django.db import models

from .refusals import WrongState

_told: dict[type[models.Model], Callable] = {}


class Moves(dict):
    """From each state, those that may follow; a state without a line is an end.

    `late`: what somebody who comes too late reads, by the state in which the row is or, with `{state}` in it, the same for all. `end`: where
    a row is put from anywhere when its words are erased (`end`): that is no choice of anybody, so no button offers it.
    """

    def __init__(self, moves: dict, *, late: dict[str, str] | str, end: str | None = None):
        super().__init__(moves)
        self.late, self.last = late, end

    def late_in(self, state: str) -> str:
        """What somebody who comes too late reads when the row is in this state."""
        return self.late if isinstance(self.late, str) else self.late[state]

    def before(self, to: str) -> list[str]:
        """The states from which one goes to `to`."""
        return [state for state, after in self.items() if to in after]


def table(model, column: str = "state") -> Moves:
    return getattr(model, f"{column.removesuffix('state').upper()}MOVES")


def told(model):
    """Decorator for what a model's app does at each `move` of a row: `function(row, before=…, by=…, now=…)`, once the row is saved."""

    def keep(function):
        _told[model] = function
        return function

    return keep


def check(row, to: str, column: str = "state") -> None:
    """Raises WrongState, with the sentence of the state in which the row is, when it does not go to `to` from there."""
    moves, state = table(row, column), getattr(row, column)
    if to not in (row.moves() if hasattr(row, "moves") else moves.get(state, ())):
        raise WrongState(moves.late_in(state).format(state=getattr(row, f"get_{column}_display")().lower(), row=row))


def turn(row, to: str, column: str = "state") -> str:
    """Check and set; the caller saves. Returns the state before."""
    check(row, to, column)
    before = getattr(row, column)
    setattr(row, column, to)
    return before


def move(row, to: str, *, now: datetime, by=None, **values):
    """Check, set, with the `values` that go with it, save, and tell what the model's app says of it. In a transaction that holds the row."""
    before = turn(row, to)
    for name, value in values.items():
        setattr(row, name, value)
    row.save()
    if type(row) in _told:
        _told[type(row)](row, before=before, by=by, now=now)
    return row


def move_all(rows: models.QuerySet, to: str, column: str = "state", **values) -> int:
    """One UPDATE of those that may go to `to` from where they are; returns how many. Nothing is told: it is for claims and for what falls together."""
    return rows.filter(**{f"{column}__in": table(rows.model, column).before(to)}).update(**{column: to}, **values)


def end(row) -> None:
    """Set the state of a row whose words are erased; the caller saves."""
    row.state = table(row).last


def end_all(rows: models.QuerySet, **values) -> int:
    return rows.update(state=table(rows.model).last, **values)


# --- the picture


def columns() -> list[tuple[type[models.Model], str]]:
    """Every column of ours that holds a state, in the order of the house."""
    ours = [model for model in apps.get_models() if model.__module__.startswith("relais.")]
    return [
        (model, field.name)
        for model in ours
        for field in model._meta.fields
        if field.name.endswith("state") and field.choices
    ]


def drawn() -> str:
    """docs/states.md: one diagram a column."""
    head = "# States\n\nDrawn from the tables beside the models by `relais draw-states`. `[*]` is a beginning; a state without a way out is an end.\n"
    return "\n".join([head, *(_diagram(model, column) for model, column in columns())])


def _diagram(model, column: str) -> str:
    moves, field = table(model, column), model._meta.get_field(column)
    lines = [f"## {model.__name__}.{column}", "", "```mermaid", "stateDiagram-v2"]
    lines += [f"    {_name(state)} : {label}" for state, label in field.choices if state]
    lines += [f"    {_name(field.get_default())} --> {_name(to)}" for to in sorted(moves.get("", ()))] or [
        f"    [*] --> {_name(field.get_default())}"
    ]
    order = [state for state, _ in field.choices]
    lines += [
        f"    {_name(state)} --> {_name(to)}" for state in order for to in sorted(moves.get(state, ()), key=order.index)
    ]
    note = [f"\nErased, it ends as « {dict(field.choices)[moves.last]} », from anywhere."] if moves.last else []
    return "\n".join([*lines, "```", *note, ""])


def _name(state: str) -> str:
    return state.replace("-", "_") or "[*]"
