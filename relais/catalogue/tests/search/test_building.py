"""An index is built, swapped and followed: a swap that nobody sees, no change that is missed, PostgreSQL when it is gone."""

import gc
import shutil
import threading
import time
import weakref

import psycopg
import pytest
from django.db import OperationalError

from relais.catalogue.models import Commune, JobOffer, SearchChange, Structure, Training
from relais.catalogue.search import generation, index, service, snapshot_reader
from relais.catalogue.search.query import Question
from relais.foundation.loops import connection_parameters

from .asking import pau, titles

pytestmark = pytest.mark.django_db


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
