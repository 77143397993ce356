"""What is set aside is kept until somebody has looked at it, awaits them until then, and is told before the law ends it."""

from datetime import timedelta

import pytest
from django.utils.html import escape

from relais.accounts.models import AccessRecord, Membership, Organisation
from relais.channels import services as channels
from relais.channels.models import Inbound
from relais.coaching.rights import broom
from relais.foundation.models import Outbound

pytestmark = pytest.mark.django_db
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
PAGE = "/pro/entrees/"


@pytest.fixture
def aside(line, now):
    """aside(body, …) → a letter that a program set aside."""

    def go(body="Je suis absente", *, number="1", at=now, reason="automatic"):
        return channels.receive(
            channel="email", provider_id=number, sender="lou@exemple.invalid", body=body, at=at, reason=reason
        )[0]

    return go


def body_of(row) -> str:
    row.refresh_from_db()
    return row.body


def awaits(client) -> str:
    return " ".join(client.get("/pro/").content.decode().split())


def test_its_time_begins_when_somebody_looks(aside, people, client_for, now):
    row = aside()
    broom.sweep(now + 150 * DAY)
    assert body_of(row)
    # The broom ends sessions too.
    supervisor = client_for(people["supervisor"])
    assert "1 message mis de côté" in awaits(supervisor)
    assert client_for(people["mediator"]).get(PAGE).status_code in (302, 403, 404) and not Inbound.objects.get().seen_at
    supervisor.head(PAGE)
    assert not Inbound.objects.get().seen_at, "a program that looks at the head of a page is nobody"
    assert "Pas encore vu" in supervisor.get(PAGE).content.decode()
    seen = Inbound.objects.get().seen_at
    assert seen and "Pas encore vu" not in supervisor.get(PAGE).content.decode()
    assert Inbound.objects.get().seen_at == seen, "the first look counts"
    assert "message mis de côté" not in awaits(supervisor)
    broom.sweep(seen + 30 * DAY - SECOND)
    assert body_of(row)
    broom.sweep(seen + 30 * DAY)
    assert not body_of(row)


def test_danger_awaits_for_as_long_as_it_is_there(aside, people, client_for):
    aside("j'ai envie de mourir")
    supervisor = client_for(people["supervisor"])
    supervisor.get(PAGE)
    assert "1 message mis de côté, dont un signe de danger" in awaits(supervisor)


def test_only_what_was_shown_is_seen(aside, people, client_for):
    aside(reason="automatic")
    other = aside(number="2", reason="list")
    client_for(people["supervisor"]).get(f"{PAGE}?raison=list")
    assert [row.pk for row in Inbound.objects.exclude(seen_at=None)] == [other.pk]


@pytest.mark.parametrize(
    ("body", "whole", "is_seen"),
    [("a" * 300, "", True), ("a" * 301, "", False), ("Absente.", "Absente.\n> fin", False)],
)
def test_what_the_list_cuts_is_seen_once_it_is_read_whole(aside, people, client_for, make_user, body, whole, is_seen):
    row, supervisor = aside(body), client_for(people["supervisor"])
    Inbound.objects.update(whole=whole)
    page = f"{PAGE}{row.pk}/"
    assert (f'"{page}"' in supervisor.get(PAGE).text) is not is_seen
    assert bool(Inbound.objects.get().seen_at) is is_seen
    assert client_for(make_user("supervisor")).get(page).status_code == 404
    supervisor.head(page)
    assert bool(Inbound.objects.get().seen_at) is is_seen
    assert escape(whole or body) in supervisor.get(page).text and Inbound.objects.get().seen_at
    assert AccessRecord.objects.filter(action="read", subject=str(row.pk), user=people["supervisor"]).exists()


def test_a_letter_that_nobody_could_read_is_seen_once_it_is_fetched(aside, people, client_for):
    row, supervisor = aside(), client_for(people["supervisor"])
    Inbound.objects.update(state="refused", reason="unreadable", body="", raw=b"{", shape="mime")
    assert f"{PAGE}{row.pk}/lettre" in supervisor.get(PAGE).text
    assert supervisor.get(f"{PAGE}{row.pk}/").status_code == 404
    supervisor.head(f"{PAGE}{row.pk}/lettre")
    assert not Inbound.objects.get().seen_at
    supervisor.get(f"{PAGE}{row.pk}/lettre")
    assert Inbound.objects.get().seen_at


def test_who_decides_has_seen_it_and_what_comes_back_is_unseen_again(aside, people, client_for, now):
    row = aside()
    channels.look_again(inbound=row, now=now)
    row.refresh_from_db()
    assert (row.state, row.seen_at) == ("new", now)

    def refuse(*_):
        raise channels.Refused("unknown-channel")

    channels.deliver(refuse, now=now)
    row.refresh_from_db()
    assert (row.state, row.seen_at) == ("refused", None)


def test_after_six_months_it_goes_and_its_team_is_told_thirty_days_before(aside, people, client_for, now):
    row, end = aside(), now + 183 * DAY
    aside(number="2")
    letters = Outbound.objects.filter(key__startswith="unseen:")
    for at, number in ((end - 30 * DAY - SECOND, 0), (end - 30 * DAY, 1), (end - 29 * DAY, 1)):
        assert broom.sweep(at).counts["announced"] == 0 and letters.count() == number
    told = letters.get().payload
    assert told["to"] == people["supervisor"].email and "2 messages mis de côté" in told["text"]
    assert "absente" not in told["text"]
    assert "dont un message qui va s’effacer sans avoir été vu" in awaits(client_for(people["supervisor"]))
    broom.sweep(end - SECOND)
    assert body_of(row)
    broom.sweep(end)
    assert not body_of(row)


@pytest.mark.parametrize("place", ["beside", "host", "nowhere"])
def test_where_nobody_supervises_others_are_told_and_what_nobody_was_told_of_stays(
    aside, people, make_user, now, place
):
    row, end = aside(), now + 183 * DAY
    row.refresh_from_db()
    host = make_user("administrator")
    Organisation.objects.update(is_host=False)
    Organisation.objects.filter(pk=host.memberships.get().organisation_id).update(is_host=place == "host")
    lost = Membership.objects.filter(organisation=row.owner, role__in=["supervisor", "administrator"])
    (lost.filter(role="supervisor") if place == "beside" else lost).delete()
    beside = {people[name].email for name in ("administrator", "administrator_2")}
    told = {"beside": beside, "host": {host.email}, "nowhere": set()}[place]
    aside("j'ai envie de mourir", number="2")
    broom.sweep(end - 30 * DAY)
    for key in ("aside:", "unseen:"):
        letters = [one.payload for one in Outbound.objects.filter(key__startswith=key)]
        assert {one["to"] for one in letters} == told, key
        assert all(("/pro/equipe/" in one["text"]) is (place == "host") for one in letters)
    broom.sweep(end)
    assert bool(body_of(row)) is (place == "nowhere")


def test_told_late_its_team_still_has_thirty_days(aside, now):
    row, late = aside(), now + 400 * DAY
    broom.sweep(late)
    broom.sweep(late + 30 * DAY - SECOND)
    assert body_of(row)
    broom.sweep(late + 30 * DAY)
    assert not body_of(row)


def test_what_could_not_be_read_or_taken_yet_stays(line, now):
    stuck = channels.keep(channel="email", shape="mime", raw=b"x", at=now)
    Inbound.objects.update(attempts=9)
    broom.sweep(now + 3650 * DAY)
    stuck.refresh_from_db()
    assert bytes(stuck.raw) == b"x"
