"""One client for the web: what is asked again and when, files that come in pieces, and what is never reached from here."""

import io
import socket
import threading
from contextlib import contextmanager
from datetime import timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.utils import timezone

from relais.foundation import web

pytestmark = pytest.mark.usefixtures("in_no_time")

WORDS = b"".join(b"%07d\n" % number for number in range(400_000))
"""3.2 MB: more than a CHUNK, so that some of it is kept when the rest does not come."""


class Shop:
    """A server of files; `play(request)` says what to answer: (status, headers, body), or (…, cut after so many bytes)."""

    def __init__(self, play):
        self.play, self.asked, self.address = play, [], ""


@contextmanager
def serving(play, host="127.0.0.1"):
    shop = Shop(play)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            shop.asked.append({name.lower(): value for name, value in self.headers.items()} | {"path": self.path})
            status, headers, body, *cut = shop.play(shop.asked)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body[: cut[0]] if cut else body)
            self.close_connection = True

        do_POST = do_GET

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer((host, 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        shop.address = f"http://{host}:{server.server_port}"
        yield shop
        server.shutdown()


@pytest.fixture
def slept(monkeypatch):
    found = []
    monkeypatch.setattr(web.time, "sleep", found.append)
    return found


def fetched(address, limit=10_000_000) -> bytes:
    file = io.BytesIO()
    web.fetch(address, file, limit=limit)
    return file.getvalue()


def asked(shop) -> web.Answer:
    return web.insist(lambda: web.ask("GET", f"{shop.address}/x", headers={}))


# --- asked again


def test_what_may_be_asked_twice_is_asked_until_it_answers():
    answers = [(503, {}, b""), (429, {}, b""), (200, {}, b'{"a"', 2), (200, {}, b'{"a": 1}')]
    with serving(lambda seen: answers[len(seen) - 1]) as shop:
        assert asked(shop).json() == {"a": 1} and len(shop.asked) == 4


@pytest.mark.parametrize("status", [200, 204, 301, 400, 401, 404])
def test_any_other_answer_is_an_answer(status):
    with serving(lambda seen: (status, {}, b"")) as shop:
        assert asked(shop).status == status and len(shop.asked) == 1


def test_it_gives_up_and_says_why():
    with serving(lambda seen: (502, {}, b"")) as shop, pytest.raises(web.Away, match="502"):
        asked(shop)
    assert len(shop.asked) == web.ATTEMPTS
    with pytest.raises(web.Away, match="refused"):
        web.insist(lambda: web.ask("GET", "http://127.0.0.1:9/", headers={}))


def test_waits_double_up_to_a_bound_and_chance_chooses_below(monkeypatch):
    monkeypatch.setattr(web, "BACKOFF", 1.0)
    for failures, most in [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (50, 60)]:
        waits = [web.backoff(failures) for _ in range(300)]
        assert 0 <= min(waits) < most * 0.1 and most * 0.9 < max(waits) <= most


@pytest.mark.parametrize(
    ("said", "seconds"), [("7", 7), ("0.25", 0.25), ("", None), ("jamais", None), ("-5", 0), ("1e99", None)]
)
def test_how_long_it_asks_to_wait(said, seconds):
    assert web.retry_after({"retry-after": said}) == seconds


def test_a_date_says_how_long_too():
    there = format_datetime(timezone.now() + timedelta(seconds=90))
    assert 85 < web.retry_after({"retry-after": there}) <= 90


def test_a_wait_that_is_asked_for_is_kept_to_and_one_too_long_is_told(slept):
    answers = [(429, {"Retry-After": "300"}, b""), (503, {"Retry-After": "12"}, b""), (200, {}, b"")]
    with serving(lambda seen: answers[len(seen) - 1]) as shop:
        asked(shop)
    assert slept == [300, 12]
    with serving(lambda seen: (429, {"Retry-After": "301"}, b"")) as shop, pytest.raises(web.Away, match="301"):
        asked(shop)


def test_what_is_said_once_is_never_said_again():
    for status, kind in [(429, web.Busy), (503, web.Busy), (502, web.Unsure), (302, web.Rejected)]:
        headers = {"Location": "http://127.0.0.1:9/"}
        with serving(lambda seen, status=status, headers=headers: (status, headers, b"")) as shop:
            with pytest.raises(kind):
                web.call("POST", f"{shop.address}/x", who="X", headers={}, body=b"{}")
            assert len(shop.asked) == 1


OK = b"HTTP/1.1 200 OK\r\n"
DRIPS = 100
"""Signs, of which one comes every 50 ms: far beyond the time of these tests, and yet an end."""


@contextmanager
def dripping(first: bytes, drop: bytes):
    """A server that says `first`, then `drop` again and again; gives its address, and how often it said it."""
    said: list = []

    def drip():
        connection, _ = server.accept()
        with connection:
            connection.sendall(first)
            while len(said) < DRIPS and not stopping.wait(0.05):
                try:
                    connection.sendall(drop)
                except OSError:
                    return
                said.append(drop)

    stopping = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/", said
        stopping.set()
        thread.join()


@pytest.mark.parametrize(
    ("first", "drop"),
    [
        (OK + b"Content-Length: 100\r\n\r\n", b"a"),
        (b"", b"H"),
        (OK + b"X: ", b"a"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n"),
    ],
    ids=["body", "status", "header", "go on", "length of a piece", "trailers"],
)
def test_who_sends_a_little_now_and_then_is_not_waited_for(monkeypatch, first, drop):
    monkeypatch.setattr(web, "WHOLE", 0.3)
    monkeypatch.setattr(web, "TIMEOUT", 0.15)
    with dripping(first, drop) as (address, said):
        with pytest.raises(web.Unsure):
            web.call("POST", address, who="X", headers={})
        assert len(said) < DRIPS / 2, "it was waited for"


def test_a_file_that_never_ends_is_given_up(monkeypatch):
    monkeypatch.setattr(web, "LONGEST_FILE", 0.3)
    with dripping(OK + b"Content-Length: 100000\r\n\r\n", b"a") as (address, said):
        with pytest.raises(web.Away, match="time was over"):
            fetched(address)
        assert len(said) < DRIPS / 2


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"a": "\xe9"}', {"a": "é"}),
        ("\ufeff[1]".encode(), [1]),
        (b"<html>", None),
        (b"[" * 100_000, None),
    ],
)
def test_json_as_it_is_sent(body, found):
    assert web.Answer(200, {}, body).told() == found
    with pytest.raises(web.NotJson):
        web.Answer(200, {}, body).json(dict[str, int])


# --- files


def test_a_file_comes_whole():
    with serving(lambda seen: (200, {}, WORDS)) as shop:
        assert fetched(f"{shop.address}/a.csv?b=1") == WORDS
    assert shop.asked[0]["path"] == "/a.csv?b=1"


def test_a_file_that_is_cut_goes_on_from_there():
    def play(seen):
        if len(seen) == 1:
            return 200, {"ETag": '"v1"'}, WORDS, 2_500_000
        start = int(seen[-1]["range"].removeprefix("bytes=").removesuffix("-"))
        headers = {"Content-Range": f"bytes {start}-{len(WORDS) - 1}/{len(WORDS)}", "ETag": '"v1"'}
        return 206, headers, WORDS[start:]

    with serving(play) as shop:
        assert fetched(shop.address) == WORDS
    assert int(shop.asked[1]["range"][6:-1]) >= web.CHUNK and shop.asked[1]["if-range"] == '"v1"'


@pytest.mark.parametrize("mark", [{}, {"ETag": 'W/"v1"'}, {"ETag": '"v1"'}], ids=["none", "weak", "changed meanwhile"])
def test_a_file_that_may_be_another_one_begins_again(mark):
    after = WORDS[::-1]
    with serving(lambda seen: (200, mark, WORDS, 2_500_000) if len(seen) == 1 else (200, {}, after)) as shop:
        assert fetched(shop.address) == after
    assert ("range" in shop.asked[1]) == (mark == {"ETag": '"v1"'})


@pytest.mark.parametrize("parts", [[1_000_000, 2_200_000], [3_199_999]])
def test_a_part_that_came_whole_is_not_the_file(parts):
    """A server may give less than it was asked for; what it says of the whole counts."""

    def play(seen):
        start = int(seen[-1].get("range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))
        end = start + (parts[len(seen) - 1] if len(seen) <= len(parts) else len(WORDS))
        body = WORDS[start:end]
        said = f"bytes {start}-{start + len(body) - 1}/{len(WORDS)}"
        return 206, {"Content-Range": said, "ETag": '"v1"'}, body

    with serving(play) as shop:
        assert fetched(shop.address) == WORDS
    assert len(shop.asked) == len(parts) + (sum(parts) < len(WORDS))


def test_a_file_that_comes_drop_by_drop_is_left(monkeypatch):
    """What is scheduled after it, the backup too, would wait behind it for hours."""
    monkeypatch.setattr(web, "PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as server:
        stopping = threading.Event()

        def drip():
            while not stopping.is_set():
                connection, _ = server.accept()
                with connection:
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
                    while not stopping.wait(0.05):
                        try:
                            connection.sendall(b"a")
                        except OSError:
                            break

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        with pytest.raises(web.Away, match="too slowly"):
            fetched(f"http://127.0.0.1:{server.getsockname()[1]}/")
        stopping.set()


def test_a_file_is_not_larger_than_it_may_be():
    with serving(lambda seen: (200, {}, WORDS)) as shop:
        assert len(fetched(shop.address, len(WORDS))) == len(WORDS)
        with pytest.raises(web.Away, match="larger than 3 MB"):
            fetched(shop.address, len(WORDS) - 1)


def test_a_file_that_is_elsewhere_is_followed_for_a_while():
    def play(seen):
        place = int(seen[-1]["path"].strip("/") or 0)
        return (200, {}, b"here") if place == web.REDIRECTS else (302, {"Location": f"/{place + 1}"}, b"")

    with serving(play) as shop:
        assert fetched(shop.address) == b"here"
    with serving(lambda seen: (301, {"Location": "/"}, b"")) as shop, pytest.raises(web.Away, match="without end"):
        fetched(shop.address)
    for place in ("file:///etc/passwd", "ftp://exemple.invalid/", "gopher://x", "http://[", "http://[x]/"):
        with (
            serving(lambda seen, place=place: (302, {"Location": place}, b"")) as shop,
            pytest.raises(web.Away, match="not on the web"),
        ):
            fetched(shop.address)
