"""The YouTube Data API v3.

Shapes: developers.google.com/youtube/v3/docs, « CommentThreads: list », « Comments: list, insert, setModerationStatus » and
« Errors », read 2026-11-22. All the threads of the channel are asked for at once: one unit of the day's quota, whatever the
number of videos.
"""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec
from django.conf import settings
from django.utils import timezone

from relais.foundation import web
from relais.foundation.outbox import PermanentError

from .. import networks
from ..networks import Comment, Place

WHO = "YouTube"
DAY_IS_OVER = {"quotaExceeded", "dailyLimitExceeded"}
TOO_FAST = {"rateLimitExceeded", "userRateLimitExceeded"}
GONE = {"commentNotFound", "parentCommentNotFound", "commentThreadNotFound", "videoNotFound"}
PATIENCE = timedelta(minutes=15)
AT_ONCE = 50
"""Comments whose presence is asked for in one call."""
_VIDEO = re.compile(
    r"^https://(?:(?:www|m)\.youtube\.com/(?:watch\?(?:.*&)?v=|shorts/|live/|embed/)|youtu\.be/)([\w-]{11})(?![\w-])"
)


class CommentsDisabled(PermanentError):
    """A setting of the channel or of a video: there is nothing to read, and nothing is wrong."""


class Channel(msgspec.Struct):
    value: str = ""


class Snippet(msgspec.Struct, rename="camel"):
    published_at: str
    # What was typed is only promised to its author; `textFormat=plainText` makes the other one plain.
    text_original: str = ""
    text_display: str = ""
    author_channel_id: Channel | None = None


class Row(msgspec.Struct):
    id: str
    snippet: Snippet


class About(msgspec.Struct, rename="camel"):
    top_level_comment: Row
    video_id: str = ""
    total_reply_count: int = 0


class Replies(msgspec.Struct):
    comments: list[msgspec.Raw] = []


class Thread(msgspec.Struct):
    snippet: About
    replies: Replies | None = None


class Page(msgspec.Struct, rename="camel"):
    items: list[msgspec.Raw] = []
    next_page_token: str = ""


class Named(msgspec.Struct):
    id: str


class Token(msgspec.Struct):
    access_token: str


@networks.network
class YouTube(networks.Network):
    name, title, reply_length = "youtube", WHO, 10_000

    def publication(self, address: str) -> str:
        found = _VIDEO.match(address)
        return found[1] if found else ""

    def fetch(self, addresses: Sequence[str], since: datetime) -> Iterator[Comment]:
        problems: list = []
        videos, token = networks.publications(self, addresses, problems), self._token()
        query = {
            "part": "snippet,replies",
            "allThreadsRelatedToChannelId": self.account,
            "order": "time",
            "maxResults": "100",
            "textFormat": "plainText",
        }
        for page in self._pages(token, "commentThreads", query):
            threads = list(networks.readable(page, _thread, problems))
            for thread, _ in threads:
                if address := videos.get(thread.snippet.video_id):
                    yield from self._of(thread, address, token, problems)
            # The newest come first.
            if threads and all(at < since for _, at in threads):
                break
        networks.complain(problems, WHO)

    def missing(self, places: Sequence[Place]) -> set[str]:
        asked, token = [place.id for place in places], self._token()
        gone: set[str] = set()
        for start in range(0, len(asked), AT_ONCE):
            some = asked[start : start + AT_ONCE]
            page = networks.decoded(
                self._read(token, "comments", {"part": "id", "id": ",".join(some), "maxResults": "100"}).body, Page, WHO
            )
            gone |= set(some) - {networks.decoded(raw, Named, WHO).id for raw in page.items}
        return gone

    def reply(self, *, to: str, address: str, text: str) -> None:
        body = json.dumps({"snippet": {"parentId": to, "textOriginal": text}}).encode()
        self._call(self._token(), "POST", "comments", {"part": "snippet"}, body)

    def try_out(self) -> None:
        self._token()

    def hide(self, *, comment: str, address: str) -> None:
        self._call(
            self._token(), "POST", "comments/setModerationStatus", {"id": comment, "moderationStatus": "rejected"}
        )

    def _of(self, thread: Thread, address: str, token: str, problems: list) -> Iterator[Comment]:
        """The comment that began a thread, and what was answered below it."""
        top = thread.snippet.top_level_comment
        below = thread.replies.comments if thread.replies else []
        if thread.snippet.total_reply_count > len(below):
            query = {"part": "snippet", "parentId": top.id, "maxResults": "100", "textFormat": "plainText"}
            below = [row for page in self._pages(token, "comments", query) for row in page]
        for row in [top, *networks.readable(below, lambda raw: msgspec.json.decode(raw, type=Row), problems)]:
            if not (row.snippet.author_channel_id and row.snippet.author_channel_id.value == self.account):
                text = row.snippet.text_original or row.snippet.text_display
                yield from networks.readable(
                    [row], lambda one, text=text: Comment(one.id, address, top.id, text, _at(one)), problems
                )

    def _pages(self, token: str, path: str, query: dict) -> Iterator[list]:
        for _ in range(networks.PAGES):
            try:
                page = networks.decoded(self._read(token, path, query).body, Page, WHO)
            except CommentsDisabled:
                return
            yield page.items
            if not page.next_page_token:
                return
            query = query | {"pageToken": page.next_page_token}

    def _token(self) -> str:
        """An hour's token for the long one that is set."""
        form = {name: self.values[name] for name in ("client_id", "client_secret", "refresh_token")}
        form["grant_type"] = "refresh_token"
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        try:
            answer = networks.asked(
                lambda: web.call(
                    "POST", settings.YOUTUBE_TOKEN_URL, who=WHO, headers=headers, body=urlencode(form).encode()
                ),
                WHO,
            )
        except web.Rejected as refusal:
            raise networks.TokenRefused(
                f"YouTube refuse notre jeton ({refusal.answer.status}) : reliez de nouveau le compte, puis {networks.SET_ANOTHER}"
            ) from None
        return networks.decoded(answer.body, Token, WHO).access_token

    def _read(self, token: str, path: str, query: dict) -> web.Answer:
        return networks.asked(lambda: self._call(token, "GET", path, query), WHO)

    def _call(self, token: str, method: str, path: str, query: dict, body: bytes = b"") -> web.Answer:
        address = f"{settings.YOUTUBE_API_URL.rstrip('/')}/{path}?{urlencode(query)}"
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        not_taken = web.NOT_TAKEN if method == "GET" else networks.SAID_NO
        try:
            return web.call(method, address, who=WHO, headers=headers, body=body, not_taken=not_taken)
        except web.Rejected as refusal:
            raise _meaning(refusal.answer) from None


def _meaning(answer: web.Answer) -> Exception:
    reason = _reason(answer)
    if reason == "commentsDisabled":
        return CommentsDisabled("Les commentaires sont fermés sur YouTube.")
    if reason in DAY_IS_OVER:
        return web.Busy(
            "Le quota du jour de YouTube est épuisé : la lecture reprend à minuit, heure du Pacifique.",
            _until_their_midnight(),
        )
    if reason in TOO_FAST:
        return web.Busy("YouTube demande d’attendre.", PATIENCE)
    if answer.status == 401:
        return networks.TokenRefused(
            f"YouTube refuse notre jeton (401) : reliez de nouveau le compte, puis {networks.SET_ANOTHER}"
        )
    if answer.status == 404 and reason in GONE:
        return networks.Gone("Ce commentaire n’est plus sur YouTube.")
    if answer.status == 403:
        return PermanentError("Ce jeton n’a pas le droit de faire cela sur YouTube (403).")
    return PermanentError(f"YouTube a refusé ({answer.status}).")


def _reason(answer: web.Answer) -> str:
    try:
        return str(answer.told()["error"]["errors"][0]["reason"])
    except (KeyError, IndexError, TypeError):
        return ""


def _until_their_midnight() -> timedelta:
    """A day of theirs begins in California."""
    now = timezone.now().astimezone(ZoneInfo("America/Los_Angeles"))
    return timedelta(days=1, minutes=1) - timedelta(hours=now.hour, minutes=now.minute, seconds=now.second)


def _thread(raw: msgspec.Raw) -> tuple[Thread, datetime]:
    thread = msgspec.json.decode(raw, type=Thread)
    return thread, _at(thread.snippet.top_level_comment)


def _at(row: Row) -> datetime:
    return networks.instant(row.snippet.published_at)
