"""Inside the house: paths in JSON on standard input → how many SQL queries each page makes, at its first and second visit at most."""

import json
import sys

import django


def main(paths: list[str]) -> dict[str, int]:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client, counts = Client(), {}
    for path in [*paths, *paths]:
        with CaptureQueriesContext(connection) as queries:
            client.get(path, SERVER_NAME="127.0.0.1")
        counts[path] = max(len(queries), counts.get(path, 0))
    return counts


if __name__ == "__main__":
    from django.conf import settings

    from relais.foundation.postgres import ensure_running

    ensure_running(settings.DATA)
    django.setup()
    print(json.dumps(main(json.load(sys.stdin))))
