"""Calendar files as programs publish them, and a server of the loopback that publishes them."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def calendar(*events: str, zones: str = "") -> bytes:
    """Each event is its own lines."""
    parts = [f"BEGIN:VEVENT\n{one.strip()}\nEND:VEVENT" for one in events]
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Essai//FR", *([zones.strip()] if zones else []), *parts]
    return "\n".join([*lines, "END:VCALENDAR", ""]).replace("\n", "\r\n").encode()


class Published:
    """What is published now: `status`, `headers`, `body`; `asked` counts."""

    def __init__(self):
        self.status, self.headers, self.body, self.asked = 200, {}, calendar(), 0


@contextmanager
def publishing():
    there = Published()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            there.asked += 1
            self.send_response(there.status)
            for name, value in {"Content-Length": str(len(there.body)), **there.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(there.body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        there.address = f"http://127.0.0.1:{server.server_port}/ical/jeton-de-sarah/basic.ics"
        yield there
        server.shutdown()
