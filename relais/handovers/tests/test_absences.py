"""Appointments of a conversation and the absences of who holds it, from the form that proposes to the substitute."""

from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse

from relais.agenda import away, clashes, feed, taken
from relais.agenda.models import Appointment
from relais.coaching import services
from relais.coaching.desk import transfers
from relais.coaching.models import Line
from relais.foundation import today
from relais.handovers import appointments
from relais.journeys.models import Journey

pytestmark = pytest.mark.django_db
PARIS, ISLAND = ZoneInfo("Europe/Paris"), ZoneInfo("Indian/Reunion")
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=PARIS)
DAY = timedelta(days=1)


@pytest.fixture
def sarah(people):
    return people["mediator"]


@pytest.fixture
def hold_one(write, sarah):
    """hold_one(user, at) → a conversation held by `user`."""

    def go(user=sarah, at=NOW):
        opened = write(at=at, key=uuid4())
        held = services.claim(conversation=opened.conversation, user=user, now=at)
        held.cookie = opened.cookie
        return held

    return go


def propose(conversation, user, *starts, now=NOW):
    values = {"handover": None, "kind": "call", "minutes": 30, "place": "", "key": uuid4(), "starts": list(starts)}
    return appointments.propose(conversation=conversation, user=user, now=now, **values)


def choose(slot, now=NOW):
    journey = Journey.objects.get(pk=slot.person)
    return appointments.choose(appointment=slot, journey=journey, remind_by="door", address="", now=now)


def leave(user, first, last, *, substitute=None, now=NOW):
    return transfers.declare_absence(user=user, first=first, last=last, substitute=substitute, by=user, now=now)


def said(answer) -> str:
    return answer.content.decode().replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize("zone", [PARIS, ISLAND])
def test_an_absence_is_whole_days_on_the_clock_where_one_answers(sarah, line, zone):
    Line.objects.update(time_zone=zone.key)
    day = datetime(2026, 11, 26, tzinfo=zone)
    leave(sarah, day.date(), day.date())
    (one,) = away.between([sarah.pk], day - DAY, day + 2 * DAY)
    assert (one.user, one.starts_at, one.ends_at) == (sarah.pk, day, day + DAY)
    minute = timedelta(minutes=1)
    assert not away.between([sarah.pk], day - minute, day) and away.between([sarah.pk], day - minute, day + minute)
    assert not away.between([sarah.pk], day + DAY, day + DAY + minute)
    assert away.clock(sarah) == zone


def test_no_slot_is_proposed_in_ones_own_absence_whatever_is_ticked(hold_one, sarah, client_for, now):
    held, at = hold_one(at=now), (now + 3 * DAY).astimezone(PARIS).replace(hour=14, minute=0)
    leave(sarah, at.date(), at.date(), now=now)
    client = client_for(sarah)
    client.get(reverse("desk", args=[held.pk]))
    typed = {"key": str(uuid4()), "kind": "call", "minutes": "30", "slot_1": f"{at:%Y-%m-%dT%H:%M}", "anyway": "on"}
    refused = client.post(reverse("propose_slots", args=[held.pk]), typed)
    assert refused.status_code == 422 and "Vous êtes en absence à cette heure-là" in refused.content.decode()
    with pytest.raises(taken.HourTaken):
        propose(held, sarah, at, now=now)
    after = typed | {"slot_1": f"{at + DAY:%Y-%m-%dT%H:%M}", "anyway": ""}
    assert client.post(reverse("propose_slots", args=[held.pk]), after).status_code == 302
    assert Appointment.objects.count() == 1


def test_the_substitute_who_is_already_taken_is_told_to_move_one(hold_one, sarah, people):
    karim, at = people["mediator_2"], NOW + 3 * DAY
    own, theirs = hold_one(karim), hold_one(sarah)
    first, second = choose(propose(own, karim, at)[0]), choose(propose(theirs, sarah, at)[0])
    leave(sarah, at.date(), at.date() + DAY, substitute=karim)
    assert [one.by for one in clashes.chosen(feed.mine(sarah), sarah, NOW)] == ["away"], "told before leaving"
    transfers.move_due(at - timedelta(hours=9))
    assert feed.mine(sarah).count() == 0
    found = clashes.chosen(feed.mine(karim), karim, NOW)
    assert {(one.appointment.pk, one.by) for one in found} == {(first.pk, "staff"), (second.pk, "staff")}
    assert sum("à déplacer" in task.words for task in today.tasks(karim, NOW)) == 2
    assert taken.Free(None, [karim]).takes(at, 30) == "staff"


def test_what_was_proposed_cannot_be_chosen_once_the_substitute_is_elsewhere(hold_one, sarah, people):
    karim, at = people["mediator_2"], NOW + 3 * DAY
    slot = propose(hold_one(sarah), sarah, at)[0]
    choose(propose(hold_one(karim), karim, at)[0])
    leave(sarah, NOW.date(), at.date(), substitute=karim)
    transfers.move_due(NOW)
    with pytest.raises(taken.HourTaken):
        choose(slot)
    assert [one.pk for one in clashes.spent(feed.mine(karim), karim, NOW)] == [slot.pk]


def test_an_absence_that_is_noted_says_what_is_agreed_in_it(hold_one, sarah, people, client_for, now, settings):
    held, at = hold_one(at=now), (now + 3 * DAY).astimezone(PARIS).replace(hour=14, minute=0)
    (slot,) = propose(held, sarah, at, now=now)
    fields = {"user": sarah.pk, "first": f"{at:%Y-%m-%d}", "last": f"{at:%Y-%m-%d}", "substitute": ""}
    client = client_for(sarah)
    assert "rendez-vous est déjà pris" not in client.post("/pro/absences/", fields, follow=True).content.decode()
    young = Client()
    young.cookies[settings.JOURNEY_COOKIE_NAME] = held.cookie
    page = young.get(f"/parler/rendez-vous/{slot.proposal}").content.decode()
    assert "Ces créneaux ne sont plus libres." in page and "nous ne sommes plus là" in page
    Appointment.objects.update(state="chosen")
    told = said(client.post("/pro/absences/", fields, follow=True))
    assert "1 rendez-vous est déjà pris pendant cette absence : votre page « Agenda »" in told
    supervisor = said(client_for(people["supervisor"]).post("/pro/absences/", fields, follow=True))
    assert "1 rendez-vous est déjà pris pendant cette absence : la page « Agenda » de" in supervisor
