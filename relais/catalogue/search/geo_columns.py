"""What a build saw, in columns that numpy reads where they lie: the documents in the order of the map, so that a circle is a few
slices of them and of each word's list. What changed since is in tantivy alone (see `generation.Writer`).

    <generation>/near/cells, firsts        the cells that hold something, and the first document of each
    …/sphere, day, starts, signature       a line a document: its point, its days, the number of its signature
    …/signatures                           the different signatures; number 0 is that of a document that is no more
    …/postings, weights, words.msgpack     each word's documents, what the word weighs there, and where its list lies
    …/slot, place                          document → order of writing, and back
    …/rows.bin, ends                       what a result shows, in the order of writing
"""

import mmap
from array import array
from itertools import pairwise
from math import log
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from .documents import Doc, Row
from .facets import signature
from .places import EVERYWHERE, NOWHERE, cell_of, on_sphere, spans
from .result_cache import Recent

FOLDER = "near"
FULL, LENGTHS = 1.2, 0.75
"""BM25, as tantivy has it: when a word repeated adds little, and how much long texts count less."""
GREATEST = FULL + 1
"""What one word may weigh, at most: 255 in the file."""
AT_ONCE = 1_000_000
"""Bytes of rows that are kept before they are written."""
_COLUMNS = (
    "cells",
    "firsts",
    "sphere",
    "day",
    "starts",
    "signature",
    "signatures",
    "postings",
    "weights",
    "slot",
    "place",
    "ends",
)
encode_row, decode_row = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder(Row).decode
"""How a result is stored, here and in tantivy."""


class Wanted(NamedTuple):
    """What a question asks for by its words, whoever looks for it.

    `jobs`: {id of an occupation: weight}. `words`: of each word, the stems that it may stand for; `least` of them must be there, or
    else one of the ROME codes of `codes` ({code: weight}). `rome`: only what belongs to it, or simply all of it when nothing else is asked.
    """

    jobs: dict[str, float]
    words: list[list[str]]
    least: int
    codes: dict[str, float]
    rome: str


class _Numbers(dict):
    """{word: number}, in the order in which they are met."""

    def __missing__(self, word: str) -> int:
        found = self[word] = len(self)
        return found


class ColumnsWriter:
    """Takes the documents one by one; `save` turns them into the columns."""

    def __init__(self, path: Path):
        self.path = path / FOLDER
        self.path.mkdir()
        self.rows = bytearray()
        self.numbers = _Numbers()
        self.words, self.counts, self.lengths = array("I"), array("I"), array("I")
        self.points, self.cells = array("d"), array("I")
        self.days, self.starts, self.signatures, self.ends = array("i"), array("i"), array("I"), array("Q", [0])

    def add(self, doc: Doc, stems: list[str], cell: int) -> int:
        """Returns its number in the order of writing."""
        is_job = doc.row.kind == "occupation"
        words = [self.numbers[one] for one in stems]
        # Codes and sheets are words of their own: no stem holds a capital letter or a colon.
        names = [self.numbers[f"{'sheet' if is_job else 'rome'}:{code}"] for code in set(doc.row.rome)]
        if is_job:
            names.append(self.numbers[doc.id])
        self.words.extend(words + names)
        self.counts.append(len(words) + len(names))
        self.lengths.append(len(words))
        self.points.extend(doc.point if isinstance(doc.point, tuple) else (np.nan, np.nan))
        self.cells.append(cell)
        self.days.append(doc.day)
        self.starts.append(doc.starts)
        self.signatures.append(signature(doc.row.kind, doc.listed, doc.facets))
        row = encode_row(doc.row)
        self.rows += row
        self.ends.append(self.ends[-1] + len(row))
        if len(self.rows) > AT_ONCE:
            self._write_rows()
        return len(self.cells) - 1

    def _write_rows(self) -> None:
        with open(self.path / "rows.bin", "ab") as file:
            file.write(self.rows)
        self.rows.clear()

    def save(self) -> None:
        self._write_rows()
        cells = np.array(self.cells, np.uint32)
        points = np.array(self.points).reshape(-1, 2)
        # Inside a cell as written: what came together is of the same kind, and often read together.
        slot = np.argsort(cells, kind="stable").astype(np.uint32)
        place = np.empty_like(slot)
        place[slot] = np.arange(len(slot), dtype=np.uint32)
        held, firsts = np.unique(cells[slot], return_index=True)
        signatures, number = np.unique(np.array(self.signatures, np.uint32)[slot], return_inverse=True)
        saved = {
            "cells": held,
            "firsts": np.append(firsts, len(slot)),
            "sphere": on_sphere(points[slot]),
            "slot": slot,
            "place": place,
            "day": np.array(self.days, np.int32)[slot],
            "starts": np.array(self.starts, np.int32)[slot],
            "signature": (number + 1).astype(np.int32),
            "signatures": np.append(np.uint32(0), signatures),
            "ends": np.array(self.ends, np.uint64),
        }
        saved["postings"], saved["weights"], cuts = self._lists(place)
        for name, column in saved.items():
            np.save(self.path / f"{name}.npy", column)
        (self.path / "words.msgpack").write_bytes(
            msgspec.msgpack.encode(dict(zip(self.numbers, pairwise(cuts), strict=True)))
        )

    def _lists(self, place: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[int]]:
        """(documents of each word in turn, what it weighs there, where each word's list ends)."""
        lengths = np.array(self.lengths, np.float64)
        # One sort of (word, document), repeated words side by side.
        pairs = np.array(self.words, np.uint64) << np.uint64(32) | np.repeat(place, np.array(self.counts)).astype(
            np.uint64
        )
        pairs.sort()
        starts = np.flatnonzero(np.append(True, pairs[1:] != pairs[:-1]))
        times = np.diff(np.append(starts, len(pairs)))
        pairs = pairs[starts]
        postings = (pairs & np.uint64(0xFFFFFFFF)).astype(np.uint32)
        norm = np.empty(len(place))
        norm[place] = FULL * (1 - LENGTHS + LENGTHS * lengths / max(1.0, lengths.mean()))
        weights = np.ceil(255 * times / (times + norm[postings])).astype(np.uint8)
        cuts = np.searchsorted(pairs, np.arange(len(self.numbers) + 1, dtype=np.uint64) << np.uint64(32))
        return postings, weights, cuts.tolist()


class Columns:
    """The columns of a generation, opened. Raises `OSError`, `ValueError` or `EOFError` when they are damaged."""

    def __init__(self, path: Path):
        for name in _COLUMNS:
            setattr(self, name, np.asarray(np.load(path / FOLDER / f"{name}.npy", mmap_mode="r")))
        self.words = msgspec.msgpack.decode(
            (path / FOLDER / "words.msgpack").read_bytes(), type=dict[str, tuple[int, int]]
        )
        with open(path / FOLDER / "rows.bin", "rb") as file:
            self.rows = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        # Many people ask from the same towns.
        self._slices = Recent(4000)

    def wake(self) -> None:
        """Touch every page but those of the rows once, so that no search is the first to."""
        for name in _COLUMNS:
            getattr(self, name).reshape(-1).view(np.uint8)[:: mmap.PAGESIZE].max()

    def read(self, slots: np.ndarray) -> list[Row]:
        """What a result shows of these, by their order of writing."""
        starts, ends = self.ends.take(slots).tolist(), self.ends.take(slots + 1).tolist()
        return [decode_row(self.rows[start:end]) for start, end in zip(starts, ends, strict=True)]

    def find(
        self, wanted: Wanted | None, latitude: float, longitude: float, radius: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """(documents in the cells that a circle touches, or everywhere, that answer, in order; their scores). `wanted` None: all of them."""
        slices = self._slices.of((latitude, longitude, radius), self._slices_of)
        if wanted is None:
            return slices.documents(np.arange(slices.size)), np.zeros(slices.size, np.float32)
        scores = self._scores(wanted, slices)
        found = (scores > 0).nonzero()[0]
        return slices.documents(found), scores[found]

    def _slices_of(self, latitude: float, longitude: float, radius: float) -> "_Slices":
        edges = np.array([(EVERYWHERE, EVERYWHERE), *spans(latitude, longitude, radius)], np.uint32)
        edges[:, 1] += 1
        return _Slices(self.firsts[np.searchsorted(self.cells, edges)])

    def _scores(self, wanted: Wanted, slices: "_Slices") -> np.ndarray:
        scores = np.zeros(slices.size, np.float32)
        met = np.zeros(slices.size, np.uint8) if len(wanted.words) > 1 else None
        for stems in wanted.words:
            here = []
            for one in stems:
                begin, end = self.words.get(one, (0, 0))
                found, weights = slices.cut(begin, end, self.postings, self.weights)
                scores[found] += weights * np.float32(
                    GREATEST / 255 * log(1 + (len(self.slot) - (end - begin) + 0.5) / (end - begin + 0.5))
                )
                here.append(found)
            if met is not None:
                met[np.concatenate(here) if len(here) > 1 else here[0]] += (
                    1  # once a word, however many of its stems are there
                )
        if met is not None:
            scores *= met >= wanted.least
        for code, weight in wanted.codes.items():
            scores[self._of(f"rome:{code}", slices)] += weight
        for identity, weight in wanted.jobs.items():
            begin, end = self.words.get(identity, (0, 0))
            if begin < end:
                # Occupations are everywhere: in the first slice, where numbers are those of the whole.
                scores[self.postings[begin]] += weight
        if wanted.rome:
            within = np.zeros(slices.size, np.float32)
            for name in (f"rome:{wanted.rome}", f"sheet:{wanted.rome}"):
                within[self._of(name, slices)] = 1
            scores = scores * within if wanted.words or wanted.codes or wanted.jobs else within
        return scores

    def _of(self, name: str, slices: "_Slices") -> np.ndarray:
        return slices.cut(*self.words.get(name, (0, 0)), self.postings)[0]


class _Slices:
    """Some slices of the documents, as if they were put end to end. `edges`: [[first, after the last], …], growing."""

    def __init__(self, edges: np.ndarray):
        self.edges = edges.astype(np.uint32)
        sizes = edges[:, 1] - edges[:, 0]
        self.ends = np.cumsum(sizes)
        self.size = int(self.ends[-1])
        self.shifts = edges[:, 0] - (self.ends - sizes)
        self._shifts = list(self.shifts.astype(np.uint32))

    def cut(self, begin: int, end: int, postings: np.ndarray, *columns: np.ndarray) -> list[np.ndarray]:
        """Which of them stand in the list that lies there, and what each column says of these."""
        listed = postings[begin:end]
        bounds = [
            (first, last, shift)
            for (first, last), shift in zip(listed.searchsorted(self.edges).tolist(), self._shifts, strict=True)
            if first < last
        ]
        cut = [np.concatenate([listed[first:last] - shift for first, last, shift in bounds] or [listed[:0]])]
        return cut + [
            np.concatenate([column[begin + first : begin + last] for first, last, _ in bounds] or [column[:0]])
            for column in columns
        ]

    def documents(self, found: np.ndarray) -> np.ndarray:
        """Their numbers in the whole."""
        many = found.searchsorted(self.ends)
        many[1:] -= many[:-1].copy()
        return found + np.repeat(self.shifts, many)


def cell_at(point) -> int:
    """The cell of a document's point; see `documents.Doc`."""
    return cell_of(*point) if isinstance(point, tuple) else NOWHERE if point is None else EVERYWHERE
