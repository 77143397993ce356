"""How French stands on a page: a space that never breaks before « ? », and tables that a telephone can read."""

import re

from jinja2 import Template

SPACE = re.compile(r"(?<=«) | (?=[?!:;%»](?:[\s<.,)]|$))")
KEPT = re.compile(r"<(script|style|textarea)\b.*?</\1>", re.DOTALL)
"""What is not read as it stands: programs, and what somebody is writing."""
HEAD = re.compile(r"<th scope=\"col\"[^>]*>(.*?)</th>", re.DOTALL)
ROW = re.compile(r"<tr\b.*?</tr>", re.DOTALL)
CELL = re.compile(r"<td\b")
TAGS = re.compile(r"<[^>]+>")


def unbreakable(page: str) -> str:
    """« Encore ? » with the space that keeps its two halves on one line, wherever words are shown in some HTML."""
    kept = [match.span() for match in KEPT.finditer(page)]

    def space(match: re.Match) -> str:
        at = match.start()
        in_a_tag = page.rfind("<", 0, at) > page.rfind(">", 0, at)
        return " " if in_a_tag or any(start < at < end for start, end in kept) else "\u00a0"

    return SPACE.sub(space, page)


class Page(Template):
    """An HTML template whose words stand as French does, whoever wrote them: we, a content file or a person, with plain spaces."""

    def render(self, *args, **kwargs) -> str:
        text = super().render(*args, **kwargs)
        return unbreakable(text) if (self.name or "").endswith(".html") else text


def cells(table: str) -> str:
    """Each cell of a table says the name of its column, so that on a telephone a row stands as a card (components.css).

    The first column holds the row's own `<th scope="row">`, which needs no name.
    """
    names = [TAGS.sub("", head).strip() for head in HEAD.findall(table)]

    def named(row: re.Match) -> str:
        parts = re.split(r"(?=<t[dh]\b)", row[0])
        return parts[0] + "".join(
            CELL.sub(f'<td data-name="{name}"', part, count=1) for name, part in zip(names, parts[1:], strict=False)
        )

    return ROW.sub(lambda row: row[0] if 'scope="col"' in row[0] else named(row), table)
