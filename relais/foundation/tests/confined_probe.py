"""Run by test_confined in a confined process: goes beyond one limit, and says how it was stopped."""

import os
import signal
import socket
import sys
from pathlib import Path

from relais.foundation.confined import Limits, confine

LIMITS = Limits(memory=300_000_000, processor_seconds=1, file=1000, open_files=20)


def memory():
    return len(bytearray(400_000_000))


def processor():
    while True:
        pass


def file():
    # The signal that comes first would end the process: only the write itself is asked for here.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with open(named("mine", "large"), "wb", buffering=0) as one:
        one.write(b"x" * 1000)
        return one.write(b"x")


def named(*parts):
    return Path(sys.argv[3], *parts)


def reads_what_it_was_given():
    return named("given").read_text()


def writes_where_it_may():
    named("mine", "new").write_text("mine")
    named("mine", "new").rename(named("mine", "renamed"))
    return named("mine", "renamed").read_text()


def reads_a_secret():
    return named("secret").read_text()


def lists_our_folder():
    return os.listdir(named())


def reads_the_environment_of_its_parent():
    return Path(f"/proc/{sys.argv[1]}/environ").read_bytes()


def reads_the_passwords_of_the_machine():
    return Path("/etc/passwd").read_text()


def writes_beside():
    return named("new").write_text("x")


def writes_to_what_it_was_given():
    return named("given").write_text("x")


def removes():
    named("secret").unlink()


def runs_a_program():
    os.execv("/bin/true", ["true"])


def ends_its_parent():
    os.kill(int(sys.argv[1]), signal.SIGURG)


def open_files():
    return [os.dup(0) for _ in range(30)]


def network():
    with socket.socket() as one:
        one.settimeout(2)
        return one.connect(("127.0.0.1", int(sys.argv[3])))


def environment():
    return sorted(os.environ)


if __name__ == "__main__":
    folder = [Path(sys.argv[3])] if len(sys.argv) > 3 and not sys.argv[3].isdigit() else []
    confine(int(sys.argv[1]), LIMITS, reads=[one / "given" for one in folder], writes=[one / "mine" for one in folder])
    try:
        sys.stdout.write(f"done {globals()[sys.argv[2]]()}")
    except (MemoryError, OSError) as error:
        sys.stdout.write(f"{type(error).__name__} {getattr(error, 'errno', '')}")
