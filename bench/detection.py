"""Signs of danger and personal data: time of one message, and of the worst 10 kB, on one processor."""

import time

from bench.house import House, Line
from relais.safeguarding.detection import danger, personal
from relais.safeguarding.tests.detection.labelled import lines

MESSAGE, GREATEST = 1.0, 250.0
HOSTILE = [
    "a" * 10_000,
    "mon père me la le les plus pas " * 320,
    "je veux pas mourir " * 520,
    "0 6 " * 2_500,
    "a@" * 5_000,
    "12 rue " * 1_400,
]


def run(house: House):
    messages = [message for _, message in lines("danger.txt")]
    danger(messages[0])  # the lexicon is read at the first call
    for name, look in (("danger", danger), ("personal data", personal)):
        each = _milliseconds(look, messages) / len(messages)
        worst = max(_milliseconds(look, [text]) for text in HOSTILE)
        yield Line(
            f"{name} found, a message",
            f"{each:.2f} ms",
            f"{MESSAGE:.0f} ms",
            each <= MESSAGE,
            f"{len(messages)} messages",
        )
        yield Line(
            f"{name} found, 10 kB",
            f"{worst:.0f} ms",
            f"{GREATEST:.0f} ms",
            worst <= GREATEST,
            f"the worst of {len(HOSTILE)} hostile texts",
        )


def _milliseconds(look, texts: list[str]) -> float:
    """Processor time, so that what else runs on the machine does not count."""
    start = time.process_time()
    for text in texts:
        look(text)
    return (time.process_time() - start) * 1000
