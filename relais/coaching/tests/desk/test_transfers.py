"""What is passed on arrives: to a colleague, to a team, to whoever stands in for somebody away."""

from datetime import timedelta
from uuid import uuid4

import pytest

from relais.coaching import services, thread
from relais.coaching.desk import transfers
from relais.coaching.models import Absence, Conversation, Team, Transfer
from relais.foundation.models import EventRecord
from relais.foundation.refusals import NotAllowed

from .pages import open_page, path

pytestmark = pytest.mark.django_db


def test_a_conversation_passes_to_a_colleague_with_its_reason_and_its_deadline(held, people, client_for):
    client, karim = client_for(people["mediator"]), people["mediator_2"]
    open_page(client, held)
    response = client.post(path(held, "passer"), {"to": f"person:{karim.pk}", "reason": "Tu connais la petite enfance"})
    assert response.status_code == 302
    after, row = Conversation.objects.get(), Transfer.objects.get()
    assert (after.claimed_by, after.due_at) == (karim, held.due_at)
    assert (row.giver, row.receiver, row.by, row.reason) == (
        people["mediator"],
        karim,
        people["mediator"],
        "Tu connais la petite enfance",
    )
    assert EventRecord.objects.filter(name="conversation.transferred", subject=held.pk).count() == 1
    page = client_for(karim).get("/pro/conversations/?voir=miennes").content.decode()
    assert f"passée par {people['mediator'].display_name}" in page
    assert "Tu connais la petite enfance" in open_page(client_for(karim), held)


def test_a_conversation_passes_to_a_team_and_anybody_may_take_it(held, people, now):
    team = Team.objects.create(organisation=held.line.organisation, name="Enfance")
    transfers.transfer(conversation=held, by=people["mediator"], receiver=None, team=team, reason="", now=now)
    after = Conversation.objects.get()
    assert (after.claimed_by, after.team) == (None, team)
    assert services.claim(conversation=after, user=people["supervisor"], now=now).claimed_by == people["supervisor"]


def test_only_who_holds_it_or_a_supervisor_passes_a_conversation(held, people, now):
    with pytest.raises(NotAllowed):
        transfers.transfer(
            conversation=held, by=people["mediator_2"], receiver=people["mediator_2"], team=None, reason="x", now=now
        )
    transfers.transfer(
        conversation=held, by=people["supervisor"], receiver=people["mediator_2"], team=None, reason="x", now=now
    )
    assert Conversation.objects.get().claimed_by == people["mediator_2"]


def test_nobody_receives_what_they_may_not_see(held, people, now, make_user):
    stranger = make_user("mediator")
    closed = make_user("mediator", organisation=held.line.organisation, is_active=False)
    for receiver in (stranger, closed, people["funder"]):
        with pytest.raises(transfers.CannotReceive):
            transfers.transfer(
                conversation=held, by=people["mediator"], receiver=receiver, team=None, reason="x", now=now
            )
    assert Conversation.objects.get().claimed_by == people["mediator"] and not Transfer.objects.exists()


@pytest.mark.parametrize(
    "to", ["", "person:", "person:abc", "team:999", "'; DROP", "person:00000000-0000-0000-0000-000000000000"]
)
def test_a_receiver_out_of_the_list_is_a_sentence(held, people, client_for, to):
    client = client_for(people["mediator"])
    open_page(client, held)
    response = client.post(path(held, "passer"), {"to": to, "reason": "x"})
    assert response.status_code == 422 and "errors" in response.content.decode()


# --- absences


def test_on_the_first_day_of_an_absence_everything_held_goes_to_the_substitute(write, people, now):
    sarah, karim = people["mediator"], people["mediator_2"]
    for _ in range(3):
        services.claim(conversation=write(key=uuid4()).conversation, user=sarah, now=now)
    day = transfers.today(sarah, now)
    transfers.declare_absence(
        user=sarah, first=day + timedelta(days=1), last=day + timedelta(days=3), substitute=karim, by=sarah, now=now
    )
    assert transfers.move_due(now) == 0
    tomorrow = now + timedelta(days=1)
    assert (transfers.move_due(tomorrow), transfers.move_due(tomorrow)) == (3, 0)
    assert set(Conversation.objects.values_list("claimed_by", flat=True)) == {karim.pk}
    assert [one.reason for one in Transfer.objects.filter(giver=sarah, receiver=karim)] == 3 * ["absence"]
    with pytest.raises(transfers.CannotReceive, match="absence"):
        transfers.transfer(
            conversation=Conversation.objects.first(), by=karim, receiver=sarah, team=None, reason="x", now=tomorrow
        )


def test_without_a_substitute_or_with_one_away_too_the_team_gets_it(write, people, now):
    sarah, karim = people["mediator"], people["mediator_2"]
    day = transfers.today(sarah, now)
    services.claim(conversation=write().conversation, user=sarah, now=now)
    services.claim(conversation=write(key=uuid4()).conversation, user=karim, now=now)
    transfers.declare_absence(user=sarah, first=day, last=day, substitute=karim, by=sarah, now=now)
    transfers.declare_absence(user=karim, first=day, last=day, substitute=None, by=karim, now=now)
    assert transfers.move_due(now) == 2
    assert not Conversation.objects.exclude(claimed_by=None).exists(), "nobody is left holding"


def test_stopped_in_the_middle_an_absence_goes_on_where_it_was(write, people, now, monkeypatch):
    sarah = people["mediator"]
    for _ in range(3):
        services.claim(conversation=write(key=uuid4()).conversation, user=sarah, now=now)
    day, told, tell = transfers.today(sarah, now), [], thread.notify_pages
    transfers.declare_absence(user=sarah, first=day, last=day, substitute=None, by=sarah, now=now)

    def breaks(held):
        told.append(held)
        if len(told) == 2:
            raise SystemExit("the worker was stopped")
        tell(held)

    monkeypatch.setattr(thread, "notify_pages", breaks)
    with pytest.raises(SystemExit):
        transfers.move_due(now)
    assert Absence.objects.get().moved_at is None and Conversation.objects.filter(claimed_by=sarah).count() == 2
    assert transfers.move_due(now) == 2 and Transfer.objects.count() == 3


def test_one_that_cannot_be_passed_on_holds_back_no_other_and_is_tried_again(
    write, people, now, monkeypatch, client_for
):
    sarah, tell = people["mediator"], thread.notify_pages
    held = [services.claim(conversation=write(key=uuid4()).conversation, user=sarah, now=now) for _ in range(3)]
    day = transfers.today(sarah, now)
    transfers.declare_absence(user=sarah, first=day, last=day, substitute=None, by=sarah, now=now)

    def breaks(one):
        if one.pk == held[1].pk:
            raise RuntimeError("not this one")
        tell(one)

    monkeypatch.setattr(thread, "notify_pages", breaks)
    assert transfers.move_due(now) == 2
    assert Absence.objects.get().moved_at is None and Conversation.objects.get(claimed_by=sarah).pk == held[1].pk
    page = client_for(people["supervisor"]).post(f"/pro/ligne/charge/{sarah.pk}", {"to": "team:", "reason": "absence"})
    assert page.status_code == 409 and "n’ont pas pu être passées" in page.content.decode()
    monkeypatch.setattr(thread, "notify_pages", tell)
    assert transfers.move_due(now) == 1 and Absence.objects.get().moved_at == now


def test_what_a_closed_account_held_goes_back_to_the_team(held, people, now):
    people["mediator"].is_active = False
    people["mediator"].save()
    assert (transfers.move_due(now), transfers.move_due(now)) == (1, 0)
    assert Conversation.objects.get().claimed_by is None


def test_absences_are_declared_for_oneself_and_by_supervisors_for_others(held, people, client_for, now):
    day = transfers.today(people["mediator"], now).isoformat()
    fields = {"user": people["mediator_2"].pk, "first": day, "last": day, "substitute": ""}
    assert client_for(people["mediator"]).post("/pro/absences/", fields).status_code == 422
    supervisor = client_for(people["supervisor"])
    assert supervisor.post("/pro/absences/", fields).status_code == 302
    assert supervisor.post("/pro/absences/", fields | {"last": "2020-01-01"}).status_code == 422
    assert supervisor.post("/pro/absences/", fields | {"substitute": people["mediator_2"].pk}).status_code == 422
    absence = Absence.objects.get()
    assert client_for(people["mediator"]).post(f"/pro/absences/{absence.pk}/retirer").status_code == 404
    assert client_for(people["mediator_2"]).post(f"/pro/absences/{absence.pk}/retirer").status_code == 302
    assert not Absence.objects.exists()
