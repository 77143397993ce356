"""Who sees which entry is what the page itself says: a link never leads to « not found », a page with an entry is never hidden."""

import re

import pytest
from django.urls import reverse

from relais.accounts.models import Role
from relais.foundation import menu

pytestmark = pytest.mark.django_db


def links(page: str) -> list[str]:
    return re.findall(r'href="([^"]+)"', page.partition('aria-label="Principale"')[2].partition("</nav>")[0])


@pytest.mark.parametrize("role", Role.values)
def test_each_role_sees_the_pages_it_opens_and_no_other(people, client_for, role):
    client = client_for(people[role])
    shown = links(client.get("/pro/").content.decode())
    for entry in menu.registry.values():
        assert (client.get(reverse(entry.name)).status_code == 200) == (reverse(entry.name) in shown), entry.name


def test_the_order_is_the_declared_one_and_the_place_is_marked(people, client_for):
    page = client_for(people["supervisor"]).get(reverse("danger_list")).content.decode()
    orders = [next(entry.order for entry in menu.registry.values() if reverse(entry.name) == link) for link in links(page)]
    assert orders == sorted(orders) and len(set(orders)) == len(orders) > 5
    assert re.findall(r'href="([^"]+)" aria-current="\w+"', page) == [reverse("danger_list")]


def test_a_group_of_one_is_that_one(people, client_for):
    """A mediator looks after structures only: no word to open first."""
    assert 'popovertarget="groupe' not in client_for(people["mediator"]).get("/pro/").content.decode()
    page = client_for(people["administrator"]).get(reverse("team")).content.decode()
    assert re.search(r'popovertarget="groupe-\d+" aria-current="true">Gérer</button>', page)


def test_no_two_entries_share_a_place():
    assert len({entry.order for entry in menu.registry.values()}) == len(menu.registry) >= 12
