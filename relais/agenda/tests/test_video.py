"""Rooms for those who meet by video: how each kind is named and signed, who says so, and when BigBlueButton is asked for one."""

import re
import threading
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from django.db import connection

from relais.agenda import services, video
from relais.agenda.models import Appointment, VideoPattern
from relais.foundation.refusals import NotAcceptable, WrongState

from .conftest import NOW, choose

pytestmark = pytest.mark.django_db
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
AT = NOW + 72 * HOUR
SECRET = "secret-partagé-de-bbb"


@pytest.fixture(autouse=True)
def straight(monkeypatch):
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def organisation(people):
    return people["mediator"].memberships.get().organisation


@pytest.fixture
def pattern(organisation):
    def go(kind, address="https://visio.exemple.fr", secret=""):
        return VideoPattern.objects.create(organisation=organisation, kind=kind, address=address, secret=secret)

    return go


@pytest.fixture
def chosen(visit, offer):
    """chosen() → a video call in three days, of half an hour."""
    return lambda **values: choose(offer(visit(), **{"kind": "video", "place": ""} | values)[0])


def entered(slot, now=AT, name="Colibri 12", is_host=False):
    return video.entered(slot, name=name, is_host=is_host, now=now)


def test_jitsi_under_a_pseudonym(pattern, chosen):
    pattern("jitsi")
    first, second = entered(chosen()), entered(chosen(hours=(73,)), now=AT + HOUR, name='Lou", x="')
    room = r"https://visio\.exemple\.fr/relais-[a-z]{16}#userInfo\.displayName="
    assert re.fullmatch(room + "%22Colibri%2012%22", first)
    assert unquote(second).endswith('"Lou x"'), "nothing of a name ends the string that it stands in"
    assert first.partition("#")[0] != second.partition("#")[0]


def test_visio_by_three_words_of_letters(pattern, chosen):
    pattern("visio")
    assert re.fullmatch(r"https://visio\.exemple\.fr/[a-z]{3}-[a-z]{4}-[a-z]{3}", entered(chosen()))


def test_without_a_pattern_or_with_a_link_there_is_no_room(pattern, chosen):
    assert chosen().video_room == ""
    pattern("jitsi")
    assert chosen(hours=(74,), place="https://lien.exemple.fr/x").video_room == ""
    assert chosen(hours=(75,), kind="call").video_room == ""
    with pytest.raises(WrongState, match="pas de salle"):
        entered(Appointment.objects.first())


WHEN = [
    (-video.BEFORE - SECOND, False),
    (-video.BEFORE, True),
    (-video.BEFORE + SECOND, True),
    (HOUR / 2 + video.AFTER - SECOND, True),
    (HOUR / 2 + video.AFTER, False),
    (HOUR / 2 + video.AFTER + SECOND, False),
]


@pytest.mark.parametrize(("over", "is_open"), WHEN)
def test_it_is_entered_around_the_hour(pattern, chosen, over, is_open):
    pattern("jitsi")
    slot = chosen()
    if is_open:
        assert entered(slot, AT + over)
    else:
        with pytest.raises(WrongState, match=r"pas encore ouverte|fermée"):
            entered(slot, AT + over)


def test_called_off_it_opens_nothing(pattern, chosen):
    pattern("jitsi")
    slot = services.cancel(appointment=chosen(), said="young", now=NOW)
    with pytest.raises(WrongState):
        entered(slot)


# --- BigBlueButton, which is asked for each room


class Server:
    """Answers as BigBlueButton does: nothing to a call whose checksum is another."""

    def __init__(self):
        self.rooms, self.refused, self.fails, self.moved = {}, 0, False, ""
        self.meanwhile = lambda room: None

    def answer(self, path: str) -> bytes:
        parts = urlsplit(path)
        call, (query, _, checksum) = parts.path.rpartition("/")[2], parts.query.rpartition("&checksum=")
        if self.fails or sha256(f"{call}{query}{SECRET}".encode()).hexdigest() != checksum:
            self.refused += 1
            return b"<response><returncode>FAILED</returncode><messageKey>checksumError</messageKey></response>"
        values = {name: found[0] for name, found in parse_qs(query).items()}
        self.rooms[values["meetingID"]] = values
        self.meanwhile(values["meetingID"])
        return b"<response><returncode>SUCCESS</returncode></response>"


@contextmanager
def serving():
    there = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = there.answer(self.path)
            self.send_response(302 if there.moved else 200)
            if there.moved:
                self.send_header("Location", there.moved)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        there.address = f"http://127.0.0.1:{server.server_port}/bigbluebutton/api"
        yield there
        server.shutdown()


@pytest.fixture
def bbb(pattern):
    with serving() as there:
        pattern("bbb", there.address, SECRET)
        yield there


def test_a_room_is_asked_for_before_the_hour_and_entered_with_a_signature(bbb, chosen):
    slot = chosen()
    with pytest.raises(WrongState, match="se prépare"):
        entered(slot)
    assert video.prepare_due(AT - video.BEFORE) == 1 and video.prepare_due(AT) == 0
    (room,) = bbb.rooms.values()
    assert room["meetingID"] == f"relais-{slot.video_room}" and (room["record"], room["name"]) == (
        "false",
        "Rendez-vous",
    )
    assert int(room["duration"]) == 15 + 30 + 30 + 1
    slot.refresh_from_db()
    for is_host, role in ((False, "VIEWER"), (True, "MODERATOR")):
        there = urlsplit(entered(slot, name="Colibri & 12", is_host=is_host))
        query, _, checksum = there.query.rpartition("&checksum=")
        assert there.path == "/bigbluebutton/api/join"
        assert sha256(f"join{query}{SECRET}".encode()).hexdigest() == checksum
        values = {name: found[0] for name, found in parse_qs(query).items()}
        assert values == {
            "fullName": "Colibri & 12",
            "meetingID": room["meetingID"],
            "role": role,
            "redirect": "true",
        }


@pytest.mark.parametrize(
    ("over", "is_asked"),
    [
        (-video.BEFORE - SECOND, 0),
        (-video.BEFORE, 1),
        (-video.BEFORE + SECOND, 1),
        (HOUR / 2 + video.AFTER - SECOND, 1),
        (HOUR / 2 + video.AFTER, 0),
        (HOUR / 2 + video.AFTER + SECOND, 0),
    ],
)
def test_when_a_room_is_asked_for(bbb, chosen, over, is_asked):
    chosen()
    assert video.prepare_due(AT + over) == is_asked == len(bbb.rooms)


def test_a_server_that_says_no_is_asked_again(bbb, chosen, caplog):
    slot, bbb.fails = chosen(), True
    assert video.prepare_due(AT) == 0 and bbb.refused == 1
    with pytest.raises(WrongState, match="se prépare"):
        entered(slot)
    bbb.fails = False
    assert video.prepare_due(AT) == 1
    assert SECRET not in caplog.text and "checksum" not in caplog.text


def test_one_server_that_is_away_holds_back_no_other(bbb, chosen, organisation, people, visit, offer):
    away, near = chosen(), chosen(hours=(72.5,))
    other = people["partner"].memberships.get().organisation
    VideoPattern.objects.create(organisation=other, kind="bbb", address="http://127.0.0.1:9/api", secret="x")
    Appointment.objects.filter(pk=away.pk).update(organisation=other)
    assert video.prepare_due(AT + HOUR / 4) == 1
    assert set(bbb.rooms) == {f"relais-{near.video_room}"}


@pytest.fixture
def elsewhere(bbb, chosen, people):
    """elsewhere(address, secret) → a room of another organisation at this server, half an hour before any other."""

    def go(address, secret="x"):
        other = people["partner"].memberships.get().organisation
        VideoPattern.objects.create(organisation=other, kind="bbb", address=address, secret=secret)
        one = chosen(hours=(71.5,))
        Appointment.objects.filter(pk=one.pk).update(organisation=other)
        return one

    return go


def test_an_answer_that_leads_nowhere_holds_back_no_other(bbb, chosen, elsewhere):
    near = chosen()
    with serving() as wrong:
        wrong.moved = "http://["
        elsewhere(wrong.address, SECRET)
        assert video.prepare_due(AT - HOUR / 4) == 1
    assert len(wrong.rooms) == 1 and set(bbb.rooms) == {f"relais-{near.video_room}"}


def test_one_that_fails_in_a_way_nobody_thought_of_holds_back_no_other(bbb, chosen, elsewhere, caplog):
    near, one = chosen(), elsewhere("http://[")
    assert video.prepare_due(AT - HOUR / 4) == 1
    assert set(bbb.rooms) == {f"relais-{near.video_room}"}
    assert str(one.pk) in caplog.text and "checksum" not in caplog.text


def test_a_server_that_is_away_is_waited_for_once_in_a_turn(bbb, chosen):
    [chosen(hours=(hour,)) for hour in (71.5, 72)]
    bbb.moved = "http://127.0.0.1:9/"
    assert video.prepare_due(AT - HOUR / 4) == 0 and len(bbb.rooms) == 1
    bbb.moved = ""
    assert video.prepare_due(AT - HOUR / 4) == 2


def test_nothing_inside_the_network_is_asked(bbb, chosen, settings):
    settings.INNER_ADDRESSES = []
    chosen()
    assert video.prepare_due(AT) == 0 and bbb.rooms == {} and bbb.refused == 0


def test_another_server_is_asked_for_the_rooms_that_the_first_one_has(bbb, chosen, organisation, people):
    """Begun a while ago too: who comes late would be sent where there is no room."""

    def say(address, kind="bbb"):
        values = {"kind": kind, "address": address, "secret": SECRET if kind == "bbb" else ""}
        video.keep(organisation=organisation, user=people["supervisor"], now=late, **values)

    one, late = chosen(minutes=60), AT + HOUR * 3 / 4
    assert video.prepare_due(AT) == 1
    say(bbb.address)
    assert video.prepare_due(late) == 0, "of the same server nothing changes"
    with serving() as other:
        say(other.address)
        with pytest.raises(WrongState, match="se prépare"):
            entered(Appointment.objects.get(pk=one.pk), late)
        assert video.prepare_due(late) == 1 and set(other.rooms) == set(bbb.rooms)
        assert entered(Appointment.objects.get(pk=one.pk), late).startswith(other.address)
    say("https://jitsi.exemple.fr", kind="jitsi")
    say(bbb.address)
    assert video.prepare_due(late) == 1


@pytest.mark.django_db(transaction=True)
def test_a_server_that_is_left_while_it_is_asked_opens_nothing(bbb, chosen, organisation, people):
    one = chosen()

    def leave(_):
        values = {"kind": "bbb", "address": "https://autre.exemple.fr/api", "secret": SECRET}
        video.keep(organisation=organisation, user=people["supervisor"], now=AT, **values)
        connection.close()

    bbb.meanwhile = leave
    assert video.prepare_due(AT) == 0 and len(bbb.rooms) == 1
    assert Appointment.objects.get(pk=one.pk).video_opened_at is None


# --- what an organisation says

GIVEN = {"kind": "bbb", "address": "https://bbb.exemple.fr/bigbluebutton/api/", "secret": SECRET}


def page_of(organisation):
    return f"/pro/visio/{organisation.pk}/"


def test_said_on_its_page_and_the_secret_is_shown_no_more(people, client_for, organisation):
    client, page = client_for(people["supervisor"]), page_of(organisation)
    assert client.get("/pro/visio/").headers["Location"] == page
    assert client.post(page, GIVEN).status_code == 302
    kept = VideoPattern.objects.get()
    assert (kept.kind, kept.address, kept.secret) == ("bbb", "https://bbb.exemple.fr/bigbluebutton/api", SECRET)
    text = client.get(page).content.decode()
    assert SECRET not in text and "Un secret est gardé" in text and kept.address in text
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM agenda_videopattern")
        assert SECRET not in cursor.fetchone()[0]
    client.post(page, GIVEN | {"secret": ""})
    assert VideoPattern.objects.get().secret == SECRET, "left empty, it stays"
    client.post(page, {"kind": "jitsi", "address": "https://jitsi.exemple.fr", "secret": ""})
    assert VideoPattern.objects.get().secret == "", "of another server nothing is kept"
    client.post(page, {"kind": "", "address": "", "secret": ""})
    assert not VideoPattern.objects.exists()


def test_the_secret_goes_to_no_other_server(people, client_for, organisation, now):
    """Whoever changes the address alone would have it sent, as signatures, to a server of theirs."""
    client = client_for(people["supervisor"])
    client.post(page_of(organisation), GIVEN)
    answer = client.post(page_of(organisation), GIVEN | {"address": "https://autre.exemple.fr/api", "secret": ""})
    assert answer.status_code == 422 and "collez-le" in answer.content.decode()
    assert VideoPattern.objects.get().address == "https://bbb.exemple.fr/bigbluebutton/api"
    with pytest.raises(NotAcceptable):
        video.keep(
            organisation=organisation, kind="bbb", address="https://x", secret="", user=people["supervisor"], now=now
        )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("address", ""),
        ("address", "http://bbb.exemple.fr"),
        ("address", "https://bbb.exemple.fr/?x=1"),
        ("address", "https://moi:mot@bbb.exemple.fr"),
        ("address", "https://bbb.exemple.fr/#x"),
        ("address", "https://bbb.exemple.fr/".ljust(202, "x")),
        ("kind", "zoom"),
        ("kind", ""),
        ("kind", "jitsi"),
        ("secret", "x" * 201),
    ],
)
def test_what_is_no_server_is_said(people, client_for, organisation, field, value):
    answer = client_for(people["supervisor"]).post(page_of(organisation), GIVEN | {field: value})
    assert answer.status_code == 422 and not VideoPattern.objects.exists()


def test_of_another_organisation_nothing_is_said(people, client_for):
    other = people["partner"].memberships.get().organisation
    assert client_for(people["supervisor"]).get(page_of(other)).status_code == 404
    assert client_for(people["supervisor"]).post(page_of(other), GIVEN).status_code == 404
