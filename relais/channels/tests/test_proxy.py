"""What leaves by the web goes through the proxy of the machine, with its name and word, and nothing is said twice for it."""

import base64
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from relais.foundation import web
from relais.foundation.outbox import TemporaryError

from .fakes import Provider, serving

KNOWN = f"Basic {base64.b64encode(b'relais:un m@t').decode()}"


@pytest.fixture(autouse=True)
def no_proxy_of_this_machine(monkeypatch):
    for name in ("http_proxy", "https_proxy", "no_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def through(monkeypatch, scheme: str, address: str) -> None:
    monkeypatch.setenv(f"{scheme}_proxy", address.replace("http://", "http://relais:un%20m%40t@"))


def ask(address: str) -> web.Answer:
    return web.call("POST", address, who="Le fournisseur", headers={}, body=b"{}")


def test_a_plain_call_is_asked_of_the_proxy_whole(monkeypatch):
    with serving(Provider((200, {}, {"taken": True}))) as proxy:
        through(monkeypatch, "http", proxy.address)
        assert ask("http://provider.invalid:8080/sms?a=1").json() == {"taken": True}
    (request,) = proxy.requests
    assert (
        request["path"] == "http://provider.invalid:8080/sms?a=1" and request["headers"]["proxy-authorization"] == KNOWN
    )
    assert request["headers"]["host"] == "provider.invalid:8080"


def test_this_machine_and_who_is_excepted_are_reached_without_it(monkeypatch):
    with serving(Provider((200, {}, {}))) as provider:
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
        ask(f"{provider.address}/direct")
    assert provider.requests[0]["path"] == "/direct"


@pytest.mark.parametrize("excepted", ["127.1", "127.1:PORT"])
def test_who_is_excepted_is_reached_without_it(monkeypatch, excepted):
    """127.1 is this machine by a name that does not say so."""
    with serving(Provider((200, {}, {}))) as provider, serving(Provider((200, {}, {}))) as proxy:
        port = provider.address.rpartition(":")[2]
        monkeypatch.setenv("http_proxy", proxy.address)
        monkeypatch.setenv("no_proxy", excepted.replace("PORT", port))
        ask(f"http://127.1:{port}/direct")
        assert (len(provider.requests), len(proxy.requests)) == (1, 0)
        monkeypatch.setenv("no_proxy", "127.1:1")
        ask(f"http://127.1:{port}/through") if ":" in excepted else None
    assert len(proxy.requests) == (":" in excepted)


@pytest.mark.parametrize("proxy", ["http://", "http://proxy:abc", "://", "http://proxy:99999"])
def test_a_proxy_that_is_written_badly_is_said_and_nothing_left(monkeypatch, proxy):
    monkeypatch.setenv("http_proxy", proxy)
    with pytest.raises(TemporaryError, match="proxy"):
        ask("http://provider.invalid/sms")


def test_a_proxy_that_knows_us_not_says_no_for_itself(monkeypatch):
    with serving(Provider((407, {}, {}))) as proxy:
        monkeypatch.setenv("http_proxy", proxy.address)
        with pytest.raises(TemporaryError, match="proxy"):
            ask("http://provider.invalid/sms")


def test_nonsense_instead_of_a_tunnel_means_that_nothing_left(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def babble():
            connection, _ = server.accept()
            connection.recv(1000)
            connection.sendall(b"what?\r\n\r\n")
            connection.close()

        thread = threading.Thread(target=babble)
        thread.start()
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{server.getsockname()[1]}")
        with pytest.raises(TemporaryError):
            ask("https://provider.invalid/sms")
        thread.join()


def test_a_proxy_that_is_away_or_refuses_means_that_nothing_left(monkeypatch, tunnel):
    monkeypatch.setenv("https_proxy", "127.0.0.1:9")
    with pytest.raises(TemporaryError):
        ask("https://provider.invalid/sms")
    monkeypatch.setenv("https_proxy", tunnel.address)
    with pytest.raises(TemporaryError):
        ask("https://provider.invalid/sms")
    assert tunnel.asked == [("provider.invalid:443", None)] and tunnel.inside == []


def test_a_secure_call_is_read_by_nobody_on_the_way(monkeypatch, tunnel):
    through(monkeypatch, "https", tunnel.address)
    assert ask("https://provider.invalid/sms?secret=1").json() == {"ok": True}
    assert tunnel.asked == [("provider.invalid:443", KNOWN)], "the proxy is told the host and no more"
    assert tunnel.inside == [("POST /sms?secret=1 HTTP/1.1", None)], "and the far end nothing of the proxy's word"


@pytest.fixture
def tunnel(tmp_path, monkeypatch):
    """A proxy that speaks CONNECT to who says the word, then stands for the far end of the tunnel, with a certificate for it."""
    certificate, key = _certificate("provider.invalid", tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    class Proxy(BaseHTTPRequestHandler):
        def do_CONNECT(self):
            word = self.headers.get("Proxy-Authorization")
            server.asked.append((self.path, word))
            if word != KNOWN:
                self.send_error(407)
                return
            self.send_response(200)
            self.end_headers()
            with context.wrap_socket(self.connection, server_side=True) as secure:
                head, _, body = secure.recv(65_536).partition(b"\r\n\r\n")
                while not body:
                    body = secure.recv(65_536)
                lines = head.decode().split("\r\n")
                server.inside.append(
                    (lines[0], next((line for line in lines if line.lower().startswith("proxy-")), None))
                )
                secure.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\nConnection: close\r\n\r\n{"ok": true}')
            self.close_connection = True

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    server.asked, server.inside, server.address = [], [], f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def _certificate(host: str, folder):
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "certificate.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(*plain))
    return folder / "certificate.pem", folder / "key.pem"
