"""Published copies where the storage is not this disk: they follow what is shown, and what cannot be copied stops nothing else."""

import pytest
from django.core.files.storage import storages
from django.db import connection

from relais.media import owners, published_files, storage
from relais.media.models import Clip

from .elsewhere import OUTSIDE, held

pytestmark = pytest.mark.django_db(transaction=True)


def test_published_copies_follow(ready, thing, now):
    thing.shown = [owners.Shown(ready, lambda: {"captions.vtt": b"WEBVTT"})]
    published_files.sync(now)
    assert set(held("published")) == {f"{ready.pk}/{name}" for name in ("540.mp4", "poster.webp", "captions.vtt")}
    assert published_files.address(ready.pk, "540.mp4") == f"{OUTSIDE}{ready.pk}/540.mp4"
    thing.shown = [owners.Shown(ready, lambda: {"captions.vtt": b"WEBVTT\n\nautre"})]
    published_files.sync(now)
    assert storage.published().read(f"{ready.pk}/captions.vtt") == b"WEBVTT\n\nautre"
    thing.shown = []
    published_files.sync(now)
    assert held("published") == {}, "gone is gone"


def no_words():
    raise ValueError("no captions")


def test_what_its_owner_cannot_tell_stays_as_it_is_and_stops_nothing(ready, thing, folder, now):
    other = Clip.objects.create(folder=folder, state=Clip.State.READY, created_at=now)
    storage.media().put(other.file("540.mp4"), b"540")
    thing.shown = [owners.Shown(ready, lambda: {"captions.vtt": b"WEBVTT"})]
    published_files.sync(now)
    before = held("published")
    thing.shown = [owners.Shown(ready, no_words), owners.Shown(other)]
    with pytest.raises(ValueError, match="no captions"):
        published_files.sync(now)
    assert set(held("published")) == {*before, f"{other.pk}/540.mp4"}
    thing.shown = [owners.Shown(other)]
    published_files.sync(now)
    assert set(held("published")) == {f"{other.pk}/540.mp4"}, "taken back, it goes"


def test_what_has_no_business_there_goes_at_the_next_whole_look(ready, thing, now, monkeypatch):
    thing.shown = [owners.Shown(ready)]
    published_files.sync(now)
    storage.published().put("intrus/a.html", b"<script>")
    storage.published().put("seul.txt", b"seul")
    storage.published().remove(f"{ready.pk}/540.mp4")
    with monkeypatch.context() as patch:
        patch.setattr(storage.Store, "listed", None)
        published_files.sync(now)  # nothing has changed in the database: no listing is paid for
    published_files.look_again()
    published_files.sync(now)
    assert set(held("published")) == {f"{ready.pk}/540.mp4", f"{ready.pk}/poster.webp"}


def test_cut_in_the_middle_the_next_turn_does_the_rest(ready, thing, now, monkeypatch):
    thing.shown = [owners.Shown(ready)]
    put, done = storage.Store.put, []

    def cut(store, name, content):
        if len(done) == 1:
            raise OSError("cut")
        done.append(name)
        put(store, name, content)

    with monkeypatch.context() as patch:
        patch.setattr(storage.Store, "put", cut)
        with pytest.raises(OSError, match="cut"):
            published_files.sync(now)
    assert len(held("published")) == 1
    published_files.sync(now)
    assert len(held("published")) == 2


@pytest.fixture
def several(folder, now):
    """Clips with one file each, in the order of their folders."""
    made = [Clip.objects.create(folder=folder, state=Clip.State.READY, created_at=now) for _ in range(3)]
    for clip in made:
        storage.media().put(clip.file("540.mp4"), str(clip.pk).encode())
    return sorted(made, key=lambda clip: str(clip.pk))


def seen() -> set[str]:
    return {name.partition("/")[0] for name in held("published")}


def test_one_that_fails_neither_stays_nor_keeps_others_waiting(several, thing, now):
    """What cannot be copied, or taken away, is told; all the rest is as it should be, and the next turn tries again."""
    first, second, third = several
    outside = storages["published"]
    thing.shown, outside.broken = [owners.Shown(one) for one in several], str(first.pk)
    with pytest.raises(ConnectionError):
        published_files.sync(now)
    assert seen() == {str(second.pk), str(third.pk)}
    outside.broken = "?"
    published_files.sync(now)
    assert seen() == {str(one.pk) for one in several}
    thing.shown, outside.broken = [owners.Shown(third)], str(first.pk)
    with pytest.raises(ConnectionError):
        published_files.sync(now)
    assert seen() == {str(first.pk), str(third.pk)}, "the other one is gone although the first would not"
    outside.broken = "?"
    published_files.sync(now)
    assert seen() == {str(third.pk)}


def test_taken_back_while_others_are_copied_it_is_gone_at_the_end_and_never_brought(several, thing, now):
    first, second, _ = several
    outside, brought = storages["published"], []
    thing.shown = [owners.Shown(second)]
    published_files.sync(now)

    def meanwhile(name):
        brought.append(name.partition("/")[0])
        if str(first.pk) in name:
            thing.shown = [owners.Shown(first)]

    outside.meanwhile, thing.shown = meanwhile, [owners.Shown(one) for one in several]
    published_files.sync(now)
    assert seen() == {str(first.pk)} and brought == [str(first.pk)]


def test_no_transaction_waits_for_two_copies(several, thing, now):
    """The database ends one that stays idle for a minute, and what it locked with it."""
    outside, begun = storages["published"], []
    thing.shown = [owners.Shown(one) for one in several]

    def meanwhile(name):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id()::text")
            begun.append(cursor.fetchone()[0])

    outside.meanwhile = meanwhile
    published_files.sync(now)
    assert len(set(begun)) == len(begun) == 3
