"""LHEO 2.2 and 2.3, the exchange format of the Carif-Oref: XML read as a stream, one `formation` at a time.

A file may be a gigabyte. Doctypes are refused, and with them entities that would fill the memory.
"""

import xml.parsers.expat as expat
from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from typing import BinaryIO

from ..importing import BadFile, Batch, Row, Table, part_of
from ..models import Training
from .fetching import CHUNK, open_unpacked
from .places import NOWHERE, Place, Places
from .text import address, short
from .trainings import KEY, day_of, is_over, rncp, row

NAME = "formations-lheo"
SOURCE = "lheo"
# `code-niveau-sortie`: 4 is the old niveau V (CAP), 8 the old niveau I → European frame.
LEVELS = {"4": 3, "5": 4, "6": 5, "7": 6, "8": 7}
# Whole branches that nobody reads: they are most of some files.
SKIPPED = {
    "potentiel",
    "organisme-financeur",
    "adresse-inscription",
    "adresse-information",
    "contact-formateur",
    "coordonnees-organisme",
}


class Node:
    """An element: its attributes, its text, its children in order."""

    __slots__ = ("attributes", "children", "tag", "text")

    def __init__(self, tag: str, attributes: dict):
        self.tag, self.attributes, self.children, self.text = tag, attributes, [], ""

    def all(self, *path: str) -> list["Node"]:
        found = [self]
        for tag in path:
            found = [child for node in found for child in node.children if child.tag == tag]
        return found

    def first(self, *path: str) -> "Node | None":
        return next(iter(self.all(*path)), None)

    def say(self, *path: str) -> str:
        """The text of the first one there, without « - », which stands for nothing said."""
        node = self.first(*path)
        text = node.text.strip() if node else ""
        return "" if text == "-" else text


def read(*origins: str, now: datetime) -> Batch:
    """`origins`: LHEO files, packed with gzip or not, or their addresses. Sessions that one of them brought and no longer holds leave."""
    batch, places = Batch([]), Places()
    rows = chain.from_iterable(_rows(origin, batch, places, now) for origin in origins)
    parts = tuple(map(part_of, origins))
    batch.tables = [Table(Training, KEY, rows, scope={"source": SOURCE}, label="sessions", parts=parts)]
    return batch


def _rows(origin: str, batch: Batch, places: Places, now: datetime) -> Iterator[Row]:
    with open_unpacked(origin) as file:
        count, part = 0, part_of(origin)
        for formation in formations(file, origin):
            count += 1
            batch.note("formations", "read")
            for values in _sessions(formation, batch, places):
                if is_over(values["ends_on"], now):
                    batch.note("sessions left out", "over")
                else:
                    yield row(values | {"slice": part}, now)
        if not count:
            raise BadFile(f"{origin} holds no « formation »: it is not LHEO.")


def formations(file: BinaryIO, origin: str) -> Iterator[Node]:
    """Each `formation` once it is whole. Raises `BadFile` on what is not XML to the end."""
    stack: list[Node] = []
    whole: list[Node] = []
    skipping = 0

    def start(name, attributes):
        nonlocal skipping
        tag = name.rpartition(":")[2]
        if skipping or (stack and tag in SKIPPED):
            skipping += 1
        elif stack or tag == "formation":
            stack.append(Node(tag, attributes))

    def end(name):
        nonlocal skipping
        if skipping:
            skipping -= 1
        elif stack:
            node = stack.pop()
            (stack[-1].children if stack else whole).append(node)

    def words(text):
        if stack and not skipping:
            stack[-1].text += text

    def refuse(*_):
        raise BadFile(f"{origin} declares a doctype, which LHEO never does: refused.")

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, words
    parser.StartDoctypeDeclHandler = refuse
    try:
        while chunk := file.read(CHUNK // 4):
            parser.Parse(chunk, False)
            yield from whole
            whole.clear()
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise BadFile(
            f"{origin} is not whole XML (line {error.lineno}: {expat.errors.messages[error.code]})."
        ) from None


def _sessions(formation: Node, batch: Batch, places: Places) -> Iterator[dict]:
    number, title = formation.attributes.get("numero", ""), short(formation.say("intitule-formation"), 250)
    if not number or not title:
        batch.aside(f"formation {number} {title}", "sans numéro ou sans intitulé")
        return
    actions = formation.all("action")
    if not actions:
        batch.aside(f"formation {number} {title}", "sans action : ni lieu ni date")
    for rank, action in enumerate(actions):
        over = _flag(action, "action-perimee")
        for place, session in enumerate(action.all("session") or [None]):
            if over or (session and _flag(session, "session-perimee")):
                batch.note("sessions left out", "said to be over by the source")
                continue
            key = f"{action.attributes.get('numero') or f'{number}.{rank}'}/{(session.attributes.get('numero') if session else '') or place}"
            yield _values(formation, action, session, key[:120], title, places)


def _flag(node: Node, name: str) -> bool:
    return any(
        extra.attributes.get("info") == name and extra.text.strip() == "1" for extra in node.all("extras", "extra")
    )


def _values(formation: Node, action: Node, session: Node | None, key: str, title: str, places: Places) -> dict:
    there, town = _place(action, places)
    trade = formation.first("domaine-formation") or Node("", {})
    return {
        "source": SOURCE,
        "source_id": key,
        "title": title,
        "certification": next(
            (found for code in formation.all("certification", "code-RNCP") if (found := rncp(code.text))), ""
        ),
        "level": LEVELS.get(formation.say("code-niveau-sortie")),
        "rome": list(dict.fromkeys(code.text.strip()[:5] for code in trade.all("code-ROME") if code.text.strip())),
        "formacode": list(
            dict.fromkeys(code.text.strip()[:5] for code in trade.all("code-FORMACODE") if code.text.strip())
        ),
        "organisation": short(_organisation(formation, action), 200),
        "commune_id": there.commune,
        "place": short(town, 120),
        "latitude": there.latitude,
        "longitude": there.longitude,
        "starts_on": day_of(session.say("periode", "debut")) if session else None,
        "ends_on": day_of(session.say("periode", "fin")) if session else None,
        "hours": _hours(action),
        "duration_label": short(action.say("rythme-formation"), 80),
        "is_apprenticeship": _flag(action, "contrat-apprentissage") or _flag(action, "contrat-professionnalisation"),
        "is_remote": action.say("modalites-enseignement") == "1",
        "audience": "",
        "url": address(action.say("url-action", "urlweb")) or address(formation.say("url-formation", "urlweb")),
        "contact": short(_contact(action, "lieu-de-formation") or _contact(formation, "contact-formation"), 200),
        "origin": "Carif-Oref (LHEO)",
        "is_demo": False,
        "raw": {
            "objectif": short(formation.say("objectif-formation"), 2000),
            "contenu": short(formation.say("contenu-formation"), 4000),
            "conditions": short(action.say("conditions-specifiques"), 1000),
            "publics": [code.text.strip() for code in action.all("code-public-vise")],
            "prix": action.say("prix-total-TTC"),
        },
    }


def _place(action: Node, places: Places) -> tuple[Place, str]:
    spot = action.first("lieu-de-formation", "coordonnees", "adresse")
    if spot is None:
        return NOWHERE, ""
    point = spot.first("geolocalisation") or Node("", {})
    town, postcode = spot.say("ville"), spot.say("codepostal")
    latitude, longitude = (point.say(name).replace(",", ".") for name in ("latitude", "longitude"))
    found = places.find(spot.say("code-INSEE-commune"), postcode, town, latitude=latitude, longitude=longitude)
    return found, f"{town} ({postcode})" if postcode else town


def _organisation(formation: Node, action: Node) -> str:
    return (
        action.say("organisme-formateur", "raison-sociale-formateur")
        or formation.say("organisme-formation-responsable", "raison-sociale")
        or formation.say("organisme-formation-responsable", "nom-organisme")
    )


def _contact(node: Node, what: str) -> str:
    """A way to reach the organisation, without the name of a person."""
    coordinates = node.first(what, "coordonnees")
    if coordinates is None:
        return ""
    said = (coordinates.say("courriel"), coordinates.say("telfixe", "numtel"), coordinates.say("portable", "numtel"))
    return ", ".join(dict.fromkeys(word for word in said[:2] if word)) or said[2]


def _hours(action: Node) -> int | None:
    """In the centre and at work; the total when the source gives it."""
    hours = [
        int(text) if (text := action.say(f"nombre-heures-{where}")).isdigit() else 0
        for where in ("total", "centre", "entreprise")
    ]
    total = hours[0] or hours[1] + hours[2]
    return total if 0 < total < 20_000 else None
