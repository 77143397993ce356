"""Conversations: appointments hang on them, alarms are raised and danger files opened about them, opening one is traced and counted."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID, uuid4

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from relais.accounts.models import Role, User
from relais.accounts.reading import Read
from relais.accounts.scope import people
from relais.foundation.subjects import Kind, Subject, add, declare
from relais.safeguarding import alarms
from relais.safeguarding.models import Alarm
from relais.safeguarding.watched import Watched, Words

from . import thread
from .access import opened
from .models import Conversation, Message, Note, Transfer
from .models.conversation import CONVERSATION
from .models.desk import DESK
from .thread import is_volunteer, promise

PAGE = "desk"


class Conversations(Kind):
    code, model = CONVERSATION, Conversation

    def rows(self) -> QuerySet:
        return Conversation.objects.select_related("line", "journey")

    def describe(self, row: Conversation) -> Subject:
        return Subject(
            kind=self.code,
            pk=row.pk,
            organisation_id=row.line.organisation_id,
            title=row.journey.pseudonym,
            address=reverse(PAGE, args=[row.pk]),
            ids=promise.conversation_ids(row),
            row=row,
        )

    def locked(self, pk: UUID) -> Conversation:
        return thread.locked(pk)


class ReadConversations(Read):
    kind = CONVERSATION

    def own_work(self, user: User, numbers: Iterable[str]) -> QuerySet:
        """What they have answered in, and what they hold because it waits or because somebody passed it to them; and alarms that came
        together, which they are asked to open one by one: while they are to be read or nobody has taken who waits, and those that this
        reader then said to be nothing, or something.

        What they took otherwise is counted until they answer: taking is no way to read many.
        """
        answered = Exists(Message.objects.filter(conversation=OuterRef("pk"), author=user))
        passed = Exists(Transfer.objects.filter(conversation=OuterRef("pk"), receiver=user).exclude(by=user))
        held = Q(claimed_by=user) & (Q(state=Conversation.State.WAITING) | passed)
        waits = Q(alarm_group__is_listed=True, state=Conversation.State.WAITING, claimed_by=None)
        in_a_burst = Alarm.objects.filter(subject_kind=CONVERSATION, subject_id=OuterRef("pk"), group__is_listed=True)
        # Of those said false together, only what presses was opened by who said so.
        read_before = Q(seen_by=user) & (Q(together="") | Q(is_urgent=True))
        to_read = Exists(in_a_burst.filter(Q(seen_at=None) | read_before))
        return Conversation.objects.filter(held | answered | waits | to_read, pk__in=numbers)

    def came_since(self, opened: Mapping[str, datetime]) -> set[str]:
        """Alarms: of several that came together, what is said at once depends on which were opened."""
        rows = Alarm.objects.filter(
            subject_kind=CONVERSATION, subject_id__in=opened, raised_at__gte=min(opened.values())
        )
        return {str(pk) for pk, at in rows.order_by().values_list("subject_id", "raised_at") if at >= opened[str(pk)]}


class WatchedConversations(Watched):
    kind, page, listed = CONVERSATION, PAGE, "inbox"

    def locked_for(self, pk: UUID, user: User) -> Subject:
        return self.thing.describe(thread.locked_for(pk, user))

    def opened(self, request, pk: UUID) -> Subject:
        return self.thing.describe(opened(request, pk))

    def is_team(self, user: User, pk: UUID) -> bool:
        return not is_volunteer(user, Conversation.objects.select_related("line").get(pk=pk))

    def is_minor(self, subject: Subject) -> bool:
        return subject.row.is_minor

    def person(self, subject: Subject) -> str:
        journey, age = subject.row.journey, subject.row.get_age_band_display() or "âge non dit"
        return f"Connue sous le pseudonyme « {journey.pseudonym} ». {age.capitalize()}. Commune : {journey.commune or 'non dite'}."

    def on_duty(self, pk: UUID) -> list[User]:
        """Supervisors, or every mediator where nobody supervises; besides, who holds the conversation and who supervises it: one who holds it
        may be asleep, or a volunteer who may not say what it was."""
        conversation = Conversation.objects.select_related("line").get(pk=pk)
        here = conversation.line.organisation_id
        answering = people(here, *DESK).filter(pk__in=[conversation.claimed_by_id, conversation.supervised_by_id])
        supervising = people(here, Role.SUPERVISOR)
        return list((supervising if supervising.exists() else people(here, Role.MEDIATOR)) | answering)

    def on_call(self, pk: UUID) -> str:
        return Conversation.objects.values_list("line__oncall_email", flat=True).get(pk=pk)

    def in_hand(self, pks: Iterable[UUID]) -> set[UUID]:
        return set(
            Conversation.objects.filter(pk__in=pks, claimed_by__isnull=False).order_by().values_list("pk", flat=True)
        )

    def words(self, items: list[str]) -> dict[str, Words]:
        rows = Message.objects.filter(pk__in=[int(item) for item in items])
        return {str(one.pk): Words(one.body, f"m{one.seq}") for one in rows}

    def seen(self, pk: UUID, *, by: User, note: str, still_open: bool, now: datetime) -> None:
        held = thread.locked(pk)
        if note:
            Note.objects.create(conversation=held, author=by, body=note, key=uuid4(), at=now)
        held.is_alarming = still_open
        if held.alarm_group_id and alarms.stands_by_itself(CONVERSATION, pk, held.alarm_group_id):
            held.alarm_group = None
        held.save(update_fields=["is_alarming", "alarm_group"])
        thread.notify_pages(held)


declare(Conversations())
add(ReadConversations())
add(WatchedConversations())
