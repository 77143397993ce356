"""Grammalecte as a process: absent, killed, silent, shared between threads. Nothing here may hang."""

import os
import signal
import stat
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from time import monotonic, sleep

import pytest

from relais.stories.studio.proofreading import Passage, proofread
from relais.stories.studio.proofreading.engine import Grammalecte, Unavailable

STARTS_ONE = """
from relais.stories.studio.proofreading.engine import engine
engine().start()
print(engine()._child.pid, flush=True)
input()
"""


@pytest.fixture
def grammalecte():
    engine = Grammalecte()
    engine.start()
    yield engine
    engine.close()


@pytest.fixture
def program(tmp_path):
    """program(body) → a grammalecte-cli whose interpreter runs `body` instead of our driver."""

    def write(body):
        interpreter, path = tmp_path / "interpreter", tmp_path / "grammalecte-cli"
        interpreter.write_text(f"#!{sys.executable}\n" + textwrap.dedent(body))
        path.write_text(f"#!{interpreter}\n")
        for file in (interpreter, path):
            file.chmod(file.stat().st_mode | stat.S_IXUSR)
        return str(path)

    return write


def test_present():
    report = proofread([Passage("title", ["Être au cœur de leur histoire"])])
    assert report.available and report.engine.startswith("Grammalecte ") and not report.absence and not report.mistakes


def test_absence_is_said_and_our_own_rules_still_look():
    report = proofread(
        [Passage("captions", ["L'éducatrice les aides. Elle est arrivé."])], program="/nowhere/grammalecte-cli"
    )
    assert (report.available, report.engine) == (False, "") and "pas installé" in report.absence
    assert [mistake.found for mistake in report.mistakes] == ["aides"]


@pytest.mark.parametrize(
    "text",
    ["Tu les aides.", "La mairie propose les aides.", "Toi qui soutiens ta sœur, viens.", "Des journées calmes."],
)
def test_in_absence_what_is_correct_stays_silent(text):
    assert proofread([Passage("captions", [text])], program="/nowhere/grammalecte-cli").mistakes == ()


def test_no_text_at_all():
    assert proofread([Passage("captions", []), Passage("title", [""])]).mistakes == ()


def test_killed_between_two_questions(grammalecte):
    os.kill(grammalecte._child.pid, signal.SIGKILL)
    assert grammalecte.remarks(["Il soutiens Paul."])[0][0]["suggestions"] == ["soutient"]


def test_killed_in_the_middle_of_an_answer(grammalecte):
    first = grammalecte._child.pid
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(grammalecte.remarks, ["Les professionnels qui soutiens les familles restent."] * 2000)
        sleep(0.3)
        os.kill(first, signal.SIGKILL)
        assert [len(remarks) for remarks in asked.result(timeout=60)] == [1] * 2000
    assert grammalecte._child.pid != first


def test_many_threads_share_one_process(grammalecte):
    texts = [f"Elle a {number} ans et il soutiens Paul." for number in range(2, 42)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda text: grammalecte.remarks([text])[0], texts))
    assert [text[found["start"] : found["end"]] for text, [found] in zip(texts, answers, strict=True)] == [
        "soutiens"
    ] * len(texts)


def test_one_that_dies_at_once(program):
    engine = Grammalecte(program("raise SystemExit(1)\n"))
    with pytest.raises(Unavailable, match="ne démarre pas"):
        engine.start()


def test_one_without_its_library(program):
    engine = Grammalecte(program('print(\'{"error": "ModuleNotFoundError"}\', flush=True); input()\n'))
    with pytest.raises(Unavailable, match="ne démarre pas"):
        engine.start()


def test_one_that_dies_at_every_text(program):
    engine = Grammalecte(program('input(); print(\'{"version": "0"}\', flush=True); input()\n'))
    with pytest.raises(Unavailable, match="deux fois"):
        engine.remarks(["Bonjour à toi."])


@pytest.mark.parametrize(
    "body", ["import time; time.sleep(60)\n", 'import time; print(\'{"version": "0"}\', flush=True); time.sleep(60)\n']
)
def test_one_that_hangs_is_killed_and_said(program, body):
    engine, start = Grammalecte(program(body), limit=1), monotonic()
    with pytest.raises(Unavailable, match="à temps"):
        engine.remarks(["Bonjour à toi. " * 4000] * 4)
    assert monotonic() - start < 50 and engine._child is None


def test_not_a_program(tmp_path):
    path = tmp_path / "grammalecte-cli"
    path.write_text("Bonjour.")
    path.chmod(0o700)
    with pytest.raises(Unavailable):
        Grammalecte(str(path)).start()


def test_it_ends_with_its_parent():
    parent = subprocess.Popen(
        [sys.executable, "-c", STARTS_ONE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        child = int(parent.stdout.readline())
        parent.kill()
    deadline = monotonic() + 60
    while _is_alive(child) and monotonic() < deadline:
        sleep(0.05)
    assert not _is_alive(child)


def _is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_long_track():
    cues = ["Elle accompagne les enfants", "jusqu'à la porte de l'école.", "L'éducatrice les aides."] * 100
    report = proofread([Passage("captions", cues)])
    assert [mistake.piece for mistake in report.mistakes] == list(range(2, 300, 3))
