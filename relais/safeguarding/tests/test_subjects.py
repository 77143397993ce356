"""What alarms and files are about is known through its kind alone: nothing here knows conversations."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from relais.accounts.models import Organisation
from relais.foundation.models import EventRecord, Outbound
from relais.foundation.refusals import NotAllowed, WrongState
from relais.safeguarding import alarms, danger, tasks, watched
from relais.safeguarding.forms import SeenForm
from relais.safeguarding.models import Alarm, DangerFile

from .conftest import FACTS

pytestmark = pytest.mark.django_db
DARK = "je veux mourir ce soir"


def letters(prefix: str) -> set[str]:
    return {row.payload["to"] for row in Outbound.objects.filter(key__startswith=prefix)}


def test_a_text_raises_an_alarm_about_any_kind_of_thing(house, people, now):
    assert alarms.screen(subject=house, item=1, text="Bonjour", now=now) is None
    alarm = alarms.screen(subject=house, item=2, text=DARK, now=now)
    assert (alarm.subject_kind, alarm.subject_id, alarm.item, alarm.organisation_id) == (
        "house",
        house.pk,
        "2",
        house.pk,
    )
    assert letters("alarm:") == {people["supervisor"].email}
    assert EventRecord.objects.get(name="danger.signalled").subject == house.pk
    [told] = alarms.told(house)
    assert (told.what, told.found, told.anchor) == ("idées de suicide", ["veux mourir"], "m2")


def test_one_text_has_one_alarm(house, now):
    alarms.screen(subject=house, item=1, text=DARK, now=now)
    with pytest.raises(IntegrityError, match="alarm_once"), transaction.atomic():
        alarms.screen(subject=house, item=1, text=DARK, now=now)


def test_its_app_hears_what_the_alarms_were(house, houses, people, now):
    alarm = alarms.screen(subject=house, item=1, text=DARK, now=now)
    alarms.screen(subject=house, item=2, text=DARK, now=now)
    said = {"subject": house, "user": people["mediator"], "is_false": True, "now": now}
    with pytest.raises(NotAllowed):
        alarms.acknowledge(read=[alarm.pk], reason="rien", **said | {"user": people["volunteer"]})
    with pytest.raises(WrongState):
        alarms.acknowledge(read=[alarm.pk], reason=" ", **said)
    alarms.acknowledge(read=[alarm.pk], reason="une chanson", **said)
    assert houses.said == [(people["mediator"], "Fausse alerte : une chanson", True)]
    assert Alarm.objects.open().count() == 1


def test_what_nobody_reads_is_told_again_and_to_who_is_on_call(house, people, now):
    alarms.screen(subject=house, item=1, text=DARK, now=now)
    assert alarms.remind(now + timedelta(minutes=9)) == 0
    assert alarms.remind(now + timedelta(minutes=10)) == 2
    assert letters("alarm-late:") == {people["supervisor"].email, "astreinte@exemple.invalid"}


def test_an_alarm_that_cannot_be_told_stops_neither_the_others_nor_the_files(house, people, now, caplog):
    """Of a kind whose app is gone: it comes first each time, and leaves the others their turn."""
    about = {
        "subject_kind": "gone",
        "subject_id": house.pk,
        "organisation_id": house.pk,
        "kinds": [],
        "is_urgent": True,
    }
    Alarm.objects.create(**about, item="0", raised_at=now - timedelta(seconds=1))
    alarms.screen(subject=house, item=1, text=DARK, now=now)
    about = {"subject_kind": "house", "subject_id": house.pk, "organisation_id": house.pk}
    said = {"level": "C", "facts": FACTS, "opened_by": people["mediator"], "opened_at": now, "second_due_at": now}
    DangerFile.objects.create(**about, **said)
    tasks.call_again(now + timedelta(minutes=10))
    assert letters("alarm-late:") == {people["supervisor"].email, "astreinte@exemple.invalid"}
    assert letters("danger-late:") == {people["supervisor"].email}
    assert "could not be treated" in caplog.text


@pytest.mark.parametrize("typed", ["", "1,2", "1 ", "-1", "9" * 19, "abc"])
def test_numbers_of_alarms_are_numbers(typed):
    assert not SeenForm({"read": typed, "verdict": "true"}).is_valid()


def test_a_file_is_opened_by_who_may_see_what_it_is_about(house, people, make_user, now):
    stranger = make_user("mediator")
    with pytest.raises(NotAllowed):
        danger.open_file(
            subject=house, user=stranger, level="C", facts=FACTS, second_reader=people["mediator"], now=now
        )


# --- what foreign keys did


@pytest.fixture
def elsewhere(houses):
    """A thing of the kind whose deletion is asked for."""
    houses.begin()
    yield houses.thing.find(Organisation.objects.create(name="Ailleurs").pk)
    watched.pre_delete.disconnect(sender=Organisation, dispatch_uid="watched:house")


def test_alarms_go_with_their_subject(elsewhere, house, now):
    """As CASCADE did. (The alarm says which organisation reads it: another one than the thing itself, here.)"""
    Alarm.objects.create(
        subject_kind="house", subject_id=elsewhere.pk, item="1", organisation_id=house.pk, kinds=[], raised_at=now
    )
    kept = alarms.screen(subject=house, item=2, text=DARK, now=now)
    Organisation.objects.get(pk=elsewhere.pk).delete()
    assert list(Alarm.objects.all()) == [kept]


def test_a_file_keeps_its_subject_until_it_is_let_go(elsewhere, house, people, now):
    """As PROTECT did."""
    about = {"subject_kind": "house", "subject_id": elsewhere.pk, "organisation_id": house.pk}
    said = {"level": "C", "facts": FACTS, "opened_by": people["mediator"], "opened_at": now, "second_due_at": now}
    file = DangerFile.objects.create(**about, **said)
    with pytest.raises(ProtectedError), transaction.atomic():
        Organisation.objects.get(pk=elsewhere.pk).delete()
    watched.let_go("house", elsewhere.pk)
    Organisation.objects.get(pk=elsewhere.pk).delete()
    file.refresh_from_db()
    assert watched.find(file) is None and file.facts == FACTS
