"""Job offers in the form of « Offres d'emploi 2 » of France Travail: typed reading, with every tolerance real answers need.

The same records come from the service (`france_travail`) or from a file: NDJSON, one offer a line, or one JSON document (a list, or
`{"resultats": […]}`).
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain
from typing import BinaryIO
from zoneinfo import ZoneInfo

import msgspec

from ..folding import fold
from ..importing import BadFile, Batch, Row, Table, Unusable, mark_of, part_of
from ..models import JobOffer, Occupation
from .fetching import LIMIT, LINE, lines_of, open_unpacked
from .places import Places
from .text import address, plain, short

NAME = "offres"
SOURCE = "france-travail"
FORMAT = b"1"
"""To be changed with the reading below, so that offers already there are read again."""
PARIS = ZoneInfo("Europe/Paris")
PAGE = "https://candidat.francetravail.fr/offres/recherche/detail/{}"

# What `natureContrat` says in words where a code is meant.
NATURES = {
    "contrat travail": "E1",
    "contrat de travail": "E1",
    "contrat apprentissage": "E2",
    "contrat d apprentissage": "E2",
    "cont professionnalisation": "FS",
    "contrat de professionnalisation": "FS",
    "emploi non salarie": "NS",
    "insertion par l activ eco": "I1",
    "contrat d usage": "CU",
    "engagement educatif": "EE",
    "contrat d engagement educatif": "EE",
    "cui cae": "FT",
    "cui cie": "FU",
    "prep ope emploi individuelle": "FV",
    "cdi de chantier ou d operation": "CC",
}
APPRENTICESHIP = {"E2", "FS"}
# Beginning of `niveauLibelle`, folded → level of the European frame; 0: no diploma.
LEVELS = (
    ("aucune formation", 0),
    ("primaire", 0),
    ("4eme", 0),
    ("3eme", 0),
    ("2nd", 0),
    ("seconde", 0),
    ("cap", 3),
    ("bac 2", 5),
    ("bac 3", 6),
    ("bac 5", 7),
    ("bac ou", 4),
    ("bac", 4),
)


class Workplace(msgspec.Struct):
    libelle: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    codePostal: str | None = None
    commune: str | None = None


class Company(msgspec.Struct):
    nom: str | None = None


class Pay(msgspec.Struct):
    libelle: str | None = None
    commentaire: str | None = None
    complement1: str | None = None
    complement2: str | None = None


class Schooling(msgspec.Struct):
    niveauLibelle: str | None = None
    exigence: str | None = None


class Partner(msgspec.Struct):
    nom: str | None = None


class Origin(msgspec.Struct):
    origine: str | None = None
    urlOrigine: str | None = None
    partenaires: list[Partner] | None = None


class Offer(msgspec.Struct):
    """The columns that are used. What is only shown, or kept for later, stays as it came (`Raw`)."""

    id: str
    intitule: str
    dateCreation: datetime
    dateActualisation: datetime | None = None
    description: str | None = None
    lieuTravail: Workplace | None = None
    romeCode: str | None = None
    romeLibelle: str | None = None
    entreprise: Company | None = None
    typeContrat: str | None = None
    typeContratLibelle: str | None = None
    natureContrat: str | None = None
    experienceExige: str | None = None
    formations: list[Schooling] | None = None
    salaire: Pay | list[Pay] | None = None
    dureeTravailLibelle: str | None = None
    dureeTravailLibelleConverti: str | None = None
    alternance: bool | None = None
    nombrePostes: int | None = None
    origineOffre: Origin | None = None
    contact: msgspec.Raw = msgspec.Raw(b"null")
    competences: msgspec.Raw = msgspec.Raw(b"null")
    permis: msgspec.Raw = msgspec.Raw(b"null")
    langues: msgspec.Raw = msgspec.Raw(b"null")
    contexteTravail: msgspec.Raw = msgspec.Raw(b"null")
    accessibleTH: msgspec.Raw = msgspec.Raw(b"null")


class _Id(msgspec.Struct):
    id: str


KEPT = ("contact", "competences", "permis", "langues", "contexteTravail", "accessibleTH")
REQUIRED = ("id", "intitule", "dateCreation")
_offer = msgspec.json.Decoder(Offer)
_id = msgspec.json.Decoder(_Id)


class Reader:
    """Turns raw offers into rows of JobOffer. `part` is the slice they were read in."""

    def __init__(self, batch: Batch, places: Places, now: datetime, part: str = ""):
        self.batch, self.places, self.now, self.part = batch, places, now, part
        sheets = Occupation.objects.active().filter(no_diploma=True).values_list("rome", flat=True)
        self.open_to_all = {code for codes in sheets for code in codes}

    def rows(self, records: Iterable[bytes]) -> Iterator[Row]:
        salt = FORMAT + self.part.encode()
        for data in records:
            try:
                key = _id.decode(data).id
            except msgspec.MsgspecError:
                self.batch.aside(
                    bytes(data[:150]).decode(errors="replace"), "pas une offre : ni JSON ni numéro lisibles"
                )
                continue
            yield Row(key, mark_of(salt + data), lambda data=data: self.values(data))

    def values(self, data: bytes) -> dict:
        offer = self._typed(data)
        place = offer.lieuTravail or Workplace()
        label = place.libelle or ""
        departement, _, name = (part.strip() for part in label.partition("-"))
        found = self.places.find(
            place.commune or "", place.codePostal or "", name, departement, place.latitude, place.longitude
        )
        if found.commune is None:
            self.batch.note("places", "without a known commune")
        level, asked = _schooling(offer.formations or [])
        rome = (offer.romeCode or "")[:5]
        nature = _nature(offer.natureContrat or "")
        key, link = offer.id, offer.origineOffre or Origin()
        if not key.strip() or not offer.intitule.strip():
            raise Unusable("sans numéro ou sans titre")
        return {
            "source": SOURCE,
            "source_id": key,
            "slice": self.part,
            "title": short(offer.intitule, 200),
            "description": plain(offer.description),
            "rome": rome,
            "rome_label": short(offer.romeLibelle, 250),
            "commune_id": found.commune,
            "place": short(label, 120),
            "latitude": found.latitude,
            "longitude": found.longitude,
            "contract": (offer.typeContrat or "")[:5],
            "contract_label": short(offer.typeContratLibelle, 80),
            "nature": nature,
            "is_apprenticeship": bool(offer.alternance) or nature in APPRENTICESHIP,
            "experience": offer.experienceExige if offer.experienceExige in ("D", "S", "E") else "",
            "working_time": short(offer.dureeTravailLibelleConverti or offer.dureeTravailLibelle, 80),
            "salary": _salary(offer.salaire),
            "level": level,
            # An offer that asks for nothing is only said so when it says so, or when the trade itself asks for nothing.
            "no_diploma": asked is False or (asked is None and rome in self.open_to_all),
            "positions": min(max(offer.nombrePostes or 1, 1), 9999),
            "employer": short((offer.entreprise or Company()).nom, 200),
            "published_at": _moment(offer.dateCreation),
            "refreshed_at": _moment(offer.dateActualisation or offer.dateCreation),
            "origin": _origin(link),
            "url": address(link.urlOrigine) or PAGE.format(key),
            "seen_at": self.now,
            "left_at": None,
            "is_demo": False,
            "raw": {name: value for name in KEPT if bytes(value := getattr(offer, name)) != b"null"},
        }

    def _typed(self, data: bytes) -> Offer:
        """The offer; a field that is not of its type counts as absent, unless the offer is nothing without it."""
        try:
            return _offer.decode(data)
        except msgspec.ValidationError:
            fields = msgspec.json.decode(data)
        kept = {}
        for one in msgspec.structs.fields(Offer):
            if one.name not in fields:
                continue
            try:
                kept[one.name] = (
                    msgspec.Raw(msgspec.json.encode(fields[one.name]))
                    if one.type is msgspec.Raw
                    else msgspec.convert(fields[one.name], one.type, strict=False)
                )
            except msgspec.ValidationError:
                if one.name in REQUIRED:
                    raise Unusable(f"{one.name} illisible : {str(fields[one.name])[:80]}") from None
                self.batch.note("fields not of their type, left out", one.name)
        if missing := [name for name in REQUIRED if name not in kept]:
            raise Unusable(f"sans {', '.join(missing)}")
        return Offer(**kept)


def _moment(value: datetime) -> datetime:
    if value.tzinfo is UTC:
        return value
    return (value if value.tzinfo else value.replace(tzinfo=PARIS)).astimezone(UTC)


@lru_cache(1000)
def _nature(text: str) -> str:
    return text if re.fullmatch(r"[A-Z][A-Z0-9]", text) else NATURES.get(fold(text), "")


def _salary(pay: Pay | list[Pay] | None) -> str:
    pays = pay if isinstance(pay, list) else [pay or Pay()]
    words = [
        word for one in pays for word in (one.libelle or one.commentaire, one.complement1, one.complement2) if word
    ]
    return short(", ".join(words), 250)


def _origin(link: Origin) -> str:
    partner = next((one.nom for one in link.partenaires or [] if one.nom), "")
    return short(f"{partner}, par France Travail" if partner and link.origine != "1" else "France Travail", 120)


def _schooling(formations: list[Schooling]) -> tuple[int | None, bool | None]:
    """The lowest level demanded (None: none), and whether a diploma is: True, False, or None when nothing is said."""
    demanded = [level for one in formations if one.exigence == "E" and (level := _level(one.niveauLibelle)) is not None]
    if not formations:
        return None, None
    if not demanded:
        # What is demanded without a level (« diplôme exigé ») is a demand all the same.
        return None, any(one.exigence == "E" for one in formations)
    return (min(demanded) or None), min(demanded) > 0


@lru_cache(1000)
def _level(text: str | None) -> int | None:
    key = fold(text or "")
    return next((level for start, level in LEVELS if key.startswith(start)), None)


# ---- Offers from a file ---------------------------------------------------------------------------------------------


def read(*origins: str, now: datetime) -> Batch:
    """`origins`: NDJSON or JSON, packed with gzip or not, as files or addresses. Offers that one of them brought and no longer holds leave."""
    batch, places, parts = Batch([]), Places(), tuple(map(part_of, origins))
    readers = [(Reader(batch, places, now, part), origin) for part, origin in zip(parts, origins, strict=True)]
    rows = chain.from_iterable(reader.rows(_records(origin)) for reader, origin in readers)
    batch.tables = [
        Table(JobOffer, ("source", "source_id"), rows, scope={"source": SOURCE}, label="offers", parts=parts)
    ]
    return batch


def _records(origin: str) -> Iterator[bytes]:
    with open_unpacked(origin) as file:
        first = file.readline(LINE + 1)
        if not first.strip():
            raise BadFile(f"{origin} does not begin with an offer.")
        if first.lstrip()[:1] == b"[" or not _is_line(first):
            yield from _document(first, file, origin)
            return
        if b'"resultats"' in first[:200]:
            yield from _unwrapped(first, origin)
        else:
            yield first
        for line in lines_of(file, origin):
            if not line.endswith(b"\n") and not _is_line(line):
                raise BadFile(f"{origin} is cut short: its last line is not whole.")
            if line.strip():
                yield line.rstrip(b"\r\n")


def _is_line(line: bytes) -> bool:
    try:
        msgspec.json.decode(line, type=msgspec.Raw)
    except msgspec.DecodeError:
        return False
    return True


def _document(first: bytes, file: BinaryIO, origin: str) -> Iterator[bytes]:
    rest = file.read(LIMIT + 1)
    if len(first) + len(rest) > LIMIT:
        raise BadFile(
            f"{origin} is one JSON document of more than {LIMIT // 1_000_000} MB: give one offer a line (NDJSON)."
        )
    yield from _unwrapped(first + rest, origin)


def _unwrapped(data: bytes, origin: str) -> Iterator[bytes]:
    class Envelope(msgspec.Struct):
        resultats: list[msgspec.Raw]

    try:
        found = msgspec.json.decode(data, type=list[msgspec.Raw] | Envelope)
    except msgspec.ValidationError:
        raise BadFile(
            f"{origin} is JSON, but neither a list of offers nor an answer of the service (« resultats »)."
        ) from None
    except msgspec.DecodeError:
        raise BadFile(f"{origin} is not JSON, or it is cut short.") from None
    for one in found if isinstance(found, list) else found.resultats:
        yield bytes(one)
