"""A right is added by two people, taken away by one, and every administrator hears of it."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from relais.accounts.models import Membership, Organisation, ReadingStop, RightRequest, User
from relais.foundation.models import Outbound

pytestmark = pytest.mark.django_db


@pytest.fixture
def marc(people):
    return people["administrator_2"]


@pytest.fixture
def nadia(people):
    return people["administrator"]


@pytest.fixture
def mallory(make_user, people):
    """A partner, approved, as anybody may become one."""
    return make_user("partner", organisation=people["partner"].memberships.get().organisation, full_name="Mallory Roy")


def roles_of(user):
    return set(Membership.objects.filter(user=user).values_list("role", flat=True))


def give(client, user, roles):
    return client.post(
        f"/pro/equipe/{user.pk}/roles/{user.memberships.first().organisation_id}", {"roles": roles}, follow=True
    ).content.decode()


def told():
    return {(row.payload["to"], row.payload["subject"]) for row in Outbound.objects.filter(key__startswith="rights:")}


def test_one_administrator_alone_makes_nobody_an_administrator(marc, nadia, mallory, client_for):
    page = give(client_for(marc), mallory, ["partner", "supervisor", "administrator", "mediator"])
    assert "C’est demandé" in page and roles_of(mallory) == {"partner"}
    asked = RightRequest.objects.get()
    page = client_for(marc).post(f"/pro/equipe/demandes/{asked.pk}/accepter", follow=True).content.decode()
    assert "à quelqu’un d’autre" in page and roles_of(mallory) == {"partner"}
    page = client_for(nadia).get("/pro/equipe/").content.decode()
    assert "Mallory Roy" in page and "administration, médiateur ou médiatrice, responsable de l’équipe" in page.replace(
        "&#39;", "’"
    )
    client_for(nadia).post(f"/pro/equipe/demandes/{asked.pk}/accepter")
    assert roles_of(mallory) == {"partner", "supervisor", "administrator", "mediator"}


def test_every_administrator_is_told_at_each_change(marc, nadia, mallory, people, client_for):
    both = {marc.email, nadia.email}
    give(client_for(marc), mallory, ["partner", "mediator"])
    assert told() == {(email, "Un droit à accepter à deux") for email in both}
    Outbound.objects.all().delete()
    client_for(nadia).post(f"/pro/equipe/demandes/{RightRequest.objects.get().pk}/accepter")
    assert told() == {(email, "Un droit a été ajouté") for email in both}
    Outbound.objects.all().delete()
    give(client_for(marc), mallory, ["mediator"])
    assert told() == {(email, "Un droit a été retiré") for email in {*both, mallory.email}} and roles_of(mallory) == {
        "mediator"
    }
    Outbound.objects.all().delete()
    client_for(marc).post(f"/pro/equipe/{mallory.pk}/fermer")
    assert told() == {(email, "Un compte est fermé") for email in {*both, mallory.email}}


def test_two_administrators_alone_are_told_at_once_that_nobody_could_accept(
    marc, nadia, mallory, make_user, client_for
):
    host = nadia.memberships.get().organisation
    Membership.objects.create(user=nadia, organisation=host, role="mediator")
    client = client_for(marc)
    assert "En cocher un ne se peut pas encore" in client.get(f"/pro/equipe/{nadia.pk}/").content.decode()
    assert "En cocher un ne se peut pas encore" not in client.get(f"/pro/equipe/{mallory.pk}/").content.decode()
    page = give(client, nadia, ["administrator", "supervisor"])
    assert "Invitez une personne de plus à l’administration" in page and "C’est demandé" not in page
    assert not RightRequest.objects.exists() and not told() and roles_of(nadia) == {"administrator", "mediator"}
    third = make_user("administrator", organisation=host)
    assert "En cocher un ne se peut pas encore" not in client.get(f"/pro/equipe/{nadia.pk}/").content.decode()
    assert "C’est demandé" in give(client, nadia, ["administrator", "supervisor"])
    client_for(third).post(f"/pro/equipe/demandes/{RightRequest.objects.get().pk}/accepter")
    assert roles_of(nadia) == {"administrator", "supervisor"}


def test_nobody_confirms_a_right_of_their_own(marc, nadia, make_user, client_for):
    make_user("administrator", organisation=nadia.memberships.get().organisation)
    give(client_for(marc), nadia, ["administrator", "supervisor"])
    page = (
        client_for(nadia)
        .post(f"/pro/equipe/demandes/{RightRequest.objects.get().pk}/accepter", follow=True)
        .content.decode()
    )
    assert "votre propre compte" in page and roles_of(nadia) == {"administrator"}


def test_the_database_says_no_too(marc, mallory, now):
    values = {
        "user": mallory,
        "organisation": mallory.memberships.get().organisation,
        "kind": "roles",
        "requested_at": now,
    }
    for wrong in ({"requested_by": marc, "confirmed_by": marc}, {"requested_by": mallory}):
        with pytest.raises(IntegrityError), transaction.atomic():
            RightRequest.objects.create(**values, **wrong, confirmed_at=now if "confirmed_by" in wrong else None)


@pytest.mark.parametrize("over", ["refused", "old", "closed asker", "replaced"])
def test_a_request_that_is_over_gives_nothing(over, marc, nadia, mallory, people, make_user, client_for, now):
    give(client_for(marc), mallory, ["partner", "mediator"])
    asked = RightRequest.objects.get()
    if over == "refused":
        client_for(nadia).post(f"/pro/equipe/demandes/{asked.pk}/refuser")
    elif over == "old":
        RightRequest.objects.update(requested_at=now - RightRequest.LIFE - timedelta(minutes=1))
    elif over == "closed asker":
        make_user("administrator", organisation=nadia.memberships.get().organisation)
        client_for(nadia).post(f"/pro/equipe/{marc.pk}/fermer")
    else:
        give(client_for(marc), mallory, ["partner", "funder"])
    page = client_for(nadia).post(f"/pro/equipe/demandes/{asked.pk}/accepter", follow=True).content.decode()
    assert "n’attend plus de réponse" in page and roles_of(mallory) == {"partner"}


def test_a_closed_account_is_reopened_by_two(marc, nadia, mallory, client_for):
    client_for(marc).post(f"/pro/equipe/{mallory.pk}/fermer")
    assert "Mallory Roy" in client_for(marc).get("/pro/equipe/").content.decode()
    client_for(marc).post(f"/pro/equipe/{mallory.pk}/rouvrir")
    assert not User.objects.get(pk=mallory.pk).is_active
    client_for(nadia).post(f"/pro/equipe/demandes/{RightRequest.objects.get().pk}/accepter")
    assert User.objects.get(pk=mallory.pk).is_active


def test_a_reading_stop_is_lifted_by_two(marc, nadia, people, client_for, now):
    stop = ReadingStop.objects.create(user=people["mediator"], at=now, files=201)
    client_for(marc).post(f"/pro/equipe/arrets/{stop.pk}/lever", {"reason": "Vu ensemble"})
    asked = RightRequest.objects.get()
    client_for(marc).post(f"/pro/equipe/demandes/{asked.pk}/accepter")
    assert ReadingStop.objects.filter(lifted_at=None).exists()
    client_for(nadia).post(f"/pro/equipe/demandes/{asked.pk}/accepter")
    assert ReadingStop.objects.get().lifted_by == nadia


def test_an_administrator_of_another_organisation_has_no_say(mallory, marc, make_user, client_for):
    give(client_for(marc), mallory, ["partner", "mediator"])
    guest = client_for(make_user("administrator"))
    assert guest.post(f"/pro/equipe/demandes/{RightRequest.objects.get().pk}/accepter").status_code == 404
    page = guest.get("/pro/equipe/").content.decode()
    assert "Mallory" not in page and "Ajouter une organisation" not in page
    assert guest.post("/pro/equipe/organisations", {"name": "À moi", "kind": "operator"}).status_code == 404


def test_who_works_elsewhere_too_is_not_closed_from_here(make_user, client_for):
    guest = make_user("administrator")
    both = make_user("mediator", organisation=guest.memberships.get().organisation)
    Membership.objects.create(
        user=both, organisation=make_user("supervisor").memberships.get().organisation, role="mediator"
    )
    page = client_for(guest).post(f"/pro/equipe/{both.pk}/fermer", follow=True).content.decode()
    assert "travaille aussi dans une organisation" in page and User.objects.get(pk=both.pk).is_active


def test_the_first_two_administrators_come_by_command_and_run_the_same_organisation(db):
    call_command("first-administrator", "une@exemple.fr", organisation="Relais 49")
    call_command("first-administrator", "deux@exemple.fr")
    assert [(one.name, one.is_host, one.memberships.count()) for one in Organisation.objects.all()] == [
        ("Relais 49", True, 2)
    ]


@pytest.mark.parametrize("what", ["closed", "demoted"])
def test_an_administrator_sent_away_is_told_and_two_always_stay(what, marc, nadia, make_user, client_for):
    team = nadia.memberships.get().organisation

    def send_away():
        if what == "closed":
            return client_for(marc).post(f"/pro/equipe/{nadia.pk}/fermer", follow=True).content.decode()
        return give(client_for(marc), nadia, ["mediator"])

    assert "au moins deux personnes" in send_away()
    nadia.refresh_from_db()
    assert nadia.is_active and roles_of(nadia) == {"administrator"} and not told()
    inert = make_user("administrator", organisation=team, approved=False)
    assert "au moins deux personnes" in send_away(), "who is not approved does not count"
    third = make_user("administrator", organisation=team)
    assert "au moins deux personnes" not in send_away()
    nadia.refresh_from_db()
    assert not nadia.is_active or roles_of(nadia) == set()
    subject = "Un compte est fermé" if what == "closed" else "Un droit a été retiré"
    assert {(one.email, subject) for one in (nadia, marc, third)} <= told() and inert.email not in {
        email for email, _ in told()
    }


def test_a_check_noted_by_one_is_told_to_all_who_answer_for_volunteers(people, client_for, now):
    today = timezone.localdate(now)
    said = {
        "user": people["volunteer"].pk,
        "number": "H-9",
        "issued_on": today,
        "verified_on": today,
        "expires_on": today + timedelta(days=300),
    }
    assert client_for(people["supervisor"]).post("/pro/equipe/benevoles/", said).status_code == 302
    those = {people[name].email for name in ("supervisor", "administrator", "administrator_2")}
    assert told() == {(email, "Une vérification de bénévole est notée") for email in those}
    itself = said | {"user": people["supervisor"].pk, "number": "H-10"}
    Membership.objects.create(
        user=people["supervisor"], organisation=people["volunteer"].memberships.get().organisation, role="volunteer"
    )
    assert client_for(people["supervisor"]).post("/pro/equipe/benevoles/", itself).status_code == 422
