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
    environment = (
        kept | {"RELAIS_DATA": str(data), "DEBUG": "1", "RELAIS_PG_FAST": "1", "PYTHONPATH": str(SOURCES)} | changes
    )
    return subprocess.Popen(
        [sys.executable, "-m", "config.cli", *words],
        env=environment,
        cwd=SOURCES,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        umask=0,
    )


def open_to_others(root) -> list[str]:
    """What somebody else of this machine could open below `root`, were it not for the folders above: a folder, a file, but no socket."""
    kinds = [path for path in root.rglob("*") if (path.is_dir() or path.is_file()) and not path.is_symlink()]
    return [f"{path} {path.stat().st_mode & 0o777:o}" for path in kinds if path.stat().st_mode & 0o077]


def test_whatever_the_umask_what_is_written_is_for_this_account_alone(tmp_path):
    """Settings alone, in a process that was started with none: the folder, the key, letters, media, static files, imports."""
    data = tmp_path / "above" / "data"
    written = """
import os
import django
django.setup()
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.mail import EmailMessage, get_connection
letters = get_connection("django.core.mail.backends.filebased.EmailBackend", file_path=settings.EMAIL_FILE_PATH)
EmailMessage("x", "y", "a@exemple.invalid", ["b@exemple.invalid"], connection=letters).send()
storages["default"].save("a/b/c.txt", ContentFile(b"x"))
settings.IMPORT_FOLDER.mkdir(parents=True)
(settings.DATA / "autre").write_text("x")
os.system("touch " + str(settings.DATA / "child"))
"""
    environment = os.environ | {"RELAIS_DATA": str(data), "DEBUG": "1", "DJANGO_SETTINGS_MODULE": "config.settings"}
    # No database is asked, so none is started.
    environment |= {"DATABASE_URL": "postgres://x:x@127.0.0.1:1/x", "PYTHONPATH": str(SOURCES)}
    subprocess.run([sys.executable, "-c", written], env=environment, cwd=SOURCES, check=True, umask=0)
    names = {path.name for path in data.rglob("*")}
    assert {"secret-key", "mail", "c.txt", "imports", "child"} <= names
    assert [path.stat().st_mode & 0o777 for path in (data.parent, data)] == [0o700, 0o700]
    assert open_to_others(data) == []


@pytest.mark.timeout(900)
def test_the_first_administrator_is_made_while_the_tables_are_and_the_site_says_its_own_port(tmp_path, monkeypatch):
    """Nothing is there: no key, no database, no table."""
    monkeypatch.delenv("SITE_URL", raising=False)
    monkeypatch.setenv("RELAIS_PG_FAST", "1")
    site = Site(tmp_path)
    try:
        first, second = (
            relais(tmp_path, "first-administrator", f"{name}@exemple.invalid", PORT=str(site.port))
            for name in ("une", "deux")
        )
        told = [command.communicate(timeout=600) for command in (first, second)]
        assert [command.returncode for command in (first, second)] == [0, 0], told
        assert all(f"http://127.0.0.1:{site.port}/compte/" in out for out, _ in told), told
        site.wait()
        assert site.process.poll() is None and "Traceback" not in site.said.read_text()
        assert f"Sitemap: http://127.0.0.1:{site.port}/sitemap.xml" in site.ask("/robots.txt", SOON)[1]
        # Root runs PostgreSQL as nobody, who reads these two.
        read_by_nobody = {"postgresql.conf 644", "pg_hba.conf 644"} if os.geteuid() == 0 else set()
        assert {path.rpartition("/")[2] for path in open_to_others(tmp_path)} == read_by_nobody
    finally:
        site.process.terminate()
        site.process.wait(timeout=60)


@pytest.mark.timeout(900)
def test_one_process_at_a_time_makes_the_tables_and_the_other_says_that_it_waits(tmp_path):
    settings = ensure_running(tmp_path, fast=True)
    try:
        with psycopg.connect(**settings) as other:
            other.execute("SELECT pg_advisory_lock(hashtext('relais migrate'))")
            commands = [
                relais(tmp_path, "migrate", "--verbosity", "0"),
                relais(tmp_path, "first-administrator", "une@exemple.invalid"),
            ]
            said = [command.stderr.readline() for command in commands]
            assert all(WAITS in line for line in said), said
            time.sleep(1)
            assert [command.poll() for command in commands] == [None, None]
            assert other.execute("SELECT to_regclass('accounts_user')").fetchone() == (None,)
        told = [command.communicate(timeout=600) for command in commands]
        assert [command.returncode for command in commands] == [0, 0], told
    finally:
        release(tmp_path)
