"""The inbox by deadline and the wall of the line: figures that agree with the rows, and what supervisors do there."""

from datetime import timedelta
from uuid import uuid4

import pytest

from relais.coaching import services
from relais.coaching.desk import inbox, presence, supervision
from relais.coaching.models import Conversation, LineOverride, Team, Transfer
from relais.coaching.thread import promise

pytestmark = pytest.mark.django_db


@pytest.fixture
def crowd(write, people, now):
    """Seven who wait since 0, 5… 30 minutes, three answered, one closed, one in danger."""
    waiting = [write(at=now - timedelta(minutes=5 * n, seconds=1), key=uuid4()).conversation for n in range(7)]
    answered = []
    for minutes in (3, 9, 50):
        conversation = write(at=now - timedelta(minutes=minutes), key=uuid4()).conversation
        services.claim(conversation=conversation, user=people["mediator"], now=now)
        services.reply(conversation=conversation, user=people["mediator"], body="Bonjour", key=uuid4(), now=now)
        answered.append(conversation)
    services.close(conversation=answered[0], user=people["mediator"], now=now)
    Conversation.objects.filter(pk=waiting[0].pk).update(is_alarming=True)
    promise.tick(now)
    return waiting, answered


def listed(user, wanted, now):
    return [conversation.pk for conversation in inbox.listing(user, wanted, inbox.teams_for(user), now)[0:50]]


def test_danger_comes_first_then_deadlines_then_the_last_touched(crowd, people, now):
    waiting, answered = crowd
    expected = [waiting[0].pk, *(one.pk for one in reversed(waiting[1:]))]
    found = listed(people["mediator"], "ouvertes", now)
    assert found[:7] == expected and set(found[7:]) == {answered[1].pk, answered[2].pk}
    assert listed(people["mediator"], "terminees", now) == [answered[0].pk]
    assert listed(people["mediator_2"], "miennes", now) == []
    assert len(listed(people["mediator"], "miennes", now)) == 2


def test_pages_of_the_inbox_hold_each_conversation_once(crowd, people, now):
    parts = inbox.listing(people["mediator"], "ouvertes", inbox.teams_for(people["mediator"]), now)
    for size in (1, 2, 3, 4, 50):
        found = [one.pk for start in range(0, parts.count() + size, size) for one in parts[start : start + size]]
        assert len(found) == len(set(found)) == parts.count() == 9


def test_a_subject_goes_to_the_team_that_knows_it_and_anybody_may_take_it(crowd, people, client_for, now):
    waiting, _ = crowd
    organisation = waiting[0].line.organisation
    jobs = Team.objects.create(organisation=organisation, name="Métiers", skills=["jobs", "training"])
    money = Team.objects.create(organisation=organisation, name="Aides", skills=["money"])
    jobs.members.add(people["mediator"])
    Conversation.objects.filter(pk=waiting[1].pk).update(subject="jobs")
    Conversation.objects.filter(pk=waiting[2].pk).update(subject="jobs", team=money)
    Conversation.objects.filter(pk=waiting[3].pk).update(team=jobs)
    assert set(listed(people["mediator"], "equipes", now)) == {waiting[1].pk, waiting[3].pk}
    assert listed(people["mediator_2"], "equipes", now) == []
    page = client_for(people["mediator_2"]).get("/pro/conversations/").content.decode()
    assert page.count("pour Métiers") == 2 and page.count("pour Aides") == 1
    assert (
        services.claim(conversation=waiting[1], user=people["mediator_2"], now=now).claimed_by == people["mediator_2"]
    )


def test_the_inbox_asks_as_much_for_five_as_for_fifty(write, people, client_for, now, django_assert_max_num_queries):
    Team.objects.create(organisation=people["mediator"].memberships.get().organisation, name="Métiers", skills=["jobs"])
    client = client_for(people["mediator"])
    for count in (5, 45):
        for number in range(count):
            conversation = write(at=now - timedelta(minutes=number % 40), key=uuid4()).conversation
            if number % 3 == 0:
                services.claim(conversation=conversation, user=people["mediator"], now=now)
        presence.be_here(user=people["supervisor"], conversation=conversation, is_writing=True, now=now)
        for address in (
            "/pro/conversations/",
            "/pro/conversations/liste?voir=equipes",
            "/pro/conversations/?voir=miennes",
        ):
            with django_assert_max_num_queries(17):
                assert client.get(address).status_code == 200


def test_odd_addresses_of_the_inbox_are_the_inbox(crowd, people, client_for):
    client = client_for(people["mediator"])
    for query in ("?voir=xyz", "?page=0", "?page=abc", "?page=999999999", "?voir=equipes&page=-1"):
        assert client.get(f"/pro/conversations/{query}").status_code == 200


# --- the wall


def test_the_figures_of_the_wall_agree_with_the_rows(crowd, people, now):
    waiting, _ = crowd
    seen = supervision.look(people["supervisor"], now)
    [line] = seen.lines
    assert (line.waiting, line.at_risk, line.late) == (7, 5, 1)
    assert line.at_risk == len(seen.urgent), "the figure counts what the list shows"
    assert line.oldest == timedelta(minutes=30, seconds=1)
    assert (line.today.answered, line.today.kept, line.today.broken, line.today.share) == (3, 2, 2, 66)
    assert [one.pk for one in seen.urgent] == [waiting[0].pk, *(one.pk for one in reversed(waiting[3:]))]
    assert {str(holder.user): (holder.held, holder.waiting) for holder in seen.holders}["Sarah"] == (2, 0)


def test_the_wall_counts_per_team_and_who_is_here(crowd, people, now):
    waiting, _ = crowd
    jobs = Team.objects.create(organisation=waiting[0].line.organisation, name="Métiers", skills=["jobs"])
    Conversation.objects.filter(pk__in=[waiting[1].pk, waiting[6].pk]).update(subject="jobs")
    presence.be_here(user=people["mediator_2"], conversation=waiting[1], is_writing=True, now=now)
    seen = supervision.look(people["supervisor"], now)
    assert seen.teams == [(jobs, 2, 1), (None, 5, 4)]
    first = seen.holders[0]
    assert (first.user, first.is_here, first.is_writing) == (people["mediator_2"], True, True)


def test_the_wall_asks_as_much_whatever_the_crowd(crowd, people, client_for, django_assert_max_num_queries):
    client = client_for(people["supervisor"])
    client.get("/pro/ligne/")
    with django_assert_max_num_queries(25):
        page = client.get("/pro/ligne/").content.decode()
    assert "66" in page and "Rompues aujourd’hui" in page
    assert client_for(people["mediator"]).get("/pro/ligne/").status_code == 404


def test_today_begins_at_midnight_on_the_lines_clock(write, people, now):
    line = write().conversation.line
    assert supervision.today(line, now).answered == 0 and supervision.today(line, now).share is None


def test_a_conversation_is_given_from_the_wall(crowd, people, client_for):
    waiting, _ = crowd
    client, address = client_for(people["supervisor"]), f"/pro/ligne/confier/{waiting[6].pk}"
    assert client.post(address, {"to": f"person:{people['mediator_2'].pk}"}).status_code == 302
    assert Conversation.objects.get(pk=waiting[6].pk).claimed_by == people["mediator_2"]
    assert Transfer.objects.get().by == people["supervisor"]
    for odd in ("", "person:abc", "team:12"):
        client.post(address, {"to": odd})
    assert Transfer.objects.count() == 1
    assert client_for(people["mediator"]).post(address, {"to": "team:"}).status_code == 404


def test_a_whole_load_changes_hands_and_leaves_its_history(crowd, people, client_for):
    client = client_for(people["supervisor"])
    address = f"/pro/ligne/charge/{people['mediator'].pk}"
    assert "2 conversations ouvertes" in client.get(address).content.decode()
    client.post(address, {"to": f"person:{people['mediator_2'].pk}", "reason": "Formation toute la semaine"})
    assert Conversation.objects.filter(claimed_by=people["mediator_2"]).count() == 2
    assert "Formation toute la semaine" in client_for(people["mediator_2"]).get("/pro/absences/").content.decode()
    assert client.get(f"/pro/ligne/charge/{people['funder'].pk}").status_code == 404


def test_the_line_closes_at_once_with_a_message(crowd, line, people, client_for):
    client = client_for(people["supervisor"])
    address = f"/pro/ligne/{line.pk}/ouverture"
    assert "7 personnes attendent" in client.get(address).content.decode()
    assert client.post(address, {"state": "closed", "minutes": "60", "message": "Panne"}).status_code == 302
    assert LineOverride.objects.get().message == "Panne"
    assert "fermée" in client.get("/pro/ligne/").content.decode()
    assert client.post(address, {"state": "closed", "minutes": "999"}).status_code == 422
    assert client.post(address, {"state": "", "minutes": "60"}).status_code == 302
    assert client.post(address, {"state": "", "minutes": "60"}).status_code == 422, "it follows its hours already"
    assert client_for(people["mediator"]).get(address).status_code == 404


def test_teams_are_made_by_supervisors_of_their_own_people(line, people, client_for, make_user):
    client, stranger = client_for(people["supervisor"]), make_user("mediator")
    fields = {"name": "Métiers", "skills": ["jobs"], "members": [people["mediator"].pk]}
    assert client.post("/pro/ligne/equipes/nouvelle", fields).status_code == 302
    team = Team.objects.get()
    assert (team.skills, list(team.members.all())) == (["jobs"], [people["mediator"]])
    assert "Un métier" in client.get("/pro/ligne/equipes/").content.decode()
    assert client.post("/pro/ligne/equipes/nouvelle", fields).status_code == 422, "one name, one team"
    assert client.post(f"/pro/ligne/equipes/{team.pk}/", fields | {"members": [stranger.pk]}).status_code == 422
    assert client.post(f"/pro/ligne/equipes/{team.pk}/", fields | {"skills": ["xyz"]}).status_code == 422
    assert client_for(make_user("supervisor")).get(f"/pro/ligne/equipes/{team.pk}/").status_code == 404
