"""The index says what the database says: exact counts, the same answers as by another way, and fresh ones after a change."""

import itertools

import numpy as np
import pytest

from relais.catalogue.models import Commune, JobOffer, Occupation, Structure, Training
from relais.catalogue.search import database, generation, index, service, snapshot_reader
from relais.catalogue.search.engine import Search
from relais.catalogue.search.facets import CHOSEN
from relais.catalogue.search.places import apart, apart_of, cell_of, cells, great_circle_km, km_of, on_sphere, spans
from relais.catalogue.search.query import Question
from relais.catalogue.selectors import distance_km

from .asking import CHOICES, near, pau, titles

pytestmark = pytest.mark.django_db


def test_counts_are_those_of_another_way_of_counting(indexed):
    """Without words both ways see the same documents: tantivy and numpy on one side, Python over the rows on the other."""
    places = [None, *Commune.objects.filter(insee__in=("64445", "13055", "97411"))]
    for chosen, place, kind in itertools.product(CHOICES, places, ("", "offer")):
        question = Question(commune=place, radius=30, kind=kind, chosen=chosen)
        one, other = snapshot_reader.answer(question), database.answer(question)
        assert (one.total, one.kinds, one.facets, one.distances) == (
            other.total,
            other.kinds,
            other.facets,
            other.distances,
        ), question


def test_a_count_is_what_choosing_it_gives(indexed):
    for place in (None, pau()):
        answer = service.search(Question("aide", place))
        for facet in CHOSEN:
            for value, count in answer.facets[facet.name].items():
                assert service.search(Question("aide", place, chosen={facet.name: (value,)})).total == count
        for kind, count in answer.kinds.items():
            assert service.search(Question("aide", place, kind=kind)).total == count
        for radius, count in answer.distances.items():
            assert service.search(Question("aide", place, radius)).total == count


def test_names_typos_and_words_of_the_text(indexed):
    assert titles(Question("aide soignate"))[:1] == ["Aide-soignant de nuit (H/F)"] or set(
        titles(Question("aide soignate"))
    ) >= {"Aide soignante EHPAD"}
    assert titles(Question("orthofoniste")) == ["Orthophoniste"]
    assert "Poste polyvalent" in titles(Question("polyvalents"))
    assert "Poste polyvalent" in titles(Question("polyvalant")), "a word of offers only, which names no job"
    assert titles(Question("zzzzqqq")) == []
    assert service.search(Question("aide soignante")).results[0].row.kind == "occupation"


def test_order(indexed):
    near = [
        result.distance_km for result in service.search(Question("aide", pau(), 100, "offer", sort="distance")).results
    ]
    assert near == sorted(near) and near[0] == 0
    days = [result.row.day for result in service.search(Question("aide", kind="offer", sort="date")).results]
    assert days == sorted(days, reverse=True)
    assert [result.row.day for result in service.search(Question(kind="training", sort="date")).results] == sorted(
        row.starts_on.isoformat() for row in Training.objects.all()
    )


@pytest.mark.parametrize(
    ("query", "weight"), [("orthophoniste", 12), ("m’occuper de bébés", 5)], ids=["named", "described"]
)
def test_a_job_that_is_named_outweighs_words_and_one_that_is_described_does_not(indexed, query, weight):
    """One rare word of a title weighs some ten: between the two."""
    assert max(Search(snapshot_reader.reader.snapshot(), Question(query)).wanted.codes.values()) == weight


def test_distance_is_the_great_circle(indexed):
    answer = service.search(Question("aide soignante", pau(), 30, "offer"))
    assert {result.row.place: result.distance_km for result in answer.results} == {
        "Pau": 0,
        "Morlaàs": round(distance_km(pau(), Commune.objects.get(insee="64405"))),
    }


def test_spans_of_cells_miss_nothing_of_a_circle():
    dice = np.random.default_rng(1)
    points = dice.uniform((-22, -63), (52, 56), (20_000, 2))
    for latitude, longitude, radius in (
        (48.85, 2.35, 5),
        (43.3, 5.4, 100),
        (-20.88, 55.45, 30),
        (0.1, -0.1, 60),
        (47, 2, 2000),
        (89.9, 0, 50),
    ):
        touched = spans(latitude, longitude, radius)
        assert touched == sorted(touched) and all(one[1] < other[0] for one, other in itertools.pairwise(touched))
        held = set(cells(touched))
        inside = np.flatnonzero(great_circle_km(latitude, longitude, points) <= radius)
        assert all(cell_of(*points[one]) in held for one in inside)


def test_two_ways_to_measure_a_distance():
    points = np.random.default_rng(2).uniform((-22, -63), (52, 56), (2000, 2))
    points[0], points[1] = (48.85, 2.35), (48.85, 2.3501)
    far = great_circle_km(48.85, 2.35, points)
    gaps = apart(48.85, 2.35, on_sphere(points))
    assert max(abs(km_of(gap) - km) for gap, km in zip(gaps, far, strict=True)) < 0.0001
    assert max(abs(km_of(apart_of(km)) - km) for km in far) < 0.0001


def test_a_change_is_seen_at_the_next_turn_of_the_worker(indexed):
    keeper = index.Keeper()
    keeper.turn()
    offer = JobOffer.objects.get(title="Orthophoniste")
    offer.title = "Zorglubique"
    offer.save()
    assert titles(Question("zorglubique")) == []
    keeper.turn()
    assert titles(Question("zorglubique")) == ["Zorglubique"]
    JobOffer.objects.filter(pk=offer.pk).update(left_at=offer.seen_at)
    keeper.turn()
    assert titles(Question("zorglubique")) == []


def test_what_changed_since_the_build_answers_as_if_it_had_been_built(indexed, now):
    asked = ("", "aide", "aide soignante", "contact", "m'occuper des personnes agées la nuit en ehpad")
    before, keeper = list(near(*asked)), index.Keeper()
    JobOffer.objects.filter(title="Aide à domicile").update(
        title="Aide de nuit", contract="CDD", latitude=43.3, longitude=-0.37
    )
    JobOffer.objects.filter(title="Orthophoniste").update(left_at=now)
    Training.objects.filter(is_remote=True).update(title="Aide aux premiers secours")
    Training.objects.filter(is_remote=False, hours=420).delete()
    Occupation.objects.filter(slug="aide-soignant-aide-soignante").update(no_diploma=True)
    named = keeper.turn().generation
    Structure.objects.update(description="Nous aidons.")
    assert keeper.turn().generation == named == indexed.generation
    changed, documents = list(near(*asked)), generation.read_pointer().documents
    assert changed != before
    assert index.build().documents == documents
    assert list(near(*asked)) == changed


def test_the_columns_find_what_tantivy_finds(indexed):
    """A circle that holds all places, against no circle: two engines, the same documents."""
    JobOffer.objects.filter(latitude=None).delete()
    index.build()
    texts = (
        "aide",
        "aide soignate",
        "contact",
        "infirmière libérale",
        "educ",
        "aide de nuit en ehpad pour personnes agées",
        "zzzzqqq",
        "le",
        "",
    )
    for text, rome, kind, chosen in itertools.product(texts, ("", "J1501"), ("", "offer"), CHOICES):
        around, anywhere = (
            snapshot_reader.answer(Question(text, place, 20_000, kind, rome, chosen)) for place in (pau(), None)
        )
        assert (around.total, around.kinds, around.facets) == (anywhere.total, anywhere.kinds, anywhere.facets), (
            text,
            rome,
            chosen,
        )


def test_sheets_places_and_trainings_change_too(indexed):
    keeper = index.Keeper()
    Occupation.objects.filter(slug="psychologue").update(is_active=False)
    Structure.objects.filter(name__icontains="Morla").delete()
    Training.objects.all().delete()
    keeper.turn()
    answer = service.search(Question(commune=pau(), radius=30))
    assert answer.kinds["training"] == 0 and answer.kinds["structure"] == 1
    assert all(result.row.url != "/metiers/psychologue" for result in service.search(Question("psychologue")).results)


def test_everything_is_read_again_when_the_places_move(indexed):
    Commune.objects.filter(insee="64445").update(latitude=43.3)
    assert index.Keeper().turn().generation != indexed.generation
