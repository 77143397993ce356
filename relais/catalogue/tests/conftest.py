"""A small France of the same shape as the real files, and what imports make of it."""

import csv
import io
import json
import zipfile
from copy import deepcopy

import pytest

from relais.catalogue.importing import run
from relais.catalogue.sources import communes, missions_locales, occupations, rome

COMMUNES = """insee,name,departement,region,postcodes,population,latitude,longitude,is_exact
13055,Marseille,13,93,13001|13002,886040,43.2970,5.3811,1
13201,Marseille 1er Arrondissement,13,93,13001,37599,43.2981,5.3841,1
25056,Besançon,25,27,25000,120000,47.2488,6.0182,1
25388,Montbéliard,25,27,25200,25000,47.5100,6.7980,1
2A004,Ajaccio,2A,94,20000|20090,75000,41.9268,8.7369,1
2B033,Bastia,2B,94,20200|20600,48000,42.7027,9.4500,1
42218,Saint-Étienne,42,84,42000|42100,173000,45.4339,4.3900,1
63113,Clermont-Ferrand,63,84,63000,147000,45.7797,3.0863,1
63124,Cournon-d'Auvergne,63,84,63800,20000,45.7418,3.1964,1
64445,Pau,64,75,64000,77000,43.2951,-0.3708,1
64405,Morlaàs,64,75,64160,4600,43.3450,-0.2630,1
64002,Abère,64,75,64160,1700,43.3600,-0.2500,0
78440,Les Mureaux,78,11,78130,33000,48.9930,1.9120,1
78646,Versailles,78,11,78000,84000,48.8014,2.1301,1
89162,Évry,89,27,89140,417,48.2700,3.2700,1
91228,Évry-Courcouronnes,91,11,91000,66900,48.6300,2.4400,1
93066,Saint-Denis,93,11,93200,150000,48.9360,2.3574,1
97411,Saint-Denis,974,04,97400,155000,-20.8823,55.4504,1
97416,Saint-Pierre,974,04,97410,84000,-21.3393,55.4781,1
"""

STRUCTURES = [
    ("64445S00", "64-ML PAU PYRENEES", "MISSION LOCALE POUR LES JEUNES PAU PYRENEES", "64"),
    ("64405S00", "64-ML MORLAAS", "MISSION LOCALE BEARN ADOUR", "64"),
    ("25388S00", "25-ML MONTBELIARD", None, "25"),
    ("25462S00", "25-ML HAUT DOUBS", None, "25"),
    ("63124S00", "63-ML SECTEUR COURNON", None, "63"),
    ("42218S00", "42-ML ST ETIENNE", None, "42"),
    ("97416S00", "974-ML SUD REUNION", "Mission Locale Sud", "974"),
    ("99994S00", "ML de Versailles temporaire pour Fusion", None, "78"),
    ("65441S00", "ML_SUE", None, None),
]

AGENCIES = [
    (1, "64 - Mission Locale Pour Les Jeunes Pau Pyrenees", 64),
    (2, "78 - Mission Locale Intercommunale Des Mureaux", 78),
    (3, "20 - Mission Locale Bastia", 20),
    (4, "974 - Mission Locale Saint-Pierre", 974),
    (5, "13 - Mission Locale Ouest Provence", 13),
    (6, "2 - Mission Locale Du Soissonnais", 2),
]


def structure_rows():
    return [
        {"id": key, "nom_officiel": name, "nom_usuel": usual, "code_departement": code, "timezone": "Europe/Paris"}
        for key, name, usual, code in STRUCTURES
    ]


def agency_rows():
    return [
        {
            "id": key,
            "nom_agence": name,
            "nom_region": "",
            "code_departement": code,
            "structure": "MILO",
            "timezone": "Europe/Paris",
        }
        for key, name, code in AGENCIES
    ]


def rome_tables():
    return {
        "unix_referentiel_code_rome": [
            ("code_rome", "code_fiche_metier", "code_ogr", "libelle_rome", "code_rome_parent"),
            ("K1304", "1", "2", "Employé familial / Employée familiale", "K1304"),
            ("K1207", "1", "3", "Éducateur spécialisé / Éducatrice spécialisée", "K1207"),
        ],
        "unix_referentiel_appellation": [
            ("code_ogr", "libelle_appellation_long", "libelle_appellation_court", "code_rome", "classification"),
            ("10805", "Aide à domicile", "Aide à domicile", "K1304", "PRINCIPALE"),
            ("15485", "Éducateur spécialisé / Éducatrice spécialisée", "Éducateur spécialisé", "K1207", "PRINCIPALE"),
            ("99", "Nom perdu", "Nom perdu", "Z9999", "SYNONYME"),
        ],
        "unix_rubrique_mobilite": [("code_rome", "code_rome_cible", "numero_ordre"), ("K1304", "K1207", "1")],
    }


def rome_zip(tables=None, version="Numero de version : 60\n\nDate de publication : 18/09/2025\n") -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("version.txt", version)
        for name, rows in (tables or rome_tables()).items():
            text = io.StringIO()
            csv.writer(text, quoting=csv.QUOTE_ALL).writerows(rows)
            archive.writestr(f"{name}_v460_utf8.csv", text.getvalue())
    return data.getvalue()


@pytest.fixture
def files(tmp_path):
    """The small files: {"communes", "rome", "structures", "agencies"} → path."""
    made = {
        name: tmp_path / file
        for name, file in [("communes", "c.csv"), ("rome", "r.zip"), ("structures", "s.json"), ("agencies", "a.json")]
    }
    made["communes"].write_text(COMMUNES)
    made["rome"].write_bytes(rome_zip())
    made["structures"].write_text(json.dumps(structure_rows()))
    made["agencies"].write_text(json.dumps(agency_rows()))
    return made


@pytest.fixture
def loaded(db, now):
    """load(reader, *paths) → the ImportRun."""

    def load(reader, *paths, **options):
        return run(reader.NAME, lambda: reader.read(*map(str, paths)), origin="test", now=now, **options)

    return load


@pytest.fixture
def france(loaded, files):
    """The small France, imported: communes, ROME, structures and agencies."""
    loaded(communes, files["communes"])
    loaded(rome, files["rome"])
    loaded(missions_locales, files["structures"], files["agencies"])


@pytest.fixture(scope="session")
def batch_of_sheets():
    return occupations.read()


@pytest.fixture
def sheets(db, now, batch_of_sheets):
    """The real sheets of the project, read once for all tests."""
    run(occupations.NAME, lambda: deepcopy(batch_of_sheets), origin="test", now=now)
