import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client

from relais.accounts.models import Membership, Organisation, User
from relais.campaigns import services
from relais.campaigns.events import TouchFollowed
from relais.campaigns.models import Touch
from relais.foundation.codes import ALPHABET
from relais.foundation.events import record
from relais.foundation.refusals import AlreadyThere, NotAllowed

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(people):
    return people["campaign_manager"]


@pytest.fixture
def touches(people, now):
    organisation = people["campaign_manager"].memberships.get().organisation
    return services.ensure_demo_touches(organisation=organisation, now=now)


def make(manager, now, **values):
    return services.create_touch(
        **{"user": manager, "kind": "poster", "label": "Affiche, gare", "story": None, "now": now} | values
    )


def test_a_touch_has_a_code_that_can_be_read_aloud(manager, now):
    touch = make(manager, now)
    assert len(touch.code) == 5 and set(touch.code) <= set(ALPHABET)
    assert touch.organisation == manager.memberships.get().organisation
    assert touch.target() == "/"


def test_the_same_name_twice_is_refused_with_a_sentence(manager, now):
    make(manager, now)
    with pytest.raises(AlreadyThere, match="porte déjà ce nom"):
        make(manager, now, label="AFFICHE, gare")
    make(manager, now, kind="video")


@pytest.mark.parametrize("role", ["mediator", "supervisor", "funder", "administrator", "partner"])
def test_others_make_no_touch(people, now, role):
    with pytest.raises(NotAllowed):
        make(people[role], now)


def test_a_code_in_use_is_never_given_again(manager, now, monkeypatch):
    first = make(manager, now)
    codes = iter([first.code, first.code, "ACDEF"])
    monkeypatch.setattr(services, "readable", lambda length: next(codes))
    assert make(manager, now, label="Autre").code == "ACDEF"


def test_the_database_refuses_a_code_with_look_alikes(manager, now):
    touch = make(manager, now)
    touch.code = "K7OM3"
    with pytest.raises(ValidationError):
        touch.full_clean()


def elsewhere(function):
    """Run `function` on a connection of its own, where what is written stays (a flush is refused by append-only tables)."""
    try:
        return function()
    finally:
        connection.close()


def test_two_identical_forms_at_once_make_one_touch(now):
    def arrive():
        user = User.objects.create_user("course@exemple.invalid", approved_at=now)
        organisation = Organisation.objects.create(name="Course", kind="operator")
        Membership.objects.create(user=user, organisation=organisation, role="campaign_manager")
        return user

    def send():
        try:
            make(user, now)
        except AlreadyThere:
            return 0
        return 1

    def leave():
        Touch.objects.filter(organisation__name="Course").delete()
        Organisation.objects.filter(name="Course").delete()
        user.delete()

    with ThreadPoolExecutor(4) as pool:
        user = pool.submit(elsewhere, arrive).result()
        try:
            assert sum(pool.map(elsewhere, [send] * 4)) == 1
        finally:
            pool.submit(elsewhere, leave).result()


def test_demonstration_touches_are_made_once_with_the_codes_of_the_documentation(touches, manager, now):
    again = services.ensure_demo_touches(organisation=manager.memberships.get().organisation, now=now)
    assert [touch.code for touch in again] == [touch.code for touch in touches]
    assert touches[0].code == "K7QM3" and touches[0].kind == "poster"
    kinds = [touch.kind for touch in touches]
    assert kinds.count("video") >= 2 and {"ambassador", "class", "poster"} <= set(kinds)
    for touch in touches:
        touch.full_clean()


def test_the_list_shows_what_was_followed(touches, manager, client_for, now):
    for _ in range(3):
        record(TouchFollowed(touch="K7QM3"), now=now)
    page = client_for(manager).get("/pro/contacts/").content.decode()
    row = page[page.index(">K7QM3</td>") :].split("</tr>")[0]
    assert 'class="number">3</td>' in row


def test_a_funder_reads_and_does_not_create(touches, people, client_for):
    client = client_for(people["funder"])
    page = client.get("/pro/contacts/")
    assert page.status_code == 200 and "Créer un contact" not in page.content.decode()
    assert client.get("/pro/contacts/K7QM3/").status_code == 200
    assert client.get("/pro/contacts/nouveau/").status_code == 404
    assert client.post("/pro/contacts/nouveau/", {"kind": "poster", "label": "Non"}).status_code == 404
    assert not Touch.objects.filter(label="Non").exists()


@pytest.mark.parametrize("address", ["/pro/contacts/K7QM3/", "/pro/contacts/K7QM3/qr.svg"])
def test_a_foreign_touch_is_like_one_that_does_not_exist(touches, make_user, client_for, address):
    client = client_for(make_user("campaign_manager"))
    foreign, absent = client.get(address), client.get(address.replace("K7QM3", "ACDEF"))
    assert (foreign.status_code, foreign.content) == (404, absent.content)
    assert client.get("/pro/contacts/").content.decode().count("K7QM3") == 0


def test_creating_by_the_form(manager, client_for):
    client = client_for(manager)
    answer = client.post("/pro/contacts/nouveau/", {"kind": "class", "label": "  Classe de   3e, collège du Lac "})
    touch = Touch.objects.get(label="Classe de 3e, collège du Lac")
    assert answer.headers["Location"] == f"/pro/contacts/{touch.code}/"
    page = client.get(f"/pro/contacts/{touch.code}/").content.decode()
    assert f"/r/{touch.code}" in page and f"/pro/contacts/{touch.code}/qr.svg" in page


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"kind": "tract", "label": "x"},
        {"kind": "poster", "label": "🎉"},
        {"kind": "poster", "label": "x" * 121},
        {"kind": "poster", "label": "a", "story": "?"},
    ],
)
def test_a_form_filled_in_wrongly_says_so_and_keeps_what_was_typed(manager, client_for, values):
    answer = client_for(manager).post("/pro/contacts/nouveau/", values)
    assert answer.status_code == 422
    assert "à corriger" in answer.content.decode()
    assert values.get("label", "") in answer.content.decode()
    assert not Touch.objects.exists()


def test_a_label_is_never_markup(manager, client_for, now):
    touch = make(manager, now, label="<script>alert(1)</script>")
    assert "<script>alert" not in client_for(manager).get(f"/pro/contacts/{touch.code}/").content.decode()


def test_the_qr_code_is_a_drawing_with_its_quiet_zone(touches, manager, client_for, settings):
    answer = client_for(manager).get("/pro/contacts/K7QM3/qr.svg")
    assert answer.headers["Content-Type"] == "image/svg+xml"
    drawing = ElementTree.fromstring(answer.content)
    assert drawing.find("{*}title").text.endswith(f"{settings.SITE_URL}/r/K7QM3")
    width = float(drawing.attrib["width"].removesuffix("mm"))
    assert width >= 21 + 8 and "style=" not in answer.content.decode()


def test_the_list_costs_the_same_with_many_touches(manager, client_for, now, django_assert_max_num_queries):
    organisation = manager.memberships.get().organisation
    Touch.objects.bulk_create(
        Touch(code=f"{a}{b}ACD", kind="poster", label=f"{a}{b}", organisation=organisation, created_at=now)
        for a in ALPHABET
        for b in ALPHABET
    )
    client = client_for(manager)
    with django_assert_max_num_queries(12):
        assert "Page 1 sur 11" in client.get("/pro/contacts/").content.decode()


def test_nobody_signed_in_sees_nothing(touches):
    assert Client().get("/pro/contacts/").status_code in (302, 404)
