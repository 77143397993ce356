"""Django's pages behind the native side: a thread works on a page only while Django does.

The request is read to its end before a thread takes it, and the answer is whole before it is sent, so that a slow
visitor costs a little memory and never a thread, and a page costs one change of thread each way.
"""

import asyncio
import io
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, nullcontext

from starlette.responses import PlainTextResponse

LONGEST = 2_000_000
"""Bytes of a request; Django's own limit for forms, which answers in words, is below."""


class Pages:
    """The ASGI application of a WSGI application, run in `threads` threads."""

    def __init__(self, application, *, threads: int):
        self.application = application
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="pages")

    async def __call__(self, scope, receive, send) -> None:
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            if len(body) > LONGEST:
                return await PlainTextResponse("Trop long.", status_code=413, headers={"connection": "close"})(scope, receive, send)
            if not message.get("more_body", False):
                break
        loop = asyncio.get_running_loop()
        status, headers, content = await loop.run_in_executor(self._threads, self._answer, environ_of(scope, bytes(body)))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    def _answer(self, environ: dict) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        started = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info=None):
            started[:] = [int(status[:3]), [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]]

        answer = self.application(environ, start_response)
        with closing(answer) if hasattr(answer, "close") else nullcontext():
            content = b"".join(answer)
        return *started, content


def environ_of(scope, body: bytes) -> dict:
    """What PEP 3333 asks for, from an ASGI scope. The length is that of the body, whatever the request said."""
    server, client = scope.get("server") or ("localhost", 80), scope.get("client") or ("", 0)
    environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        key = name.decode("latin-1").upper().replace("-", "_")
        key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
        text = value.decode("latin-1")
        environ[key] = f"{environ[key]},{text}" if key in environ else text
    environ["CONTENT_LENGTH"] = str(len(body))
    return environ
