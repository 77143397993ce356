"""Every address × every visitor × {own, same organisation, other organisation, deleted}: the expected answers in one table.

A new page is one line in ROWS (`table.py`). An address without a row fails, a row without an address fails.
"""

import re

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from relais.accounts.middleware import ENTRANCE
from relais.accounts.models import Membership, User
from relais.accounts.services import ensure_demo_people
from tests import builders

from .addresses import ADDRESSES
from .rows import RELATIONS, STAFF, VISITORS, closed
from .table import ROWS

pytestmark = pytest.mark.django_db


def test_every_address_has_a_row_and_every_row_an_address():
    assert sorted(ADDRESSES.keys() - ROWS.keys()) == [], "addresses without a row in ROWS"
    assert sorted(ROWS.keys() - ADDRESSES.keys()) == [], "rows without an address"


@pytest.mark.parametrize("name", sorted(ADDRESSES))
def test_a_view_says_what_its_row_says(name):
    """The list of pages without an account is the list of public rows, and nothing else; roles are those of the row."""
    row, view = ROWS[name], ADDRESSES[name]
    closed_by_middleware = row == closed(**row.kwargs)
    if not closed_by_middleware:
        assert (name in ENTRANCE or not getattr(view, "login_required", True)) == row.is_public
    assert getattr(view, "allowed_roles", None) == row.roles


@pytest.fixture(scope="module")
def sessions(django_db_setup, django_db_blocker):
    """{visitor: (session, account)}, written once for all addresses: signing everybody in for each costs more than most pages."""
    with django_db_blocker.unblock():
        empty = {model._meta.db_table for model in apps.get_models() if not model._base_manager.exists()}
        people = ensure_demo_people(now=timezone.now())
        accounts = {role: people[role] for role in STAFF} | {
            "unapproved": builders.user("administrator", approved=False),
            "without_second_factor": builders.user("administrator", second_factor=False, password="un mot de passe"),
            "deactivated": builders.user("administrator"),
            "stopped": stop_with_every_role(),
        }
        made = {visitor: (builders.session(user), user.pk) for visitor, user in accounts.items()}
        User.objects.filter(pk=accounts["deactivated"].pk).update(is_active=False)
        written = [
            model._meta.db_table
            for model in apps.get_models()
            if model._meta.db_table in empty and model._base_manager.exists()
        ]
    yield made
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # the register of readings is append-only
        cursor.execute(f"TRUNCATE {', '.join(written)} CASCADE")
        cursor.execute("SET session_replication_role = origin")


@pytest.fixture
def visitors(sessions, db, settings):
    """Visitor → (client, user or None)."""
    # They proved who they are when these tests began, which a slow machine makes long ago.
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 7200

    def of(session, pk):
        client = Client()
        client.cookies[settings.SESSION_COOKIE_NAME] = session
        return client, User.objects.get(pk=pk)

    return {"anonymous": (Client(), None)} | {visitor: of(*held) for visitor, held in sessions.items()}


def stop_with_every_role():
    """Whoever read too much, whatever they could do before."""
    from relais.accounts.models import Membership, ReadingStop

    user = builders.user("administrator")
    organisation = user.memberships.get().organisation
    Membership.objects.bulk_create(
        Membership(user=user, organisation=organisation, role=role) for role in STAFF if role != "administrator"
    )
    ReadingStop.objects.create(user=user, at=user.date_joined, files=201)
    return user


def ask(client, row, name, kwargs, method=None):
    kwargs = row.kwargs | kwargs
    # A pattern without a name is known by its route.
    address = (
        "/" + re.sub(r"<\w+:(\w+)>", lambda found: str(kwargs[found[1]]), name)
        if "/" in name
        else reverse(name, kwargs=kwargs)
    )
    return getattr(client, method or row.method)(address)


def refusal(visitor) -> tuple:
    """(status, where to) for a visitor who is not let in."""
    if visitor in ("anonymous", "deactivated"):
        return 302, "/compte/login/"
    if visitor in ("unapproved", "stopped"):
        return 403, ""
    return (302, "/compte/2fa/") if visitor == "without_second_factor" else (404, "")


def check(visitor, row, response, *, may_open: bool):
    where = response.headers.get("Location", "").partition("?")[0]
    said = f"{visitor}: {response.status_code} {where}"
    assert_headers(response, signed_in=visitor not in ("anonymous", "deactivated"))
    if may_open:
        assert response.status_code in row.ok, said
        assert where not in ("/compte/login/", "/compte/2fa/") or row.is_public, said
    elif row == closed(**row.kwargs):
        assert response.status_code == 404, said
    elif response.status_code != 405:  # a method that nobody may use is refused before the person is
        assert (response.status_code, where) == refusal(visitor), said


def assert_headers(response, *, signed_in: bool):
    policy = response.headers["Content-Security-Policy"]
    assert "unsafe" not in policy and "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "same-origin"
    if signed_in:
        assert response.headers["Cache-Control"] == "no-store"


PLAIN = [name for name in sorted(ADDRESSES) if name in ROWS and ROWS[name].thing is None]


DETAILS = [name for name in sorted(ADDRESSES) if name in ROWS and ROWS[name].thing is not None]


@pytest.mark.parametrize("name", PLAIN)
def test_plain_address(name, visitors):
    row = ROWS[name]
    for visitor in VISITORS:
        client, _ = visitors[visitor]
        may_open = row.is_public or visitor in row.opens or (visitor == "without_second_factor" and row.enrolment)
        if not may_open:
            # The guard stands before the method: the rarer ones are asked by two kinds of visitors, not by all.
            for method in (
                ("get", "post", "put", "patch", "delete") if visitor in ("anonymous", "funder") else ("get", "post")
            ):
                check(visitor, row, ask(client, row, name, {}, method), may_open=False)
        check(visitor, row, ask(client, row, name, {}), may_open=may_open)


@pytest.mark.parametrize("name", DETAILS)
def test_address_of_an_object(name, visitors, world):
    row = ROWS[name]
    for visitor in VISITORS:
        client, user = visitors[visitor]
        pages = {}
        for relation in RELATIONS:
            kwargs = row.thing(world, user if visitor in STAFF else world.people["administrator"], relation)
            response = ask(client, row, name, kwargs)
            check(visitor, row, response, may_open=relation in row.opens.get(visitor, "").split())
            pages[relation] = anonymous_bytes(response)
        # What is not yours does not exist: the same page, byte for byte.
        for relation in RELATIONS:
            if visitor in STAFF and relation not in row.opens.get(visitor, "").split():
                assert pages[relation] == pages["deleted"], f"{visitor}, {relation}"


@pytest.mark.parametrize("name", DETAILS)
def test_a_role_opens_only_where_it_is_held(name, world, make_user, client_for):
    """Mediator here, supervisor elsewhere: a colleague's object here is a mediator's, one there a supervisor's."""
    row, here = ROWS[name], world.people["mediator"].memberships.get().organisation
    there = make_user("supervisor")
    visitor = make_user("mediator", organisation=here)
    Membership.objects.create(user=visitor, organisation=there.memberships.get().organisation, role="supervisor")
    gone = anonymous_bytes(ask(client_for(visitor), row, name, row.thing(world, there, "deleted")))
    for role, colleague_of in (("mediator", world.people["mediator"]), ("supervisor", there)):
        response = ask(client_for(visitor), row, name, row.thing(world, colleague_of, "same"))
        may_open = "same" in row.opens.get(role, "").split()
        check(f"{role} of two organisations", row, response, may_open=may_open)
        assert may_open or anonymous_bytes(response) == gone, role


HOST_ONLY = {"default_site", "close_site"}
"""What touches the other organisations, even where the thing is one's own."""


@pytest.mark.parametrize("name", [name for name in DETAILS if "administrator" in ROWS[name].opens])
def test_an_administrator_administers_their_own_organisation(name, world, make_user, client_for):
    """Only those of the organisation that runs the site look after the others."""
    row, guest = ROWS[name], make_user("administrator")
    for relation in RELATIONS:
        response = ask(client_for(guest), row, name, row.thing(world, guest, relation))
        theirs = set() if name in HOST_ONLY else {"own", "same", "deleted"}
        opened = set(row.opens["administrator"].split()) & ({*RELATIONS} if row.shared else theirs)
        check("administrator of another organisation", row, response, may_open=relation in opened)


@pytest.mark.parametrize(
    "name", ["programme", "job", "run_job", "channel_accounts_installation", "channel_account_installation"]
)
def test_what_is_of_the_installation_is_for_administrators_of_the_host(name, world, make_user, client_for):
    check(
        "administrator of another organisation",
        ROWS[name],
        ask(client_for(make_user("administrator")), ROWS[name], name, ROWS[name].kwargs),
        may_open=False,
    )


def anonymous_bytes(response) -> bytes:
    """The page without its own address and without the secret of its forms."""
    content = response.content.replace(response.wsgi_request.path.encode(), b"?")
    # What awaits a visitor is counted in the menu of every page; a thing made for this test may be one of them.
    content = re.sub(rb'<b class="badge".*?</b>', b"", content)
    return re.sub(rb'name="csrfmiddlewaretoken" value="\w+"', b"", content)
