"""The Instagram API with Instagram Login (graph.instagram.com).

Shapes: developers.facebook.com/docs/instagram-platform, « Comment moderation », « IG Media » and « IG Comment », read 2026-11-22.
Read `text`, write `message`. Never `?fields=` on what creates a comment: it is created, then refused.
"""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlencode

import msgspec
from django.conf import settings

from relais.foundation import web
from relais.foundation.outbox import PermanentError, TemporaryError

from .. import networks
from ..networks import Comment, Place

WHO = "Instagram"
# One forbidden field fails the whole call: `from` is often withheld, and replies need a permission of their own.
# Without a name our own comments could not be told from those of others: none goes further down.
_OF_A_COMMENT = ("id,text,timestamp,username,from", "id,text,timestamp,username")
FIELDS = (*(f"{fields},replies.limit(50){{{fields}}}" for fields in _OF_A_COMMENT), _OF_A_COMMENT[1])
RATE = {4, 17, 32, 613, 80002}
TRANSIENT = {1, 2}
FORBIDDEN = {3, 10, 100, *range(200, 300)}
PATIENCE = timedelta(hours=1)
"""How long to stay away once the rate is passed, when Instagram does not say."""
_PERMALINK = re.compile(r"^https://(?:www\.)?instagram\.com/(?:[\w.]+/)?(?:reels?|p|tv)/([\w-]+)")


class Forbidden(PermanentError):
    """A field, or an edge, that this token may not read."""


class Someone(msgspec.Struct):
    id: str = ""
    username: str = ""


class Account(msgspec.Struct):
    id: str
    username: str = ""


class Row(msgspec.Struct):
    """A comment, or a reply below one."""

    id: str
    timestamp: str
    text: str = ""
    username: str = ""
    author: Someone | None = msgspec.field(default=None, name="from")
    replies: msgspec.Raw = msgspec.Raw()


class Cursors(msgspec.Struct):
    after: str = ""


class Paging(msgspec.Struct):
    cursors: Cursors | None = None
    next: str = ""


class Page(msgspec.Struct):
    data: list[msgspec.Raw]
    paging: Paging | None = None


class Media(msgspec.Struct):
    id: str
    permalink: str = ""


_media: dict[tuple[str, str], str] = {}
"""The number of a publication never changes, and costs a walk through all of them: (account, publication) → number."""


@networks.network
class Instagram(networks.Network):
    name, title, reply_length = "instagram", WHO, 2200

    def publication(self, address: str) -> str:
        found = _PERMALINK.match(address)
        return found[1] if found else ""

    def fetch(self, addresses: Sequence[str], since: datetime) -> Iterator[Comment]:
        # Asked even when nothing is to be read: it tells at once that a token is over.
        me = networks.decoded(self._read(self.account, fields="username").body, Account, WHO).username
        if not me:
            raise PermanentError(
                "Instagram ne dit pas le nom de notre compte : nos propres réponses ne se distingueraient pas des autres."
            )
        problems: list = []
        wanted = networks.publications(self, addresses, problems)
        for publication, media in self._numbers(wanted, problems):
            try:
                yield from self._below(media, wanted[publication], since, me, problems)
            except networks.Gone:
                problems.append(
                    networks.OfOnePublication("Une publication n’est plus sur Instagram", wanted[publication])
                )
        networks.complain(problems, WHO)

    def missing(self, places: Sequence[Place]) -> set[str]:
        gone = set()
        for place in places:
            try:
                self._read(place.id, fields="id")
            except networks.Gone:
                gone.add(place.id)
        return gone

    def reply(self, *, to: str, address: str, text: str) -> None:
        self._call("POST", f"{to}/replies", message=text)

    def try_out(self) -> None:
        self._read(self.account, fields="username")

    def hide(self, *, comment: str, address: str) -> None:
        self._call("POST", comment, hide="true")

    def _numbers(self, wanted: dict[str, str], problems: list) -> Iterator[tuple[str, str]]:
        """(publication, its number) of those that are ours."""
        key = f"{settings.INSTAGRAM_API_URL} {self.account}"
        unknown = {one for one in wanted if (key, one) not in _media}
        for page in self._pages(f"{self.account}/media", fields="id,permalink", limit="100") if unknown else ():
            for one in networks.readable(page, lambda raw: msgspec.json.decode(raw, type=Media), []):
                _media[key, self.publication(one.permalink)] = one.id
                unknown.discard(self.publication(one.permalink))
            if not unknown:
                break
        problems += [
            networks.OfOnePublication("Notre compte Instagram n’a pas une publication qui est notée", wanted[one])
            for one in sorted(unknown)
        ]
        yield from ((one, _media[key, one]) for one in wanted if one not in unknown)

    def _below(self, media: str, address: str, since: datetime, me: str, problems: list) -> Iterator[Comment]:
        for page in self._comments(media):
            rows = list(networks.readable(page, _row, problems))
            for row, at in rows:
                below = next(networks.readable([row.replies] if bytes(row.replies) else [], _rows, problems), [])
                found = [(row, at), *networks.readable(below, _row, problems)]
                others = [(one, when) for one, when in found if not self._is_ours(one, me)]
                yield from networks.readable(
                    others, lambda pair, to=row.id: Comment(pair[0].id, address, to, pair[0].text, pair[1]), problems
                )
            # The newest come first.
            if rows and all(at < since for _, at in rows):
                return

    def _comments(self, media: str) -> Iterator[list]:
        """With as many fields as this token may read."""
        for fields in FIELDS:
            try:
                yield from self._pages(f"{media}/comments", fields=fields, limit="50")
                return
            except Forbidden:
                if fields == FIELDS[-1]:
                    raise

    def _is_ours(self, row: Row, me: str) -> bool:
        author = row.author or Someone()
        return author.id == self.account or bool({row.username, author.username} & {me} - {""})

    def _pages(self, path: str, **query) -> Iterator[list]:
        for _ in range(networks.PAGES):
            page = networks.decoded(self._read(path, **query).body, Page, WHO)
            yield page.data
            # Only their cursor is followed: an address given in an answer would get our token.
            after = page.paging and page.paging.next and page.paging.cursors and page.paging.cursors.after
            if not after:
                return
            query["after"] = after

    def _read(self, path: str, **query) -> web.Answer:
        return networks.asked(lambda: self._call("GET", path, **query), WHO)

    def _call(self, method: str, path: str, **data) -> web.Answer:
        address, content = f"{settings.INSTAGRAM_API_URL.rstrip('/')}/{path}", urlencode(data)
        headers = {"Authorization": f"Bearer {self.values['token']}"}
        try:
            if method == "GET":
                return web.call(method, f"{address}?{content}", who=WHO, headers=headers)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            return web.call(
                method, address, who=WHO, headers=headers, body=content.encode(), not_taken=networks.SAID_NO
            )
        except web.Rejected as refusal:
            raise _meaning(refusal.answer) from None


def _meaning(answer: web.Answer) -> Exception:
    """What Instagram says by its own numbers, most of them under the status 400."""
    told = answer.told()
    error = told.get("error") if isinstance(told, dict) else None
    error = error if isinstance(error, dict) else {}
    code, part = error.get("code"), error.get("error_subcode")
    if code == 190:
        return networks.TokenRefused(f"Le jeton d’Instagram n’est plus valable (code 190) : {networks.SET_ANOTHER}")
    if code in RATE:
        return web.Busy(f"Instagram demande d’attendre (code {code}).", _patience(answer))
    if code in TRANSIENT:
        return (
            TemporaryError(f"Instagram a une panne (code {code}).")
            if error.get("is_transient")
            else web.Unsure(f"Instagram a une panne (code {code}).")
        )
    if code == 100 and part == 33:
        return networks.Gone("Ce commentaire n’est plus sur Instagram.")
    if code in FORBIDDEN:
        return Forbidden(f"Ce jeton n’a pas le droit de faire cela sur Instagram (code {code}).")
    return PermanentError(f"Instagram a refusé ({answer.status}, code {code if isinstance(code, int) else 'inconnu'}).")


def _patience(answer: web.Answer) -> timedelta:
    """X-Business-Use-Case-Usage says in how many minutes one may come back."""
    try:
        usage = json.loads(answer.headers.get("x-business-use-case-usage", "{}"))
        minutes = max(
            (int(one["estimated_time_to_regain_access"]) for ones in usage.values() for one in ones), default=0
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        minutes = 0
    return min(timedelta(minutes=minutes), timedelta(days=1)) if minutes > 0 else PATIENCE


def _rows(raw: msgspec.Raw) -> list:
    return msgspec.json.decode(raw, type=Page).data


def _row(raw: msgspec.Raw) -> tuple[Row, datetime]:
    row = msgspec.json.decode(raw, type=Row)
    return row, networks.instant(row.timestamp)
