"""For the process inside: a path for each pattern of the URL resolver."""

import re

from django.urls import get_resolver
from django.urls.resolvers import URLPattern

STANDS_FOR = {
    "uuid": "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
    "int": "987654321",
    "slug": "demonstration",
    "str": "ABCDEF",
    "path": "ABCDEF",
    "look": "a1",
}
NATIVE = [
    "/live/desk/1",
    "/live/conversation/1",
    "/live/inbox/1",
    "/r/ABCDEF",
    "/static/x.css",
    "/media/x/y.mp4",
    "/media-interne/x",
    "/health/live",
]


def paths() -> list[str]:
    found = list(NATIVE)

    def walk(patterns, head):
        for one in patterns:
            path = head + str(one.pattern)
            if isinstance(one, URLPattern):
                found.append("/" + re.sub(r"<(\w+):\w+>", lambda part: STANDS_FOR.get(part[1], "1"), path))
            else:
                walk(one.url_patterns, path)

    walk(get_resolver().url_patterns, "")
    return sorted(path for path in found if "(?P" not in path)
