"""The TikTok API for Business v1.3, « Accounts »: comments below the videos of a Business account.

Shapes: business-api.tiktok.com/portal/docs, « Get comments », « Get replies », « Create a reply » and « Hide a comment », as other
programs use them on 2026-11-22 (the portal itself could not be read). Errors come under the status 200, with a code other than 0.
"""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import msgspec
from django.conf import settings

from relais.foundation import web
from relais.foundation.outbox import PermanentError, TemporaryError

from .. import networks
from ..networks import Comment, Place

WHO = "TikTok"
TOO_FAST, NOT_ALLOWED, TOKEN_OVER = 40100, 40001, {40102, 40104, 40105, 40110}
THEIR_FAULT = 50_000
"""From this code on, something broke over there."""
PATIENCE = timedelta(minutes=15)
AT_ONCE = 30
"""Comments in one page, and in one question about some of them."""
_VIDEO = re.compile(r"^https://(?:(?:www|m)\.)?tiktok\.com/@[\w.]+/(?:video|photo)/(\d+)")


class Envelope(msgspec.Struct):
    code: int
    data: msgspec.Raw = msgspec.Raw()


class Page(msgspec.Struct):
    comments: list[msgspec.Raw] = []
    cursor: int | str = 0
    has_more: bool = False


class Row(msgspec.Struct):
    """A comment, or a reply below one."""

    comment_id: int | str
    create_time: int | str
    text: str = ""
    owner: bool = False
    replies: int = 0
    reply_list: list[msgspec.Raw] | None = None


@networks.network
class TikTok(networks.Network):
    name, title, reply_length = "tiktok", WHO, 150

    def publication(self, address: str) -> str:
        found = _VIDEO.match(address)
        return found[1] if found else ""

    def fetch(self, addresses: Sequence[str], since: datetime) -> Iterator[Comment]:
        problems: list = []
        for video, address in networks.publications(self, addresses, problems).items():
            yield from self._below(video, address, since, problems)
        networks.complain(problems, WHO)

    def missing(self, places: Sequence[Place]) -> set[str]:
        by_video: dict[str, list[str]] = {}
        for place in places:
            # Whether replies are found by their number is not said anywhere.
            if place.to == place.id:
                by_video.setdefault(self.publication(place.address), []).append(place.id)
        gone: set[str] = set()
        for video, ids in by_video.items():
            for some in (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE)):
                page = self._page(
                    "list", video, comment_ids=json.dumps(some), include_replies="true", status="ALL", max_count=AT_ONCE
                )
                gone |= set(some) - {str(networks.decoded(raw, Row, WHO).comment_id) for raw in page.comments}
        return gone

    def reply(self, *, to: str, address: str, text: str) -> None:
        self._post("comment/reply/create/", {"video_id": self.publication(address), "comment_id": to, "text": text})

    def hide(self, *, comment: str, address: str) -> None:
        self._post("comment/hide/", {"video_id": self.publication(address), "comment_id": comment, "action": "HIDE"})

    def _below(self, video: str, address: str, since: datetime, problems: list) -> Iterator[Comment]:
        for page in self._pages(
            "list", video, include_replies="true", status="ALL", sort_field="create_time", sort_order="desc"
        ):
            rows = list(networks.readable(page, _row, problems))
            for row, at in rows:
                below = row.reply_list or []
                if row.replies > len(below):
                    below = [
                        one
                        for more in self._pages("reply/list", video, comment_id=row.comment_id, status="ALL")
                        for one in more
                    ]
                found = [(row, at), *networks.readable(below, _row, problems)]
                others = [(one, when) for one, when in found if not one.owner]
                yield from networks.readable(
                    others, lambda pair, to=str(row.comment_id): _comment(*pair, address, to), problems
                )
            if rows and all(at < since for _, at in rows):
                return

    def _pages(self, path: str, video: str, **query) -> Iterator[list]:
        for _ in range(networks.PAGES):
            page = self._page(path, video, max_count=AT_ONCE, **query)
            yield page.comments
            if not page.has_more:
                return
            query["cursor"] = page.cursor

    def _page(self, path: str, video: str, **query) -> Page:
        query = {"business_id": self.account, "video_id": video, **query}
        envelope = self._told(networks.asked(lambda: self._call("GET", f"comment/{path}/?{urlencode(query)}"), WHO))
        if envelope.code >= THEIR_FAULT:
            raise TemporaryError(f"TikTok a une panne (code {envelope.code}).")
        return networks.decoded(envelope.data, Page, WHO)

    def _post(self, path: str, body: dict) -> None:
        answer = self._call("POST", path, json.dumps({"business_id": self.account, **body}).encode())
        try:
            envelope = self._told(answer)
        except networks.Unreadable as error:
            raise web.Unsure("TikTok a répondu sous une forme inattendue : parti ou non, on ne sait pas.") from error
        if envelope.code >= THEIR_FAULT:
            raise web.Unsure(f"TikTok a une panne (code {envelope.code}) : parti ou non, on ne sait pas.")

    def _call(self, method: str, path: str, body: bytes = b"") -> web.Answer:
        headers = {"Access-Token": self.values["token"], "Content-Type": "application/json"}
        not_taken = web.NOT_TAKEN if method == "GET" else networks.SAID_NO
        address = f"{settings.TIKTOK_API_URL.rstrip('/')}/business/{path}"
        try:
            return web.call(method, address, who=WHO, headers=headers, body=body, not_taken=not_taken)
        except web.Rejected as refusal:
            raise (_token_refused() if refusal.answer.status == 401 else refusal) from None

    def _told(self, answer: web.Answer) -> Envelope:
        """What is in the envelope, when it says that all went well or that something broke over there; otherwise raises."""
        envelope = networks.decoded(answer.body, Envelope, WHO)
        if envelope.code in TOKEN_OVER:
            raise _token_refused()
        if envelope.code == TOO_FAST:
            raise web.Busy("TikTok demande d’attendre (code 40100).", PATIENCE)
        if envelope.code == NOT_ALLOWED:
            raise PermanentError("Ce jeton n’a pas le droit de faire cela sur TikTok (code 40001).")
        if 0 != envelope.code < THEIR_FAULT:
            raise PermanentError(f"TikTok a refusé (code {envelope.code}).")
        return envelope


def _token_refused() -> networks.TokenRefused:
    return networks.TokenRefused(f"Le jeton de TikTok n’est plus valable : {networks.SET_ANOTHER}")


def _row(raw: msgspec.Raw) -> tuple[Row, datetime]:
    row = msgspec.json.decode(raw, type=Row)
    return row, datetime.fromtimestamp(int(row.create_time), UTC)


def _comment(row: Row, at: datetime, address: str, to: str) -> Comment:
    return Comment(str(row.comment_id), address, to, row.text, at)
