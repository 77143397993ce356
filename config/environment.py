"""The environment, read strictly: a value that is wrong is refused with a sentence, never guessed.

Only this module looks at os.environ for settings, so that a reader finds every knob here.
"""

import contextlib
import os
import secrets
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

SECRET_LENGTH = 50


def flag(name: str, default: bool = False) -> bool:
    """A yes/no variable. Accepts 1/0, yes/no, true/false, on/off; anything else is refused."""
    value = os.environ.get(name, "").strip().lower()
    if value in ("", None):
        return default
    if value in ("1", "yes", "true", "on"):
        return True
    if value in ("0", "no", "false", "off"):
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")


def whole(name: str, default: int, *, low: int, high: int) -> int:
    """A whole number between `low` and `high`."""
    value = os.environ.get(name, "").strip() or str(default)
    if not value.isdigit() or not low <= int(value) <= high:
        raise ImproperlyConfigured(f"{name} must be a whole number from {low} to {high}, not {value!r}.")
    return int(value)


def port() -> int:
    """PORT: where `relais serve` listens, and what the addresses of a local demonstration say."""
    return whole("PORT", 8000, low=0, high=65535)


def data_folder() -> Path:
    """RELAIS_DATA, made if it is not there: everything that is written goes below it."""
    folder = Path(os.environ.get("RELAIS_DATA", "").strip() or "var").absolute()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(
            f"The data folder {folder} cannot be made: {error.strerror}. Set RELAIS_DATA to a folder that can be written."
        ) from None
    return folder


def sealing_keys(secret: str) -> list[str]:
    """RELAIS_KEYS, the newest first, separated by commas; without it one is drawn from SECRET_KEY."""
    keys = [key.strip() for key in os.environ.get("RELAIS_KEYS", "").split(",") if key.strip()]
    if any(len(key) < SECRET_LENGTH for key in keys):
        raise ImproperlyConfigured(f"Each key in RELAIS_KEYS must be at least {SECRET_LENGTH} random characters, separated by commas.")
    return keys or [f"sealing:{secret}"]


def secret_key(data: Path, local: bool) -> str:
    """SECRET_KEY from the environment; on a local demonstration one is made once and kept in the data folder."""
    value = os.environ.get("SECRET_KEY", "")
    if not value and local:
        file = data / "secret-key"
        if not file.exists():
            # Whole under its name at once: of two processes that begin together, both read the key of the first.
            mine = data / f"secret-key.{os.getpid()}"
            with open(os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
                out.write(secrets.token_urlsafe(SECRET_LENGTH))
            with contextlib.suppress(FileExistsError):
                os.link(mine, file)
            mine.unlink()
        return file.read_text()
    if len(value) < SECRET_LENGTH or len(set(value)) < 10:
        raise ImproperlyConfigured(
            f"SECRET_KEY must be at least {SECRET_LENGTH} random characters. "
            "Make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(50))'"
        )
    return value


def allowed_hosts(local: bool) -> list[str]:
    """ALLOWED_HOSTS, comma separated. A local demonstration answers to this machine only."""
    hosts = [host.strip() for host in os.environ.get("ALLOWED_HOSTS", "").split(",") if host.strip()]
    if hosts and "*" not in hosts:
        return hosts
    if local and not hosts:
        return ["127.0.0.1", "localhost", "[::1]"]
    raise ImproperlyConfigured("ALLOWED_HOSTS must list the names this site answers to, separated by commas (« * » is refused).")


DATABASE_WORDS = (
    "host", "sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", "sslnegotiation", "ssl_min_protocol_version", "channel_binding", "require_auth",
    "gssencmode", "krbsrvname", "target_session_attrs", "application_name",
)  # fmt: skip
"""What may follow the question mark of DATABASE_URL: libpq's own words, save those whose value is ours (limits, time zone)."""
SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")


def database(data: Path) -> dict:
    """Connection parts for Django and psycopg: DATABASE_URL, or the server embedded in the data folder.

    Keys: host, port, user, password, dbname, and DATABASE_WORDS that were given. The embedded server is not started here (see `config.cli`).
    """
    url = os.environ.get("DATABASE_URL", "").strip()
    if not url:
        from relais.foundation.postgres import connection_settings

        return connection_settings(data)
    try:
        parts = urlsplit(url)
        port = parts.port or 5432
        words = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError:
        parts = words = port = None
    if not parts or parts.scheme not in ("postgres", "postgresql") or not parts.path.strip("/"):
        raise ImproperlyConfigured("DATABASE_URL must look like postgresql://user:password@host:5432/database.")
    return {
        "host": unquote(parts.hostname or ""),
        "port": str(port),
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "dbname": unquote(parts.path.strip("/")),
    } | _database_words(words)


def _database_words(words: list[tuple[str, str]]) -> dict:
    """The words after the question mark. One that is not known would be a protection believed in and not there: it is refused."""
    for name, value in words:
        if name not in DATABASE_WORDS:
            raise ImproperlyConfigured(f"DATABASE_URL does not take « {name} » after its question mark. It takes: {', '.join(DATABASE_WORDS)}.")
        if name == "sslmode" and value not in SSL_MODES:
            raise ImproperlyConfigured(f"sslmode in DATABASE_URL must be one of {', '.join(SSL_MODES)}, not {value!r}.")
        if name in ("sslrootcert", "sslcert", "sslkey", "sslcrl") and value != "system" and not Path(value).is_file():
            raise ImproperlyConfigured(f"{name} in DATABASE_URL names {value!r}, which is not a file.")
    if len(dict(words)) < len(words):
        raise ImproperlyConfigured("DATABASE_URL says the same word twice after its question mark.")
    return dict(words)


def text(name: str, default: str) -> str:
    return os.environ.get(name, "").strip() or default


def folder(name: str, default: Path | None) -> Path | None:
    """The whole path of a folder, which need not be there yet."""
    value = os.environ.get(name, "").strip()
    if value and not Path(value).is_absolute():
        raise ImproperlyConfigured(f"{name} must be a whole path, such as /srv/relais/copies, not {value!r}.")
    return Path(value) if value else default


MAIL_SCHEMES = {"smtp": 25, "smtp+tls": 587, "smtps": 465}


def mail(local: bool) -> tuple[str, dict]:
    """EMAIL_URL, such as smtp+tls://user:password@host:587, or anymail:BACKEND for a provider known to django-anymail.

    Returns the Django backend and its settings. Without it, a local demonstration writes letters to files;
    elsewhere the site refuses to start, since a handover that sends no letter would lose people.
    """
    url = os.environ.get("EMAIL_URL", "").strip()
    if not url and local:
        return "django.core.mail.backends.filebased.EmailBackend", {}
    if url.startswith("anymail:"):
        return f"anymail.backends.{url.removeprefix('anymail:')}.EmailBackend", {}
    parts = urlsplit(url)
    if parts.scheme not in MAIL_SCHEMES or not parts.hostname:
        raise ImproperlyConfigured("EMAIL_URL must look like smtp+tls://user:password@host:587 (or smtp://, smtps://, anymail:provider).")
    return "django.core.mail.backends.smtp.EmailBackend", {
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or MAIL_SCHEMES[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
    }


def door_secret(name: str) -> str:
    """The secret of a door for a provider, or '' when that door stays shut. A short one is refused: it could be guessed."""
    value = text(name, "")
    if value and (len(value) < 24 or "/" in value):
        raise ImproperlyConfigured(f"{name} must be at least 24 characters, without « / ».")
    return value


def hexadecimal(name: str, length: int) -> str:
    """A key of `length` bytes written in hexadecimal, or ''."""
    value = text(name, "")
    try:
        wrong = bool(value) and len(bytes.fromhex(value)) != length
    except ValueError:
        wrong = True
    if wrong:
        raise ImproperlyConfigured(f"{name} must be {2 * length} hexadecimal digits.")
    return value


def service(name: str, default: str, *schemes: str) -> str:
    """The address of a service. A scheme that ends with « ! » speaks in clear: it is accepted for this machine only."""
    value = text(name, default)
    parts = urlsplit(value)
    here = parts.hostname in ("127.0.0.1", "::1", "localhost")
    if value and not (parts.hostname and (parts.scheme in schemes or (f"{parts.scheme}!" in schemes and here))):
        plain = " or ".join(f"{scheme}://" for scheme in schemes if not scheme.endswith("!"))
        raise ImproperlyConfigured(f"{name} must be an address that starts with {plain}.")
    return value


def together(*names: str) -> list[str]:
    """Variables that go together: all of them, or none. One that could break a header or an address is refused."""
    values = [text(name, "") for name in names]
    if any(values) and not all(values):
        missing = ", ".join(name for name, value in zip(names, values, strict=True) if not value)
        raise ImproperlyConfigured(f"{', '.join(names)} go together: {missing} is missing.")
    for name, value in zip(names, values, strict=True):
        if not value.isascii() or not value.isprintable() or len(value.split()) > 1 or len(value) > 2000:
            raise ImproperlyConfigured(f"{name} must be one word of plain letters, digits and signs, as the network gives it.")
        if name.endswith(("_ACCOUNT", "_CHANNEL")) and (len(value) > 100 or not all(letter.isalnum() or letter in "_-" for letter in value)):
            raise ImproperlyConfigured(f"{name} must be the identifier that the network gives to the account, not its name.")
    return values


SMS_DIALECTS = ("ovh", "allmysms", "json")


def sms() -> tuple[str, str, str]:
    """SMS_DIALECT, SMS_URL and SMS_KEY: the three, or none."""
    dialect, url, key = text("SMS_DIALECT", ""), service("SMS_URL", "", "https", "http!"), text("SMS_KEY", "")
    if dialect and dialect not in SMS_DIALECTS:
        raise ImproperlyConfigured(f"SMS_DIALECT must be one of {', '.join(SMS_DIALECTS)}, not {dialect!r}.")
    if len({bool(dialect), bool(url), bool(key)}) > 1:
        raise ImproperlyConfigured("SMS_DIALECT, SMS_URL and SMS_KEY go together: set the three, or none.")
    if dialect == "ovh" and (key.count(":") != 2 or "/sms/" not in url):
        raise ImproperlyConfigured("With SMS_DIALECT=ovh, SMS_KEY is application:secret:consumer and SMS_URL ends with /sms/SERVICE.")
    return dialect, url, key
