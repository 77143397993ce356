"""The web process of `relais serve`, with one address more: /empty, answered natively by nothing. `python -m bench.empty --fd N`."""

import sys

import config.asgi
from config.cli import main

relais = config.asgi.application


async def application(scope, receive, send) -> None:
    if scope["type"] != "http" or scope["path"] != "/empty":
        return await relais(scope, receive, send)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


if __name__ == "__main__":
    config.asgi.application = application
    sys.exit(main(["web", *sys.argv[1:]]))
