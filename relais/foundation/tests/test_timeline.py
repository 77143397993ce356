"""Every event says its sentence, or why no timeline shows it; what the log holds is read in words, whatever its age."""

import re
from typing import ClassVar
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils.module_loading import autodiscover_modules

from relais.foundation.events import Code, Event, record
from relais.foundation.models import EventRecord
from relais.foundation.timeline import timeline

pytestmark = pytest.mark.django_db


class Spoken(Event):
    name = "test.spoken"
    words = "Quelque chose est arrivé"
    by: Code = "young"


class Counted(Event):
    name = "test.counted"
    number: int

    @property
    def words(self) -> str:
        return f"{self.number} choses sont arrivées" if self.number else ""


class Coded(Event):
    name = "test.coded"
    code: Code

    @property
    def words(self) -> str:
        return {"known": "C’est connu"}[self.code]


class Mute(Event):
    name = "test.mute"
    unsaid: ClassVar[str] = "for the test"


def ours():
    autodiscover_modules("events")
    return [
        one
        for one in Event.registry.values()
        if one.__module__.startswith("relais.") and ".tests." not in one.__module__
    ]


def test_every_event_says_its_sentence_or_why_it_is_never_shown():
    assert len(ours()) > 80
    assert [one.name for one in ours() if one.name and bool(one.words) == bool(one.unsaid)] == []
    assert [one.name for one in ours() if one.unsaid and " " not in one.unsaid] == []


def test_a_sentence_begins_as_a_sentence_and_holds_no_word_of_ours():
    said = {one.name: one.words for one in ours() if isinstance(one.words, str) and one.words}
    assert [name for name, words in said.items() if not words[0].isupper() or words.endswith(".")] == []
    assert [name for name, words in said.items() if re.search(r"[a-z]_[a-z]|[a-z]\.[a-z]|\bNone\b", words)] == []


def test_what_happened_is_read_newest_first_in_one_query(now, django_assert_num_queries):
    subject, other, user = uuid4(), uuid4(), uuid4()
    with transaction.atomic():
        record(Spoken(subject=subject), now=now)
        record(Mute(subject=subject), now=now)
        record(Counted(subject=other, number=3), now=now)
        record(Counted(subject=subject, number=0), now=now)
        record(Spoken(subject=uuid4()), now=now)
        record(Spoken(subject=subject, by=str(user)), now=now)
    with django_assert_num_queries(1):
        steps = timeline(subject, other)
    assert [(step.words, step.by) for step in steps] == [
        ("Quelque chose est arrivé", user),
        ("3 choses sont arrivées", None),
        ("Quelque chose est arrivé", None),
    ]
    assert len(timeline(subject, limit=1)) == 1 and timeline(uuid4()) == []


def test_a_row_with_a_code_of_another_time_hides_no_other(now):
    subject = uuid4()
    for data in ({"code": "known"}, {"code": "gone"}):
        EventRecord.objects.create(at=now, name="test.coded", subject=subject, data=data)
    assert [step.words for step in timeline(subject)] == ["C’est connu"]


def test_a_row_of_old_with_other_fields_is_still_read(now):
    subject = uuid4()
    EventRecord.objects.create(at=now, name="test.counted", subject=subject, data={"number": 2, "by_code": True})
    EventRecord.objects.create(at=now, name="test.counted", subject=subject, data={})
    assert [step.words for step in timeline(subject)] == ["2 choses sont arrivées"]
