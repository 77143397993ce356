"""What is written over a clip, and when."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Cue:
    """One caption. Times in milliseconds from the start; `text` is plain, its lines split by newlines."""

    start_ms: int
    end_ms: int
    text: str
