"""Run by test_confined in a confined process: goes beyond one limit, and says how it was stopped."""

import os
import socket
import sys
import tempfile

from relais.foundation.confined import Limits, confine

LIMITS = Limits(memory=300_000_000, processor_seconds=1, file=1000, open_files=20)


def memory():
    return len(bytearray(400_000_000))


def processor():
    while True:
        pass


def file():
    # The signal that comes first would end the process: only the write itself is asked for here.
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with tempfile.TemporaryFile(buffering=0) as one:
        one.write(b"x" * 1000)
        return one.write(b"x")


def open_files():
    return [os.dup(0) for _ in range(30)]


def network():
    with socket.socket() as one:
        one.settimeout(2)
        return one.connect(("127.0.0.1", int(sys.argv[3])))


def environment():
    return sorted(os.environ)


if __name__ == "__main__":
    confine(int(sys.argv[1]), LIMITS)
    try:
        sys.stdout.write(f"done {globals()[sys.argv[2]]()}")
    except (MemoryError, OSError) as error:
        sys.stdout.write(f"{type(error).__name__} {getattr(error, 'errno', '')}")
