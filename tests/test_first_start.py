"""The first start of an installation, with real processes: who types the next command of the guide at once breaks nothing."""

import os
import subprocess
import sys
import time

import psycopg
import pytest

from relais.foundation.postgres import ensure_running, release

from .test_frozen import SOON, Site
from .test_kill import SOURCES

WAITS = "another process is making the tables"


def relais(data, *words, **changes):
    """A command, running."""
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "SITE_URL", "PORT")}
    environment = kept | {"RELAIS_DATA": str(data), "DEBUG": "1", "RELAIS_PG_FAST": "1", "PYTHONPATH": str(SOURCES)} | changes
    return subprocess.Popen(
        [sys.executable, "-m", "config.cli", *words], env=environment, cwd=SOURCES, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.timeout(900)
def test_the_first_administrator_is_made_while_the_tables_are_and_the_site_says_its_own_port(tmp_path, monkeypatch):
    """Nothing is there: no key, no database, no table."""
    monkeypatch.delenv("SITE_URL", raising=False)
    monkeypatch.setenv("RELAIS_PG_FAST", "1")
    site = Site(tmp_path)
    try:
        first, second = (relais(tmp_path, "first-administrator", f"{name}@exemple.invalid", PORT=str(site.port)) for name in ("une", "deux"))
        told = [command.communicate(timeout=600) for command in (first, second)]
        assert [command.returncode for command in (first, second)] == [0, 0], told
        assert all(f"http://127.0.0.1:{site.port}/compte/" in out for out, _ in told), told
        site.wait()
        assert site.process.poll() is None and "Traceback" not in site.said.read_text()
        assert f"Sitemap: http://127.0.0.1:{site.port}/sitemap.xml" in site.ask("/robots.txt", SOON)[1]
    finally:
        site.process.terminate()
        site.process.wait(timeout=60)


@pytest.mark.timeout(900)
def test_one_process_at_a_time_makes_the_tables_and_the_other_says_that_it_waits(tmp_path):
    settings = ensure_running(tmp_path, fast=True)
    try:
        with psycopg.connect(**settings) as other:
            other.execute("SELECT pg_advisory_lock(hashtext('relais migrate'))")
            commands = [relais(tmp_path, "migrate", "--verbosity", "0"), relais(tmp_path, "first-administrator", "une@exemple.invalid")]
            said = [command.stderr.readline() for command in commands]
            assert all(WAITS in line for line in said), said
            time.sleep(1)
            assert [command.poll() for command in commands] == [None, None]
            assert other.execute("SELECT to_regclass('accounts_user')").fetchone() == (None,)
        told = [command.communicate(timeout=600) for command in commands]
        assert [command.returncode for command in commands] == [0, 0], told
    finally:
        release(tmp_path)
