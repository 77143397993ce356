"""Places as the index knows them: numbered points, and the cells of about 22 km that hold them.

The cells that touch a circle bring the documents that may be inside; the great circle then tells which are.
"""

import math
import os
from pathlib import Path

import numpy as np

from ..selectors import EARTH_KM

EVERYWHERE, NOWHERE = 0, 1
"""The two points that are no place; also the cell of what is everywhere."""
DIGITS = 4
"""Decimals of a degree: ten metres."""
CELL = 0.2
_ROW = 4000
_KM_A_DEGREE = EARTH_KM * math.pi / 180


def great_circle_km(latitude: float, longitude: float, points: np.ndarray) -> np.ndarray:
    """Kilometres from one place to many ([[latitude, longitude], …] in degrees); NaN where a point is no place."""
    here, there = math.radians(latitude), np.radians(points[:, 0])
    half = np.sin((there - here) / 2) ** 2 + math.cos(here) * np.cos(there) * np.sin(np.radians(points[:, 1] - longitude) / 2) ** 2
    return 2 * EARTH_KM * np.arcsin(np.minimum(1.0, np.sqrt(half)))


def cell_of(latitude: float, longitude: float) -> int:
    return int((latitude + 90) / CELL) * _ROW + int((longitude + 180) / CELL) + 2


class Places:
    """The points of an index, and its cells."""

    def __init__(self, points: np.ndarray):
        self.points = points
        steps = ((points[NOWHERE + 1 :] + [90.0, 180.0]) / CELL).astype(np.int64)
        self.cells = np.unique(steps[:, 0] * _ROW + steps[:, 1] + 2)
        rows, columns = np.divmod(self.cells - 2, _ROW)
        self.middles = np.stack([(rows + 0.5) * CELL - 90, (columns + 0.5) * CELL - 180], axis=1)
        # Half a diagonal, where the cell is widest.
        widest = np.cos(np.radians(np.maximum(0, np.abs(self.middles[:, 0]) - CELL)))
        self.reach = 1.01 * _KM_A_DEGREE * CELL / 2 * np.sqrt(1 + widest**2)

    def touching(self, latitude: float, longitude: float, radius: float) -> list[int]:
        """The cells that hold everything within `radius` km, and a little more."""
        return self.cells[great_circle_km(latitude, longitude, self.middles) <= radius + self.reach].tolist()


class PointBook:
    """Numbers the places as documents are written; a number is never used again in its generation."""

    def __init__(self, path: Path):
        self.path = path
        known = np.load(path) if path.exists() else np.full((2, 2), np.nan)
        self.table = known.tolist()
        self.number = {(lat, lon): number for number, (lat, lon) in enumerate(self.table) if number > NOWHERE}
        self.saved = len(self.table) if path.exists() else 0

    def of(self, latitude: float, longitude: float) -> tuple[int, int]:
        """(number of the point, number of its cell)."""
        place = (round(latitude, DIGITS), round(longitude, DIGITS))
        number = self.number.get(place)
        if number is None:
            number = self.number[place] = len(self.table)
            self.table.append(place)
        return number, cell_of(*place)

    def save(self) -> None:
        if self.saved != len(self.table):
            half = self.path.with_suffix(".half.npy")
            np.save(half, np.array(self.table, dtype=np.float64))
            os.replace(half, self.path)
            self.saved = len(self.table)
