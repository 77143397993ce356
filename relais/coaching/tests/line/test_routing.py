"""Which line answers: a table of cases, and what holds whatever the lines."""

import itertools
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relais.coaching.line import routing
from relais.coaching.line.routing import SITE, SITUATION, SUBJECT, TERRITORY, Case
from relais.coaching.models import Line, Situation


def line(pk, *, fallback=False, **serves) -> Line:
    return Line(pk=pk, slug=f"l{pk}", name=f"Ligne {pk}", is_fallback=fallback, **serves)


NATION = line(1, fallback=True)
LOIRET = line(2, departements=["45"])
MONTARGIS = line(3, communes=["45208"])
STAGES = line(4, subjects=["internship"])
LOIRET_STAGES = line(5, departements=["45", "18"], subjects=["internship", "training"])
MINORS = line(6, situations=["minor"])
YOUNG = line(7, situations=["under-26"])
AGENTS = line(8, situations=["public-agent"])
PARIS = line(9, communes=["75056"])
REUNION = line(10, departements=["974"])
BESIDE = line(11, departements=["45"])
BY_HAND = line(12)
EVERY = [NATION, LOIRET, MONTARGIS, STAGES, LOIRET_STAGES, MINORS, YOUNG, AGENTS, PARIS, REUNION, BESIDE, BY_HAND]

CASES = [
    (Case(), NATION, ()),
    (Case("45234", "45"), LOIRET, (TERRITORY,)),
    (Case("45208", "45"), MONTARGIS, (TERRITORY,)),
    (Case("45208", "45", "internship"), LOIRET_STAGES, (TERRITORY, SUBJECT)),
    (Case("18033", "18", "jobs"), NATION, ()),
    (Case("18033", "18"), NATION, ()),
    (Case("18033", "18", "training"), LOIRET_STAGES, (TERRITORY, SUBJECT)),
    (Case("69123", "69", "internship"), STAGES, (SUBJECT,)),
    (Case(situations=frozenset({"minor", "under-26"})), MINORS, (SITUATION,)),
    (Case(situations=frozenset({"under-26"})), YOUNG, (SITUATION,)),
    (Case(situations=frozenset({"under-26", "public-agent"})), AGENTS, (SITUATION,)),
    (Case("45234", "45", situations=frozenset({"minor", "under-26"})), LOIRET, (TERRITORY,)),
    (Case(subject="internship", situations=frozenset({"minor"})), MINORS, (SITUATION,)),
    (Case("75111", "75"), PARIS, (TERRITORY,)),
    (Case("75056", "75"), PARIS, (TERRITORY,)),
    (Case("97411", "974"), REUNION, (TERRITORY,)),
    (Case("97105", "971", "money"), NATION, ()),
]


@pytest.mark.parametrize(("known", "wanted", "by"), CASES, ids=[str(number) for number in range(len(CASES))])
def test_the_most_specific_line_answers(known, wanted, by):
    choice = routing.choose(EVERY, known)
    assert (choice.line, choice.by) == (wanted, by)


HERE, THERE = UUID(int=1), UUID(int=2)


@pytest.mark.parametrize(
    ("known", "wanted"),
    [
        (Case(), 1),  # nobody's site
        (Case(organisation=HERE), 1),  # the one that gets the rest is theirs
        (Case(organisation=THERE), 2),
        (Case("18033", "18", organisation=THERE), 1),  # what they said speaks against it
        (Case(subject="money", organisation=THERE), 2),  # what they said speaks for nobody
        (Case(situations=frozenset({"minor"}), organisation=THERE), 3),  # what they said decides first
    ],
)
def test_the_site_on_which_somebody_writes_decides_where_nothing_they_said_does(known, wanted):
    lines = [
        line(1, fallback=True, organisation_id=HERE),
        line(2, departements=["45"], organisation_id=THERE),
        line(3, situations=["minor"], organisation_id=HERE),
    ]
    choice = routing.choose(lines, known)
    assert choice.line.pk == wanted and (choice.by == (SITE,)) is (wanted == 2)


def test_the_reason_is_said_in_words():
    assert (
        routing.choose(EVERY, Case("45208", "45", "internship")).why
        == "d’après l’endroit où tu es et ce dont tu veux parler"
    )
    assert routing.choose(EVERY, Case()).why.startswith("car rien de ce que tu as dit ne désigne une ligne")


def test_a_fallback_that_limits_itself_is_chosen_for_that_too_and_gets_the_rest():
    both = [line(1, fallback=True, departements=["45"]), line(2, departements=["45"])]
    assert routing.choose(both, Case("45208", "45")).by == (TERRITORY,)
    assert routing.choose(both, Case("75056", "75")) == routing.Choice(both[0], ())


def test_a_line_that_limits_itself_to_nothing_gets_nobody_by_itself():
    assert routing.choose([BY_HAND, NATION], Case("45208", "45", "jobs")).line == NATION


@pytest.mark.parametrize(
    ("age", "employment", "wanted"),
    [
        ("", "", []),
        ("", "no-job", []),
        ("15-17", "", ["minor", "under-26"]),
        ("under-15", "school", ["minor", "under-26"]),
        ("15-17", "no-job", ["minor", "under-26"]),
        ("18-25", "no-job", ["adult-no-job", "under-26"]),
        ("26-plus", "no-job", ["adult-no-job"]),
        ("26-plus", "employed", ["employed"]),
        ("", "public-agent", ["public-agent"]),
    ],
)
def test_situations_follow_from_what_was_said_and_from_nothing_else(age, employment, wanted):
    assert routing.situations_of(age, employment) == wanted


def test_overlaps_are_of_lines_that_a_same_person_fits_alike():
    assert routing.overlapping(LOIRET, EVERY) == [MONTARGIS, BESIDE]
    assert routing.overlapping(MONTARGIS, EVERY) == [LOIRET, BESIDE]
    assert (
        routing.overlapping(STAGES, EVERY)
        == routing.overlapping(NATION, EVERY)
        == routing.overlapping(REUNION, EVERY)
        == []
    )


PLACES = [("", ""), ("45208", "45"), ("75111", "75"), ("97411", "974"), ("2A004", "2A")]
lists = {
    "communes": st.lists(st.sampled_from([insee for insee, _ in PLACES[1:]] + ["75056"]), max_size=2, unique=True),
    "departements": st.lists(st.sampled_from([number for _, number in PLACES[1:]]), max_size=2, unique=True),
    "subjects": st.lists(st.sampled_from(["jobs", "money"]), max_size=2, unique=True),
    "situations": st.lists(st.sampled_from(Situation.values), max_size=2, unique=True),
}
cases = st.builds(
    lambda place, subject, situations: Case(*place, subject, frozenset(situations)),
    st.sampled_from(PLACES),
    st.sampled_from(["", "jobs", "money"]),
    st.sets(st.sampled_from(Situation.values), max_size=2),
)


@given(st.lists(st.fixed_dictionaries(lists), min_size=1, max_size=4), st.integers(0, 3), cases)
def test_the_answer_is_one_line_whatever_their_order_and_it_serves_the_person(serves, chosen, known):
    lines = [line(number, fallback=number == chosen % len(serves), **one) for number, one in enumerate(serves)]
    found = {routing.choose(order, known).line.pk for order in itertools.permutations(lines)}
    assert len(found) == 1
    answers = lines[found.pop()]
    fits = (
        not (answers.communes or answers.departements)
        or known.commune in answers.communes
        or known.departement in answers.departements
        or ("75056" in answers.communes and known.commune == "75111")
    )
    fits = (
        fits
        and (not answers.subjects or known.subject in answers.subjects)
        and (not answers.situations or bool(known.situations & set(answers.situations)))
    )
    assert answers.is_fallback or (fits and answers.limits_itself)
