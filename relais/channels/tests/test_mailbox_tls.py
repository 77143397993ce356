"""A mailbox over TLS: read where its certificate is good, and told nothing where it is not."""

import ssl
from datetime import timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.utils import timezone

from relais.channels.email import imap
from relais.channels.models import Inbound
from relais.channels.tests.fakes import Mailbox
from relais.channels.tests.fakes import imap as serve
from relais.foundation.outbox import TemporaryError
from tests.builders import mailbox_account

pytestmark = pytest.mark.django_db


@pytest.fixture
def certificate(tmp_path):
    """The path of a certificate of this machine, with its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), timezone.now()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path / "machine.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.mark.parametrize("security", ["imaps", "imap+tls"])
@pytest.mark.parametrize("known", [True, False])
def test_a_mailbox_is_read_where_its_certificate_is_good(certificate, monkeypatch, now, security, known):
    if known:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    with serve(Mailbox([b"From: lea@exemple.invalid\r\n\r\nBonjour"]), tls=tls, at_once=security == "imaps") as box:
        box.values["security"] = security
        account = mailbox_account(box)
        if known:
            assert imap.fetch(account, now) == 1 and Inbound.objects.exists() and box.seen
            return
        with pytest.raises(TemporaryError):
            imap.fetch(account, now)
        assert not box.seen and "LOGIN" not in box.heard
