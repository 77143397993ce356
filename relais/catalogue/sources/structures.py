"""Structures that help, in the data.inclusion schema (v1), one JSON object a line; and what they do, from the list of services.

The schema is published as PyPI `data-inclusion-schema` (Licence Ouverte 2.0). Missions locales are left to their own list.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import chain

import msgspec

from relais.foundation.contacts import public_number

from ..importing import BadFile, Batch, Row, Table, digest, part_of
from ..models import Structure
from .corrected import overlay_of
from .fetching import LINE, UNPACKED, lines_of, open_unpacked, refuse_endless
from .places import Places
from .text import address, plain, short

NAME = "structures"
SOURCE = "data-inclusion"
# What most services of a structure are about: a loan, a roof. Anything else is help.
EQUIPMENT = {
    "equipement-et-alimentation--electromenager",
    "numerique--acquerir-un-equipement",
    "mobilite--acceder-a-un-vehicule",
}
HOUSING = "logement-hebergement--"


def read(*origins: str) -> Batch:
    """`origins`: lists of structures, and of their services, in any order: files or addresses, JSON lines or JSON lists. Structures
    that one of them brought and no longer holds become inactive."""
    batch, places = Batch([]), Places()
    services = [origin for origin in origins if _is_of_services(origin)]
    # What stands in two of them is the last one's, as when they are imported one after the other.
    lists = [origin for origin in reversed(origins) if origin not in services]
    if not lists:
        raise BadFile(
            f"{' '.join(origins)}: a list of services alone says nothing of the structures. Give their list too."
        )
    kinds = _kinds(services, batch)
    rows = chain.from_iterable(_rows(origin, kinds, places, batch) for origin in lists)
    how = {
        "scope": {"source": SOURCE},
        "label": "structures",
        "overlay": overlay_of(SOURCE, batch),
        "parts": tuple(map(part_of, lists)),
    }
    batch.tables = [Table(Structure, ("source", "source_id"), rows, **how)]
    return batch


def _is_of_services(origin: str) -> bool:
    """Services name their structure; structures do not."""
    first = next(records(origin, Batch([])), {})
    return "structure_id" in first


def records(origin: str, batch: Batch) -> Iterator[dict]:
    """Objects of JSON lines or of one JSON list; a line that is not one is set aside."""
    with open_unpacked(origin) as file:
        first, found = file.readline(LINE + 1), 0
        if first.lstrip()[:1] == b"[":
            lines = _listed(first + file.read(UNPACKED + 1), origin)
        else:
            refuse_endless(first, origin)
            lines = chain([first], lines_of(file, origin))
        for line in lines:
            if not line.strip():
                continue
            try:
                yield msgspec.json.decode(line, type=dict)
                found += 1
            except msgspec.ValidationError:
                batch.aside(bytes(line[:120]).decode(errors="replace"), "pas un objet JSON")
            except (msgspec.DecodeError, UnicodeDecodeError):
                if not bytes(line).endswith(b"\n") and found:
                    raise BadFile(f"{origin} is cut short: its last line is not whole.") from None
                batch.aside(bytes(line[:120]).decode(errors="replace"), "ligne illisible")
        if not found:
            raise BadFile(f"{origin} holds no object in JSON lines.")


def _listed(data: bytes, origin: str) -> list:
    if len(data) > UNPACKED:
        raise BadFile(f"{origin} is one list of more than {UNPACKED // 1_000_000} MB: give one structure a line.")
    try:
        return [bytes(one) + b"\n" for one in msgspec.json.decode(data, type=list[msgspec.Raw])]
    except msgspec.DecodeError:
        raise BadFile(f"{origin} is not JSON, or it is cut short.") from None


def _kinds(services: list[str], batch: Batch) -> dict[str, str]:
    """Structure → kind, by what most of its services are about."""
    told: dict[str, Counter] = {}
    for service in chain.from_iterable(records(origin, batch) for origin in services):
        themes = service.get("thematiques")
        for theme in themes if isinstance(themes, list) else []:
            if theme in EQUIPMENT:
                kind = Structure.Kind.EQUIPMENT
            else:
                kind = Structure.Kind.HOUSING if str(theme).startswith(HOUSING) else Structure.Kind.SERVICE
            told.setdefault(str(service.get("structure_id")), Counter())[str(kind)] += 1
    return {key: max(sorted(counts), key=counts.get) for key, counts in told.items()}


def _rows(origin: str, kinds: dict, places: Places, batch: Batch) -> Iterator[Row]:
    part = part_of(origin)
    for record in records(origin, batch):
        key, name = _text(record, "id"), short(record.get("nom"), 200)
        networks = record.get("reseaux_porteurs")
        if not key or not name:
            batch.aside(f"{key} {name}", "sans numéro ou sans nom")
            continue
        if isinstance(networks, list) and "mission-locale" in networks:
            batch.note("left out", "missions locales: they have their own list")
            continue
        place = places.find(
            _text(record, "code_insee"),
            _text(record, "code_postal"),
            _text(record, "commune"),
            latitude=record.get("latitude"),
            longitude=record.get("longitude"),
        )
        if place.commune is None:
            batch.aside(
                f"{key} {name}", f"commune inconnue : {_text(record, 'code_insee')} {_text(record, 'commune')}".strip()
            )
            continue
        exact = (
            record.get("latitude") not in (None, "")
            and (place.latitude, place.longitude) != places.points[place.commune]
        )
        values = {
            "source": SOURCE,
            "source_id": key,
            "slice": part,
            "kind": kinds.get(key, str(Structure.Kind.SERVICE)),
            "name": name,
            "departement": places.departements[place.commune],
            "commune_id": place.commune,
            "placement": str(Structure.Placement.EXACT if exact else Structure.Placement.BY_NAME),
            "latitude": place.latitude if exact else None,
            "longitude": place.longitude if exact else None,
            "address": short(
                ", ".join(part for part in (_text(record, "adresse"), _text(record, "complement_adresse")) if part), 250
            ),
            "description": plain(_text(record, "description"))[:10_000],
            "phone": public_number(_text(record, "telephone")),
            "email": _text(record, "courriel")[:254],
            "website": address(_text(record, "site_web"), 200) or address(_text(record, "lien_source"), 200),
            "is_active": True,
        }
        yield Row(key, digest(values), lambda values=values: values)


def _text(record: dict, name: str) -> str:
    value = record.get(name)
    return (
        value.strip()
        if isinstance(value, str)
        else ""
        if value is None or isinstance(value, dict | list | bool)
        else str(value)
    )
