"""Alarms and danger files made while they were a part of the answer line: rows as they were, then the migrations."""

from datetime import timedelta

import pytest
from django.contrib.contenttypes.models import ContentType

from relais.foundation.subjects import subject_of
from relais.safeguarding import alarms
from relais.safeguarding.models import Alarm, DangerFile
from tests.links.test_upgrade import migrate

pytestmark = pytest.mark.django_db
BEFORE = [("coaching", "0020_appointments_leave")]


def test_no_row_is_lost_and_each_says_what_it_is_about(write, people, now):
    conversation = write("je veux mourir").conversation
    Alarm.objects.all().delete()
    message, organisation = conversation.messages.get(), conversation.line.organisation
    old = migrate(BEFORE)
    told = {"conversation_id": conversation.pk, "message_id": message.pk, "kinds": ["suicide"], "is_urgent": True}
    alarm = old.get_model("coaching", "Alarm").objects.create(**told, raised_at=now, told_at=now)
    values = {"organisation_id": organisation.pk, "level": "B", "facts": "Des faits.", "opened_at": now}
    values |= {"opened_by_id": people["mediator"].pk, "second_due_at": now + timedelta(hours=1)}
    files = old.get_model("coaching", "DangerFile").objects
    tied, gone = files.create(**values, conversation_id=conversation.pk).pk, files.create(**values).pk
    old.get_model("coaching", "DangerEntry").objects.create(
        file_id=tied, action="opened", by_id=people["mediator"].pk, at=now
    )
    migrate()
    kept = Alarm.objects.get()
    assert (kept.pk, kept.subject_kind, kept.subject_id, kept.item, kept.organisation) == (
        alarm.pk,
        "conversation",
        conversation.pk,
        str(message.pk),
        organisation,
    )
    assert [(one.found, one.anchor) for one in alarms.told(subject_of(conversation))] == [(["veux mourir"], "m1")]
    assert {file.pk: file.subject_id for file in DangerFile.objects.all()} == {tied: conversation.pk, gone: None}
    file = DangerFile.objects.get(pk=tied)
    assert (file.facts, file.entries.get().action) == ("Des faits.", "opened")
    moved = ContentType.objects.filter(model__in=["alarm", "dangerfile", "dangerentry"])
    assert set(moved.values_list("app_label", flat=True)) == {"safeguarding"}
    assert alarms.screen(subject=subject_of(conversation), item="next", text="je veux mourir", now=now).pk > kept.pk
