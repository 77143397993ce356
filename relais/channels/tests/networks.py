"""Instagram, YouTube and TikTok on loopback, as they write: tokens, pages, errors of their own, and faults on demand.

What was written below a video is in `threads`: {publication: [Said, …]}, in any order. What reached them is in `published` and `hidden`.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

from .fakes import Provider


@dataclass
class Said:
    """A comment: `by` is « us » for our own account."""

    id: str
    text: str
    at: datetime
    by: str = "somebody"
    replies: list["Said"] = field(default_factory=list)


class FakeNetwork(Provider):
    """`faults` are given first, in turn; `spoil` rewrites each good answer to a GET before it leaves."""

    page = 2

    def __init__(self, threads: dict[str, list[Said]]):
        super().__init__()
        self.threads = threads
        self.faults: list = []
        self.published: list[tuple[str, str]] = []
        self.hidden: list[str] = []
        self.spoil = lambda path, content: content

    def answer(self, request):
        if self.faults:
            return self.faults.pop(0)
        path, query = (
            urlsplit(request["path"]).path,
            {name: values[0] for name, values in parse_qs(urlsplit(request["path"]).query).items()},
        )
        status, headers, content = self.speak(request["method"], path, query, request)
        return status, headers, self.spoil(path, content) if request["method"] == "GET" and status == 200 else content

    def speak(self, method, path, query, request):
        raise NotImplementedError

    def everything(self):
        return [one for said in self.threads.values() for top in said for one in (top, *top.replies)]

    def newest(self, publication) -> list[Said]:
        return sorted(self.threads[publication], key=lambda one: one.at, reverse=True)

    def cut(self, rows: list, start: int) -> tuple[list, int | None]:
        """One page of `rows`, and where the next one starts."""
        end = start + self.page
        return rows[start:end], end if end < len(rows) else None

    def paths(self, method="GET"):
        return [urlsplit(request["path"]).path for request in self.requests if request["method"] == method]


class Instagram(FakeNetwork):
    """The account 178 called « relais »; a publication is its shortcode, its number « m-SHORTCODE »."""

    token, account, name = "IGtoken", "178", "relais"

    def __init__(self, threads):
        super().__init__(threads)
        self.forbidden: set[str] = set()

    def speak(self, method, path, query, request):
        if request["headers"].get("authorization") != f"Bearer {self.token}":
            return self.error(190, "Invalid OAuth access token.")
        node, _, edge = path.removeprefix("/v25.0/").partition("/")
        if method == "POST":
            return self.write(
                node, edge, {name: values[0] for name, values in parse_qs(request["body"].decode()).items()}, query
            )
        if self.forbidden & set(
            query.get("fields", "")
            .replace("{", ",")
            .replace("}", ",")
            .replace("replies.limit(50)", "replies")
            .split(",")
        ):
            return self.error(10, "Application does not have permission for this action")
        start = int(query.get("after", 0))
        if (node, edge) == (self.account, "media"):
            rows, more = self.cut(
                [{"id": f"m-{one}", "permalink": f"https://www.instagram.com/reel/{one}/"} for one in self.threads],
                start,
            )
        elif node == self.account:
            return 200, {}, {"id": self.account, "username": self.name}
        elif edge == "comments" and node.removeprefix("m-") in self.threads:
            rows, more = self.cut(
                [self.row(one, query["fields"]) for one in self.newest(node.removeprefix("m-"))], start
            )
        elif not edge and node in {one.id for one in self.everything()}:
            return 200, {}, {"id": node}
        else:
            return self.error(100, "Unsupported get request.", 33)
        paging = (
            {"cursors": {"before": "0", "after": str(more)}, "next": "https://ailleurs.invalid/"}
            if more
            else {"cursors": {"before": "0"}}
        )
        return 200, {}, {"data": rows, "paging": paging}

    def row(self, one: Said, fields: str) -> dict:
        row = {"id": one.id, "text": one.text, "timestamp": one.at.strftime("%Y-%m-%dT%H:%M:%S+0000")}
        row["username"] = self.name if one.by == "us" else one.by
        if "from" in fields:
            row["from"] = {"id": self.account if one.by == "us" else "999", "username": row["username"]}
        if "replies" in fields and one.replies:
            row["replies"] = {"data": [self.row(reply, fields.partition("replies")[0]) for reply in one.replies]}
        return row

    def write(self, node, edge, form, query):
        if query:
            return self.error(20, "A comment with fields is created, then refused.")
        if node not in {one.id for one in self.everything()}:
            return self.error(100, "Unsupported post request.", 33)
        if edge == "replies":
            self.published.append((node, form["message"]))
            return 200, {}, {"id": "new"}
        self.hidden.append(node if form == {"hide": "true"} else "?")
        return 200, {}, {"success": True}

    @staticmethod
    def error(code, message, part=None, headers=None, **more):
        return (
            400,
            headers or {},
            {"error": {"message": message, "type": "OAuthException", "code": code, "error_subcode": part, **more}},
        )


class YouTube(FakeNetwork):
    """The channel UCus; tokens of an hour are had at /token for the long one."""

    account = "UCus"

    def __init__(self, threads):
        super().__init__(threads)
        self.refused = False
        self.units = 0

    def speak(self, method, path, query, request):
        if path == "/token":
            form = {name: values[0] for name, values in parse_qs(request["body"].decode()).items()}
            good = form == {
                "client_id": "client",
                "client_secret": "secret",
                "refresh_token": "long",
                "grant_type": "refresh_token",
            }
            ok = good and not self.refused
            return (
                (200, {}, {"access_token": "hour", "expires_in": 3599}) if ok else (400, {}, {"error": "invalid_grant"})
            )
        if request["headers"].get("authorization") != "Bearer hour":
            return self.error(401, "authError")
        self.units += 50 if method == "POST" else 1
        start = int(query.get("pageToken", 0))
        if method == "POST":
            return self.write(path, query, request)
        if path == "/commentThreads":
            assert (query["allThreadsRelatedToChannelId"], query["order"], query["textFormat"]) == (
                self.account,
                "time",
                "plainText",
            )
            every = sorted(
                ((one, video) for video, said in self.threads.items() for one in said),
                key=lambda pair: pair[0].at,
                reverse=True,
            )
            rows = [self.thread(one, video) for one, video in every]
        elif "parentId" in query:
            rows = [self.row(one) for top in self.everything() if top.id == query["parentId"] for one in top.replies]
        else:
            there = {one.id for one in self.everything()}
            rows = [{"kind": "youtube#comment", "id": one} for one in query["id"].split(",") if one in there]
        rows, more = self.cut(rows, start)
        return 200, {}, {"kind": "youtube#list", "items": rows} | ({"nextPageToken": str(more)} if more else {})

    def thread(self, one: Said, video: str) -> dict:
        snippet = {
            "channelId": self.account,
            "videoId": video,
            "topLevelComment": self.row(one),
            "canReply": True,
            "totalReplyCount": len(one.replies),
        }
        # Never all of them, when there are many.
        replies = {"replies": {"comments": [self.row(reply) for reply in one.replies[:2]]}} if one.replies else {}
        return {"kind": "youtube#commentThread", "id": one.id, "snippet": snippet} | replies

    def row(self, one: Said) -> dict:
        snippet = {
            "authorDisplayName": "@qui",
            "authorChannelId": {"value": self.account if one.by == "us" else "UCother"},
            "textDisplay": one.text,
        }
        snippet |= {"publishedAt": one.at.strftime("%Y-%m-%dT%H:%M:%SZ"), "likeCount": 0} | (
            {"textOriginal": one.text} if one.by == "us" else {}
        )
        return {"kind": "youtube#comment", "id": one.id, "snippet": snippet}

    def write(self, path, query, request):
        there = {one.id for one in self.everything()}
        if path == "/comments/setModerationStatus":
            self.hidden.append(query["id"])
            return 204, {}, b""
        said = json.loads(request["body"])["snippet"]
        if said["parentId"] not in there:
            return self.error(404, "parentCommentNotFound")
        self.published.append((said["parentId"], said["textOriginal"]))
        return 200, {}, {"kind": "youtube#comment", "id": "new"}

    @staticmethod
    def error(status, reason):
        return (
            status,
            {},
            {
                "error": {
                    "code": status,
                    "message": "…",
                    "errors": [{"domain": "youtube", "reason": reason, "message": "…"}],
                }
            },
        )


class TikTok(FakeNetwork):
    """The Business account « open-id ». Every answer comes under the status 200."""

    account, token = "open-id", "TTtoken"

    def speak(self, method, path, query, request):
        if request["headers"].get("access-token") != self.token:
            return self.error(40105)
        path = path.removeprefix("/open_api/v1.3/business/comment/")
        if method == "POST":
            return self.write(path, json.loads(request["body"]))
        assert query["business_id"] == self.account
        rows = [self.row(one, query["video_id"]) for one in self.newest(query["video_id"])]
        if path == "reply/list/":
            (top,) = (one for one in self.everything() if one.id == query["comment_id"])
            rows = [self.row(one, query["video_id"]) for one in top.replies]
        elif "comment_ids" in query:
            asked = json.loads(query["comment_ids"])
            return self.told(
                {
                    "comments": [
                        self.row(one, query["video_id"]) for one in self.threads[query["video_id"]] if one.id in asked
                    ]
                }
            )
        rows, more = self.cut(rows, int(query.get("cursor", 0)))
        return self.told({"comments": rows, "cursor": more or 0, "has_more": more is not None})

    def row(self, one: Said, video: str) -> dict:
        row = {
            "comment_id": one.id,
            "video_id": video,
            "text": one.text,
            "create_time": str(int(one.at.timestamp())),
            "owner": one.by == "us",
        }
        row |= {"username": one.by, "display_name": one.by, "likes": 0, "status": "PUBLIC", "replies": len(one.replies)}
        return row | ({"reply_list": [self.row(reply, video) for reply in one.replies[:1]]} if one.replies else {})

    def write(self, path, body):
        if body["business_id"] != self.account or body["video_id"] not in self.threads:
            return self.error(40002)
        if path == "reply/create/":
            self.published.append((body["comment_id"], body["text"]))
        elif path == "hide/":
            self.hidden.append(body["comment_id"] if body["action"] == "HIDE" else "?")
        return self.told({"comment_id": "new"})

    def error(self, code):
        return 200, {}, {"code": code, "message": "…", "request_id": "1", "data": {}}

    def told(self, data):
        return 200, {}, {"code": 0, "message": "OK", "request_id": "1", "data": data}
