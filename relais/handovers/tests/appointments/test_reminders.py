"""Reminded once, by the address left for it, a day before on the clock of the place."""

from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from django.db import connection

from relais.agenda import services as agenda
from relais.agenda.models import Appointment
from relais.coaching import services
from relais.coaching.models import Message
from relais.foundation.models import Outbound

from .booking import NOW, PARIS, choose, propose

pytestmark = pytest.mark.django_db


def test_the_reminder_leaves_once_by_the_address_left_for_it_and_the_address_goes(offered):
    choose(offered[0], by="sms", address="+33612345678")
    at = NOW + timedelta(days=2)
    assert agenda.remind_due(at - timedelta(seconds=1)) == 0
    assert (agenda.remind_due(at), agenda.remind_due(at)) == (1, 0)
    sms = Outbound.objects.get(channel="sms")
    assert sms.payload["to"] == "+33612345678" and "rappel" in sms.payload["text"] and len(sms.payload["text"]) <= 160
    assert "Ligne" not in sms.payload["text"], "no word of what it is about"
    assert Appointment.objects.get(state="chosen").address == ""


def test_chosen_late_it_is_reminded_two_hours_before_or_not_at_all():
    start = NOW + timedelta(hours=5)
    assert agenda.remind_at(start, NOW) == start - timedelta(hours=2)
    assert agenda.remind_at(NOW + timedelta(hours=1), NOW) is None


def test_too_near_to_be_reminded_the_address_is_not_kept(held, people):
    slot = propose(held, people["mediator"], days=(1 / 24,))[0]
    chosen = choose(slot, by="sms", address="+33612345678")
    chosen.refresh_from_db()
    assert (chosen.remind_at, chosen.address) == (None, "")


def test_a_worker_that_slept_does_not_remind_of_the_past(offered):
    choose(offered[0], by="email", address="lou@exemple.fr")
    assert agenda.remind_due(NOW + timedelta(days=4)) == 1
    assert not Outbound.objects.filter(key__startswith="remind:").exists()


@pytest.mark.django_db(transaction=True)
def test_two_loops_remind_once(write, people):
    opened = write(at=NOW)
    services.claim(conversation=opened.conversation, user=people["mediator"], now=NOW)
    for hour in range(6):
        later = propose(opened.conversation, people["mediator"], days=(3 + hour / 24,))
        choose(later[0], by="email", address="lou@exemple.fr")
    due = NOW + timedelta(days=2, hours=6)

    def turn():
        try:
            agenda.remind_due(due)
        finally:
            connection.close()

    threads = [Thread(target=turn) for _ in range(3)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    # All six are of one conversation: what another loop held at that instant is left to the next turn.
    agenda.remind_due(due)
    assert Outbound.objects.filter(key__startswith="remind:").count() == 6
    assert Message.objects.filter(body__isnull=False, side="notice").count() == 12, "six taken, six reminded"


def test_the_reminder_stays_a_day_before_across_a_change_of_clock():
    start = datetime(2027, 3, 28, 14, 0, tzinfo=PARIS)
    assert start.astimezone(UTC) - agenda.remind_at(start.astimezone(UTC), NOW) == timedelta(hours=24)
