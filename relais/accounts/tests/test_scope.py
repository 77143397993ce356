"""Who works in an organisation: active × approved × role × where it is held, as one matrix."""

from itertools import product

import pytest

from relais.accounts.models import Membership, Organisation, Role, User
from relais.accounts.scope import host, host_number, owned, people
from relais.channels.models import Inbound

pytestmark = pytest.mark.django_db
PLACES = ("here", "elsewhere", "both")


@pytest.fixture
def house(now):
    """{(is active, is approved, role, place): User}; « both » holds the role elsewhere and another one here."""
    organisations = {
        name: Organisation.objects.create(name=name, kind=Organisation.Kind.OPERATOR) for name in ("here", "elsewhere")
    }
    keys = list(product((True, False), (True, False), Role.values, PLACES))
    users = [
        User(email=f"{number}@exemple.invalid", is_active=key[0], approved_at=now if key[1] else None)
        for number, key in enumerate(keys)
    ]
    User.objects.bulk_create(users)
    house, held = dict(zip(keys, users, strict=True)), []
    for (_, _, role, place), user in house.items():
        at = organisations["elsewhere" if place == "both" else place]
        held.append(Membership(user=user, organisation=at, role=role))
        if place == "both":
            held.append(Membership(user=user, organisation=organisations["here"], role=other(role)))
    Membership.objects.bulk_create(held)
    return house, organisations["here"], organisations["elsewhere"]


def other(role: str) -> str:
    return Role.values[(Role.values.index(role) + 1) % len(Role.values)]


def expected(house, asked: set, place: str) -> set:
    """Those of the matrix who hold one of `asked` in `place`, worked out by hand."""
    found = set()
    for (is_active, is_approved, role, where), user in house.items():
        held = {
            "here": {other(role)} if where == "both" else {role} if where == "here" else set(),
            "elsewhere": {role} if where != "here" else set(),
        }
        if is_active and is_approved and asked & held[place]:
            found.add(user.pk)
    return found


@pytest.mark.parametrize(
    "asked", [(role,) for role in Role.values] + [(Role.MEDIATOR, Role.SUPERVISOR), tuple(Role.values), ()]
)
def test_who_works_where(house, asked):
    users, here, elsewhere = house
    for place, name in ((here, "here"), (elsewhere, "elsewhere")):
        found = list(people(place, *asked).values_list("pk", flat=True))
        assert set(found) == expected(users, set(asked), name) and len(found) == len(set(found))
        assert list(people(place.pk, *asked)) == list(people([place], *asked)) == list(people(place, *asked)), (
            "an organisation, its number, a list"
        )
    both = set(people([here, elsewhere], *asked).values_list("pk", flat=True))
    assert both == expected(users, set(asked), "here") | expected(users, set(asked), "elsewhere")
    assert both == set(people(Organisation.objects.all(), *asked).values_list("pk", flat=True))


def test_what_one_person_is_told_of_themself_says_the_same(house):
    """`has`, `roles_in` and `organisations` decide as `people` lists."""
    users, here, elsewhere = house
    for (is_active, is_approved, role, place), user in users.items():
        user = User.objects.get(pk=user.pk)
        works = is_active and is_approved
        assert user.is_working == works
        assert (user.has(role, here), user.has(role, elsewhere.pk)) == (
            works and place == "here",
            works and place != "here",
        )
        assert list(user.organisations(role)) == ([here if place == "here" else elsewhere] if works else [])


def test_rows_that_bear_only_the_number_of_their_owner(house, now):
    users, here, elsewhere = house
    values = {"channel": "email", "sender": "", "sender_digest": "x", "not_before": now, "received_at": now}
    for number, owner in enumerate((here.pk, elsewhere.pk, None)):
        Inbound.objects.create(provider_id=str(number), owner=owner, **values)
    for (is_active, is_approved, role, place), user in users.items():
        if role == Role.SUPERVISOR:
            mine = {row.owner for row in owned(Inbound.objects.all(), User.objects.get(pk=user.pk), Role.SUPERVISOR)}
            assert mine == ({here.pk if place == "here" else elsewhere.pk} if is_active and is_approved else set())


def test_the_organisation_that_runs_the_installation(house):
    _, here, _ = house
    assert (host(), host_number()) == (None, None)
    Organisation.objects.filter(pk=here.pk).update(is_host=True)
    assert (host(), host_number()) == (here, here.pk)
