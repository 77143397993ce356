"""What alarms and danger files are about. An app above says how one of its kinds is watched (`foundation/subjects.py`):

    class WatchedConversations(Watched): ...

    add(WatchedConversations())

No foreign key leads up to them, so what foreign keys did is done here: alarms go with their subject, a file that is still tied to it keeps it
from being deleted; whoever erases a person lets the files go first (`let_go`).
"""

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import ProtectedError
from django.db.models.signals import pre_delete

from relais.accounts.models import User
from relais.foundation.subjects import KINDS, Hook, Subject

from .models import Alarm, DangerFile


@dataclass(frozen=True)
class Words:
    """What an alarm was raised about: the text, and where it stands in the page of its subject."""

    text: str
    anchor: str


class Watched(Hook):
    """What is asked of a kind that may be in danger."""

    page: str
    """The name of the address of one of them."""
    listed: str
    """The name of the address where all of them are listed, for who is told of several at once."""
    names: str = ""
    """Before the names of the addresses that safeguarding has about them (see `urls.about`)."""

    @abstractmethod
    def locked_for(self, pk: UUID, user: User) -> Subject:
        """Held until the end of the transaction. Raises a Refusal when `user` may not see it (any more)."""

    @abstractmethod
    def opened(self, request, pk: UUID) -> Subject:
        """What this person has open, and may open a file on; Http404 for the others."""

    @abstractmethod
    def is_team(self, user: User, pk: UUID) -> bool:
        """Whether what is noted in files is for them too: not for who only helps, under other eyes."""

    @abstractmethod
    def is_minor(self, subject: Subject) -> bool:
        """The person it is about; also when their age is not known."""

    @abstractmethod
    def person(self, subject: Subject) -> str:
        """What is known of them, in a sentence for those who protect children."""

    @abstractmethod
    def on_duty(self, pk: UUID) -> list[User]:
        """Who must hear of an alarm."""

    def on_call(self, pk: UUID) -> str:
        """An address beyond them, for what nobody reads; '' without any."""
        return ""

    def in_hand(self, pks: Iterable[UUID]) -> set[UUID]:
        """Those of them that somebody already treats: a decision about many leaves them alone."""
        return set()

    @abstractmethod
    def words(self, items: list[str]) -> dict[str, Words]:
        """What stands in these items, by their numbers."""

    @abstractmethod
    def seen(self, pk: UUID, *, by: User, note: str, still_open: bool, now: datetime) -> None:
        """Somebody said what the alarms were (`note`: in their words, or ''). Called in their transaction, which holds it."""

    def begin(self) -> None:
        pre_delete.connect(_goes, sender=self.thing.model, dispatch_uid=f"watched:{self.kind}")


def _goes(sender, instance, **_) -> None:
    for watched in Watched.all():
        if watched.thing.model is sender:
            files = DangerFile.objects.about(watched.kind, instance.pk)
            if files.exists():
                raise ProtectedError("A danger file is about it: let it go first.", set(files))
            Alarm.objects.about(watched.kind, instance.pk).delete()


def find(row: Alarm | DangerFile) -> Subject | None:
    """What this alarm or this file is about; None once it was erased."""
    return KINDS[row.subject_kind].find(row.subject_id) if row.subject_id else None


# --- what its app does with it, in its own transaction


def moved(kind: str, pk: UUID, *, organisation: UUID) -> None:
    """Another organisation answers there now: it reads its alarms. What was written in a file stays with those who wrote it."""
    Alarm.objects.about(kind, pk).update(organisation=organisation, group=None)


def joined(kind: str, *, old: UUID, new: UUID) -> None:
    """Two were one person's: what was about `old` is about `new`."""
    for rows in (Alarm.objects, DangerFile.objects):
        rows.about(kind, old).update(subject_id=new)


def let_go(kind: str, pk: UUID) -> None:
    """It is erased: its files are kept, without it, by those who opened them."""
    files = DangerFile.objects.about(kind, pk)
    if undecided := files.filter(decided_at=None).select_for_update().order_by("pk").values_list("pk", flat=True):
        subject = KINDS[kind].find(pk)
        is_minor = Watched.of(kind).is_minor(subject) if subject else None
        files.filter(pk__in=list(undecided)).update(was_minor=is_minor)
    files.update(subject_id=None)
