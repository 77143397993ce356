"""In which order stories come."""

from datetime import datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from relais.stories.feed.feed import Because, Card, arranged
from relais.stories.feed.preferences import Preferences

# ---- The order ----------------------------------------------------------------------------------------------------

CARDS = st.lists(
    st.builds(
        Card,
        slug=st.uuids().map(str),
        occupation=st.sampled_from("abc"),
        audiences=st.lists(st.sampled_from(["enfants", "malades"]), unique=True, max_size=2).map(tuple),
        employer=st.sampled_from(["", "Foyer", "foyer ", "EHPAD", "Crèche", "Hôpital"]),
        published_at=st.datetimes(min_value=datetime(2000, 1, 1)),
    ),
    max_size=25,
    unique_by=lambda card: card.slug,
)


TASTES = st.builds(
    Preferences,
    occupations=st.lists(st.sampled_from("abc"), unique=True, max_size=2).map(tuple),
    audiences=st.lists(st.sampled_from(["enfants", "malades"]), unique=True, max_size=1).map(tuple),
)


def employer(card: Card) -> str:
    return card.employer.strip().casefold()


@given(CARDS, TASTES)
def test_every_story_once(cards, own):
    assert sorted(place.card.slug for place in arranged(cards, own)) == sorted(card.slug for card in cards)


@given(CARDS, TASTES)
def test_never_twice_in_a_row_the_same_employer_when_it_can_be(cards, own):
    names = [employer(place.card) for place in arranged(cards, own)]
    side_by_side = [at for at, (one, other) in enumerate(pairwise(names)) if one and one == other]
    most = max((names.count(name) for name in names if name), default=0)
    if most <= (len(names) + 1) // 2:
        assert not side_by_side
    # Else an employer has more stories than all others together: those too many come last, and only they.
    for at in side_by_side:
        assert set(names[at:]) == {names[at]}


@given(CARDS, TASTES)
def test_without_employers_the_order_is_the_ticked_then_the_newest(cards, own):
    cards = [Card(card.slug, card.occupation, card.audiences, "", card.published_at) for card in cards]
    places = list(arranged(cards, own))
    rank = [list(Because).index(place.because) for place in places]
    assert rank == sorted(rank) and not any(place.moved for place in places)
    for because in Because:
        dates = [place.card.published_at for place in places if place.because == because]
        assert dates == sorted(dates, reverse=True)


@given(CARDS, TASTES)
def test_the_order_does_not_depend_on_how_the_rows_came(cards, own):
    assert list(arranged(cards, own)) == list(arranged(reversed(cards), own))
