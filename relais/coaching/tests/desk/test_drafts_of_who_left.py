"""What somebody had begun to write when their right ended: they read it no more, nobody sees them write, and it does not come back."""

from uuid import uuid4

import pytest
from django.utils import timezone

from relais.accounts import reading, rights
from relais.accounts import services as accounts
from relais.accounts import volunteers as checks
from relais.accounts.models import Membership, ReadingStop, Role
from relais.coaching import services
from relais.coaching.desk import presence, volunteers
from relais.coaching.models import Conversation, Draft

pytestmark = pytest.mark.django_db
BEGUN = "Bonjour, je voulais te dire"


@pytest.fixture
def held(write, people, now):
    conversation = write().conversation
    return services.claim(conversation=conversation, user=people["mediator"], now=now)


@pytest.fixture
def mediator(held, people, client_for):
    """Who has the page open, types, and whose draft is kept."""
    client = client_for(people["mediator"])
    assert client.get(f"/pro/conversations/{held.pk}/").status_code == 200
    client.post("/pro/conversations/presence", {"c": str(held.pk), "writing": str(held.pk)})
    assert autosave(client, held) == 204
    return client


def autosave(client, held) -> int:
    return client.post(f"/pro/conversations/{held.pk}/brouillon", {"body": BEGUN, "key": uuid4()}).status_code


def seen_by(client, held) -> list:
    return client.post("/pro/conversations/presence", {"c": str(held.pk)}).json()["beside"][str(held.pk)]


def close(people):
    accounts.deactivate_account(actor=people["administrator"], user_id=people["mediator"].pk, now=timezone.now())


def lose_the_role(people):
    organisation = people["mediator"].memberships.get().organisation
    accounts.change_roles(
        actor=people["administrator"],
        user_id=people["mediator"].pk,
        organisation=organisation,
        roles=[Role.CAMPAIGN_MANAGER],
        now=timezone.now(),
    )


def stop(people):
    reading._stop(people["mediator"], 60, timezone.now())


ENDS = pytest.mark.parametrize("end", [close, lose_the_role, stop], ids=lambda end: end.__name__)


@ENDS
def test_nobody_sees_them_write_any_more(mediator, held, people, client_for, end):
    colleague = client_for(people["supervisor"])
    reading.open_file(
        user=people["supervisor"], kind="conversation", subject=held.pk, reason="supervision", now=timezone.now()
    )
    assert [one["writing"] for one in seen_by(colleague, held)] == [True]
    end(people)
    assert seen_by(colleague, held) == []
    organisation = held.line.organisation_id
    assert people["mediator"] not in [one.user for one in presence.present([organisation], timezone.now())]


@ENDS
def test_they_read_it_no_more_and_nothing_more_is_kept(mediator, held, people, client_for, end):
    end(people)
    before = list(Draft.objects.values_list("pk", "updated_at"))
    for address in (
        f"/pro/conversations/{held.pk}/",
        f"/pro/conversations/cote-a-cote?c={held.pk}",
        "/pro/conversations/",
        "/pro/",
    ):
        assert BEGUN not in mediator.get(address).content.decode(), address
    assert autosave(mediator, held) in (302, 403, 404)
    answer = mediator.post(f"/pro/conversations/{held.pk}/repondre", {"body": "Encore un mot", "key": uuid4()})
    assert answer.status_code in (302, 403, 404) and BEGUN not in answer.content.decode()
    assert (
        list(Draft.objects.values_list("pk", "updated_at")) == before
        and not held.messages.filter(side="staff").exists()
    )


@ENDS
def test_no_colleague_reads_it_either(mediator, held, people, client_for, end):
    end(people)
    for name in ("mediator_2", "supervisor"):
        page = client_for(people[name]).get(f"/pro/conversations/{held.pk}/")
        assert BEGUN not in page.content.decode()


def test_a_closed_account_that_opens_again_does_not_find_it(mediator, held, people, client_for):
    close(people)
    assert not Draft.objects.exists()
    asked = accounts.ask_to_reopen(actor=people["administrator"], user_id=people["mediator"].pk, now=timezone.now())
    rights.confirm(actor=people["administrator_2"], request_id=asked.pk, now=timezone.now())
    people["mediator"].refresh_from_db()
    assert BEGUN not in client_for(people["mediator"]).get(f"/pro/conversations/{held.pk}/").content.decode()


def test_a_role_that_comes_back_does_not_bring_it_back(mediator, held, people, client_for):
    lose_the_role(people)
    assert not Draft.objects.exists()


def test_a_stop_that_is_lifted_gives_their_own_words_back(mediator, held, people, client_for):
    stop(people)
    assert BEGUN not in mediator.get(f"/pro/conversations/{held.pk}/").content.decode()
    reading.lift(stop=ReadingStop.objects.get(), by=people["supervisor"], reason="Un tri", now=timezone.now())
    assert BEGUN in mediator.get(f"/pro/conversations/{held.pk}/").content.decode()


def test_what_they_begin_elsewhere_stays(mediator, held, people, make_user):
    """Another role of the answer line, in the same place, is a right to it."""
    organisation = held.line.organisation
    Membership.objects.create(user=people["mediator"], organisation=organisation, role=Role.SUPERVISOR)
    accounts.change_roles(
        actor=people["administrator"],
        user_id=people["mediator"].pk,
        organisation=organisation,
        roles=[Role.SUPERVISOR],
        now=timezone.now(),
    )
    assert Draft.objects.get().body == BEGUN


def test_a_mediator_who_becomes_a_volunteer_does_not_keep_words_for_what_is_not_theirs(mediator, held, people):
    """Of a minor: nothing shows it to them any more."""
    Membership.objects.create(user=people["mediator"], organisation=held.line.organisation, role=Role.VOLUNTEER)
    accounts.change_roles(
        actor=people["administrator"],
        user_id=people["mediator"].pk,
        organisation=held.line.organisation,
        roles=[Role.VOLUNTEER],
        now=timezone.now(),
    )
    assert not Draft.objects.exists()


@pytest.mark.parametrize("way", ["revoked", "expired"])
def test_a_volunteer_whose_check_ends_keeps_no_word_for_a_minor(held, people, checked, now, way):
    check = checked(1)
    Conversation.objects.update(claimed_by=people["volunteer"], supervised_by=people["supervisor"])
    Draft.objects.create(conversation=held, user=people["volunteer"], body=BEGUN, updated_at=now)
    if way == "revoked":
        checks.revoke(check=check, by=people["supervisor"], now=now)
    else:
        type(check).objects.update(expires_on=timezone.localdate(now))
        assert volunteers.take_back(now) == 1
    assert not Draft.objects.exists()
