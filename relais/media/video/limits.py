"""What a testimony may be, and the three ways a piece of work on it ends without a result."""

from relais.foundation.confined import Limits

SECONDS = 180
"""Longest clip: the campaign's last 30 to 90 s; beyond three minutes nobody watches on a phone."""
SIDE = 4096
SMALLEST_SIDE = 120
RATE = 240
"""Pictures a second in the source: slow motion of phones, not a bomb."""
STREAMS = 16
"""A phone writes up to seven (picture, sound, orientation, depth…)."""

CONFINED = Limits(memory=1_500_000_000, processor_seconds=3600, file=2_000_000_000)
"""The process that decodes; what it really uses of memory stays under 600 MB."""
WALL_SECONDS = 3600

LEVEL = -16.0
"""Loudness of what leaves here, in LUFS."""


class Refused(Exception):
    """The file cannot be a testimony. Its text is a French sentence for the person who sent it."""


class Failed(Exception):
    """The work stopped for a reason that is not the file's: it may be tried again. Its text is a French sentence."""


class Stopped(Exception):
    """The caller asked to stop: nothing was written, the work can start again."""


class TooLong(Refused):
    def __init__(self):
        super().__init__(
            f"Cette vidéo dure plus de {SECONDS // 60} minutes : gardez le meilleur passage, puis envoyez-la de nouveau."
        )


class Damaged(Refused):
    def __init__(self):
        super().__init__(
            "Ce fichier est abîmé ou incomplet : la lecture s’arrête avant la fin. Envoyez-le de nouveau, ou exportez-le encore une fois."
        )
