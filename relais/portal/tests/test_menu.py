"""Who sees which entry is what the page itself says: a link never leads to « not found », a page with an entry is never hidden."""

import re
from collections import Counter
from uuid import uuid4

import pytest
from django.db.models import QuerySet
from django.urls import reverse

from relais.accounts.models import Role
from relais.coaching import services
from relais.foundation import menu, today

pytestmark = pytest.mark.django_db


def links(page: str) -> list[str]:
    return re.findall(r'href="([^"]+)"', page.partition('aria-label="Principale"')[2].partition("</nav>")[0])


@pytest.mark.parametrize("role", Role.values)
def test_each_role_sees_the_pages_it_opens_and_no_other(people, client_for, role):
    client = client_for(people[role])
    shown = links(client.get("/pro/").content.decode())
    for entry in menu.registry.values():
        # A page with one thing in it may lead to that thing.
        opens = client.get(reverse(entry.name), follow=True).status_code == 200
        assert opens == (reverse(entry.name) in shown), entry.name


def test_the_order_is_the_declared_one_and_the_place_is_marked(people, client_for):
    page = client_for(people["supervisor"]).get(reverse("danger_list")).content.decode()
    orders = [
        next(entry.order for entry in menu.registry.values() if reverse(entry.name) == link) for link in links(page)
    ]
    assert orders == sorted(orders) and len(set(orders)) == len(orders) > 5
    assert re.findall(r'href="([^"]+)" aria-current="\w+"', page) == [reverse("danger_list")]


def test_a_group_of_one_is_that_one(people, client_for):
    """A mediator looks after structures only: no word to open first."""
    assert 'popovertarget="groupe' not in client_for(people["mediator"]).get("/pro/").content.decode()
    page = client_for(people["administrator"]).get(reverse("team")).content.decode()
    assert re.search(r'popovertarget="groupe-\d+" aria-current="true">Gérer<b ', page)


def test_no_two_entries_share_a_place():
    places = Counter(entry.order for entry in menu.registry.values())
    assert [entry for entry in menu.registry.values() if places[entry.order] > 1] == [] and len(places) >= 12


def badges(page: str) -> dict[str, str]:
    """{address of an entry: what a screen reader says of it}, those that have a badge."""
    said = r'<a href="([^"]+)"[^>]*>[^<]*<b class="badge" data-waiting><span aria-hidden="true">(\d+)</span><span class="sr">, (\d+) à traiter'
    return {address: words for address, number, words in re.findall(said, page) if number == words}


def test_what_awaits_is_counted_where_it_is_done(write, people, client_for, now):
    """As many as the rows of « Aujourd’hui », beyond those that it shows; nothing at nought."""
    sarah = client_for(people["mediator"])
    assert badges(sarah.get(reverse("agenda")).text) == {}
    for _ in range(today.EACH + 2):
        last = write(key=uuid4()).conversation
    assert badges(sarah.get(reverse("agenda")).text) == {"/pro/conversations/": str(today.EACH + 2)}
    assert sarah.get(reverse("waiting")).json() == {"/pro/conversations/": today.EACH + 2}
    services.claim(conversation=last, user=people["mediator_2"], now=now)
    assert sarah.get(reverse("waiting")).json() == {"/pro/conversations/": today.EACH + 1}, "a colleague holds that one"


def test_no_other_organisation_is_counted(write, people, make_user, client_for):
    write()
    assert client_for(make_user("mediator")).get(reverse("waiting")).json() == {}


@pytest.mark.parametrize("role", Role.values)
def test_the_badges_say_what_the_page_of_tasks_does(write, people, client_for, now, role):
    """Each source that is counted at an entry gives rows alone, and each of its few rows is a task."""
    write()
    user, told = people[role], {}
    for source, entry in today.registry.items():
        for part in today._parts(source, user, now) if entry else ():
            assert entry in menu.registry and isinstance(part, today.Rows), source.__qualname__
            told[reverse(entry)] = told.get(reverse(entry), 0) + len(list(part))
    shown = {reverse(one.name) for one in menu.flat(client_for(user).get("/pro/").wsgi_request)}
    assert client_for(user).get(reverse("waiting")).json() == {
        place: number for place, number in told.items() if number and place in shown
    }


def test_one_query_counts_all(people, client_for, now, django_assert_num_queries):
    for role in ("supervisor", "administrator", "mediator"):
        user = type(people[role]).objects.get(pk=people[role].pk)
        user.roles()
        with django_assert_num_queries(1):
            today.counts(user, now, set(menu.registry))


def test_what_cannot_be_counted_hides_no_menu(people, client_for, monkeypatch):
    def broken(user, now):
        raise ValueError("this source is broken")

    monkeypatch.setattr(today, "registry", {broken: "inbox", **today.registry})
    page = client_for(people["mediator"]).get(reverse("agenda"))
    assert page.status_code == 200 and reverse("inbox") in links(page.text)


@pytest.mark.parametrize("role", Role.values)
def test_what_an_entry_counts_can_be_counted(people, now, role):
    """One source of which no count can be made would leave every entry without its number."""
    for source, entry in today.registry.items():
        parts = source(people[role], now) if entry else ()
        for part in [parts] if isinstance(parts, today.Rows) else parts:
            assert not isinstance(part, today.Rows) or isinstance(part.rows, QuerySet), source
