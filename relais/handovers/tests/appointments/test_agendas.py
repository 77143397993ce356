"""Slots against the agendas of who proposes them: taken, busy, insisted on; and where what is ahead stands."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db.models import Case, Value, When
from django.test import Client

from relais.agenda import taken
from relais.agenda.models import Appointment, BusyFeed, VideoPattern
from relais.coaching import services
from relais.coaching.desk import transfers
from relais.coaching.models import Conversation
from relais.foundation import meanwhile
from relais.handovers import appointments, booked, today
from relais.handovers.models import Handover

from .booking import ISLAND, NOW, PARIS, choose, propose

pytestmark = pytest.mark.django_db


def test_a_slot_that_somebody_took_meanwhile_is_not_shown_and_others_may_be_asked_for(
    held, people, offered, write, client_for, settings
):
    elsewhere = write(key=uuid4()).conversation
    services.claim(conversation=elsewhere, user=people["mediator"], now=NOW)
    young, address = Client(), f"/parler/rendez-vous/{offered[0].proposal}"
    young.cookies[settings.JOURNEY_COOKIE_NAME] = held.cookie
    Appointment.objects.filter(proposal=offered[0].proposal).update(
        starts_at=Case(*(When(pk=one.pk, then=Value(one.starts_at + timedelta(days=3650))) for one in offered))
    )
    for slot in offered:
        slot.refresh_from_db()
    choose(propose(elsewhere, people["mediator"], days=(3653,))[0])
    page = young.get(address).content.decode()
    assert page.count('name="slot"') == 2
    assert young.post(address, {"slot": str(offered[0].pk), "by": "door"}).status_code == 422
    with pytest.raises(taken.HourTaken):
        choose(offered[0])
    for day in (3654, 3655):
        choose(propose(elsewhere, people["mediator"], days=(day,))[0])
    assert "ne sont plus libres" in young.get(address).content.decode()
    young.post(address, {"choice": "none"})
    assert Conversation.objects.get(pk=held.pk).state == "waiting"


def test_who_proposes_is_told_that_the_hour_is_taken(held, people, client_for, now):
    staff, day = client_for(people["mediator"]), (now + timedelta(days=9)).astimezone(PARIS)
    staff.get(f"/pro/conversations/{held.pk}/")
    fields = {"kind": "call", "minutes": "30", "slot_1": f"{day:%Y-%m-%d}T14:30"}
    address = f"/pro/conversations/{held.pk}/rendez-vous"
    assert staff.post(address, fields | {"key": str(uuid4())}).status_code == 302
    choose(Appointment.objects.get(), now=now)
    again = fields | {"key": str(uuid4())}
    page = staff.post(address, again)
    assert page.status_code == 422 and "La personne a déjà un rendez-vous" in page.content.decode()
    assert staff.post(address, again | {"anyway": "on"}).status_code == 422, "ticked before it was said"
    assert staff.post(address, again | {"anyway": "on", "shown": shown_by(page)}).status_code == 302
    assert Appointment.objects.count() == 2 and not Appointment.objects.filter(regardless=True).exists()


def shown_by(page) -> str:
    return re.search('name="shown" value="([0-9a-f]+)"', page.content.decode())[1]


@pytest.fixture
def partner(accepted, people, client_for):
    Handover.objects.update(partner_email=people["partner"].email)
    return client_for(people["partner"])


@pytest.fixture
def busy(people, now):
    """busy(day) → on that day the mediator's own agenda takes them from two until three in Paris; the beginning."""
    feed = BusyFeed.objects.create(user=people["mediator"], address="https://agenda.exemple.invalid/x.ics", next_at=now)

    def go(day):
        at = (now + timedelta(days=day)).astimezone(PARIS).replace(hour=14, minute=0, second=0, microsecond=0)
        feed.times.create(starts_at=at, ends_at=at + timedelta(hours=1))
        return at

    return go


def test_the_team_goes_against_its_own_agenda_where_it_was_said(held, people, client_for, busy):
    staff, at = client_for(people["mediator"]), busy(9)
    staff.get(f"/pro/conversations/{held.pk}/")
    address = f"/pro/conversations/{held.pk}/rendez-vous"
    free = at + timedelta(days=1)
    fields = {"key": str(uuid4()), "kind": "call", "minutes": "30"}
    fields |= {"slot_1": f"{at:%Y-%m-%dT%H:%M}", "slot_2": f"{free:%Y-%m-%dT%H:%M}", "anyway": "on"}
    page = staff.post(address, fields)
    assert page.status_code == 422 and "Votre agenda vous dit pris" in page.content.decode()
    assert staff.post(address, fields | {"shown": shown_by(page)}).status_code == 302
    assert dict(Appointment.objects.values_list("starts_at", "regardless")) == {at: True, free: False}


def test_a_structure_goes_against_nobodys_agenda(held, people, accepted, partner, busy):
    at = busy(9)
    fields = {"action": "slots", "key": str(uuid4()), "kind": "call-3", "minutes": "30", "anyway": "on"}
    fields |= {"slot_1": f"{at:%Y-%m-%dT%H:%M}"}
    page = partner.post(f"/pro/orientations/{accepted.pk}/", fields)
    assert page.status_code == 422 and "Quelqu’un n’est pas libre" in page.content.decode()
    assert 'name="anyway"' not in page.content.decode()
    for word in ("", meanwhile.fingerprint({"slot": f"{at.timestamp():.0f} 30 {appointments.WORDS[taken.BUSY]}"})):
        assert partner.post(f"/pro/orientations/{accepted.pk}/", fields | {"shown": word}).status_code == 422
    assert not Appointment.objects.exists()
    values = {"kind": "call-3", "minutes": 30, "place": "", "starts": [at], "regardless": [at], "key": uuid4()}
    (slot,) = appointments.propose(conversation=held, user=None, handover=accepted, now=NOW, **values)
    assert not slot.regardless and taken.still_free([slot]) == []


def test_a_structure_may_insist_on_what_is_only_offered(held, people, accepted, partner, now):
    at = (now + timedelta(days=9)).astimezone(PARIS).replace(hour=14, minute=0, second=0, microsecond=0)
    propose(held, people["mediator"], days=((at - NOW) / timedelta(days=1),))
    fields = {"action": "slots", "key": str(uuid4()), "kind": "call", "minutes": "30"}
    fields |= {"slot_1": f"{at:%Y-%m-%dT%H:%M}"}
    page = partner.post(f"/pro/orientations/{accepted.pk}/", fields)
    assert page.status_code == 422 and "peut-être pas libre" in page.content.decode()
    shown = shown_by(page)
    answer = partner.post(f"/pro/orientations/{accepted.pk}/", fields | {"anyway": "on", "shown": shown})
    assert answer.status_code == 302 and Appointment.objects.count() == 2


def test_with_a_structure_a_call_by_video_names_its_link(held, people, accepted, partner, line, client_for, now):
    VideoPattern.objects.create(organisation=line.organisation, kind="jitsi", address="https://visio.exemple.fr")
    fields = {"action": "slots", "key": str(uuid4()), "kind": "video", "minutes": "30"}
    fields |= {"slot_1": f"{now + timedelta(days=9):%Y-%m-%d}T14:00"}
    staff, own = client_for(people["mediator"]), f"/pro/conversations/{held.pk}/rendez-vous?relais={accepted.pk}"
    staff.get(f"/pro/conversations/{held.pk}/")
    for client, address in ((partner, f"/pro/orientations/{accepted.pk}/"), (staff, own)):
        page = client.post(address, fields)
        assert page.status_code == 422 and "Collez le lien" in page.content.decode()
        link = {"place": "https://visio.exemple.fr/x", "key": str(uuid4())}
        assert client.post(address, fields | link).status_code == 302
        fields["slot_1"] = fields["slot_1"].replace("T14", "T16")


def test_a_structure_is_spoken_of_where_there_is_one(held, people, accepted, line, structure, client_for):
    structure.time_zone = line.time_zone = ISLAND.key
    structure.save()
    line.save()
    staff, address = client_for(people["mediator"]), f"/pro/conversations/{held.pk}/rendez-vous"
    staff.get(f"/pro/conversations/{held.pk}/")
    alone, both = (staff.get(address + more).content.decode() for more in ("", f"?relais={accepted.pk}"))
    assert "la structure" not in alone and "Les heures sont celles de la ligne (heure de La Réunion)." in alone
    assert "la structure aussi" in both and "celles de la structure (heure de La Réunion)" in both


def test_what_is_ahead_stands_in_the_agenda_of_whoever_holds_the_conversation(held, people, accepted, make_user):
    call = choose(propose(held, people["mediator"])[0])
    visit = propose(held, people["mediator"], handover=accepted, kind="visit", days=(7,))[0]
    over = Appointment.objects.create(
        **booked.about(held, None).values(),
        proposal=uuid4(),
        kind="call",
        state="chosen",
        starts_at=NOW,
        proposed_at=NOW,
    )
    over.staff.add(people["mediator"])

    def expected():
        return [[who.pk for who in one.staff.all()] for one in (call, visit, over)]

    first, second = people["mediator"], people["mediator_2"]
    assert expected() == [[first.pk], [], [first.pk]]
    transfers.transfer(conversation=held, by=first, receiver=second, team=None, reason="congés", now=NOW)
    assert expected() == [[second.pk], [], [first.pk]], "what is over stays as it was"
    transfers.transfer(conversation=held, by=second, receiver=None, team=None, reason="congés", now=NOW)
    assert expected() == [[], [], [first.pk]]
    [told] = today.met_by_nobody(second, NOW)
    assert told.words.startswith("Colibri 12 a un rendez-vous, et personne") and told.due_at == call.starts_at
    assert str(held.pk) in told.address and not list(today.met_by_nobody(second, call.starts_at))
    for elsewhere in (make_user("mediator"), people["volunteer"], people["partner"]):
        assert not list(today.met_by_nobody(elsewhere, NOW))
    services.claim(conversation=held, user=first, now=NOW)
    assert not list(today.met_by_nobody(second, NOW))
    assert expected() == [[first.pk], [], [first.pk]]
