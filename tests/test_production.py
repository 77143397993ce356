"""Production refuses to start on a setting that would harm people; each refusal is a sentence that says what to do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
GOOD = {
    "SECRET_KEY": "not-a-real-secret-for-tests-only-Kp3vX9wQzL7mR2tB8nYc5dF1gH4jS6a",
    "ALLOWED_HOSTS": "relais.exemple.fr",
    "EMAIL_URL": "smtp+tls://u:p@mail.exemple.fr:587",
    "DATABASE_URL": "postgresql://u:p@127.0.0.1:1/relais",
}
PROGRAM = "import django; django.setup(); import sys; from django.conf import settings as s; "


def start(tmp_path, program="", **changes):
    """Load the settings in a process of its own; None takes a variable away."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    values = kept | GOOD | {"RELAIS_DATA": str(tmp_path), "DJANGO_SETTINGS_MODULE": "config.settings"} | changes
    environment = {name: value for name, value in values.items() if value is not None}
    return subprocess.run(
        [sys.executable, "-c", PROGRAM + program],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_good_settings_start_with_strict_cookies_and_no_embedded_database(tmp_path):
    told = start(
        tmp_path,
        "print(s.DEBUG, s.SESSION_COOKIE_SECURE, s.SESSION_COOKIE_NAME, s.JOURNEY_COOKIE_NAME, s.SECURE_SSL_REDIRECT, s.SECURE_HSTS_SECONDS);"
        "print(any(m.startswith('relais.foundation.postgres') for m in sys.modules))",
    )
    assert told.stdout.split() == ["False", "True", "__Host-session", "__Host-parcours", "True", "31536000", "False"], (
        told.stderr
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"SECRET_KEY": None}, "SECRET_KEY must be at least 50 random characters"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY must be at least 50 random characters"),
        ({"SECRET_KEY": "a" * 80}, "SECRET_KEY must be at least 50 random characters"),
        ({"ALLOWED_HOSTS": None}, "ALLOWED_HOSTS must list the names"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS must list the names"),
        ({"EMAIL_URL": None}, "EMAIL_URL must look like"),
        ({"EMAIL_URL": "ftp://x"}, "EMAIL_URL must look like"),
        ({"DATABASE_URL": "mysql://u@h/d"}, "DATABASE_URL must look like"),
        ({"DEBUG": "1", "PORT": "eight"}, "PORT must be a whole number"),
        ({"DEBUG": "perhaps"}, "DEBUG must be 1 or 0"),
        ({"RELAIS_DATA": "/proc/nothing"}, "cannot be made"),
    ],
)
def test_what_is_wrong_is_refused_in_words(tmp_path, changes, sentence):
    told = start(tmp_path, **changes)
    assert told.returncode != 0 and sentence in told.stderr


def test_the_demonstration_door_left_open_stops_production(tmp_path):
    (tmp_path / "demonstration-door").touch()
    told = start(tmp_path)
    assert told.returncode != 0 and "demonstration door is open" in told.stderr


def test_a_demonstration_answers_to_this_machine_only(tmp_path):
    told = start(tmp_path, "print(s.ALLOWED_HOSTS)", DEBUG="1", ALLOWED_HOSTS=None, SECRET_KEY=None, EMAIL_URL=None)
    assert told.stdout.strip() == "['127.0.0.1', 'localhost', '[::1]']", told.stderr
    assert (tmp_path / "secret-key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("changes", "address"),
    [
        ({}, "http://127.0.0.1:8000"),
        ({"PORT": "8301"}, "http://127.0.0.1:8301"),
        ({"PORT": "8301", "SITE_URL": "http://localhost:9000"}, "http://localhost:9000"),
        ({"PORT": "8301", "DEBUG": None} | GOOD, "https://relais.exemple.fr"),
    ],
)
def test_a_demonstration_says_the_port_on_which_it_is(tmp_path, changes, address):
    local = {"DEBUG": "1", "ALLOWED_HOSTS": None, "SECRET_KEY": None, "EMAIL_URL": None}
    told = start(tmp_path, "print(s.SITE_URL)", **local | changes)
    assert told.stdout.strip() == address, told.stderr


def test_djangos_own_check_of_a_deployment_finds_nothing(tmp_path):
    told = start(
        tmp_path,
        "from django.core.management import call_command; from django.core.checks.registry import registry; call_command('check', deploy=True, fail_level='WARNING', tags=sorted(registry.tags_available(True) - {'operator'}))",
    )
    assert told.returncode == 0, told.stderr


def test_the_demonstration_refuses_to_be_made_in_production(tmp_path):
    told = start(tmp_path, "from django.core.management import call_command; call_command('demo', door=True)")
    assert told.returncode != 0 and "DEBUG=1" in told.stderr


def test_keys_that_do_not_open_the_data_are_refused_before_serving(tmp_path):
    """The embedded database of a site started with one key, started again with another."""
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "RELAIS_KEYS")}
    environment |= {"RELAIS_DATA": str(tmp_path), "RELAIS_PG_FAST": "1", "DEBUG": "1", "SECRET_KEY": GOOD["SECRET_KEY"]}

    def relais(*words, **changes):
        command = [sys.executable, "-m", "config.cli", *words]
        return subprocess.run(command, cwd=ROOT, env=environment | changes, capture_output=True, text=True, timeout=300)

    assert relais("migrate", "--verbosity", "0").returncode == 0
    told = relais("serve", "--port", "0", SECRET_KEY="z9y8x7w6v5" * 6)
    assert told.returncode == 2 and "sealed with another key" in told.stderr and "Traceback" not in told.stderr


PAGE = (
    "from django.test import Client; r = Client().get('/api/v1/openapi.json', headers={'host': 'relais.exemple.fr', %s});"
    "print(r.status_code, r.headers.get('Location', '')); print(r.content.decode() if r.status_code == 500 else '')"
)


@pytest.mark.parametrize(
    ("sent", "setting", "answer"),
    [
        ("'x-forwarded-proto': 'https'", None, "500"),
        ("'x-forwarded-proto': 'HTTPS'", None, "500"),
        ("'x-forwarded-proto': 'http, https'", "0", "500"),
        ("", None, "301 https://relais.exemple.fr/api/v1/openapi.json"),
        ("'x-forwarded-proto': 'http'", None, "301 https://relais.exemple.fr/api/v1/openapi.json"),
        ("'x-forwarded-proto': 'https'", "1", "200"),
        ("'x-forwarded-proto': 'http'", "1", "301 https://relais.exemple.fr/api/v1/openapi.json"),
    ],
)
def test_a_tls_proxy_that_nobody_told_us_of_is_refused_in_words(tmp_path, sent, setting, answer):
    """Else the page is sent to itself for ever."""
    told = start(tmp_path, PAGE % sent, BEHIND_PROXY=setting)
    assert told.stdout.splitlines()[0].strip() == answer, told.stderr
    assert ("mettre BEHIND_PROXY=1" in told.stdout) == (answer == "500")


def test_starting_without_a_proxy_is_warned_of(tmp_path):
    program = "from config.cli import _say_what_is_missing; _say_what_is_missing()"
    assert "Set BEHIND_PROXY=1" in start(tmp_path, program).stderr
    for changes in ({"BEHIND_PROXY": "1"}, {"SECURE_SSL_REDIRECT": "0"}):
        assert "BEHIND_PROXY" not in start(tmp_path, program, **changes).stderr


DATABASE = "postgresql://u:p@db.exemple.fr:5432/relais"


def test_how_the_database_is_reached_is_kept_for_django_and_for_the_native_side(tmp_path):
    authority = tmp_path / "ca.pem"
    authority.touch()
    told = start(
        tmp_path,
        "from relais.foundation.loops import connection_parameters as c; from django.db import connection;"
        "print([p[w] for p in (c(), connection.get_connection_params()) for w in ('sslmode', 'sslrootcert', 'connect_timeout')])",
        DATABASE_URL=f"{DATABASE}?sslmode=verify-full&sslrootcert={authority}",
    )
    assert told.stdout.strip() == str(2 * ["verify-full", str(authority), 5]), told.stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("sslmod=require", "does not take « sslmod »"),
        ("options=-c%20statement_timeout%3D0", "does not take « options »"),
        ("sslmode=please", "sslmode in DATABASE_URL must be one of disable"),
        ("sslmode=verify-full&sslrootcert=/nowhere/ca.pem", "which is not a file"),
        ("sslmode=disable&sslmode=require", "the same word twice"),
        ("sslmode", "DATABASE_URL must look like"),
    ],
)
def test_a_protection_that_would_not_be_there_is_refused(tmp_path, words, sentence):
    told = start(tmp_path, DATABASE_URL=f"{DATABASE}?{words}")
    assert told.returncode != 0 and sentence in told.stderr
