"""Files served natively: ranges, a compressed copy where there is one, and a year of cache when the name holds a hash."""

import stat
from mimetypes import guess_type
from pathlib import Path

import anyio
from starlette.datastructures import Headers
from starlette.responses import FileResponse, PlainTextResponse

TYPES = {".mjs": "text/javascript", ".js": "text/javascript", ".webmanifest": "application/manifest+json"}


class Files:
    """An ASGI application for one folder below one path prefix. What is not a plain file inside it is a 404."""

    def __init__(self, folder, *, prefix: str, hashed: bool = False):
        self.folder = Path(folder)
        self.prefix = prefix
        # What is not named after its content may be withdrawn: nobody keeps it for more than a minute.
        self.cache = "public, max-age=31536000, immutable" if hashed else "public, max-age=60"

    async def __call__(self, scope, receive, send) -> None:
        response = await self._response(scope)
        await response(scope, receive, send)

    async def _response(self, scope):
        if scope["method"] not in ("GET", "HEAD"):
            return PlainTextResponse("Method not allowed", status_code=405, headers={"allow": "GET, HEAD"})
        wanted = scope["path"].removeprefix(self.prefix)
        found = await anyio.to_thread.run_sync(
            self._find, wanted, "gzip" in Headers(scope=scope).get("accept-encoding", "")
        )
        if found is None:
            return PlainTextResponse("Not found", status_code=404, headers={"x-content-type-options": "nosniff"})
        file, status, compressed = found
        kind = TYPES.get(Path(wanted).suffix) or guess_type(wanted)[0] or "application/octet-stream"
        headers = {"cache-control": self.cache, "vary": "accept-encoding", "x-content-type-options": "nosniff"}
        headers["cross-origin-resource-policy"] = "same-origin"
        if compressed:
            headers["content-encoding"] = "gzip"
        return FileResponse(file, headers=headers, media_type=kind, stat_result=status)

    def _find(self, wanted: str, gzip: bool):
        if "\0" in wanted or ".." in wanted.split("/"):
            return None
        plain = self.folder / wanted.lstrip("/")
        for file, compressed in ((plain.with_name(plain.name + ".gz"), True), (plain, False)):
            if compressed and not gzip:
                continue
            try:
                status = file.stat()
            except OSError:
                continue
            # A link inside the folder that leads out of it is not ours to serve.
            if stat.S_ISREG(status.st_mode) and file.resolve().is_relative_to(self.folder.resolve()):
                return file, status, compressed
        return None
