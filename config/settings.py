"""Settings of every process. One file: what differs between machines comes from the environment (see environment.py)."""

from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config import environment
from relais.foundation.database.patience import GRACE, STATEMENT, Patient

BASE_DIR = Path(__file__).resolve().parent.parent
DATA = environment.data_folder()

# LOCAL is the DEBUG of the outside world: a demonstration on one's own machine, over plain HTTP.
# Django's own DEBUG stays off always: its technical pages would replace ours, which carry the help numbers.
LOCAL = environment.flag("DEBUG")
DEBUG = False
DEMO_LOGIN = DATA / "demonstration-door"
if DEMO_LOGIN.exists() and not LOCAL:
    raise ImproperlyConfigured(
        f"The demonstration door is open ({DEMO_LOGIN}). Remove that file before running without DEBUG."
    )

SECRET_KEY = environment.secret_key(DATA, LOCAL)
SEALING_KEYS = environment.sealing_keys(SECRET_KEY)
ALLOWED_HOSTS = environment.allowed_hosts(LOCAL)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    # Our house, from the ground up.
    "relais.foundation",
    "relais.channels",
    "relais.accounts",
    "relais.documents",
    "relais.agenda",
    "relais.media",
    "relais.safeguarding",
    "relais.catalogue",
    "relais.stories",
    "relais.journeys",
    "relais.coaching",
    "relais.handovers",
    "relais.campaigns",
    "relais.portal",
    "relais.insights",
]

MIDDLEWARE = [
    "relais.foundation.sites.Hosts",
    "relais.foundation.middleware.ProxyUnsaid",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "relais.foundation.middleware.Headers",
    "relais.foundation.middleware.PlainErrors",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "relais.accounts.middleware.StaffOnly",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "NAME": "jinja",
        "APP_DIRS": False,
        "DIRS": sorted(str(folder) for folder in (BASE_DIR / "relais").glob("*/templates")),
        "OPTIONS": {
            "environment": "relais.foundation.jinja.environment",
            "context_processors": ["relais.foundation.sites.context"],
            "auto_reload": LOCAL,
        },
    },
    # Only for pages of other people's packages that we have not written ourselves.
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "NAME": "django",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
            ]
        },
    },
]
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"

# What serves reads and writes rows as a role that owns nothing; commands make the tables, and say what that role may (database/rights.py).
_serving = environment.database(DATA, serving=True)
SERVING_ROLE, SERVING_PASSWORD = _serving["user"], _serving["password"]
_db = environment.database(DATA, serving=bool(environment.shared_connections()))
# A lock that is not had in 10 s, a statement that is not over in 30 s is a fault to be told, not a page that hangs. The client's own
# patience, for a server that no longer answers at all, is in foundation/database/patience.py; over TCP a peer that is gone is found out.
_LIMITS = {
    "lock_timeout": "10s",
    "statement_timeout": f"{STATEMENT}s",
    "idle_in_transaction_session_timeout": "60s",
    "timezone": "UTC",
}
_shared = (
    {
        "pool": {
            "connection_class": Patient,
            "min_size": 1,
            "max_size": environment.shared_connections(),
            # Who waits longer than a page may is told that the site is busy.
            "timeout": 10,
            # A database that is away is asked again by whoever needs it, and not ever more rarely.
            "reconnect_timeout": 1,
        }
    }
    if environment.shared_connections()
    else {}
)
DATABASES = {
    "default": {
        "ENGINE": "relais.foundation.database",
        "NAME": _db.pop("dbname"),
        "USER": _db.pop("user"),
        "PASSWORD": _db.pop("password"),
        "HOST": _db.pop("host"),
        "PORT": _db.pop("port"),
        "CONN_MAX_AGE": 0 if environment.shared_connections() else None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "options": " ".join(f"-c {name}={value}" for name, value in _LIMITS.items()),
            "connect_timeout": 5,
            "keepalives_idle": 20,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 1000 * (STATEMENT + GRACE),
            "application_name": "relais",
        }
        | _shared
        | _db,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "foundation_cache"}}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 15}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/pro/"
ACCOUNT_ADAPTER = "relais.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_SESSION_REMEMBER = False
# Whoever owns the account is told of each change of what protects it (accounts/notices.py).
ACCOUNT_EMAIL_NOTIFICATIONS = True
MFA_ADAPTER = "relais.accounts.adapter.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = LOCAL
MFA_TOTP_ISSUER = "Relais"

# Sessions end with the browser, after 12 hours at the latest. `__Host-` binds a cookie to this very host, and needs TLS.
_cookie = "" if LOCAL else "__Host-"
SESSION_COOKIE_NAME = f"{_cookie}session"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not LOCAL
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = f"{_cookie}csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "relais.portal.views.stale_form"
JOURNEY_COOKIE_NAME = f"{_cookie}parcours"

SECURE_SSL_REDIRECT = not LOCAL and environment.flag("SECURE_SSL_REDIRECT", True)
SECURE_HSTS_SECONDS = 0 if LOCAL else 31_536_000
# Subdomains and preload lists are not ours to decide: the site may be one name among many of a public body.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
if environment.flag("BEHIND_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
BEHIND_PROXY = environment.flag("BEHIND_PROXY")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "media-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    }
}

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français")]
TIME_ZONE = "Europe/Paris"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA / "media"
# Files sent here, and the published copies (see relais/media/storage.py): folders of this disk, or an object store and the one host it is read at.
_media, _published, MEDIA_ORIGIN = environment.media_storages()
if MEDIA_ORIGIN:
    for _kind in ("img-src", "media-src"):
        CONTENT_SECURITY_POLICY["DIRECTIVES"][_kind].append(MEDIA_ORIGIN)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "media": _media,
    "published": _published,
    "staticfiles": {"BACKEND": "relais.foundation.assets.HashedStorage"},
}

# Letters. Without EMAIL_URL a local demonstration keeps them in the data folder (shown at /demo/courrier).
EMAIL_BACKEND, _mail = environment.mail(LOCAL)
globals().update(_mail)
EMAIL_FILE_PATH = str(DATA / "mail")
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = environment.text("EMAIL_FROM", "Relais <relais@localhost>")
SITE_URL = environment.text(
    "SITE_URL", f"http://127.0.0.1:{environment.port()}" if LOCAL else f"https://{ALLOWED_HOSTS[0]}"
).rstrip("/")

# Letters brought by a webhook (see relais/channels): without its secret it does not exist.
# Who says whether a sender is proven. « * » believes any header of the letter, hence its own author: for rehearsals.
EMAIL_CHECKED_BY = environment.text("EMAIL_CHECKED_BY", "*" if LOCAL else "").lower()
INBOUND_EMAIL_SECRET = environment.webhook_secret("INBOUND_EMAIL_SECRET")

# Where Discord and the networks are; our accounts there are rows (see relais/channels/accounts.py).
DISCORD_API_URL = environment.service("DISCORD_API_URL", "https://discord.com/api/v10", "https", "http!")
INSTAGRAM_API_URL = environment.service("INSTAGRAM_API_URL", "https://graph.instagram.com/v25.0", "https", "http!")
YOUTUBE_API_URL = environment.service("YOUTUBE_API_URL", "https://www.googleapis.com/youtube/v3", "https", "http!")
YOUTUBE_TOKEN_URL = environment.service("YOUTUBE_TOKEN_URL", "https://oauth2.googleapis.com/token", "https", "http!")
TIKTOK_API_URL = environment.service(
    "TIKTOK_API_URL", "https://business-api.tiktok.com/open_api/v1.3", "https", "http!"
)

# Services of the catalogue (see docs/operating.md). Their addresses are settings so that a rehearsal can stand in for them.
FRANCE_TRAVAIL_ID = environment.text("FRANCE_TRAVAIL_ID", "")
FRANCE_TRAVAIL_SECRET = environment.text("FRANCE_TRAVAIL_SECRET", "")
FRANCE_TRAVAIL_URL = environment.text("FRANCE_TRAVAIL_URL", "https://api.francetravail.io/partenaire/offresdemploi")
FRANCE_TRAVAIL_TOKEN_URL = environment.text(
    "FRANCE_TRAVAIL_TOKEN_URL", "https://entreprise.francetravail.fr/connexion/oauth2/access_token?realm=%2Fpartenaire"
)
FRANCE_TRAVAIL_RATE = environment.whole("FRANCE_TRAVAIL_RATE", 3, low=1, high=1000)
API_ALTERNANCE_KEY = environment.text("API_ALTERNANCE_KEY", "")
API_ALTERNANCE_URL = environment.text("API_ALTERNANCE_URL", "https://api.apprentissage.beta.gouv.fr/api")

# What an administrator may schedule on a page reaches no further than these folders, which only whoever runs the server names.
# What stands inside, and may be fetched all the same (foundation/inner.py). This machine itself: in a local demonstration only.
INNER_ADDRESSES = environment.networks("INNER_ADDRESSES", "127.0.0.0/8,::1" if LOCAL else "")
IMPORT_FOLDER = environment.folder("IMPORT_FOLDER", DATA / "imports")
BACKUP_FOLDER = environment.folder("BACKUP_FOLDER", None)

# The proofreader, a program of its own; empty: the grammalecte-cli of this machine, when there is one.
GRAMMALECTE = environment.text("GRAMMALECTE", "")

DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
# A request is in memory as a whole (config/asgi.py bounds it): no copy of a file lies in a temporary folder.
FILE_UPLOAD_MAX_MEMORY_SIZE = 8_000_000
# For this account alone, as all that is written below the data folder (environment.data_folder).
FILE_UPLOAD_PERMISSIONS, FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o600, 0o700

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "relais.foundation.redaction.Line", "fmt": "%(asctime)s %(levelname)s %(name)s %(message)s"}
    },
    "filters": {
        "once": {"()": "django.utils.log.CallbackFilter", "callback": "ext://relais.foundation.outage.not_said_twice"}
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django.server": {"level": "WARNING"},
        "django.request": {"filters": ["once"]},
        # Each of its tries; that the database is away is said once, by whoever needed it.
        "psycopg.pool": {"level": "ERROR"},
        "django": {"handlers": ["console"], "level": "WARNING", "propagate": False},
    },
}
