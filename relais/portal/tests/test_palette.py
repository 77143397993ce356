"""What is found by its name is what one may open, and no more; what people wrote is not looked at."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from relais.accounts.models import Organisation, Role
from relais.campaigns.models import Touch
from relais.catalogue.models import JobOffer
from relais.coaching import services
from relais.coaching.models import Conversation
from relais.foundation import palette
from tests import builders

pytestmark = pytest.mark.django_db
JSON = {"accept": "application/json"}


def found(client, words: str) -> dict[str, dict[str, str]]:
    """kind → words → address."""
    told = client.post(reverse("palette"), {"mots": words}, headers=JSON).json()
    return {kind["kind"]: {one["words"]: one["address"] for one in kind["found"]} for kind in told["kinds"]}


@pytest.fixture
def things(people, write, make_user, now):
    """Of each kind one of here and one of elsewhere, all called « essai »."""
    from relais.accounts.models import User

    here, there = (
        people["campaign_manager"].memberships.get().organisation,
        Organisation.objects.create(name="Ailleurs"),
    )
    for code, name, organisation in (("ACDEF", "Essai d’ici", here), ("GHJKM", "Essai de là-bas", there)):
        Touch.objects.create(code=code, kind="poster", label=name, organisation=organisation, created_at=now)
    builders.structure(name="Structure d’Essai")
    User.objects.filter(pk=people["mediator"].pk).update(full_name="Zoé Essai")
    stranger = make_user("mediator", organisation=there)
    User.objects.filter(pk=stranger.pk).update(full_name="Zoé Essai-d’ailleurs")
    conversation = write("Je m’appelle essai et j’habite ici").conversation
    type(conversation.journey).objects.filter(pk=conversation.journey_id).update(pseudonym="Essai 12")
    return conversation


@pytest.mark.parametrize("role", Role.values)
def test_whatever_a_role_finds_opens(things, people, client_for, role):
    client = client_for(people[role])
    told = {
        name: address
        for kind in (found(client, "essai"), found(client, ""))
        for things in kind.values()
        for name, address in things.items()
    }
    assert told
    for name, address in told.items():
        assert client.get(address, follow=True).status_code == 200, (name, address)


def test_each_kind_is_found_where_it_is_somebody_s_own(things, people, client_for):
    assert list(found(client_for(people["campaign_manager"]), "essai")["Contacts de campagne"]) == ["Essai d’ici"]
    assert list(found(client_for(people["campaign_manager"]), "acdef")["Contacts de campagne"]) == ["Essai d’ici"], (
        "by its code"
    )
    supervisor = found(client_for(people["supervisor"]), "essai")
    assert set(supervisor) == {"Structures", "Vos conversations"}
    administrator = found(client_for(people["administrator"]), "zoé essai")["Comptes"]
    assert "Zoé Essai" in administrator
    assert "Lignes" in found(client_for(people["supervisor"]), "LIGNES")["Pages"]


def test_an_administrator_finds_the_accounts_of_their_own_organisation(things, people, make_user, client_for):
    own = make_user("administrator", organisation=Organisation.objects.get(name="Ailleurs"))
    assert list(found(client_for(own), "zoé essai")["Comptes"]) == ["Zoé Essai-d’ailleurs"]


def test_a_conversation_is_named_to_who_holds_it_or_may_take_it(things, people, make_user, client_for, now):
    mediator, colleague = people["mediator"], make_user("mediator", organisation=things.line.organisation)
    assert "Essai 12" in found(client_for(colleague), "essai")["Vos conversations"]
    services.claim(conversation=things, user=mediator, now=now)
    assert "Vos conversations" not in found(client_for(colleague), "essai")
    assert "Essai 12" in found(client_for(mediator), "essai")["Vos conversations"]
    assert "Vos conversations" not in found(client_for(mediator), "habite"), "what was written is not looked at"
    assert "Vos conversations" not in found(client_for(make_user("mediator")), "essai")
    assert Conversation.objects.count() == 1


def test_a_name_too_short_finds_pages_only(things, people, client_for):
    assert set(found(client_for(people["campaign_manager"]), "e")) <= {"Pages"}
    assert set(found(client_for(people["campaign_manager"]), " %")) <= {"Pages"}


def test_what_begins_as_typed_comes_first(people, client_for):
    for name in ("Beaumont", "Clermont", "Fermont", "Grammont", "Hautmont", "Lormont", "Montargis"):
        builders.structure(name=f"Mission locale {name}")
    names = list(found(client_for(people["supervisor"]), "mont")["Structures"])
    assert names[0] == "Mission locale Montargis" and len(names) == palette.EACH


@pytest.mark.parametrize("typed", ["zoe essai", "Essai Zoé", "ZOÉ"])
def test_a_name_is_found_in_any_order_with_or_without_its_accents(things, people, client_for, typed):
    assert "Zoé Essai" in found(client_for(people["administrator"]), typed)["Comptes"]


@pytest.mark.parametrize("typed", ["??", "...", "’’", "!?"])
def test_punctuation_finds_nothing(things, people, client_for, typed):
    assert found(client_for(people["supervisor"]), typed) == {}


def test_an_offer_is_found_by_its_title(people, client_for, now):
    values = {
        "source": "t",
        "digest": "",
        "published_at": now,
        "refreshed_at": now,
        "seen_at": now,
        "place": "Montargis",
    }
    offer = JobOffer.objects.create(source_id="1", title="Veilleur de nuit", employer="Foyer des Tilleuls", **values)
    JobOffer.objects.create(source_id="2", title="Veilleur de jour", employer="Ailleurs", **values)
    client = client_for(people["mediator"])
    for typed in ("veilleur nuit", "NUIT"):
        assert found(client, typed)["Offres d’emploi"] == {"Veilleur de nuit": offer.get_absolute_url()}
    assert client.get(offer.get_absolute_url()).status_code == 200
    assert "Offres d’emploi" not in found(client, "??")


def test_without_a_script_it_is_a_page(things, people, client_for):
    client = client_for(people["campaign_manager"])
    page = client.post(reverse("palette"), {"mots": "essai"}).text
    assert '<a href="/pro/contacts/ACDEF/">Essai d’ici</a>' in page and 'value="essai"' in page
    assert "Rien de ce nom" in client.post(reverse("palette"), {"mots": "introuvable"}).text
    assert 'href="/pro/aller" data-palette' in client.get("/pro/").text


def test_what_fails_hides_nothing_of_the_others(things, people, client_for, monkeypatch):
    def broken(user, words):
        raise ValueError

    monkeypatch.setattr(palette, "registry", [("Cassé", broken), *palette.registry])
    assert "Contacts de campagne" in found(client_for(people["campaign_manager"]), "essai")


@pytest.mark.parametrize("role", ["campaign_manager", "supervisor", "administrator"])
def test_no_finder_brings_more_rows_than_are_looked_at(things, people, client_for, role):
    """Sixty thousand structures, and a question at each letter that is typed."""
    client = client_for(people[role])
    with CaptureQueriesContext(connection) as asked:
        found(client, "essai")
    sought = [one["sql"] for one in asked if "essai" in one["sql"].lower() and "SELECT" in one["sql"]]
    assert sought
    assert [sql for sql in sought if "LIMIT" not in sql] == []
