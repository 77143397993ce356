"""The broom: what it cannot erase stops nothing else and is counted; what changed or is held meanwhile is left alone."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from relais.foundation import retention
from relais.foundation.models import Heartbeat
from relais.foundation.retention import registry

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def ruled(monkeypatch):
    """A rule of this test, between those of the house, on rows of its own."""

    def make(slug, *, older=None, **more):
        def rows(before):
            return Heartbeat.objects.filter(name__startswith=slug, at__lte=before)

        values = {"what": slug, "since": "x", "keep": HOUR, "why": "x", "order": 1} | more
        monkeypatch.setitem(registry.registry, slug, registry.Rule(slug, older=older or rows, **values))

    return make


@pytest.fixture
def counters(now):
    def make(slug, *names):
        for name in names:
            Heartbeat.objects.create(every=1, name=f"{slug}-{name}", at=now)

    return make


def left(slug) -> set[str]:
    return {
        name.removeprefix(f"{slug}-")
        for name in Heartbeat.objects.filter(name__startswith=slug).values_list("name", flat=True)
    }


def spoiled(rows, now):
    if rows.filter(name__endswith="bad").exists():
        raise ValueError("this one cannot be erased")
    return rows.delete()[0]


def test_a_row_that_cannot_be_erased_stops_no_other_row_and_no_other_rule(ruled, counters, now, caplog):
    def broken(before):
        raise LookupError("this rule cannot be followed")

    ruled("aa", does=spoiled, order=1)
    ruled("bb", does=spoiled, alone=True, order=2)
    ruled("cc", older=broken, order=3)
    ruled("dd", order=1000)
    for slug in ("aa", "bb", "dd"):
        counters(slug, "1", "2-bad", "3")
    counts = retention.sweep(now + HOUR)
    assert counts["aa"] == counts["bb"] == {"ripe": 3, "erased": 2, "failed": 1}
    assert counts["cc"] == {"ripe": 0, "erased": 0, "failed": 1}
    assert counts["dd"] == {"ripe": 3, "erased": 3}
    assert left("aa") == left("bb") == {"2-bad"} and not left("dd")
    told = [record.getMessage() for record in caplog.records if record.exc_info]
    assert [words for words in told if "aa-2-bad" in words] and [words for words in told if "The rule cc" in words]


def test_who_could_not_be_told_beforehand_is_counted(ruled, counters, now):
    told = []

    def warn(rows, now):
        told.extend(rows.values_list("name", flat=True))
        return spoiled(rows, now)

    ruled("aa", warned=lambda now: Heartbeat.objects.filter(name__startswith="aa"), warn=warn, keep=9 * HOUR)
    counters("aa", "1", "2-bad", "3")
    counts = retention.sweep(now)
    assert counts["announced"] == 2 and counts["aa"] == {"ripe": 0, "erased": 0, "failed": 1}
    assert sorted(told) == ["aa-1", "aa-2-bad", "aa-3"], "each once, one by one"


def test_what_is_over_no_longer_once_its_turn_comes_is_left(ruled, counters, now):
    def erase(rows, at):
        Heartbeat.objects.filter(name="aa-2").update(at=at)
        return rows.delete()[0]

    ruled("aa", does=erase, alone=True)
    counters("aa", "1", "2")
    assert retention.sweep(now + HOUR)["aa"] == {"ripe": 2, "erased": 1}
    assert left("aa") == {"2"}


@pytest.mark.django_db(transaction=True)
def test_what_another_holds_is_for_the_next_turn(ruled, counters, now):
    ruled("aa")
    counters("aa", "1", "2")
    held, done = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            Heartbeat.objects.select_for_update().get(name="aa-1")
            held.set()
            done.wait(timeout=30)
        connection.close()

    holding = threading.Thread(target=hold)
    holding.start()
    held.wait(timeout=30)
    first = retention.sweep(now + HOUR)["aa"]
    done.set()
    holding.join()
    assert first == {"ripe": 2, "erased": 1} and left("aa") == {"1"}
    assert retention.sweep(now + HOUR)["aa"] == {"ripe": 1, "erased": 1}


def test_more_than_a_batch_goes_in_one_turn(ruled, now, django_assert_max_num_queries):
    number = 2 * retention.BATCH + 1
    Heartbeat.objects.bulk_create(Heartbeat(every=1, name=f"aa-{one}", at=now) for one in range(number))
    ruled("aa", often=True)
    with django_assert_max_num_queries(60):
        assert retention.sweep(now + HOUR, often=True)["aa"] == {"ripe": number, "erased": number}


def test_each_rule_has_its_place_and_looks_at_the_models_of_its_app():
    for one in (retention.rules(), retention.stays()):
        assert len({each.order for each in one}) == len(one)
    ours = [rule for rule in retention.rules() if rule.older.__module__.startswith("relais.")]
    assert len(ours) == len(retention.rules())
    foreign = {
        rule.slug
        for rule in ours
        if (model := rule.models[0]).__module__.startswith("relais.")
        and rule.older.__module__.split(".")[1] != model._meta.app_label
    }
    assert foreign == set()
