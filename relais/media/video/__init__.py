"""Video: what somebody sent becomes two clips, a poster and facts, in a process of its own that can be killed at any time.

Nothing here knows Django or the database. Files are paths; sentences are French, meant for the person who sent the file.
What decodes (`reading`, `sound`, `encode`, `burning`) is loaded by that process only.
"""

import contextlib
import json
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from . import runner, work
from .cues import Cue
from .limits import Failed, Refused, Stopped
from .probe import Probe

__all__ = ["Cue", "Failed", "Probe", "Refused", "Stopped", "burn", "inspect", "run"]


def inspect(path: Path) -> Probe:
    """What the file holds. Raises Refused, Failed. About a third of a second; the whole file is only read by `run`."""
    return Probe(**runner.ask("look", path, seconds=60))


def run(
    source: Path,
    folder: Path,
    cues: Iterable[Cue] | None = None,
    *,
    on_progress: Callable[[float], object] | None = None,
    should_stop: Callable[[], bool] | None = None,
    seconds: float = runner.WALL_SECONDS,
) -> dict:
    """Make everything that is kept of `source` in `folder`; returns what `facts.json` there says.

    A video: 540.mp4, 1080.mp4, poster.webp, thumbnail.webp, poster.jpg, and network.mp4 when there are cues. A sound: audio.m4a.
    `on_progress` is given a part from 0 to 1; `should_stop` is asked five times a second. Started again after any
    death, it leaves one result and nothing half made. Raises Refused, Failed, Stopped.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _on_disk(cues) as written:
        try:
            return runner.ask(
                "clip", source, folder, *written, on_progress=on_progress, should_stop=should_stop, seconds=seconds
            )
        except (Refused, Failed, Stopped):
            # Entering is enough: it takes away what the dead process left, unless another one is at work there.
            with contextlib.suppress(Failed), work.alone(folder):
                pass
            raise


def burn(
    source: Path,
    cues: Iterable[Cue],
    target: Path,
    *,
    on_progress: Callable[[float], object] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> dict:
    """The copy for networks that take no caption file: 1080 × 1920, captions in the picture. Raises Refused, Failed, Stopped."""
    with _on_disk(cues) as written:
        return runner.ask("burn", source, target, *written, on_progress=on_progress, should_stop=should_stop)


@contextlib.contextmanager
def _on_disk(cues: Iterable[Cue] | None):
    if cues is None:
        yield []
        return
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump([[cue.start_ms, cue.end_ms, cue.text] for cue in cues], file, ensure_ascii=False)
        file.flush()
        yield [Path(file.name)]
