"""What the three networks have in common: the same contract, on fakes that write as they do."""

from datetime import timedelta

import pytest

from relais.channels import networks
from relais.channels.models import AccountReading
from relais.foundation import outbox, web
from relais.foundation.models import Outbound
from relais.foundation.outbox import PermanentError, TemporaryError

from .fakes import Provider, serving
from .networks import Said
from .publications import BEGAN, PLACES, SINCE, State, keep, leave


@pytest.fixture(params=PLACES)
def place(request, connect):
    """(network, fake, address) with five comments a minute apart, one of ours, and three replies below the oldest."""
    kind, publication, address = PLACES[request.param]
    said = [Said(f"c{n}", f"Question {n} ?", BEGAN + timedelta(minutes=n)) for n in range(5)]
    said[3].by = "us"
    said[0].replies = [
        Said(f"r{n}", f"Réponse {n}", BEGAN + timedelta(hours=1, minutes=n), "us" if n == 1 else "x") for n in range(3)
    ]
    with serving(kind({publication: said})) as fake:
        yield connect(fake), fake, address


def test_all_that_others_wrote_comes_once_with_where_to_answer(place):
    one, _, address = place
    found = {comment.id: comment for comment in one.fetch([address], SINCE)}
    assert sorted(found) == ["c0", "c1", "c2", "c4", "r0", "r2"]
    assert {comment.address for comment in found.values()} == {address}
    assert (found["c2"].text, found["c2"].at, found["c2"].to) == ("Question 2 ?", BEGAN + timedelta(minutes=2), "c2")
    assert (found["r2"].text, found["r2"].to) == ("Réponse 2", "c0")
    assert not any("somebody" in str(comment) for comment in found.values())


def test_pages_stop_at_the_first_one_that_is_older(place):
    one, fake, address = place
    list(one.fetch([address], SINCE))
    whole, fake.requests[:] = len(fake.requests), []
    assert [comment.id for comment in one.fetch([address], BEGAN + timedelta(minutes=10))] == ["c4"]
    assert len(fake.requests) < whole
    publication = one.publication(address)
    fake.threads[publication] = [
        Said(f"old{n}", "Vieux", BEGAN - timedelta(days=n)) for n in range(1, 100)
    ] + fake.threads[publication]
    fake.requests.clear()
    list(one.fetch([address], SINCE))
    assert len(fake.requests) < whole + 3


def test_nothing_written_is_not_an_error(place):
    one, fake, address = place
    fake.threads[one.publication(address)] = []
    assert list(one.fetch([address], SINCE)) == [] == list(one.fetch([], SINCE))


@pytest.mark.parametrize(
    "fault", [(429, {"Retry-After": "600"}, {}), (500, {}, {}), (502, {}, b"<html>"), Provider.CUT, Provider.HANG]
)
def test_a_reading_that_fails_comes_back_later(place, fault):
    one, fake, address = place
    fake.faults = [fault] * 10
    with pytest.raises(TemporaryError) as error:
        list(one.fetch([address], SINCE))
    assert getattr(error.value, "after", timedelta()) == timedelta(seconds=600 if fault[0] == 429 else 0)


@pytest.mark.parametrize(
    "body",
    [b"", b'{"data": [{"id": ', b"[]", b"null", b'{"data": 3, "items": 3, "code": "0"}', b"[" * 100_000, b"\xff\xfe"],
)
def test_an_answer_of_another_shape_is_told(place, body):
    one, fake, address = place
    list(one.fetch([address], SINCE))
    fake.faults = [(200, {}, body)] * 10
    with pytest.raises(networks.Unreadable, match="inattendue"):
        list(one.fetch([address], SINCE))


def test_a_comment_of_another_shape_hides_no_other(place):
    one, fake, address = place

    def spoil(_, content):
        for rows in (
            content.get("data"),
            content.get("items"),
            (content.get("data") or {}).get("comments") if "code" in content else None,
        ):
            if isinstance(rows, list) and rows:
                rows[0] = [rows[0]]
        return content

    list(one.fetch([address], SINCE))
    fake.spoil, found = spoil, []
    with pytest.raises(networks.Unreadable, match="n’ont pas pu être lus"):
        found += (comment.id for comment in keep(one.fetch([address], SINCE), found))
    assert found, "the second of each page was given before the complaint"


def test_an_address_of_elsewhere_is_told_once_the_rest_was_read(place):
    one, _, address = place
    for strange in (
        "https://vm.tiktok.com/ZM1/",
        "https://exemple.invalid/?v=dQw4w9WgXcQ",
        "https://www.instagram.com/relais/",
    ):
        found = []
        with pytest.raises(PermanentError, match="ne désigne pas une publication"):
            list(keep(one.fetch([strange, address], SINCE), found))
        assert "c4" in found


def test_what_is_not_there_any_more(place):
    one, fake, address = place
    fake.threads[one.publication(address)].pop(1)
    places = [networks.Place(name, address, name) for name in ("c0", "c1", "c2")]
    assert one.missing(places) == {"c1"} and one.missing([networks.Place("r0", address, "c0")]) == set()


def test_reply_and_hide(place):
    one, fake, address = place
    one.reply(to="c2", address=address, text="Oui, & c’est payé.")
    one.hide(comment="c4", address=address)
    assert fake.published == [("c2", "Oui, & c’est payé.")] and fake.hidden == ["c4"]


class Faulty:
    """A fault on what changes something, and on nothing else."""

    def __init__(self, fake, fault):
        self.fake, self.fault, self.plain = fake, fault, fake.answer

    def __call__(self, request):
        if request["method"] == "POST" and "/token" not in request["path"]:
            return self.fault
        return self.plain(request)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fault", "reply", "hide"),
    [
        ((429, {}, {}), State.WAITING, State.WAITING),
        ((400, {}, {}), State.FAILED, State.FAILED),
        ((301, {"Location": "https://x.invalid/"}, {}), State.FAILED, State.FAILED),
        ((500, {}, {}), State.AMBIGUOUS, State.WAITING),
        ((503, {}, {}), State.AMBIGUOUS, State.WAITING),
        ((502, {}, {}), State.AMBIGUOUS, State.WAITING),
        (Provider.CUT, State.AMBIGUOUS, State.WAITING),
        (Provider.HANG, State.AMBIGUOUS, State.WAITING),
    ],
)
def test_a_reply_leaves_once_or_a_human_decides_and_hiding_is_done_again(place, now, fault, reply, hide):
    one, fake, _ = place
    fake.answer = Faulty(fake, fault)
    row = leave(one, fake, now)
    assert row.state == reply and not fake.published
    row.delete()
    assert leave(one, fake, now, do="hide", comment="c4").state == hide
    secrets = ("IGtoken", "TTtoken", "secret", "long", "hour")
    assert not any(secret in row.error.split() for secret in secrets)


@pytest.mark.django_db
def test_a_network_without_an_account_takes_nothing(now):
    for kind in networks.kinds():
        assert networks.serving(kind.name, None) is None
        payload = {"do": "reply", "comment": "c", "address": "", "text": "Oui.", "account": "178"}
        outbox.enqueue(kind.name, key=kind.name, payload=payload, now=now, owner=None)
    outbox.send_due(now)
    assert {row.state for row in Outbound.objects.all()} == {State.FAILED}
    assert "n’est plus relié" in Outbound.objects.first().error


# --- one turn


@pytest.mark.django_db
def test_an_account_is_read_every_five_minutes_at_most(place, now):
    one, _, _ = place
    seen = []
    for minutes in (0, 1, 4, 5, 6, 11):
        networks.turn(one, seen.append, now=now + timedelta(minutes=minutes))
    assert seen == [now - networks.FIRST, now - networks.OVERLAP, now + timedelta(minutes=5) - networks.OVERLAP]
    row = AccountReading.objects.get()
    assert (row.read_at, row.error, row.failed_at) == (now + timedelta(minutes=11), "", None)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "minutes"), [(timedelta(), 5), (timedelta(minutes=1), 5), (timedelta(minutes=40), 40)]
)
def test_a_reading_that_failed_is_told_and_waits_as_asked(place, now, asked, minutes):
    one, _, _ = place

    def fail(_):
        raise web.Busy("Instagram demande d’attendre.", asked)

    networks.turn(one, lambda _: None, now=now - timedelta(hours=1))
    assert networks.turn(one, fail, now=now)
    row = AccountReading.objects.get()
    assert (row.error, row.failed_at, row.read_at) == ("Instagram demande d’attendre.", now, now - timedelta(hours=1))
    assert row.next_at == now + timedelta(minutes=minutes)
    since = []
    networks.turn(one, since.append, now=row.next_at)
    assert since == [now - timedelta(hours=1) - networks.OVERLAP], "what was missed is read again"
    assert AccountReading.objects.get().error == ""
