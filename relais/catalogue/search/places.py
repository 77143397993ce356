"""The map as the index cuts it: cells of about 20 km, numbered row by row, so that a circle is one span of cells a row."""

import math
from collections.abc import Iterable
from functools import lru_cache

import numpy as np

from ..selectors import EARTH_KM

EVERYWHERE, NOWHERE = 0, 1
"""The two cells that are no place."""
CELL = 0.2
"""Degrees."""
_ROW = 4000
FARTHEST = 5.0
"""More than `apart` ever says: 4, from one end of the world to the other."""


def great_circle_km(latitude: float, longitude: float, points: np.ndarray) -> np.ndarray:
    """Kilometres from one place to many ([[latitude, longitude], …] in degrees); NaN where a point is no place."""
    here, there = math.radians(latitude), np.radians(points[:, 0])
    half = (
        np.sin((there - here) / 2) ** 2
        + math.cos(here) * np.cos(there) * np.sin(np.radians(points[:, 1] - longitude) / 2) ** 2
    )
    return 2 * EARTH_KM * np.arcsin(np.minimum(1.0, np.sqrt(half)))


def on_sphere(points: np.ndarray) -> np.ndarray:
    """The same places as points of a ball of radius 1: [[x, y, z], …]."""
    latitude, longitude = np.radians(points).T
    return np.stack(
        [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)], axis=1
    )


def apart(latitude: float, longitude: float, points: np.ndarray) -> np.ndarray:
    """How far places of `on_sphere` are from one place: the square of the straight line between them, which grows with the distance."""
    latitude, longitude = math.radians(latitude), math.radians(longitude)
    away = points - np.array(
        (math.cos(latitude) * math.cos(longitude), math.cos(latitude) * math.sin(longitude), math.sin(latitude))
    )
    return np.einsum("ij,ij->i", away, away)


@lru_cache(maxsize=1000)
def apart_of(km: float) -> float:
    """What `apart` gives for a distance."""
    return (2 * math.sin(min(km / EARTH_KM, math.pi) / 2)) ** 2


def km_of(apart: float) -> float:
    """NaN for NaN."""
    return 2 * EARTH_KM * math.asin(min(math.sqrt(apart) / 2, 1.0))


def cell_of(latitude: float, longitude: float) -> int:
    return _row(latitude) * _ROW + _column(longitude) + 2


def _row(latitude: float) -> int:
    return int((max(-90.0, min(90.0, latitude)) + 90) / CELL)


def _column(longitude: float) -> int:
    return int((max(-180.0, min(180.0, longitude)) + 180) / CELL)


# The southern edge of each row, as its latitude, its sine and its cosine; never quite a pole, where all longitudes meet.
_EDGES = [
    (edge, math.sin(edge), math.cos(edge))
    for edge in (math.radians(max(-89.99, min(89.99, row * CELL - 90))) for row in range(_row(90) + 2))
]


def spans(latitude: float, longitude: float, radius: float) -> list[tuple[int, int]]:
    """(first cell, last cell) of each row that a circle touches: they hold all of it, and a little more. From south to north."""
    here, angle = math.radians(latitude), 1.0001 * radius / EARTH_KM + 1e-6
    sine, cosine, reach = math.sin(here), math.cos(here), math.cos(min(angle, math.pi))
    # Where the circle is widest: a little nearer the pole than its middle.
    widest = math.asin(max(-1.0, min(1.0, sine / max(1e-9, reach))))
    found, top = [], (widest, math.sin(widest), math.cos(widest))
    for row in range(_row(latitude - math.degrees(angle)), _row(latitude + math.degrees(angle)) + 1):
        south, north = _EDGES[row], _EDGES[row + 1]
        _, up, flat = south if widest < south[0] else north if widest > north[0] else top
        turned = (reach - sine * up) / (cosine * flat)
        if turned < 1:
            wide = math.degrees(math.acos(max(-1.0, turned)))
            found.append((row * _ROW + _column(longitude - wide) + 2, row * _ROW + _column(longitude + wide) + 2))
    return found


def cells(touched: Iterable[tuple[int, int]]) -> list[int]:
    """Every cell of some spans."""
    return [cell for first, last in touched for cell in range(first, last + 1)]
