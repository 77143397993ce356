"""The commands of the operating guide, as they are written there: a copy, its return elsewhere, the figures of what came back."""

import os
import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from relais.foundation.backup import HELD
from relais.foundation.postgres import ensure_running, release
from relais.foundation.sealed import _box

from .test_kill import SOURCES, order, relais

GUIDE = SOURCES / "docs" / "operating.md"
SECRET = "not-a-real-secret-for-tests-only-Kp3vX9wQzL7mR2tB8nYc5dF1gH4jS6a"

LETTER = """
from django.utils.timezone import now
from relais.foundation import outbox
outbox.enqueue("email", key="letter", payload={"to": "quelqu-un@exemple.invalid"}, now=now(), owner=None)
"""


def commands() -> list[str]:
    chapter = GUIDE.read_text().partition("## Back up")[2].partition("\n## ")[0]
    return [line for block in re.findall(r"```\n(.*?)```", chapter, re.S) for line in block.splitlines()]


def run(command: str, environment: dict) -> subprocess.CompletedProcess:
    *variables, _, name, rest = re.fullmatch(r"(?:(RELAIS_DATA)=(\S+) )?(relais) (\S+) ?(.*)", command).groups()
    more = {variables[0]: variables[1]} if variables[0] else {}
    words = [sys.executable, "-m", "config.cli", name, *rest.split()]
    return subprocess.run(words, env=environment | more, cwd=SOURCES, capture_output=True, text=True)


def digests(data: Path) -> dict[str, tuple[int, str]]:
    """Rows and content of every table. Of letters, what must not change."""
    with psycopg.connect(**ensure_running(data)) as database:
        names = [name for (name,) in database.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        found = {}
        for name in names:
            row = "row(t.id, t.payload, t.key)" if name == "foundation_outbound" else "t"
            query = f"SELECT count(*), coalesce(md5(string_agg(md5({row}::text), '' ORDER BY md5({row}::text))), '') FROM {{}} t"
            found[name] = database.execute(sql.SQL(query).format(sql.Identifier(name))).fetchone()
        return found


@pytest.mark.timeout(1800)
def test_the_guide_brings_everything_back(tmp_path):
    first, again, copies = tmp_path / "first", tmp_path / "again", tmp_path / "copies"
    environment = os.environ | {
        "RELAIS_DATA": str(first),
        "DEBUG": "1",
        "SECRET_KEY": SECRET,
        "PYTHONPATH": str(SOURCES),
    }
    environment.pop("RELAIS_KEYS", None)
    here = [
        line.replace("/srv/copies/2026-12-01", f"{copies}/one").replace("/srv/relais-again", str(again))
        for line in commands()
    ]
    assert len(here) == 3
    try:
        ensure_running(first)
        relais(environment, "migrate", "--verbosity", "0")
        order(environment, "prepare", 3, 2)
        relais(environment, "shell", "-c", LETTER)
        clip = first / "media" / "clips" / "one" / "540.mp4"
        clip.parent.mkdir(parents=True)
        clip.write_bytes(b"film")
        (first / "media" / "public").mkdir()
        before = digests(first)
        assert (
            before["coaching_message"][0] >= 5
            and before["foundation_outbound"][0] == 1
            and before["foundation_event"][0] > 10
        )

        made = run(here[0], environment)
        assert made.returncode == 0 and "Keep elsewhere" in made.stdout, made.stderr
        assert SECRET not in made.stdout and all(
            SECRET.encode() not in file.read_bytes() for file in copies.rglob("*") if file.is_file()
        )
        assert "exists already" in run(here[0], environment).stderr

        stranger = run(here[1], environment | {"SECRET_KEY": SECRET[::-1]})
        assert stranger.returncode != 0 and "The keys of this copy are others" in stranger.stderr

        back = run(here[1], environment)
        assert back.returncode == 0, back.stderr
        assert digests(again) == before
        assert (again / "media" / "clips" / "one" / "540.mp4").read_bytes() == b"film"
        assert not (again / "media" / "public").exists()
        with psycopg.connect(**ensure_running(again)) as database:
            states = database.execute("SELECT state, error FROM foundation_outbound GROUP BY 1, 2").fetchall()
            sealed = database.execute("SELECT body FROM coaching_message WHERE body <> ''").fetchall()
        assert states == [("ambiguous", HELD)]
        assert all(_box((f"sealing:{SECRET}",)).decrypt(body) for (body,) in sealed)

        figures = run(here[2], environment)
        assert figures.returncode == 0 and " 0 differences" in figures.stdout, figures.stdout + figures.stderr
        assert "There is a database here already" in run(here[1], environment).stderr
    finally:
        for folder in (first, again):
            release(folder)
