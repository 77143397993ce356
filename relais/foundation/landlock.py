"""Files that a process may open, and nothing else: Linux's Landlock (man 7 landlock), which needs no right and cannot be undone.

By the kernel's own numbers, which are part of its interface: the few lines below need no library.
"""

import ctypes
import os
from collections.abc import Iterable
from pathlib import Path

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446
_VERSION, _PATH_BENEATH = 1, 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, REMOVE_DIR, REMOVE_FILE = (1 << bit for bit in range(6))
_MAKE_DIR, _MAKE_REGULAR = 1 << 7, 1 << 8
# What each version of the interface knows, from the first on: until 1 << 12, then moving between folders, cutting short, devices.
_KNOWN = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}
_MOVE, _TRUNCATE = 1 << 13, 1 << 14
READ = READ_FILE | READ_DIR
WRITE = READ | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | _MAKE_DIR | _MAKE_REGULAR | _MOVE | _TRUNCATE
_OF_A_FILE = EXECUTE | WRITE_FILE | READ_FILE | _TRUNCATE
_TCP = 0b11
_SIGNALS_AND_NAMES = 0b11
"""Signals to processes outside, and sockets without a file (since version 6)."""


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def version() -> int:
    """Of the kernel's interface; 0 where there is none."""
    return max(0, _call(_CREATE, None, 0, _VERSION))


def restrict(reads: Iterable[Path], writes: Iterable[Path]) -> bool:
    """From now on this process opens what is below `reads`, changes what is below `writes`, runs no program, and reaches no process
    outside. What is not there is left out. False where the kernel knows no Landlock: nothing is restricted then."""
    known = version()
    if not known:
        return False
    asked = _Ruleset(_KNOWN[min(known, 5)], _TCP if known >= 4 else 0, _SIGNALS_AND_NAMES if known >= 6 else 0)
    size = 24 if known >= 6 else 16 if known >= 4 else 8
    ruleset = _checked(_call(_CREATE, ctypes.byref(asked), size, 0))
    try:
        for paths, rights in ((reads, READ), (writes, WRITE)):
            for path in paths:
                _allow(ruleset, path, rights & asked.files)
        _checked(_call(_RESTRICT, ruleset, 0))
    finally:
        os.close(ruleset)
    return True


def _allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        rule = _PathBeneath(rights if path.is_dir() else rights & _OF_A_FILE, place)
        _checked(_call(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0))
    finally:
        os.close(place)


def _call(number: int, *words) -> int:
    return ctypes.CDLL(None, use_errno=True).syscall(
        ctypes.c_long(number), *(ctypes.c_long(word) if isinstance(word, int) else word for word in words)
    )


def _checked(told: int) -> int:
    if told < 0:
        raise OSError(ctypes.get_errno(), "Landlock")
    return told
