"""Where a record is: what it says, checked against the communes we know."""

import re
from math import floor, hypot
from typing import NamedTuple

from ..folding import fold
from ..importing import BadFile
from ..models import Commune
from ..selectors import CITIES_IN_PARTS

NEAR = 0.06
"""Degrees of latitude, about 6 km: farther than that, a point says nothing of its commune."""
_CEDEX = re.compile(r"\bcedex\b.*", re.I)


class Place(NamedTuple):
    """`commune`: INSEE code or None. Degrees, WGS 84, or None."""

    commune: str | None
    latitude: float | None
    longitude: float | None


NOWHERE = Place(None, None, None)


class Places:
    """All communes in memory: by INSEE code, by postcode and name, by département and name."""

    def __init__(self):
        self.points: dict[str, tuple[float, float]] = {}
        self.by_postcode: dict[str, list[tuple[str, str]]] = {}
        self.by_name: dict[tuple[str, str], str] = {}
        self.departements: dict[str, str] = {}
        self.squares: dict[tuple[int, int], list[str]] = {}
        rows = Commune.objects.order_by("population", "-insee").values_list(
            "insee", "departement", "key", "postcodes", "latitude", "longitude"
        )
        for insee, departement, key, postcodes, latitude, longitude in rows.iterator():
            self.points[insee] = (latitude, longitude)
            self.departements[insee] = departement
            self.squares.setdefault(_square(latitude, longitude), []).append(insee)
            # The biggest comes last and stays.
            self.by_name[departement, key] = insee
            for postcode in postcodes:
                self.by_postcode.setdefault(postcode, []).append((key, insee))
        if not self.points:
            raise BadFile("The communes are not loaded yet: run « relais import communes » first.")

    def find(
        self, insee: str = "", postcode: str = "", name: str = "", departement: str = "", latitude=None, longitude=None
    ) -> Place:
        """The commune by its number; failing that (a commune since merged, a slip) by postcode and name, by postcode alone when only
        one has it, by département and name, and at last by the nearest one to the record's own point, within NEAR degrees.
        The point is the record's own when it can be one, else the commune's."""
        point = _point(latitude, longitude)
        commune = (
            insee
            if insee in self.points
            else self._by_words(postcode, fold(_CEDEX.sub("", name)), departement or _departement(postcode))
        )
        if commune is None and point:
            commune = self._nearest(*point)
        if point is None and commune:
            point = self.points[commune]
        return Place(commune, *(point or (None, None)))

    def _by_words(self, postcode: str, key: str, departement: str) -> str | None:
        there = self.by_postcode.get(postcode, [])
        for name, insee in there:
            if name == key:
                return insee
        # « paris 11e arrondissement » for « Paris » is told by the postcode; the whole city is not meant.
        parts = [insee for _, insee in there if insee not in CITIES_IN_PARTS]
        if len(parts) == 1:
            return parts[0]
        return self.by_name.get((departement, key)) if departement and key else None

    def _nearest(self, latitude: float, longitude: float) -> str | None:
        row, column = _square(latitude, longitude)
        around = [
            insee for y in (-1, 0, 1) for x in (-1, 0, 1) for insee in self.squares.get((row + y, column + x), [])
        ]
        far = {
            insee: hypot(self.points[insee][0] - latitude, (self.points[insee][1] - longitude) * 0.7)
            for insee in around
        }
        nearest = min(far, key=lambda insee: (far[insee], insee), default=None)
        return nearest if nearest and far[nearest] <= NEAR else None


def _square(latitude: float, longitude: float) -> tuple[int, int]:
    return floor(latitude * 10), floor(longitude * 10)


def _departement(postcode: str) -> str:
    """Of a postcode, « cedex » ones included; '' for Corsica, whose two halves share theirs."""
    if len(postcode) != 5 or postcode.startswith("20"):
        return ""
    return postcode[:3] if postcode.startswith(("97", "98")) else postcode[:2]


def _point(latitude, longitude) -> tuple[float, float] | None:
    """A point on Earth that is not the nought of a database."""
    try:
        latitude, longitude = float(latitude), float(longitude)
    except (TypeError, ValueError):
        return None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180) or (abs(latitude) < 0.01 and abs(longitude) < 0.01):
        return None
    return latitude, longitude
