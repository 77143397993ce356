"""« Offres d'emploi 2 » of France Travail, read whole: by trade, then by département, then by date of creation.

The service gives at most 3,150 offers to one question, 150 at a time. A trade (ROME code) that has no more is one slice; one that
has more is read by département, each a slice, and then a closing slice finds what stands in no département (an offer may only name
a region). A slice of more than 3,150 is cut by dates of creation until each piece fits. Only a slice that was read whole makes
offers leave: fewer distinct offers than the service announced means that it moved under our eyes.
"""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec
from django.conf import settings

from relais.foundation import web

from ..importing import BadFile, Batch, Table
from ..models import JobOffer, Occupation
from ..placing import SEATS
from ..slicing import Slice
from .offers import SOURCE, Reader
from .places import Places
from .upstream import Failing, Upstream, read

NAME = "france-travail"
SCOPE = "api_offresdemploiv2 o2dsoffre"
PAGE, LAST_START = 150, 3000
REACH = LAST_START + PAGE
"""Offers that one question can reach."""
OLDEST = timedelta(days=1825)
EARLY = 60
"""Seconds before its end when a token is renewed."""


class _Page(msgspec.Struct):
    resultats: list[msgspec.Raw] = []


class _Token(msgspec.Struct):
    access_token: str
    expires_in: int = 1499


class Refused(BadFile):
    """The service does not take the question, such as a trade it no longer knows. The others go on."""


class Client:
    """The service, with its token. Raises `Failing` when it cannot be had, `BadFile` when it refuses us or the question."""

    def __init__(self):
        if not settings.FRANCE_TRAVAIL_ID or not settings.FRANCE_TRAVAIL_SECRET:
            raise BadFile(
                "FRANCE_TRAVAIL_ID and FRANCE_TRAVAIL_SECRET are not set: they are the identifiers given by francetravail.io."
            )
        self.entrance = Upstream(settings.FRANCE_TRAVAIL_TOKEN_URL)
        self.api = Upstream(settings.FRANCE_TRAVAIL_URL, rate=settings.FRANCE_TRAVAIL_RATE, authorise=self._authorise)
        self.token, self.ends = "", 0.0

    def _authorise(self, renew: bool) -> str:
        if renew or time.monotonic() > self.ends:
            form = {
                "grant_type": "client_credentials",
                "client_id": settings.FRANCE_TRAVAIL_ID,
                "client_secret": settings.FRANCE_TRAVAIL_SECRET,
                "scope": SCOPE,
            }
            answer = self.entrance.post("", form)
            if answer.status != 200:
                raise BadFile(f"France Travail refuses our identifiers: {_said(answer)}.")
            token = read(answer, _Token)
            self.token, self.ends = token.access_token, time.monotonic() + token.expires_in - EARLY
        return f"Bearer {self.token}"

    def count(self, **query) -> int:
        """How many offers answer."""
        return self._page(0, 0, query)[1]

    def search(self, **query) -> tuple[list[bytes], int]:
        """Every offer that answers, and how many the service announced last; none when they are more than REACH."""
        found, start, total = [], 0, 1
        while start < total:
            page, total = self._page(start, start + PAGE - 1, query)
            if total > REACH:
                return [], total
            found += page
            start += PAGE
        return found, total

    def _page(self, first: int, last: int, query: dict) -> tuple[list[bytes], int]:
        answer = self.api.get("/v2/offres/search", range=f"{first}-{last}", sort=1, **query)
        if answer.status == 204:
            return [], 0
        if answer.status not in (200, 206):
            raise Refused(f"France Travail refuses the question {query}: {_said(answer)}.")
        page = [bytes(one) for one in read(answer, _Page).resultats]
        total = re.search(r"/(\d+)\s*\Z", answer.headers.get("content-range") or "")
        return page, int(total[1]) if total else first + len(page)


def _said(answer: web.Answer) -> str:
    try:
        said = read(answer)
    except Failing:
        said = {}
    return str(said.get("message") or said.get("error_description") or said.get("error") or f"status {answer.status}")


class Harvest:
    """All offers of the trades of our sheets, slice by slice."""

    def __init__(self, codes: list[str], now: datetime):
        self.client, self.places, self.now, self.codes = Client(), Places(), now, codes

    def plan(self, done: set[str]) -> Iterator[Slice]:
        for code in self.codes:
            if code in done or f"{code}/*" in done:
                continue
            try:
                split = any(key.startswith(f"{code}/") for key in done) or self.client.count(codeROME=code) > REACH
            except Refused as error:
                yield Slice(code, lambda code=code, error=error: _nothing(code, error), lambda: False)
                continue
            if not split:
                yield self._slice(code, {"source": SOURCE, "slice__startswith": code}, codeROME=code)
                continue
            for departement in sorted(SEATS):
                key = f"{code}/{departement}"
                if key not in done:
                    yield self._slice(key, {"source": SOURCE, "slice": key}, codeROME=code, departement=departement)
            yield self._closing(code)

    def _slice(self, key: str, scope: dict, **query) -> Slice:
        whole = []

        def read() -> Batch:
            try:
                records, is_whole = self._whole(query)
            except Refused as error:
                whole.append(False)
                return _nothing(key, error)
            whole.append(is_whole)
            return self._batch(key, records, scope, is_whole)

        return Slice(key, read, lambda: whole[-1])

    def _closing(self, code: str) -> Slice:
        """What a trade read by département has elsewhere; what was read of it in one piece before, and is nowhere now, leaves."""
        key, whole = f"{code}/*", []

        def read() -> Batch:
            there = JobOffer.objects.filter(source=SOURCE, slice__startswith=f"{code}/", left_at=None).exclude(
                slice=key
            )
            filed = set(there.values_list("source_id", flat=True))
            records, is_whole = [], True
            if self.client.count(codeROME=code) > len(filed):
                records, is_whole = self._whole({"codeROME": code})
            whole.append(is_whole)
            records = [data for data in records if _id_of(data) not in filed]
            return self._batch(key, records, {"source": SOURCE, "slice__in": [code, key]}, is_whole)

        return Slice(key, read, lambda: whole[-1])

    def _batch(self, key: str, records: list[bytes], scope: dict, is_whole: bool) -> Batch:
        batch = Batch([], version="Offres d’emploi v2")
        reader = Reader(batch, self.places, self.now, key)
        if not is_whole:
            batch.note("slices", "that moved while they were read: nothing leaves")
        batch.tables = [
            Table(
                JobOffer,
                ("source", "source_id"),
                reader.rows(records),
                scope=scope,
                label="offers",
                is_partial=not is_whole,
            )
        ]
        return batch

    def _whole(self, query: dict) -> tuple[list[bytes], bool]:
        """Every distinct offer that answers, whatever their number, and whether all that were announced came. Tried twice."""
        for _ in range(2):
            records, total = self._by_dates(query, self.now - OLDEST, self.now + timedelta(days=1))
            distinct = {_id_of(data): data for data in records}
            if len(distinct) >= total:
                break
        return list(distinct.values()), len(distinct) >= total

    def _by_dates(self, query: dict, start: datetime, end: datetime) -> tuple[list[bytes], int]:
        found, total = self.client.search(**query)
        # More than REACH within a minute cannot be read: the slice is then not whole.
        if total <= REACH or end - start < timedelta(minutes=1):
            return found, total
        for first, last in _halves(start, end):
            found += self._by_dates(
                query | {"minCreationDate": _stamp(first), "maxCreationDate": _stamp(last)}, first, last
            )[0]
        return found, total


def _nothing(key: str, error: BadFile) -> Batch:
    batch = Batch([])
    batch.aside(key, str(error))
    return batch


def _halves(start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """Both ends belong to a piece, to the second."""
    middle = start + (end - start) / 2
    return [(start, middle), (middle + timedelta(seconds=1), end)]


def _stamp(value: datetime) -> str:
    return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _id_of(data: bytes) -> str:
    try:
        return str(msgspec.json.decode(data, type=dict).get("id") or "")
    except msgspec.MsgspecError:
        return data[:60].decode(errors="replace")


def trades() -> list[str]:
    """The ROME codes of our sheets."""
    codes = {code for codes in Occupation.objects.active().values_list("rome", flat=True) for code in codes}
    if not codes:
        raise BadFile("No occupation sheet is loaded yet: run « relais import occupations » first.")
    return sorted(codes)
