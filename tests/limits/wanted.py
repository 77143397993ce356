"""How often one origin may do one thing, written a second time on purpose."""

from datetime import timedelta

from relais.foundation.models import RateBucket

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
WANTED = {
    "open": (400, HOUR),
    "write": (300, 10 * MINUTE),
    "resume": (30, HOUR),
    "link": (30, HOUR),
    "link-again": (1, HOUR),
    "mail-again": (5, HOUR),
    "react": (2000, HOUR),
    "ask": (300, HOUR),
    "answer": (20, HOUR),
    "report": (20, HOUR),
    "report-offer": (10, HOUR),
    "documents": (400, HOUR),
    "document": (10, HOUR),
    "webhook": (20, HOUR),
    "inbound": (20, HOUR),
    "inbound-told": (1, HOUR),
    "resume-by-channel": (10, HOUR),
    "account-test": (5, HOUR),
}


def stand(count: int) -> None:
    """As if the one origin that has been here had come `count` times."""
    assert RateBucket.objects.update(count=count) == 1
