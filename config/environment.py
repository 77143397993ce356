"""The environment, read strictly: a value that is wrong is refused with a sentence, never guessed.

Only this module looks at os.environ for settings, so that a reader finds every knob here.
"""

import contextlib
import json
import os
import secrets
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

SECRET_LENGTH = 50
_shared = 0


def share_connections(most: int) -> None:
    """The threads of this process share `most` connections to PostgreSQL; to be said before the settings are read.

    For what serves (web, worker), and not for commands, which keep one of their own: some hold a lock with it. Not in the
    environment, which children inherit.
    """
    global _shared
    _shared = most


def shared_connections() -> int:
    return _shared


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
    """RELAIS_DATA, made if it is not there: everything that is written goes below it, and is for this account alone (0700, 0600), whatever umask
    this process was started with. Its children inherit that."""
    os.umask(0o077)
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
        raise ImproperlyConfigured(
            f"Each key in RELAIS_KEYS must be at least {SECRET_LENGTH} random characters, separated by commas."
        )
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
    raise ImproperlyConfigured(
        "ALLOWED_HOSTS must list the names this site answers to, separated by commas (« * » is refused)."
    )


DATABASE_WORDS = (
    "host",
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "sslcrl",
    "sslnegotiation",
    "ssl_min_protocol_version",
    "channel_binding",
    "require_auth",
    "gssencmode",
    "krbsrvname",
    "target_session_attrs",
    "application_name",
)
"""What may follow the question mark of DATABASE_URL: libpq's own words, save those whose value is ours (limits, time zone)."""
SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")


def database(data: Path, *, serving: bool) -> dict:
    """Connection parts for Django and psycopg: DATABASE_URL, or the server embedded in the data folder.

    `serving`: as the role that reads and writes rows; else as the one that makes the tables, DATABASE_OWNER_URL where there are two.
    Keys: host, port, user, password, dbname, and DATABASE_WORDS that were given. The embedded server is not started here (see `config.cli`).
    """
    url, owner = (os.environ.get(name, "").strip() for name in ("DATABASE_URL", "DATABASE_OWNER_URL"))
    if not url:
        from relais.foundation.postgres import connection_settings

        if owner:
            raise ImproperlyConfigured(
                "DATABASE_OWNER_URL goes with a DATABASE_URL: who serves, beside who makes the tables."
            )
        return connection_settings(data, serving=serving)
    if owner and not serving:
        return _database_at("DATABASE_OWNER_URL", owner)
    return _database_at("DATABASE_URL", url)


def _database_at(name: str, url: str) -> dict:
    try:
        parts = urlsplit(url)
        port = parts.port or 5432
        words = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError:
        parts = words = port = None
    if not parts or parts.scheme not in ("postgres", "postgresql") or not parts.path.strip("/"):
        raise ImproperlyConfigured(f"{name} must look like postgresql://user:password@host:5432/database.")
    return {
        "host": unquote(parts.hostname or ""),
        "port": str(port),
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "dbname": unquote(parts.path.strip("/")),
    } | _database_words(name, words)


def _database_words(variable: str, words: list[tuple[str, str]]) -> dict:
    """The words after the question mark. One that is not known would be a protection believed in and not there: it is refused."""
    for name, value in words:
        if name not in DATABASE_WORDS:
            raise ImproperlyConfigured(
                f"{variable} does not take « {name} » after its question mark. It takes: {', '.join(DATABASE_WORDS)}."
            )
        if name == "sslmode" and value not in SSL_MODES:
            raise ImproperlyConfigured(f"sslmode in {variable} must be one of {', '.join(SSL_MODES)}, not {value!r}.")
        if name in ("sslrootcert", "sslcert", "sslkey", "sslcrl") and value != "system" and not Path(value).is_file():
            raise ImproperlyConfigured(f"{name} in {variable} names {value!r}, which is not a file.")
    if len(dict(words)) < len(words):
        raise ImproperlyConfigured(f"{variable} says the same word twice after its question mark.")
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
        raise ImproperlyConfigured(
            "EMAIL_URL must look like smtp+tls://user:password@host:587 (or smtp://, smtps://, anymail:provider)."
        )
    return "django.core.mail.backends.smtp.EmailBackend", {
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or MAIL_SCHEMES[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
    }


def webhook_secret(name: str) -> str:
    """The secret of the webhook of a provider, or '' when that webhook stays shut. A short one is refused: it could be guessed."""
    value = text(name, "")
    if value and (len(value) < 24 or "/" in value):
        raise ImproperlyConfigured(f"{name} must be at least 24 characters, without « / ».")
    return value


def networks(name: str, default: str) -> list[IPv4Network | IPv6Network]:
    """Addresses and networks (« 10.4.0.0/16 »), between commas."""
    try:
        return [ip_network(one.strip()) for one in text(name, default).split(",") if one.strip()]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} takes addresses and networks, between commas: {error}.") from None


def service(name: str, default: str, *schemes: str) -> str:
    """The address of a service. A scheme that ends with « ! » speaks in clear: it is accepted for this machine only."""
    value = text(name, default)
    parts = urlsplit(value)
    here = parts.hostname in ("127.0.0.1", "::1", "localhost")
    if value and not (parts.hostname and (parts.scheme in schemes or (f"{parts.scheme}!" in schemes and here))):
        plain = " or ".join(f"{scheme}://" for scheme in schemes if not scheme.endswith("!"))
        raise ImproperlyConfigured(f"{name} must be an address that starts with {plain}.")
    return value


LOCAL_STORAGE = "relais.media.storage.LocalStorage"


def media_storages() -> tuple[dict, dict, str]:
    """The storages of files sent and of published copies, and the one origin where browsers read them; "" when it is this site."""
    names = ("MEDIA_STORAGE", "MEDIA_STORAGE_OPTIONS", "PUBLISHED_STORAGE_OPTIONS", "MEDIA_ORIGIN")
    backend, inside, outside, origin = (text(name, "") for name in names)
    if not any((backend, inside, outside, origin)):
        return {"BACKEND": LOCAL_STORAGE}, {"BACKEND": LOCAL_STORAGE, "OPTIONS": {"folder": "public"}}, ""
    if not all((backend, inside, outside, origin)):
        raise ImproperlyConfigured(f"{', '.join(names)} go together: all of them, or none.")
    parts = urlsplit(service("MEDIA_ORIGIN", "", "https", "http!"))
    if origin != f"{parts.scheme}://{parts.netloc}" or not origin.isascii() or set(origin) & set(" ;,'*"):
        raise ImproperlyConfigured(
            "MEDIA_ORIGIN must be an address without a path, such as https://fichiers.exemple.fr."
        )
    return (
        {"BACKEND": backend, "OPTIONS": _options(names[1], inside)},
        {"BACKEND": backend, "OPTIONS": _options(names[2], outside)},
        origin,
    )


def _options(name: str, value: str) -> dict:
    try:
        options = json.loads(value)
    except ValueError:
        options = None
    if not isinstance(options, dict):
        raise ImproperlyConfigured(f'{name} must be a JSON object, such as {{"bucket_name": "relais"}}.')
    return options
