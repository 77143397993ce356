"""How French stands on a page: a space that never breaks before « ? », and tables that a telephone can read."""

import re

from jinja2.ext import Extension

MARKUP = re.compile(r"({#.*?#}|{%.*?%}|{{.*?}}|<script\b.*?</script>|<[^>]*>)", re.DOTALL)
OPENING, CLOSING = re.compile("« "), re.compile(r" (?=[?!:;%»](?:\s|$|[.,)]))")
HEAD = re.compile(r"<th scope=\"col\"[^>]*>(.*?)</th>", re.DOTALL)
ROW = re.compile(r"<tr\b.*?</tr>", re.DOTALL)
CELL = re.compile(r"<td\b")
TAGS = re.compile(r"<[^>]+>")


def unbreakable(text: str) -> str:
    """« Encore ? » with the space that keeps its two halves on one line."""
    return CLOSING.sub("\u00a0", OPENING.sub("«\u00a0", text))


class Typography(Extension):
    """Applies `unbreakable` to the words of an HTML template when it is compiled: who writes one types plain spaces."""

    def preprocess(self, source, name, filename=None):
        if not (name or "").endswith(".html"):
            return source
        return "".join(part if number % 2 else unbreakable(part) for number, part in enumerate(MARKUP.split(source)))


def cells(table: str) -> str:
    """Each cell of a table says the name of its column, so that on a telephone a row stands as a card (components.css).

    The first column holds the row's own `<th scope="row">`, which needs no name.
    """
    names = [TAGS.sub("", head).strip() for head in HEAD.findall(table)]

    def named(row: re.Match) -> str:
        parts = re.split(r"(?=<t[dh]\b)", row[0])
        return parts[0] + "".join(CELL.sub(f'<td data-name="{name}"', part, count=1) for name, part in zip(names, parts[1:], strict=False))

    return ROW.sub(lambda row: row[0] if 'scope="col"' in row[0] else named(row), table)
