"""`relais COMMAND`: manage.py, plus the start of the embedded database and of the process group."""

import argparse
import contextlib
import logging
import os
import sys

from config.environment import share_connections


def main(argv: list[str] | None = None) -> int:
    """Entry point of `.venv/bin/relais`. Returns the exit code."""
    argv = sys.argv[1:] if argv is None else argv
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.exceptions import ImproperlyConfigured

    try:
        if argv[:1] == ["serve"]:
            return serve(argv[1:])
        _start_database()
        if argv[:1] == ["web"]:
            return web(argv[1:])
        if argv[:1] == ["worker"]:
            return worker()
        _manage(argv)
        return 0
    except ImproperlyConfigured as error:
        return _refuse(error)
    except Exception as error:
        if type(error).__name__ == "PostgresUnavailable":
            return _refuse(error)
        raise


WEB_CONNECTIONS, WORKER_CONNECTIONS = 4, 4
"""That threads share, in each process. Beside them a web process has one to listen, one to feel the pulse and one for follows, the worker one
to listen: twelve on a node with one web process."""
AT_LENGTH = frozenset(
    {"migrate", "import", "index", "check-figures", "demo", "retention", "reseal", "backup", "restore", "run-job"}
)
"""Commands that work on whole tables."""
LONGEST = 4 * 3600
"""Seconds that one of their statements may take."""


def _patience(argv: list[str]):
    from relais.foundation.database.patience import at_length

    return at_length(LONGEST) if argv and argv[0] in AT_LENGTH else contextlib.nullcontext()


MAKES_TABLES = frozenset({"migrate", "demo", "first-administrator"})
"""Commands that make the tables, or find them made; `serve` does too."""


@contextlib.contextmanager
def _alone():
    """Of several processes that begin on one database, one at a time makes the tables; another says that it waits."""
    import django

    django.setup()
    from django.db import connection

    with _patience(["migrate"]):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(hashtext('relais migrate'))")
            if not cursor.fetchone()[0]:
                print(
                    "relais: another process is making the tables; this one goes on when they are there.",
                    file=sys.stderr,
                    flush=True,
                )
                cursor.execute("SET lock_timeout = 0")
                cursor.execute("SELECT pg_advisory_lock(hashtext('relais migrate'))")
                cursor.execute("RESET lock_timeout")
        try:
            yield
        finally:
            # A command closes its connection when it ends, and the lock goes with it.
            if connection.connection is not None:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_unlock(hashtext('relais migrate'))")


def _manage(argv: list[str]) -> None:
    from django.core.management import call_command, execute_from_command_line

    with _patience(argv), _alone() if argv and argv[0] in MAKES_TABLES else contextlib.nullcontext():
        if argv[:1] == ["first-administrator"]:
            call_command("migrate", verbosity=0)
        execute_from_command_line(["relais", *argv])


def _refuse(error: Exception) -> int:
    print(f"relais: {error}", file=sys.stderr)
    return 2


def _start_database() -> None:
    """Hold the embedded server up for as long as this process lives; nothing of it is imported with DATABASE_URL."""
    if os.environ.get("DATABASE_URL", "").strip():
        return
    from config.environment import data_folder
    from relais.foundation.postgres import ensure_running

    ensure_running(data_folder())


def serve(argv: list[str]) -> int:
    """Web and worker in one process group, on one port."""
    from config.environment import port

    parser = argparse.ArgumentParser(
        prog="relais serve", description="Serve Relais: web, worker and sweeper in one process group."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument("--port", type=int, default=port())
    parser.add_argument("--web", type=int, default=1, help="web processes (default: 1; one per core at most)")
    options = parser.parse_args(argv)
    _start_database()
    import django
    from django.core.management import call_command

    from relais.foundation.serve import Child, bind, run_group

    socket = bind(options.host, options.port)
    # Before the settings are read, here and in the children: the addresses of a local demonstration say where it really is.
    number = socket.getsockname()[1]
    os.environ["PORT"] = str(number)
    django.setup()
    from django.db import connection

    from relais.foundation import keys

    with _alone():
        call_command("migrate", verbosity=0)
    keys.check()
    _say_what_is_missing()
    # From here on this process only looks after the others.
    connection.close()
    call_command("collectstatic", interactive=False, verbosity=0)
    program = [sys.executable, "-m", "config.cli"]
    children = [Child(f"web {one + 1}", [*program, "web", "--fd", str(socket.fileno())]) for one in range(options.web)]
    children.append(Child("worker", [*program, "worker"], serves=False))
    print(f"Relais: http://{options.host}:{number}", flush=True)
    return run_group(children, sockets=[socket])


def _say_what_is_missing() -> None:
    from django.core import checks

    for found in checks.run_checks(tags=["operator"]):
        print(f"relais: {found.msg} {found.hint}", file=sys.stderr, flush=True)


def web(argv: list[str]) -> int:
    """One web process on an inherited socket (started by `serve`)."""
    parser = argparse.ArgumentParser(prog="relais web")
    parser.add_argument("--fd", type=int, required=True)
    options = parser.parse_args(argv)
    share_connections(WEB_CONNECTIONS)
    import resource
    from socket import socket

    import uvicorn

    from relais.foundation.prompt import Prompt

    # One open page is one descriptor: take all the system allows.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    config = uvicorn.Config(
        "config.asgi:application",
        http=Prompt,
        log_level="warning",
        # Its lines go where ours go, without the secrets of addresses (see foundation/redaction.py).
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=3,
        # Forwarded headers are read by our own code, and only behind a proxy of ours (see foundation/ratelimit.py).
        proxy_headers=False,
        timeout_keep_alive=75,
    )
    server = uvicorn.Server(config)
    # The socket, not its number: uvicorn takes a number for a Unix socket and leaves Nagle's delay on, 40 ms a page.
    server.run(sockets=[socket(fileno=options.fd)])
    return 0 if server.started else 3


def worker() -> int:
    """The loops of all apps: promise clock, handovers that come back, letters to send."""
    import signal

    import django

    share_connections(WORKER_CONNECTIONS)
    django.setup()
    from django.utils.module_loading import autodiscover_modules

    from relais.foundation.loops import Worker, loop, stopping

    autodiscover_modules("tasks")

    @loop(every=10)
    def hold_database(now):
        # Whoever looks after the embedded server may have been killed: the next look replaces them.
        _start_database()

    group = Worker()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    logging.getLogger("relais").info("Worker ready")
    group.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
