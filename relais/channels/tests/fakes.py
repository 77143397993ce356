"""Providers on loopback that speak the real wire format, with their faults."""

import json
import re
import socketserver
import ssl
import threading
import time
from contextlib import contextmanager
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FICTION = "+33639980001"
"""In a block kept for fiction by ARCEP."""


class Provider:
    """An HTTP provider. `answers` are used in turn, the last one for ever: (status, headers, body) or HANG or CUT."""

    HANG, CUT = "hang", "cut"

    def __init__(self, *answers):
        self.answers = list(answers) or [(200, {}, {})]
        self.requests: list[dict] = []
        self.address = ""

    def answer(self, request):
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def serving(provider: Provider):
    class Handler(BaseHTTPRequestHandler):
        def handle_any(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = {"method": self.command, "path": self.path, "headers": headers, "body": body}
            provider.requests.append(request)
            answer = provider.answer(request)
            if answer == Provider.CUT:
                self.close_connection = True
                return
            if answer == Provider.HANG:
                time.sleep(1)
                return
            status, headers, content = answer
            content = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = handle_any

        def log_message(self, *_):
            pass

    with _running(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as port:
        provider.address = f"http://127.0.0.1:{port}"
        yield provider


class Ovh(Provider):
    """OVHcloud's SMS: its clock, its signature, its jobs, its answers and what became of those that left."""

    answer_to_jobs = (
        200,
        {},
        {"ids": [1], "validReceivers": [FICTION], "invalidReceivers": [], "totalCreditsRemoved": 1},
    )
    incoming: dict = {}
    outgoing: dict = {}

    def became(self, number, receipt, ptt):
        """What is kept of one that left, as the service shows it (`sms.Outgoing`); the same number again changes it."""
        self.outgoing = self.outgoing | {
            number: {
                "id": number,
                "creationDatetime": "2026-11-22T10:00:00+01:00",
                "sender": "Relais",
                "receiver": FICTION,
                "message": "",
                "messageLength": 0,
                "numberOfSms": 1,
                "credits": 1,
                "differedDelivery": 0,
                "deliveryReceipt": receipt,
                "ptt": ptt,
                "tag": "",
                "tariffCode": "",
            }
        }

    def answer(self, request):
        if request["path"] == "/1.0/auth/time":
            return 200, {}, b"1795305600"
        headers = request["headers"]
        address, body = self.address + request["path"], request["body"].decode()
        signed = "+".join(["as", "ck", request["method"], address, body, headers["x-ovh-timestamp"]])
        if headers["x-ovh-signature"] != "$1$" + sha1(signed.encode()).hexdigest():
            return 400, {}, {"message": "Invalid signature"}
        if request["path"].endswith("/jobs"):
            return self.answer_to_jobs
        if "/incoming?" in request["path"]:
            return 200, {}, list(self.incoming)
        kept = self.outgoing if "/outgoing/" in request["path"] else self.incoming
        found = kept.get(int(request["path"].rpartition("/")[2]))
        return (200, {}, found) if found else (404, {}, {"message": "The requested object does not exist"})


class Mailbox:
    """A mailbox behind IMAP4rev1. `cut_after`: the connection drops once this command was answered (or, with « before:… »,
    before it is)."""

    def __init__(self, letters, password="phrase"):
        self.letters, self.password = dict(enumerate(letters, 11)), password
        self.seen: set[int] = set()
        self.broken: set[int] = set()
        self.cut_after = ""
        self.heard: list[str] = []
        self.values: dict = {}

    def answer(self, tag, command, rest):
        if command == "CAPABILITY":
            return ["* CAPABILITY IMAP4rev1 STARTTLS"], "OK done"
        if command == "LOGIN":
            good = rest.replace('"', "") == f"relais {self.password}"
            return [], "OK logged in" if good else "NO [AUTHENTICATIONFAILED] wrong"
        if command == "SELECT":
            return [f"* {len(self.letters)} EXISTS", "* OK [UIDVALIDITY 1] fine"], "OK [READ-WRITE] selected"
        if command == "UID SEARCH":
            return ["* SEARCH " + " ".join(str(uid) for uid in self.letters if uid not in self.seen)], "OK found"
        if command == "UID FETCH":
            uid = int(rest.split()[0])
            first, length = map(int, re.search(r"BODY\.PEEK\[\]<(\d+)\.(\d+)>", rest).groups())
            if uid in self.broken:
                return [], "NO [SERVERBUG] cannot read it"
            part = self.letters[uid][first : first + length]
            return [
                f"* 1 FETCH (UID {uid} BODY[]<{first}> {{{len(part)}}}".encode() + b"\r\n" + part + b")"
            ], "OK fetched"
        if command == "UID STORE":
            self.seen.add(int(rest.split()[0]))
            return [], "OK stored"
        if command == "LOGOUT":
            return ["* BYE"], "OK bye"
        return [], "BAD unknown"


@contextmanager
def imap(box: Mailbox, *, tls: ssl.SSLContext | None = None, at_once: bool = True):
    """`tls`: how it speaks, at once or after STARTTLS; None: in clear."""

    class Handler(socketserver.StreamRequestHandler):
        def setup(self):
            if tls and at_once:
                self.request = tls.wrap_socket(self.request, server_side=True)
            super().setup()

        def finish(self):
            super().finish()
            if tls:
                self.request.close()

        def handle(self):
            self.wfile.write(b"* OK ready\r\n")
            for line in iter(lambda: self.rfile.readline(), b""):
                tag, command, rest = (line.decode().strip() + "  ").split(" ", 2)
                command = command.upper()
                box.heard.append(command)
                if command == "STARTTLS":
                    self.wfile.write(f"{tag} OK go on\r\n".encode())
                    self.request = tls.wrap_socket(self.request, server_side=True)
                    super().setup()
                    continue
                if command == "UID":
                    word, rest = rest.split(" ", 1)
                    command = f"UID {word.upper()}"
                if box.cut_after == f"before:{command}":
                    return
                lines, status = box.answer(tag, command, rest.strip())
                for one in lines:
                    self.wfile.write((one if isinstance(one, bytes) else one.encode()) + b"\r\n")
                self.wfile.write(f"{tag} {status}\r\n".encode())
                if command in ("LOGOUT", box.cut_after):
                    return

    class Server(socketserver.ThreadingTCPServer):
        def handle_error(self, request, client_address):
            """Who does not know the certificate hangs up: that is theirs to tell."""

    with _running(Server(("127.0.0.1", 0), Handler)) as port:
        box.values = {"security": "imap", "host": "127.0.0.1", "port": port, "user": "relais", "password": box.password}
        box.values["folder"] = "INBOX"
        yield box


@contextmanager
def mail_server(settings):
    """A server of e-mail to which letters leave. `says`: {word: what it answers}; `heard`: the words it was told."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            self.say("220 ready")
            for line in self.rfile:
                word = line.decode().split()[0].upper()
                server.heard.append(word)
                if word == "DATA":
                    self.say("354 go on")
                    while next(self.rfile).strip() != b".":
                        pass
                self.say(server.says.get(word, "250 fine"))
                if word == "QUIT":
                    return

        def say(self, text):
            self.wfile.write(f"{text}\r\n".encode())

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.says, server.heard = {}, []
    settings.EMAIL_BACKEND, settings.EMAIL_HOST = "django.core.mail.backends.smtp.EmailBackend", "127.0.0.1"
    with _running(server) as settings.EMAIL_PORT:
        yield server


@contextmanager
def _running(server):
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
