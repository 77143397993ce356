"""Inside the house, beside its processes: how soon a search shows what somebody changed while an import is built into the index.

`python -m bench.freshness PORT` → JSON: {"seconds": of each change, "built": seconds until the next index stood}.
"""

import json
import sys
import urllib.request
from random import SystemRandom
from string import ascii_lowercase
from time import monotonic, sleep

import django

PATIENCE, PAUSE, EVERY = 120, 0.5, 3
"""Seconds without an index, seconds between two changes; one offer in EVERY is written anew by the import."""


def main(port: str) -> dict:
    from django.db.models import F

    from relais.catalogue.models import JobOffer
    from relais.catalogue.search.generation import read_pointer

    def shows(word: str) -> bool:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/search?q={word}&kind=offer", timeout=10) as answer:
            return json.load(answer)["total"] == 1

    dice = SystemRandom()
    chosen = list(JobOffer.objects.order_by("pk").values_list("pk", flat=True)[: 2 * PATIENCE])
    before, seconds = read_pointer().generation, []
    JobOffer.objects.annotate(turn=F("pk") % EVERY).filter(turn=0).exclude(pk__in=chosen).update(digest="")
    start = monotonic()
    for key in chosen:
        if read_pointer().generation != before or monotonic() > start + PATIENCE:
            break
        # Far from all others: a slip of the finger finds its neighbour.
        word, changed = "".join(dice.choices(ascii_lowercase, k=14)), monotonic()
        JobOffer.objects.filter(pk=key).update(title=word)
        while not shows(word) and monotonic() < changed + PATIENCE:
            sleep(0.02)
        seconds.append(monotonic() - changed)
        sleep(PAUSE)
    return {"seconds": seconds, "built": monotonic() - start}


if __name__ == "__main__":
    from django.conf import settings

    from relais.foundation.postgres import ensure_running

    ensure_running(settings.DATA)
    django.setup()
    print(json.dumps(main(sys.argv[1])))
