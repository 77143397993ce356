"""A few soft plucked notes, made of sines: the music of demonstration clips, of nobody else's making."""

import random

import numpy as np

HERTZ = 48_000
SCALE = (0, 2, 4, 7, 9)
"""A major pentatonic: no two of its notes quarrel."""
CHORDS = ((0, 4, 7), (9, 0, 4), (5, 9, 0), (7, 11, 2))
"""Four chords by their notes above the tonic: the oldest turn there is."""


def compose(seed: str, seconds: float) -> np.ndarray:
    """(1, n) float32 at 48 kHz, peaks under 0.5. The same seed gives the same music."""
    dice = random.Random(seed)
    tonic, beat = 196.0 * 2 ** (dice.randrange(-3, 5) / 12), dice.choice((0.46, 0.5, 0.55))
    turn = dice.randrange(4)
    sound = np.zeros(int(seconds * HERTZ) + HERTZ * 3)
    for bar in range(int(seconds / beat / 4) + 1):
        chord = CHORDS[(bar + turn) % 4]
        for place, note in enumerate(chord):
            _pluck(sound, bar * 4 * beat + place * 0.02, tonic / 2 * _up(note), 0.16, 2.4)
        for half in range(8):
            if dice.random() < 0.62:
                note = dice.choice([*chord, *SCALE])
                _pluck(sound, (bar * 8 + half) * beat / 2, tonic * _up(note) * dice.choice((1, 1, 2)), 0.11, 0.9)
    sound = sound[None, : int(seconds * HERTZ)]
    fade = np.minimum(1, np.arange(sound.shape[1]) / (0.05 * HERTZ)) * np.minimum(
        1, np.arange(sound.shape[1])[::-1] / (0.7 * HERTZ)
    )
    return (sound * fade / max(1e-9, np.abs(sound).max()) * 0.45).astype(np.float32)


def _up(note: int) -> float:
    return 2 ** (note / 12)


def _pluck(sound: np.ndarray, start: float, pitch: float, force: float, lasting: float) -> None:
    """One string: its harmonics die the sooner the higher they are."""
    place = int(start * HERTZ)
    time = np.arange(min(int(lasting * HERTZ), len(sound) - place)) / HERTZ
    wave = sum(
        np.sin(2 * np.pi * pitch * rank * time) * np.exp(-time * (3 + 2.2 * rank) / lasting) / rank**1.6
        for rank in (1, 2, 3, 4)
    )
    wave *= force * np.minimum(1, time / 0.004)
    sound[place : place + len(wave)] += wave
