"""The process that opens what somebody sent: small rights, limits, and one JSON line at a time on its standard output.

    python -m relais.media.video.work look SOURCE
    python -m relais.media.video.work clip SOURCE FOLDER [CUES.json]
    python -m relais.media.video.work burn SOURCE TARGET CUES.json

Lines: {"done": 0.42}, then one of {"result": {…}}, {"refused": "sentence"}, {"failed": "sentence"}.
"""

import fcntl
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from relais.foundation import confined

from .limits import CONFINED, Failed, Refused

PARTIAL = ".partial-"
FACTS = "facts.json"


def say(**line) -> None:
    print(json.dumps(line, ensure_ascii=False), flush=True)


class Progress:
    """Says how much is done, by steps of one hundredth."""

    def __init__(self, start: float = 0.0, end: float = 1.0):
        self._start, self._end, self._said = start, end, -1

    def __call__(self, part: float) -> None:
        done = int(100 * (self._start + (self._end - self._start) * part))
        if done > self._said:
            self._said = done
            say(done=done / 100)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """The folder for ourselves, without what a killed run left in it. Raises Failed when another run holds it."""
    with (folder / ".lock").open("w") as lock:
        # Two workers on one clip: the second leaves, the first finishes.
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failed("Cette vidéo est déjà en préparation.") from None
        for left in folder.glob(PARTIAL + "*"):
            shutil.rmtree(left)
        yield


def clip(source: Path, folder: Path, cues: Path | None) -> dict:
    """Everything that is kept of `source`, in `folder`. The facts are written last: without them, there is no result."""
    with alone(folder):
        (folder / FACTS).unlink(missing_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=PARTIAL, dir=folder))
        try:
            facts = _make(source, partial, cues)
            _keep(partial, folder, facts)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return facts


def _make(source: Path, partial: Path, cues: Path | None) -> dict:
    from . import encode, poster, reading, sound

    probe = reading.look(source)
    heard = sound.hear(source) if probe.has_audio else None
    say(done=0.03)
    facts = {
        "kind": probe.kind,
        "source": probe.as_dict() | {"bytes": source.stat().st_size},
        "has_audio": heard is not None,
    }
    if heard:
        if probe.kind == "audio" and heard.seconds < probe.duration_ms / 1000 * 0.98 - 0.5:
            raise Refused("Ce son est incomplet : la lecture s’arrête avant la fin. Envoyez-le de nouveau.")
        sound.write(heard, partial / "audio.m4a")
        facts |= {"loudness": round(heard.loudness, 1), "gain": round(sound.gain(heard.loudness), 1)}
    if probe.kind == "audio":
        return facts | {"duration_ms": round(heard.seconds * 1000), "width": 0, "height": 0}
    seconds_heard, track = (heard.seconds, partial / "audio.m4a") if heard else (0, None)
    heard = None
    shapes, seconds, chosen = encode.write(
        source, partial, probe, track, heard_seconds=seconds_heard, progress=Progress(0.05, 0.9 if cues else 0.98)
    )
    poster.write_poster(chosen.small, partial / "poster.webp")
    poster.write_thumbnail(chosen.small, partial / "thumbnail.webp")
    poster.write_card(chosen.large, partial / "poster.jpg")
    if track:
        track.unlink()
    if cues:
        from . import burning

        burning.write(
            partial / "1080.mp4",
            json.loads(cues.read_text("utf-8")),
            partial / "network.mp4",
            progress=Progress(0.9, 0.98),
        )
    width, height = shapes["1080"]
    return facts | {
        "duration_ms": round(seconds * 1000),
        "width": width,
        "height": height,
        "shapes": {name: list(shape) for name, shape in shapes.items()},
    }


def _keep(partial: Path, folder: Path, facts: dict) -> None:
    """Durable first, then visible, the facts after everything else."""
    facts["sizes"] = {file.name: file.stat().st_size for file in sorted(partial.iterdir())}
    (partial / FACTS).write_text(json.dumps(facts, ensure_ascii=False, indent=1), "utf-8")
    for file in partial.iterdir():
        with file.open("rb") as one:
            os.fsync(one.fileno())
    for name in [*facts["sizes"], FACTS]:
        (partial / name).replace(folder / name)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def burn(source: Path, target: Path, cues: Path) -> dict:
    from . import burning

    partial = target.with_name(f"{PARTIAL}{target.name}")
    try:
        facts = burning.write(source, json.loads(cues.read_text("utf-8")), partial, progress=Progress())
        with partial.open("rb") as one:
            os.fsync(one.fileno())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return facts


def main(words: list[str]) -> int:
    parent, work, *paths = words
    source, *others = map(Path, paths)
    try:
        if work == "clip":
            others[0].mkdir(parents=True, exist_ok=True)
        reads = [source, *others[1:]]
        writes = {"look": [], "clip": others[:1], "burn": [one.parent for one in others[:1]]}[work]
        confined.confine(int(parent), CONFINED, reads=reads, writes=writes)
        if work == "look":
            from . import reading

            result = reading.look(source).as_dict()
        elif work == "clip":
            result = clip(source, others[0], others[1] if len(others) > 1 else None)
        else:
            result = burn(source, *others)
    except Refused as refused:
        say(refused=str(refused))
    except Failed as failed:
        say(failed=str(failed))
    except MemoryError:
        say(
            refused="Cette vidéo demande trop de mémoire pour être lue : exportez-la en 1080p, puis envoyez-la de nouveau."
        )
    except FileNotFoundError:
        say(failed="Le fichier envoyé n’est plus là.")
    except OSError as error:
        # The disk is full, or may not be written: nothing to do with the file.
        say(failed=f"Le serveur n’a pas pu écrire la vidéo (erreur {error.errno}).")
    else:
        say(result=result)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
