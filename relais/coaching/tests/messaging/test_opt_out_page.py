"""Where the page on which a refusal is noted leads back to."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("who", "back"),
    [("mediator", "/pro/conversations/"), ("supervisor", "/pro/envois/"), ("administrator", "/pro/envois/")],
)
def test_each_goes_back_to_a_page_of_theirs(people, client_for, who, back):
    client = client_for(people[who])
    page = client.get("/pro/refus/").text
    assert f'class="back" href="{back}"' in page
    assert client.get(back).status_code == 200
