"""A file asked for once, at an address that is a secret."""

import io
import ssl
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.utils import timezone

from relais.foundation import inner, web

from .test_web import serving


@pytest.fixture(autouse=True)
def straight(monkeypatch):
    for name in ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)


def once(address, limit=1_000, within=10.0) -> bytes:
    file = io.BytesIO()
    web.fetch_once(address, file, limit=limit, within=within)
    return file.getvalue()


@pytest.mark.parametrize(
    ("status", "kind"), [(404, web.Denied), (401, web.Denied), (410, web.Denied), (503, web.Away), (429, web.Away)]
)
def test_it_is_asked_once_and_told_what_it_was(status, kind):
    with serving(lambda seen: (status, {}, b"")) as shop, pytest.raises(web.Away) as told:
        once(shop.address)
    assert len(shop.asked) == 1 and type(told.value) is kind


def test_it_follows_and_stops_at_the_bound():
    def play(seen):
        return (302, {"Location": "/there"}, b"") if len(seen) == 1 else (200, {}, b"x" * 1_000)

    with serving(play) as shop:
        assert len(once(shop.address)) == 1_000
    with serving(lambda seen: (200, {}, b"x" * 1_001)) as shop, pytest.raises(web.TooLarge):
        once(shop.address)


@pytest.mark.parametrize("body", [(b"half", 2)])
def test_a_part_is_no_file(body):
    with serving(lambda seen: (200, {}, *body)) as shop, pytest.raises(web.Away):
        once(shop.address)


def test_nobody_there_and_inside(settings):
    with pytest.raises(web.Away):
        once("http://127.0.0.1:9/")
    settings.INNER_ADDRESSES = []
    with pytest.raises(inner.Forbidden):
        once("http://127.0.0.1:9/")


def test_it_is_over_when_its_time_is():
    with serving(lambda seen: (200, {"Content-Length": "9"}, b"x" * 9)) as shop, pytest.raises(web.Away):
        once(shop.address, within=0.0)


@pytest.fixture
def secure(tmp_path, monkeypatch):
    """secure(where) → the address of a server with a certificate of this machine's, which leads to `where`."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = timezone.now()
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = made.add_extension(alternative, critical=True).sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = tmp_path / "both.pem"
    file.write_bytes(secret + certificate.public_bytes(pem))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    running = []

    def go(where):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(302 if where else 200)
                self.send_header("Content-Length", "0")
                if where:
                    self.send_header("Location", where)
                self.end_headers()

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        running.append(server)
        return f"https://127.0.0.1:{server.server_port}/secret"

    yield go
    for server in running:
        server.shutdown()
        server.server_close()


def test_from_https_it_goes_to_https_only(secure):
    """What is asked for there is the secret: nobody on the way may read it."""
    assert once(secure(secure(""))) == b""
    with serving(lambda seen: (200, {}, b"here")) as shop:
        address = secure(shop.address)
        with pytest.raises(web.Away, match="http"):
            once(address)
        assert shop.asked == []
        file = io.BytesIO()
        web.fetch(address, file, limit=1_000)
        assert file.getvalue() == b"here", "an import is no secret"
