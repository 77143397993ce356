"""Invitations, approvals, roles: two people are needed for each new account, and all of it is written down."""

import re
from datetime import timedelta
from io import BytesIO, StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client
from openpyxl import load_workbook

from relais.accounts import services
from relais.accounts.models import AccessRecord, Invitation, Membership, Organisation, RightRequest, User
from relais.foundation.models import Link, Outbound

PASSWORD = "une phrase assez longue 42"
ANSWERS = {"display_name": "Lina", "full_name": "Lina Haddad", "password": PASSWORD}


@pytest.fixture
def invited(people, now):
    """(invitation, address of its page)."""
    administrator = people["administrator"]
    team = administrator.memberships.get().organisation
    invitation = services.invite(
        actor=administrator, email="Lina@Exemple.fr", organisation=team, role="mediator", now=now
    )
    letter = Outbound.objects.get(key=f"invitation:{invitation.pk}")
    assert letter.payload["to"] == "lina@exemple.fr"
    return invitation, re.search(r"http://[^/\s]+(/\S+)", letter.payload["text"])[1]


def accepted(address) -> User:
    answer = Client().post(address, ANSWERS)
    assert answer.headers["Location"] == "/compte/login/"
    return User.objects.get(email="lina@exemple.fr")


def test_from_the_letter_to_an_open_account(invited, people, client_for):
    _, address = invited
    page = Client().get(address).content.decode()
    assert "lina@exemple.fr" in page and "médiateur ou médiatrice" in page
    lina = accepted(address)
    assert (lina.is_approved, lina.invited_by, lina.roles()) == (False, people["administrator"], {"mediator"})
    member = f"/pro/equipe/{lina.pk}/"
    inviter, other = client_for(people["administrator"]), client_for(people["administrator_2"])
    assert "Approuver ce compte" not in inviter.get(member).content.decode()
    assert "quelqu’un d’autre" in inviter.post(f"{member}approuver", follow=True).content.decode()
    lina.refresh_from_db()
    assert not lina.is_approved
    assert "Approuver ce compte" in other.get(member).content.decode()
    assert "est ouvert" in other.post(f"{member}approuver", follow=True).content.decode()
    lina.refresh_from_db()
    assert lina.is_approved and lina.approved_by == people["administrator_2"]
    actions = list(AccessRecord.objects.order_by("id").values_list("action", "user__email"))
    administrator, second = people["administrator"].email, people["administrator_2"].email
    assert actions == [("invite", administrator), ("accept-invitation", "lina@exemple.fr"), ("approve", second)]
    assert Outbound.objects.filter(key=f"approved:{lina.pk}").exists()


def test_the_database_refuses_one_person_alone(people, make_user, now):
    lina = make_user("mediator", approved=False, invited_by=people["administrator"])
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=lina.pk).update(approved_by=people["administrator"])


def test_an_invitation_serves_once(invited):
    _, address = invited
    accepted(address)
    again = Client().post(address, ANSWERS)
    assert again.status_code == 404 and "plus valable" in again.content.decode()
    assert User.objects.filter(email="lina@exemple.fr").count() == 1


def test_expired_wrong_withdrawn_say_the_same(invited, people, client_for, now):
    invitation, address = invited
    pages = [Client().get("/pro/invitation/inventee")]
    Link.objects.update(expires_at=now - timedelta(seconds=1))
    pages.append(Client().get(address))
    Link.objects.update(expires_at=now + timedelta(days=1))
    assert Client().get(address).status_code == 200
    client_for(people["administrator"]).post(f"/pro/equipe/invitations/{invitation.pk}/retirer")
    pages.append(Client().post(address, ANSWERS))
    assert [page.status_code for page in pages] == [404, 404, 404]
    assert len({page.content for page in pages}) == 1
    assert not User.objects.filter(email="lina@exemple.fr").exists()


def test_only_a_digest_of_the_link_is_kept(invited):
    _, address = invited
    secret = address.rsplit("/", 1)[1]
    assert len(secret) >= 40 and secret not in str(Invitation.objects.values().get())


def test_a_new_invitation_ends_the_one_before(invited, people, now):
    _, address = invited
    team = people["administrator"].memberships.get().organisation
    services.invite(actor=people["administrator"], email="lina@exemple.fr", organisation=team, role="partner", now=now)
    assert Client().get(address).status_code == 404


def test_an_address_that_has_an_account_is_not_invited(people, client_for):
    client = client_for(people["administrator"])
    team = people["administrator"].memberships.get().organisation
    form = {"email": people["mediator"].email.upper(), "organisation": team.pk, "role": "mediator"}
    page = client.post("/pro/equipe/inviter", form)
    assert page.status_code == 422 and "déjà un compte" in page.content.decode()
    assert client.post("/pro/equipe/inviter", form | {"email": "pas une adresse"}).status_code == 422


def test_a_weak_password_is_refused_and_the_names_stay(invited):
    page = Client().post(invited[1], ANSWERS | {"password": "lina@exemple.fr"}).content.decode()
    assert "Lina Haddad" in page and 'class="errors"' in page


def test_roles_change_but_never_ones_own(people, client_for):
    administrator, karim = people["administrator"], people["mediator_2"]
    team = administrator.memberships.get().organisation
    client = client_for(administrator)
    client.post(f"/pro/equipe/{karim.pk}/roles/{team.pk}", {"roles": ["mediator", "supervisor"]})
    client_for(people["administrator_2"]).post(f"/pro/equipe/demandes/{RightRequest.objects.get().pk}/accepter")
    assert set(Membership.objects.filter(user=karim).values_list("role", flat=True)) == {"mediator", "supervisor"}
    client.post(f"/pro/equipe/{karim.pk}/roles/{team.pk}", {"roles": []})
    assert not Membership.objects.filter(user=karim).exists()
    for address in (f"roles/{team.pk}", "fermer", "approuver"):
        page = client.post(f"/pro/equipe/{administrator.pk}/{address}", {"roles": ["mediator"]}, follow=True)
        assert "votre propre compte" in page.content.decode()
    administrator.refresh_from_db()
    assert administrator.is_active and administrator.memberships.get().role == "administrator"
    assert client.post(f"/pro/equipe/{people['mediator'].pk}/roles/{team.pk}", {"roles": ["roi"]}).status_code == 302
    assert people["mediator"].memberships.get().role == "mediator"


def test_a_supervisor_reads_the_team_and_only_it(people, make_user, client_for):
    stranger = make_user("mediator")
    page = client_for(people["supervisor"]).get("/pro/equipe/").content.decode()
    assert people["mediator"].email in page and stranger.email not in page
    assert "Inviter" not in page and f"/pro/equipe/{people['mediator'].pk}/" not in page
    assert stranger.email in client_for(people["administrator"]).get("/pro/equipe/").content.decode()


@pytest.mark.parametrize("role", ["supervisor", "administrator"])
def test_what_a_colleague_does_elsewhere_is_not_shown_filtered_nor_exported(people, make_user, client_for, role, now):
    shared, viewer = people["mediator"], make_user(role)
    here, there = viewer.memberships.get().organisation, shared.memberships.get().organisation
    Organisation.objects.filter(pk=there.pk).update(name="Ailleurs")
    pending = make_user("mediator", organisation=there, approved=False)
    for one in (shared, pending):
        Membership.objects.create(user=one, organisation=here, role="volunteer")
    client = client_for(viewer)
    page, file = client.get("/pro/equipe/").text, client.get("/pro/equipe/?fichier=csv").text
    assert page.count(f"Bénévole, {here}") == 2 and "Ailleurs" not in page and "Médiateur ou médiatrice, " not in page
    assert shared.email in file and f"Bénévole ({here})" in file and "Ailleurs" not in file and "Médiateur" not in file
    book = client.get("/pro/equipe/?fichier=xlsx").content
    cells = [str(cell) for row in load_workbook(BytesIO(book)).active.iter_rows(values_only=True) for cell in row]
    assert f"Bénévole ({here})" in cells and not any("Ailleurs" in cell for cell in cells)
    assert (
        shared.email not in client.get("/pro/equipe/?role=mediator").text
        and shared.email in client.get("/pro/equipe/?role=volunteer").text
    )
    everything = client_for(people["administrator"])
    assert f"Médiateur ou médiatrice (Ailleurs), Bénévole ({here})" in everything.get("/pro/equipe/?fichier=csv").text
    assert shared.email in everything.get("/pro/equipe/?role=mediator").text


def test_the_file_of_accounts_holds_those_that_are_open_and_is_written_down(people, make_user, client_for):
    pending = make_user("mediator", organisation=people["supervisor"].memberships.get().organisation, approved=False)
    client = client_for(people["supervisor"])
    file = client.get("/pro/equipe/?fichier=csv").text
    assert people["mediator"].email in file and pending.email not in file
    assert pending.email in client.get("/pro/equipe/").text.partition("Comptes ouverts")[0]
    assert pending.email not in client.get("/pro/equipe/").text.partition("<h2>Comptes ouverts")[2]
    record = AccessRecord.objects.get(action="export")
    assert (record.user, record.kind, record.subject) == (people["supervisor"], "user", "team")


def test_the_team_page_asks_few_queries(people, make_user, client_for, django_assert_max_num_queries):
    team = people["administrator"].memberships.get().organisation
    for _ in range(10):
        make_user("mediator", organisation=team)
    client = client_for(people["administrator"])
    with django_assert_max_num_queries(17):
        client.get("/pro/equipe/")


def first(email) -> str:
    out = StringIO()
    call_command("first-administrator", email, stdout=out)
    return out.getvalue()


def test_the_first_two_administrators_come_from_the_server(db, people):
    told = first("chef@exemple.fr")
    assert "second administrator is needed" in told
    link = re.search(r"http://[^/\s]+(/\S+)", told)[1]
    client = Client()
    form = client.get(link, follow=True)
    client.post(form.redirect_chain[-1][0], {"password1": PASSWORD, "password2": PASSWORD})
    assert (
        client.post("/compte/login/", {"login": "chef@exemple.fr", "password": PASSWORD}).headers["Location"] == "/pro/"
    )
    assert client.get("/pro/").headers["Location"] == "/compte/2fa/"
    with pytest.raises(CommandError, match="already has an account"):
        first("chef@exemple.fr")
    assert "second administrator" not in first("seconde@exemple.fr")
    assert "serves once" in first("seconde@exemple.fr"), "a new link while no password is chosen"
    with pytest.raises(CommandError, match="Two people already"):
        first("tiers@exemple.fr")
    with pytest.raises(CommandError, match="not an e-mail"):
        first("pas une adresse")
    assert AccessRecord.objects.filter(action="first-administrator", user=None).count() == 3
