"""The index says what the database says: exact counts, fresh answers, a swap that nobody sees, PostgreSQL when it is gone."""

import gc
import itertools
import shutil
import threading
import time
import weakref

import numpy as np
import psycopg
import pytest
from django.db import OperationalError

from relais.catalogue.models import Commune, JobOffer, Occupation, SearchChange, Structure, Training
from relais.catalogue.search import database, generation, index, service, snapshot_reader
from relais.catalogue.search.engine import Search
from relais.catalogue.search.facets import CHOSEN
from relais.catalogue.search.places import apart, apart_of, cell_of, cells, great_circle_km, km_of, on_sphere, spans
from relais.catalogue.search.query import Question
from relais.catalogue.selectors import distance_km
from relais.foundation.loops import connection_parameters

pytestmark = pytest.mark.django_db


def pau():
    return Commune.objects.get(insee="64445")


def titles(question: Question, kind: str = "offer") -> list[str]:
    return [result.row.title for result in service.search(question).results if result.row.kind == kind]


CHOICES = [
    {},
    {"contract": ("CDI",)},
    {"no_diploma": ("oui",)},
    {"level": ("4",), "apprenticeship": ("oui",)},
    {"date": ("7",)},
    {"contract": ("CDI", "CDD"), "audience": ("enfants", "malades")},
    {"duration": ("longue",)},
    {"contract": ("CDI", "LIB"), "no_diploma": ("oui",), "date": ("30",)},
]


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


def near(*texts: str):
    """The answers of some questions around Pau and Marseille, without what orders equals: the same from any way to hold them."""
    asked = [
        Question(text, place, 50, chosen=chosen)
        for text in texts
        for place in Commune.objects.filter(insee__in=("64445", "13055"))
        for chosen in CHOICES
    ]
    for question in asked:
        answer = snapshot_reader.answer(question)
        yield (
            answer.total,
            answer.kinds,
            answer.facets,
            answer.distances,
            sorted((one.row.url, one.distance_km) for one in answer.results),
        )


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


def test_a_reader_keeps_what_it_opened_while_another_index_takes_its_place(indexed):
    held = snapshot_reader.reader.snapshot()
    JobOffer.objects.all().delete()
    index.build()
    index.build()
    assert held.searcher.num_docs == indexed.documents
    assert titles(Question("aide soignante")) == []


def test_a_build_that_fails_leaves_the_index_as_it_is(indexed, monkeypatch):
    def broken():
        raise RuntimeError
        yield

    monkeypatch.setattr(index.documents, "everything", broken)
    with pytest.raises(RuntimeError):
        index.build()
    assert titles(Question("orthophoniste")) == ["Orthophoniste"]
    assert [path.name for path in (generation.folder()).iterdir() if path.is_dir()] == [indexed.generation]


def test_two_builds_do_not_meet(indexed):
    with generation.locked("build.lock", wait=False), pytest.raises(generation.BuildRunning):
        index.build()


@pytest.mark.parametrize("damage", ["missing", "pointer", "files", "meta", "empty"])
def test_without_an_index_postgresql_answers_and_it_is_built_again(indexed, damage):
    folder = generation.folder()
    if damage == "missing":
        shutil.rmtree(folder)
    elif damage == "pointer":
        (folder / "current").write_text("{")
    elif damage == "meta":
        (folder / indexed.generation / "meta.json").write_text("nonsense")
    elif damage == "empty":
        for file in (folder / indexed.generation).rglob("*.*"):
            file.write_bytes(b"")
    else:
        shutil.rmtree(folder / indexed.generation)
    snapshot_reader.reader.__init__(in_background=False)
    answer = service.search(Question("orthophoniste", kind="offer"))
    assert answer.is_slow and [result.row.title for result in answer.results] == ["Orthophoniste"]
    assert not service.is_indexed()
    index.Keeper().turn()
    assert service.is_indexed() and not service.search(Question("orthophoniste")).is_slow


def test_an_index_of_another_database_is_not_ours(indexed, monkeypatch):
    monkeypatch.setattr(generation, "database_name", lambda: "another")
    snapshot_reader.reader.__init__(in_background=False)
    assert not service.is_indexed()


def test_triggers_note_every_writer(france):
    SearchChange.objects.all().delete()
    Structure.objects.filter(name__icontains="Pau").update(phone="05")
    assert {kind for (kind,) in SearchChange.objects.values_list("kind")} == {"structure"}
    Commune.objects.filter(insee="nowhere").update(population=1)
    assert not SearchChange.objects.filter(kind="place").exists()


@pytest.mark.django_db(transaction=True)
def test_a_change_that_commits_late_is_not_missed(own_index, now):
    """Another transaction takes its number first and commits last."""
    fields = {
        "published_at": now,
        "refreshed_at": now,
        "seen_at": now,
        "source": "test",
        "origin": "Test",
        "digest": "",
    }
    first, second = (JobOffer.objects.create(source_id=str(number), title="Avant", **fields) for number in (1, 2))
    keeper = index.Keeper()
    keeper.turn()
    with psycopg.connect(**connection_parameters()) as late:
        late.execute("UPDATE catalogue_joboffer SET title = 'Tardive' WHERE id = %s", [first.pk])
        JobOffer.objects.filter(pk=second.pk).update(title="Rapide")
        keeper.turn()
        assert (titles(Question("rapide")), titles(Question("tardive"))) == (["Rapide"], [])
        late.commit()
    named = keeper.turn().generation
    assert titles(Question("tardive")) == ["Tardive"]
    # Once seen, a change is not met again.
    assert keeper.turn() is None and generation.read_pointer().generation == named


def test_what_an_index_kept_goes_with_it(indexed):
    """Without waiting for the collector: its files are as large as the catalogue."""
    titles(Question("aide", pau(), chosen={"contract": ("CDI",)}))
    held = (
        weakref.ref(snapshot_reader.reader.snapshot().columns),
        weakref.ref(snapshot_reader.reader.snapshot().signatures),
    )
    gc.disable()
    try:
        snapshot_reader.reader.__init__(in_background=False)
        assert [one() for one in held] == [None, None]
    finally:
        gc.enable()


@pytest.fixture
def small_limits(own_index, catalogue, monkeypatch):
    """Three changes are too many for an index; transactions of one are still taken by an index about to be replaced."""
    for name, value in (("FEW", 2), ("TOO_MANY", 0), ("FEW_MEANWHILE", 1)):
        monkeypatch.setattr(index, name, value)
    keeper = index.Keeper(in_background=True)
    assert keeper.turn()
    yield keeper
    if keeper.builder:
        keeper.builder.join()


@pytest.mark.django_db(transaction=True)
def test_what_somebody_does_by_hand_is_seen_while_the_index_is_built_again(small_limits, monkeypatch):
    keeper, go_on, everything = small_limits, threading.Event(), index.documents.everything

    def slowly():
        yield from everything()
        go_on.wait(30)

    monkeypatch.setattr(index.documents, "everything", slowly)
    old = generation.read_pointer().generation
    JobOffer.objects.filter(rome__startswith="J").update(title="Importée")
    # In the very look that finds the import, and in a later one.
    Training.objects.filter(is_remote=True).update(title="Yourte")
    keeper.turn()
    JobOffer.objects.filter(title="Poste polyvalent").update(title="Zorglubique")
    keeper.turn()
    assert (titles(Question("zorglubique")), titles(Question("importée"))) == (["Zorglubique"], [])
    assert titles(Question("yourte"), "training") == ["Yourte"]
    assert generation.read_pointer().generation == old
    go_on.set()
    keeper.builder.join()
    assert generation.read_pointer().generation != old
    assert (titles(Question("zorglubique")), len(titles(Question("importée")))) == (["Zorglubique"], 4)
    assert keeper.turn() is None and keeper.builder is None


@pytest.mark.django_db(transaction=True)
def test_an_import_longer_than_a_build_hides_nothing_and_is_built_again(small_limits, monkeypatch):
    keeper, everything = small_limits, index.documents.everything

    def importing():
        yield from everything()
        with psycopg.connect(**connection_parameters()) as other:
            other.execute("UPDATE catalogue_joboffer SET title = 'Tardive' WHERE rome LIKE 'K%%'")

    monkeypatch.setattr(index.documents, "everything", importing)
    JobOffer.objects.filter(rome__startswith="J").update(title="Importée")
    keeper.turn()
    keeper.builder.join()
    assert (len(titles(Question("importée"))), len(titles(Question("tardive")))) == (4, 3)
    monkeypatch.setattr(index.documents, "everything", everything)
    first = generation.read_pointer().generation
    keeper.turn()
    keeper.builder.join()
    assert generation.read_pointer().generation != first
    assert keeper.turn() is None and keeper.builder is None
    assert (len(titles(Question("importée"))), len(titles(Question("tardive")))) == (4, 3)


@pytest.mark.django_db(transaction=True)
def test_a_build_in_the_background_that_fails_is_begun_again(small_limits, monkeypatch, caplog):
    keeper, everything = small_limits, index.documents.everything

    def full():
        raise OSError(28, "No space left on device")
        yield

    monkeypatch.setattr(index.documents, "everything", full)
    before = generation.read_pointer().snapshot
    JobOffer.objects.filter(rome__startswith="J").update(title="Importée")
    keeper.turn()
    keeper.turn()
    keeper.builder.join()
    assert "could not be built again" in caplog.text
    # A worker that is started anew now finds in the pointer what this index owes.
    assert generation.read_pointer().snapshot == before
    monkeypatch.setattr(index.documents, "everything", everything)
    keeper.turn()
    keeper.builder.join()
    assert len(titles(Question("importée"))) == 4


@pytest.mark.django_db(transaction=True)
def test_a_change_that_could_not_be_applied_is_applied_at_the_next_turn(own_index, catalogue, monkeypatch):
    keeper, offers = index.Keeper(), index.documents.offers
    documents = keeper.turn().documents
    JobOffer.objects.filter(title="Orthophoniste").update(title="Zorglubique")

    def interrupted(**which):
        yield from offers(**which)
        raise OperationalError

    monkeypatch.setattr(index.documents, "offers", interrupted)
    with pytest.raises(OperationalError):
        keeper.turn()
    monkeypatch.setattr(index.documents, "offers", offers)
    assert keeper.turn().documents == documents
    assert titles(Question("zorglubique")) == ["Zorglubique"]


def test_what_takes_long_is_opened_while_the_old_index_answers(indexed):
    snapshot_reader.reader.__init__()
    assert titles(Question("orthophoniste")) == ["Orthophoniste"]
    JobOffer.objects.all().delete()
    index.build()
    until = time.monotonic() + 120
    # Never an error, never nothing before the other is open.
    while titles(Question("orthophoniste")) and time.monotonic() < until:
        time.sleep(0.02)
    assert titles(Question("orthophoniste")) == [] and not service.search(Question("orthophoniste")).is_slow
