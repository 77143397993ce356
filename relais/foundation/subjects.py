"""Things that are known below by a kind and a number alone: appointments, alarms, folders of files, traces of reading hang on them, and no
foreign key leads up.

The app whose rows they are says it once, in its `subjects.py`, which is read at the start:

    declare(Conversations())

A floor that must know more than a `Subject` tells derives one class from `Hook`. Whoever knows it of a kind adds it to the same registry:

    add(WatchedConversations())                       # in a `subjects.py` too
    Watched.of("conversation").on_duty(pk)            # where it is needed
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Self
from uuid import UUID

from django.db.models import Model, QuerySet


@dataclass(frozen=True)
class Subject:
    """One thing of a kind as its app knows it now.

    `organisation_id`: whose it is. `title`: what those who work here call it, never a civil name. `address`: of its page. `ids`: `touch`,
    `journey` and `subject` of what the event log says of it. `row`: what all that was read from.
    """

    kind: str
    pk: UUID | int
    organisation_id: UUID
    title: str
    address: str
    ids: dict
    row: Model = field(repr=False, compare=False)


class Kind(ABC):
    """What an app says of its things. `code` is kept with each row that hangs on one: it never changes."""

    code: str
    model: type[Model]

    def rows(self) -> QuerySet:
        """With all that `describe` asks of them."""
        return self.model._default_manager.all()

    @abstractmethod
    def describe(self, row: Model) -> Subject: ...

    def locked(self, pk: UUID | int) -> Model:
        """Held until the end of the transaction, before anything that hangs on it: so nobody waits for anybody for ever.

        Raises `model.DoesNotExist`.
        """
        return self.rows().select_for_update(of=("self",)).get(pk=pk)

    def found(self, numbers: Iterable[object]) -> dict[UUID | int, Subject]:
        """Those of these that are there still; one query."""
        return {row.pk: self.describe(row) for row in self.rows().filter(pk__in=numbers)}

    def find(self, pk: UUID | int) -> Subject | None:
        """None once it is gone."""
        return self.found([pk]).get(pk)


class Hook(ABC):
    """Base of what a floor asks of a kind beside all that. A class per floor; `kind` is the code of the kind that one of them speaks of."""

    kind: str
    added: ClassVar[dict[str, Self]]

    def __init_subclass__(cls, **more):
        super().__init_subclass__(**more)
        if Hook in cls.__bases__:
            cls.added = {}

    @classmethod
    def of(cls, kind: str) -> Self:
        return cls.added[kind]

    @classmethod
    def all(cls) -> Iterator[Self]:
        return iter(list(cls.added.values()))

    @property
    def thing(self) -> Kind:
        return KINDS[self.kind]

    def begin(self) -> None:  # noqa: B027  (most have nothing to do)
        """Called once it is added."""


KINDS: dict[str, Kind] = {}


def declare(kind: Kind) -> None:
    KINDS[kind.code] = kind


def subject_of(row: Model) -> Subject:
    """What is said of this row, by the app that declares its kind."""
    return next(kind for kind in KINDS.values() if kind.model is type(row)).describe(row)


def add(hook: Hook) -> None:
    """Raises LookupError at the start, rather than when somebody needs it, where nobody has declared the kind."""
    if hook.kind not in KINDS:
        raise LookupError(f"{type(hook).__name__} speaks of {hook.kind!r}, a kind that no app below has declared.")
    hook.added[hook.kind] = hook
    hook.begin()
