"""The real sheets and a few offers, trainings and places in the small France, and an index of their own."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from relais.catalogue.models import Commune, JobOffer, SearchChange, Training
from relais.catalogue.search import index, snapshot_reader
from relais.catalogue.sheets import read_sheet, sheet_files


@pytest.fixture
def own_index(settings, tmp_path):
    """An empty folder for the index, and a reader that has seen nothing."""
    settings.DATA = tmp_path
    snapshot_reader.reader.__init__(in_background=False)
    yield tmp_path / "index"
    snapshot_reader.reader.__init__()


@pytest.fixture
def catalogue(france, sheets, now):
    """Eight offers and four trainings around Pau, in Marseille, Réunion and nowhere."""
    pau, morlaas, marseille, reunion = (
        Commune.objects.get(insee=code) for code in ("64445", "64405", "13055", "97411")
    )
    common = {
        "source": "test",
        "published_at": now,
        "refreshed_at": now,
        "seen_at": now,
        "origin": "Test",
        "digest": "",
    }
    offers = [
        ("Aide-soignant de nuit (H/F)", "J1501", pau, "CDI", 4, False, 0),
        ("Aide soignante EHPAD", "J1501", morlaas, "CDD", 4, False, 3),
        ("Aide à domicile", "K1304", pau, "CDI", None, True, 10),
        ("Aide à domicile", "K1304", marseille, "CDI", None, True, 40),
        ("Orthophoniste", "J1406", marseille, "LIB", 7, False, 2),
        ("Infirmière en libéral", "J1506", reunion, "LIB", 6, False, 1),
        ("Éducateur spécialisé", "K1207", None, "CDD", 6, False, 0),
        ("Poste polyvalent", "", morlaas, "SAI", None, True, 20),
    ]
    for number, (title, rome, place, contract, level, free, age) in enumerate(offers):
        where = (
            {"commune": place, "place": place.name, "latitude": place.latitude, "longitude": place.longitude}
            if place
            else {}
        )
        JobOffer.objects.create(
            source_id=str(number),
            title=title,
            rome=rome,
            contract=contract,
            level=level,
            no_diploma=free,
            description="Vous aimez le contact. " * 3,
            **where,
            **common | {"published_at": now - timedelta(days=age)},
        )
    today = timezone.localdate(now)
    for number, (title, rome, place, hours, apprentice, remote) in enumerate(
        [
            ("Diplôme d’État d’aide-soignant", ["J1501"], pau, 1540, True, False),
            ("CAP accompagnant éducatif petite enfance", ["K1307"], pau, 420, False, False),
            ("Diplôme d’État d’aide-soignant", ["J1501"], marseille, 1540, False, False),
            ("Gestes de premiers secours", ["K1705"], pau, 14, False, True),
        ]
    ):
        Training.objects.create(
            source="test",
            source_id=str(number),
            title=title,
            rome=rome,
            commune=place,
            place=place.name,
            latitude=place.latitude,
            longitude=place.longitude,
            hours=hours,
            is_apprenticeship=apprentice,
            is_remote=remote,
            origin="Test",
            seen_at=now,
            digest="",
            level=4,
            starts_on=today + timedelta(days=30 * number),
        )


@pytest.fixture
def indexed(own_index, catalogue, monkeypatch):
    """All of a test is one transaction, which a snapshot of its own would call seen: here it is new at every look."""
    SearchChange.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text")
        own = cursor.fetchone()[0]
    monkeypatch.setattr(index, "_look", lambda: f"{own}:{own}:")
    return index.build()


@pytest.fixture(scope="session")
def sheets_read():
    """[(slug, front, text of the sections that say what one does)], without a database."""
    from relais.catalogue.search.documents import SHEET_SECTIONS

    read = [read_sheet(file) for file in sheet_files()]
    return [
        (one.slug, one.front, " ".join(part["text"] for part in one.sections if part["slug"] in SHEET_SECTIONS))
        for one in read
    ]
