"""Apprenticeship: the catalogue of the Carif-Oref (files or answers) and API Alternance (La bonne alternance).

Both are keyed by the « clé ministère éducatif »; a training becomes one row a session, by its first day.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec
from django.conf import settings

from relais.foundation.contacts import public_number

from ..importing import BadFile, Batch, Row, Table, part_of, text_of
from ..models import Training
from .fetching import read_origin
from .france_travail import trades
from .places import Places
from .text import address, short
from .trainings import KEY, day_of, dig, is_over, level, rncp, row, years
from .upstream import Upstream, read

CATALOGUE = "formations-apprentissage"
ALTERNANCE = "api-alternance"
PAGE = 500
RATE = 1
"""Calls a second: the service allows 60 a minute."""


def read_catalogue(*origins: str, now: datetime) -> Batch:
    """`origins`: pages of the catalogue (`{"formations": […]}`) or lists of trainings, as files or addresses. What one of them brought
    and no longer holds leaves."""
    batch = Batch([])
    records = [(part_of(origin), record) for origin in origins for record in _records(origin)]
    return _filled(
        batch,
        CATALOGUE,
        lambda places: _rows(records, _from_catalogue, batch, places, now),
        tuple(map(part_of, origins)),
    )


def read_alternance(*, now: datetime) -> Batch:
    """The trainings of the trades of our sheets, from the service named in the settings."""
    if not settings.API_ALTERNANCE_KEY:
        raise BadFile("API_ALTERNANCE_KEY is not set: it is the key given by api.apprentissage.beta.gouv.fr.")
    batch = Batch([])
    records = (("", record) for record in _pages(",".join(trades())))
    return _filled(batch, ALTERNANCE, lambda places: _rows(records, _from_alternance, batch, places, now))


def _filled(batch: Batch, source: str, rows, parts: tuple[str, ...] = ()) -> Batch:
    batch.tables = [Table(Training, KEY, rows(Places()), scope={"source": source}, label="sessions", parts=parts)]
    return batch


def _records(origin: str) -> list[dict]:
    try:
        found = msgspec.json.decode(text_of(read_origin(origin), origin).encode())
    except msgspec.DecodeError:
        raise BadFile(f"{origin} is not JSON, or it is cut short.") from None
    found = found.get("formations", [found]) if isinstance(found, dict) else found
    if not isinstance(found, list):
        raise BadFile(f"{origin} is JSON, but not a list of trainings.")
    return found


def _pages(codes: str) -> Iterator[dict]:
    service = Upstream(
        settings.API_ALTERNANCE_URL, rate=RATE, authorise=lambda renew: f"Bearer {settings.API_ALTERNANCE_KEY}"
    )
    number, count = 0, 1
    while number < count:
        answer = service.get("/formation/v1/search", romes=codes, page_size=PAGE, page_index=number)
        if answer.status != 200:
            raise BadFile(
                f"API Alternance refuses the question (status {answer.status}): {dig(read(answer), 'message') or 'no reason given'}."
            )
        page = read(answer)
        count, number = dig(page, "pagination", "page_count") or 0, number + 1
        records = page.get("data")
        if not isinstance(records, list):
            raise BadFile("API Alternance answered something else than a list of trainings.")
        yield from records


def _rows(records: Iterable[tuple[str, object]], read, batch: Batch, places: Places, now: datetime) -> Iterator[Row]:
    """`records`: each with the part that it came in."""
    for part, record in records:
        if not isinstance(record, dict):
            batch.aside(record, "pas une formation")
            continue
        sessions, common, reason = read(record, places)
        if reason:
            batch.aside(f"{common['source_id']} {common['title']}", reason)
            continue
        for start, end in sessions or [(None, None)]:
            key = f"{common['source_id']}/{start or ''}"
            if is_over(end, now):
                batch.note("sessions left out", "over")
            else:
                yield row(common | {"source_id": key, "slice": part, "starts_on": start, "ends_on": end}, now)


def _from_catalogue(record: dict, places: Places) -> tuple[list, dict, str]:
    latitude, _, longitude = str(record.get("lieu_formation_geo_coordonnees") or "").partition(",")
    found = places.find(
        str(record.get("code_commune_insee") or ""),
        str(record.get("code_postal") or ""),
        str(record.get("localite") or ""),
        latitude=latitude,
        longitude=longitude,
    )
    starts, ends = _list(record.get("date_debut")), _list(record.get("date_fin"))
    values = _common(CATALOGUE, record.get("cle_ministere_educatif"), found) | {
        "title": short(record.get("intitule_rco") or record.get("intitule_long"), 250),
        "certification": rncp(record.get("rncp_code")),
        "level": level(record.get("niveau")),
        "rome": _codes(record.get("rome_codes")),
        "organisation": short(
            record.get("etablissement_formateur_enseigne")
            or record.get("etablissement_formateur_entreprise_raison_sociale"),
            200,
        ),
        "place": short(record.get("localite"), 120),
        "duration_label": years(record.get("duree")),
        "is_remote": record.get("entierement_a_distance") is True,
        "url": address(record.get("onisep_url")),
        "contact": short(record.get("etablissement_formateur_courriel"), 200),
        "origin": "Catalogue de l’apprentissage (réseau des Carif-Oref)",
        "raw": {
            "adresse": short(record.get("lieu_formation_adresse"), 300),
            "diplome": short(record.get("diplome"), 200),
        },
    }
    reason = _missing(values) or ("" if record.get("published") else "n’est pas publiée par le catalogue")
    return _sessions(zip(starts, [*ends, *[None] * len(starts)], strict=False)), values, reason


def _from_alternance(record: dict, places: Places) -> tuple[list, dict, str]:
    spot, certification = dig(record, "lieu", "adresse") or {}, dig(record, "certification", "valeur") or {}
    longitude, latitude = (dig(record, "lieu", "geolocalisation", "coordinates", rank) for rank in (0, 1))
    town = dig(spot, "commune", "nom")
    found = places.find(
        str(dig(spot, "commune", "code_insee") or ""),
        str(dig(spot, "code_postal") or ""),
        str(town or ""),
        latitude=latitude,
        longitude=longitude,
    )
    titles = (
        dig(record, "onisep", "intitule"),
        dig(certification, "intitule", "cfd", "long"),
        dig(certification, "intitule", "rncp"),
    )
    levels = [dig(certification, "intitule", "niveau", which, "europeen") for which in ("rncp", "cfd")]
    establishment = dig(record, "formateur", "organisme", "etablissement") or {}
    values = _common(ALTERNANCE, dig(record, "identifiant", "cle_ministere_educatif"), found) | {
        "title": short(next((title for title in titles if title), ""), 250),
        "certification": rncp(dig(certification, "identifiant", "rncp")),
        "level": next((found for one in levels if (found := level(one))), None),
        "rome": _codes([dig(one, "code") for one in _list(dig(certification, "domaines", "rome", "rncp"))]),
        "formacode": _codes([dig(one, "code") for one in _list(dig(certification, "domaines", "formacodes", "rncp"))]),
        "organisation": short(
            dig(establishment, "enseigne") or dig(record, "formateur", "organisme", "unite_legale", "raison_sociale"),
            200,
        ),
        "place": short(town, 120),
        "duration_label": years(dig(record, "modalite", "duree_indicative")),
        "is_remote": dig(record, "modalite", "entierement_a_distance") is True,
        "url": address(dig(record, "onisep", "url")),
        "contact": _contact(record),
        "origin": "API Alternance (La bonne alternance)",
        "raw": {
            "adresse": short(dig(spot, "label"), 300),
            "objectif": short(dig(record, "contenu_educatif", "objectif"), 2000),
            "contenu": short(dig(record, "contenu_educatif", "contenu"), 4000),
        },
    }
    status = dig(record, "statut", "catalogue")
    reason = _missing(values) or ("" if status == "publié" else f"statut « {status} » dans le catalogue")
    return _sessions((dig(one, "debut"), dig(one, "fin")) for one in _list(record.get("sessions"))), values, reason


def _contact(record) -> str:
    number = short(dig(record, "contact", "telephone"), 200)
    return short(dig(record, "contact", "email"), 200) or public_number(number) or number


def _common(source: str, key, found) -> dict:
    return {
        "source": source,
        "source_id": str(key or "")[:105],
        "commune_id": found.commune,
        "latitude": found.latitude,
        "longitude": found.longitude,
        "formacode": [],
        "hours": None,
        "is_apprenticeship": True,
        "audience": "",
        "is_demo": False,
    }


def _missing(values: dict) -> str:
    return "" if values["source_id"] and values["title"] else "sans clé ou sans intitulé"


def _list(value) -> list:
    """A list, where the source sometimes gives one value, or nothing."""
    return value if isinstance(value, list) else [] if value in (None, "") else [value]


def _codes(values) -> list[str]:
    return list(dict.fromkeys(str(value).strip()[:5] for value in _list(values) if value))


def _sessions(pairs) -> list:
    """First and last days, each first day once, in order."""
    return sorted({start: day_of(end) for begin, end in pairs if (start := day_of(begin))}.items())
