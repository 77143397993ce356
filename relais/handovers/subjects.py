"""Orientations: appointments are with their structure, opening one is traced. What appointments ask of conversations, which lie below."""

from django.db.models import QuerySet
from django.urls import reverse

from relais.coaching.thread import promise
from relais.foundation.subjects import Kind, Subject, add, declare

from .booked import BookedConversations
from .common import HANDOVER
from .models import Handover


class Handovers(Kind):
    code, model = HANDOVER, Handover

    def rows(self) -> QuerySet:
        return Handover.objects.select_related("structure", "conversation__line", "conversation__journey")

    def describe(self, row: Handover) -> Subject:
        """Called by the structure it goes to, as it comes after « avec »."""
        return Subject(
            kind=self.code,
            pk=row.pk,
            organisation_id=row.conversation.line.organisation_id,
            title=row.structure.spoken,
            address=reverse("orientation", args=[row.pk]),
            ids=promise.conversation_ids(row.conversation) | {"subject": row.pk},
            row=row,
        )


declare(Handovers())
add(BookedConversations())
