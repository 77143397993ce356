"""What the three networks have in common, and what each says in its own way: the same contract, on fakes that write as they do."""

from datetime import UTC, datetime, timedelta

import pytest

from relais.channels import networks
from relais.channels.instagram.transport import FIELDS
from relais.channels.models import AccountReading
from relais.foundation import outbox, web
from relais.foundation.models import Outbound
from relais.foundation.outbox import PermanentError, TemporaryError
from tests.builders import channel_account

from .fakes import Provider, serving
from .networks import Instagram, Said, TikTok, YouTube

BEGAN = datetime(2026, 11, 20, 9, tzinfo=UTC)
SINCE = BEGAN - timedelta(minutes=1)
# The publication, as its network names it, and its address.
PLACES = {
    "instagram": (Instagram, "DSabc_1-x", "https://www.instagram.com/reel/DSabc_1-x/"),
    "youtube": (YouTube, "dQw4w9WgXcQ", "https://www.youtube.com/shorts/dQw4w9WgXcQ"),
    "tiktok": (TikTok, "7301242590496705810", "https://www.tiktok.com/@relais/video/7301242590496705810"),
}
State = Outbound.State


VALUES = {
    "instagram": {"account": "178", "token": "IGtoken"},
    "youtube": {"account": "UCus", "client_id": "client", "client_secret": "secret", "refresh_token": "long"},
    "tiktok": {"account": "open-id", "token": "TTtoken"},
}


@pytest.fixture
def connect(settings, monkeypatch, db):
    """connect(fake, owner=None) → the network by our account there, with its fake on loopback."""
    monkeypatch.setattr(web, "TIMEOUT", 0.3)
    monkeypatch.setattr("relais.channels.instagram.transport._media", {})

    def on(fake, owner=None):
        name = type(fake).__name__.lower()
        if name == "instagram":
            settings.INSTAGRAM_API_URL = f"{fake.address}/v25.0"
        elif name == "youtube":
            settings.YOUTUBE_API_URL, settings.YOUTUBE_TOKEN_URL = fake.address, f"{fake.address}/token"
        else:
            settings.TIKTOK_API_URL = f"{fake.address}/open_api/v1.3"
        channel_account(name, VALUES[name], owner=owner)
        return networks.serving(name, owner)

    return on


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
        found += (comment.id for comment in _keep(one.fetch([address], SINCE), found))
    assert found, "the second of each page was given before the complaint"


def _keep(comments, found):
    for comment in comments:
        found.append(comment.id)
        yield comment


def test_an_address_of_elsewhere_is_told_once_the_rest_was_read(place):
    one, _, address = place
    for strange in (
        "https://vm.tiktok.com/ZM1/",
        "https://exemple.invalid/?v=dQw4w9WgXcQ",
        "https://www.instagram.com/relais/",
    ):
        found = []
        with pytest.raises(PermanentError, match="ne désigne pas une publication"):
            list(_keep(one.fetch([strange, address], SINCE), found))
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


# --- out, through the outbox


def leave(one, fake, now, do="reply", **payload):
    payload = {
        "do": do,
        "to": "…",
        "subject": "…",
        "comment": "c2",
        "address": PLACES[one.name][2],
        "text": "Oui.",
        "account": one.account,
    } | payload
    outbox.enqueue(one.name, key="k", payload=payload, now=now, owner=None)
    outbox.send_due(now)
    return Outbound.objects.get(key="k")


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


# --- Instagram


@pytest.fixture
def instagram(connect):
    with serving(Instagram({"DSabc_1-x": [Said("c1", "Bonjour", BEGAN), Said("c2", "Merci", BEGAN, "us")]})) as fake:
        yield connect(fake), fake


URL = PLACES["instagram"][2]


@pytest.mark.parametrize("forbidden", [{"from"}, {"replies"}, {"from", "replies"}])
def test_instagram_reads_with_the_fields_it_is_let(instagram, forbidden):
    one, fake = instagram
    fake.forbidden = forbidden
    assert [comment.id for comment in one.fetch([URL], SINCE)] == ["c1"], "ours is known by its name alone"


def test_instagram_never_reads_without_a_name(instagram):
    one, fake = instagram
    assert all("username" in fields for fields in FIELDS)
    fake.faults = [(200, {}, {"id": "178"})]
    with pytest.raises(PermanentError, match="ne dit pas le nom"):
        list(one.fetch([URL], SINCE))
    fake.forbidden = {"text"}
    with pytest.raises(PermanentError, match="n’a pas le droit"):
        list(one.fetch([URL], SINCE))


@pytest.mark.parametrize(
    ("code", "more", "kind", "words"),
    [
        (190, {}, networks.TokenRefused, "nouveau jeton"),
        (4, {}, web.Busy, "attendre"),
        (80002, {}, web.Busy, "attendre"),
        (2, {"is_transient": True}, TemporaryError, "panne"),
        (1, {}, TemporaryError, "répondu"),
        (9999, {}, PermanentError, "9999"),
        ("drop", {}, PermanentError, "inconnu"),
    ],
)
def test_what_instagram_says_under_400(instagram, code, more, kind, words):
    one, fake = instagram
    fake.faults = [fake.error(code, "…", **more)] * 9
    with pytest.raises(kind, match=words):
        list(one.fetch([URL], SINCE))


def test_instagram_says_in_how_many_minutes(instagram):
    one, fake = instagram
    usage = '{"178": [{"type": "instagram", "call_count": 100, "estimated_time_to_regain_access": 23}]}'
    for header, wait in ((usage, timedelta(minutes=23)), ("[1]", timedelta(hours=1)), ("{", timedelta(hours=1))):
        fake.faults = [fake.error(4, "…", headers={"X-Business-Use-Case-Usage": header})]
        with pytest.raises(web.Busy) as busy:
            list(one.fetch([URL], SINCE))
        assert busy.value.after == wait


def test_a_publication_deleted_on_instagram_does_not_hide_the_others(instagram):
    one, fake = instagram
    fake.threads["Other123"] = [Said("c9", "Encore là", BEGAN)]
    other = "https://instagram.com/relais/p/Other123/?igsh=1"
    assert {comment.id for comment in one.fetch([URL, other], SINCE)} == {"c1", "c9"}
    del fake.threads["DSabc_1-x"]
    found = []
    with pytest.raises(PermanentError, match="n’est plus sur Instagram"):
        list(_keep(one.fetch([URL, other], SINCE), found))
    assert found == ["c9"]
    with pytest.raises(PermanentError, match="n’a pas une publication"):
        list(one.fetch(["https://www.instagram.com/p/DautrUI/"], SINCE))


def test_a_comment_deleted_meanwhile_is_not_answered(instagram, now, db):
    one, fake = instagram
    row = leave(one, fake, now, comment="gone")
    assert (row.state, row.error) == (State.FAILED, "Ce commentaire n’est plus sur Instagram.")


def test_a_number_of_publication_is_asked_once(instagram):
    one, fake = instagram
    list(one.fetch([URL], SINCE))
    list(one.fetch([URL], SINCE))
    assert fake.paths().count("/v25.0/178/media") == 1


# --- YouTube


@pytest.fixture
def youtube(connect):
    with serving(
        YouTube({"dQw4w9WgXcQ": [Said("c1", "Bonjour", BEGAN)], "Another_one": [Said("c2", "Ailleurs", BEGAN)]})
    ) as fake:
        yield connect(fake), fake


VIDEO = PLACES["youtube"][2]


def test_youtube_costs_one_unit_and_gives_only_the_videos_asked_for(youtube):
    one, fake = youtube
    assert [comment.id for comment in one.fetch([VIDEO], SINCE)] == ["c1"] and fake.units == 1


def test_comments_closed_on_youtube_are_not_an_error(youtube):
    one, fake = youtube
    fake.faults = [(200, {}, {"access_token": "hour"}), fake.error(403, "commentsDisabled")]
    assert list(one.fetch([VIDEO], SINCE)) == []


@pytest.mark.parametrize(
    ("status", "reason", "kind", "words"),
    [
        (403, "quotaExceeded", web.Busy, "quota du jour"),
        (403, "rateLimitExceeded", web.Busy, "attendre"),
        (403, "insufficientPermissions", PermanentError, "pas le droit"),
        (401, "authError", networks.TokenRefused, "nouveau jeton"),
        (404, "channelNotFound", PermanentError, "404"),
    ],
)
def test_what_youtube_refuses(youtube, status, reason, kind, words):
    one, fake = youtube
    fake.faults = [(200, {}, {"access_token": "hour"}), fake.error(status, reason)]
    with pytest.raises(kind, match=words) as error:
        list(one.fetch([VIDEO], SINCE))
    if reason == "quotaExceeded":
        assert timedelta() < error.value.after <= timedelta(days=1, minutes=1)


def test_a_long_token_that_google_took_back(youtube):
    one, fake = youtube
    fake.refused = True
    with pytest.raises(networks.TokenRefused, match="reliez de nouveau"):
        list(one.fetch([VIDEO], SINCE))


# --- TikTok


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (40105, networks.TokenRefused, "nouveau jeton"),
        (40100, web.Busy, "attendre"),
        (40001, PermanentError, "pas le droit"),
        (40002, PermanentError, "40002"),
        (50000, TemporaryError, "panne"),
    ],
)
def test_what_tiktok_says_under_200(connect, now, db, code, kind, words):
    _, publication, address = PLACES["tiktok"]
    with serving(TikTok({publication: []})) as fake:
        one = connect(fake)
        fake.faults = [fake.error(code)] * 2
        with pytest.raises(kind, match=words):
            list(one.fetch([address], SINCE))
        expected = {40100: State.WAITING, 50000: State.AMBIGUOUS}.get(code, State.FAILED)
        assert leave(one, fake, now).state == expected


def test_an_answer_of_tiktok_that_cannot_be_read_after_a_reply_is_nobody_knows(connect, now, db):
    _, publication, _ = PLACES["tiktok"]
    with serving(TikTok({publication: []})) as fake:
        one = connect(fake)
        fake.faults = [(200, {}, b'{"code": ')]
        assert leave(one, fake, now).state == State.AMBIGUOUS
