"""Appointments made while they were a part of the answer line: the table as it was, rows as they were, then the migrations, and back."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.contenttypes.models import ContentType

from relais.agenda.models import Appointment
from relais.coaching import services
from relais.coaching.models import Line
from relais.handovers import services as handovers
from tests.links.test_upgrade import migrate

pytestmark = pytest.mark.django_db
BEFORE = [("coaching", "0019_links")]


def test_no_row_is_lost_and_each_says_what_it_hangs_on(write, people, structure, now):
    conversation = services.claim(conversation=write(age="18-25").conversation, user=people["mediator"], now=now)
    structure.time_zone = "Indian/Reunion"
    structure.save()
    told = {"summary": "Un stage", "partner_email": "accueil@exemple.invalid", "key": uuid4()}
    handover = handovers.propose(
        conversation=conversation, user=people["mediator"], structure=structure, now=now, **told
    )
    old = migrate(BEFORE).get_model("coaching", "Appointment")
    values = {"conversation_id": conversation.pk, "proposed_at": now, "proposed_by_id": people["mediator"].pk}
    made = {
        kind: old.objects.create(
            **values,
            handover_id=handover_id,
            kind=kind,
            proposal=uuid4(),
            starts_at=now + timedelta(days=1),
            state="chosen",
            remind_by="email",
            address="lou@exemple.fr",
        ).pk
        for kind, handover_id in (("call", None), ("call-3", handover.pk), ("visit", handover.pk))
    }
    migrate()
    mediator, organisation = [people["mediator"]], Line.objects.get().organisation
    for kind, pk in made.items():
        one = Appointment.objects.get(pk=pk)
        assert (one.subject_kind, one.subject_id, one.person) == (
            "conversation",
            conversation.pk,
            conversation.journey_id,
        )
        assert (one.organisation, one.address, one.state) == (organisation, "lou@exemple.fr", "chosen")
        met = kind != "call"
        assert (one.with_kind, one.with_id) == (("handover", handover.pk) if met else ("", None))
        assert (one.regardless, one.meeting_place, one.room) == (False, None, None)
        assert one.zone == ("Indian/Reunion" if met else "Europe/Paris")
        assert list(one.staff.all()) == ([] if kind == "visit" else mediator)
    assert ContentType.objects.filter(model="appointment").values_list("app_label", flat=True).get() == "agenda"
    back = migrate(BEFORE).get_model("coaching", "Appointment")
    assert set(back.objects.values_list("conversation_id", "handover_id", "kind")) == {
        (conversation.pk, None, "call"),
        (conversation.pk, handover.pk, "call-3"),
        (conversation.pk, handover.pk, "visit"),
    }
    migrate()
    assert Appointment.objects.count() == 3
