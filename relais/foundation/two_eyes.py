"""What one person does not do alone: whoever does the second step is another than whoever did the first.

Both are declared: the use case asks `second_person` and refuses in words, and the database refuses the row (`another`), whatever
wrote it.
"""

from django.db.models import CheckConstraint, F, Q

from .refusals import SecondPersonNeeded


def second_person(by, *first, says: str) -> None:
    """Raises SecondPersonNeeded with the sentence `says` when `by` is one of `first` (people or their numbers; None is nobody)."""
    if by.pk in {getattr(one, "pk", one) for one in first}:
        raise SecondPersonNeeded(says)


def another(second: str, than: str, *, name: str, unless: Q | None = None) -> CheckConstraint:
    """The constraint that the person in column `second`, once there is one, is not the one in column `than`; nothing is asked `unless`."""
    condition = Q(**{f"{second}__isnull": True}) | ~Q(**{second: F(than)})
    return CheckConstraint(condition=condition if unless is None else unless | condition, name=name)
