"""Import of 93,266 offers already on disk, as multiples of what it takes msgspec to stream and type the same file.

The file holds invented offers in the form of « Offres d'emploi 2 », about 3 kB each. One process, the importer's own; the
database works beside it, with its own memory, and its time counts.
"""

import json
import random
import resource
import sys
import time
from pathlib import Path

import django

from bench.house import House, Line

OFFERS = 93_266
FIRST, AGAIN = 10.0, 6.0
MEMORY = 250
"""Megabytes of the importing process, at its highest."""
SENTENCES = (
    "Vous accompagnez les personnes âgées dans les gestes de la vie quotidienne.",
    "Vous travaillez en équipe, avec écoute et respect.",
    "Horaires : 7h-14h ou 14h-21h, un week-end sur deux.",
    "Diplôme d’État exigé ; débutants acceptés.",
    "Poste à pourvoir dès que possible.",
    "Vous assurez l’hygiène, le confort et la sécurité des résidents.",
    "Rémunération selon la convention collective, reprise d’ancienneté.",
)
WORDS = (
    "maîtriser",
    "les",
    "règles",
    "d'hygiène",
    "et",
    "de",
    "sécurité",
    "réaliser",
    "un",
    "soin",
    "préparer",
    "un",
    "repas",
    "écouter",
    "la",
    "personne",
    "évaluer",
    "ses",
    "besoins",
)


def run(house: House):
    first, second = house.data / "offers.ndjson", house.data / "offers-changed.ndjson"
    made = house.ask("bench.imports", "write", first, second)
    reading = min(house.ask("bench.imports", "read", first)["seconds"] for _ in range(3))
    whole = house.ask("bench.imports", "import", first)
    changed = house.ask("bench.imports", "import", second)
    if whole["added"] != OFFERS or changed["changed"] != made["changed"] or changed["removed"]:
        raise SystemExit(f"bench: the import wrote {whole} then {changed}.")
    detail = f"{OFFERS} offers, {made['bytes'] / 1e6:.0f} MB, typed in {reading:.2f} s"
    for name, done, bound in (("import, first time", whole, FIRST), ("import, 5 % changed", changed, AGAIN)):
        ratio = done["seconds"] / reading
        yield Line(name, f"{ratio:.1f} x", f"<= {bound:.0f} x", ratio <= bound, f"{done['seconds']:.1f} s; {detail}")
    highest = max(whole["megabytes"], changed["megabytes"])
    yield Line(
        "import, memory",
        f"{highest:.0f} MB",
        f"<= {MEMORY} MB",
        highest <= MEMORY,
        "the importing process, at its highest",
    )
    for file in (first, second):
        file.unlink()
    # What comes after is measured on a catalogue of a known size.
    house.ask("bench.imports", "forget")


def write(first: Path, second: Path) -> dict:
    """Both files; the second has other descriptions for one offer in twenty."""
    from relais.catalogue.models import Commune, RomeCode

    dice = random.Random(93)
    communes = list(
        Commune.objects.order_by("insee").values_list(
            "insee", "name", "postcodes", "departement", "latitude", "longitude"
        )
    )
    codes = list(RomeCode.objects.values_list("code", "name")[:80]) or [
        ("J1501", "Aide-soignant"),
        ("K1304", "Aide à domicile"),
    ]
    changed = 0
    with first.open("w") as one, second.open("w") as two:
        for number in range(OFFERS):
            offer = _offer(dice, number, dice.choice(communes), dice.choice(codes))
            line = json.dumps(offer, ensure_ascii=False)
            one.write(line + "\n")
            if number % 20 == 7:
                changed += 1
                line = json.dumps(
                    offer | {"description": "Une autre annonce. " + offer["description"]}, ensure_ascii=False
                )
            two.write(line + "\n")
    return {"bytes": first.stat().st_size, "changed": changed}


def _offer(dice: random.Random, number: int, commune: tuple, code: tuple) -> dict:
    insee, name, postcodes, departement, latitude, longitude = commune
    return {
        "id": f"{number:07d}",
        "intitule": f"{code[1][:80]} (H/F)",
        "description": "\n".join(dice.choices(SENTENCES, k=24)),
        "dateCreation": f"2026-10-{number % 28 + 1:02d}T08:15:42.000Z",
        "dateActualisation": f"2026-10-{number % 28 + 1:02d}T09:00:00.000Z",
        "lieuTravail": {
            "libelle": f"{departement} - {name}",
            "latitude": latitude,
            "longitude": longitude,
            "codePostal": postcodes[0],
            "commune": insee,
        },
        "romeCode": code[0],
        "romeLibelle": code[1],
        "appellationlibelle": code[1],
        "entreprise": {
            "nom": f"Association {number % 5000}",
            "description": " ".join(dice.choices(WORDS, k=40)),
            "entrepriseAdaptee": False,
        },
        "typeContrat": "CDD",
        "typeContratLibelle": "CDD - 6 Mois",
        "natureContrat": "Contrat travail",
        "experienceExige": "D",
        "experienceLibelle": "Débutant accepté",
        "formations": [{"niveauLibelle": "CAP, BEP et équivalents", "exigence": "S"}],
        "competences": [
            {"code": str(100000 + one), "libelle": " ".join(dice.choices(WORDS, k=6)), "exigence": "S"}
            for one in range(6)
        ],
        "salaire": {"libelle": "Mensuel de 1923.00 Euros sur 12 mois", "complement1": "Mutuelle"},
        "dureeTravailLibelle": "35H Travail le samedi",
        "dureeTravailLibelleConverti": "Temps plein",
        "alternance": False,
        "nombrePostes": 1,
        "accessibleTH": False,
        "contact": {
            "nom": "Agence",
            "coordonnees1": "https://candidat.francetravail.fr/offres/recherche/detail/" + str(number),
        },
        "qualitesProfessionnelles": [
            {"libelle": "Faire preuve d'autonomie", "description": " ".join(dice.choices(WORDS, k=15))}
        ],
        "origineOffre": {
            "origine": "1",
            "urlOrigine": f"https://candidat.francetravail.fr/offres/recherche/detail/{number:07d}",
        },
    }


def read(file: Path) -> dict:
    """Stream and type, nothing else: what an import cannot do without."""
    import msgspec

    from relais.catalogue.sources.offers import Offer

    decode, start, count = msgspec.json.Decoder(Offer).decode, time.perf_counter(), 0
    with file.open("rb") as lines:
        for line in lines:
            decode(line)
            count += 1
    return {"seconds": time.perf_counter() - start, "count": count}


def bring_in(file: Path) -> dict:
    from django.utils import timezone

    from relais.catalogue import importing
    from relais.catalogue.sources import offers

    start, now = time.perf_counter(), timezone.now()
    done = importing.run(offers.NAME, lambda: offers.read(str(file), now=now), origin=str(file), now=now)
    seconds = time.perf_counter() - start
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    return {
        "seconds": seconds,
        "added": done.added,
        "changed": done.changed,
        "removed": done.removed,
        "megabytes": megabytes,
    }


def forget() -> int:
    from relais.catalogue.models import JobOffer
    from relais.catalogue.sources import offers

    return JobOffer.objects.filter(source=offers.SOURCE).delete()[0]


if __name__ == "__main__":
    from django.conf import settings

    from relais.foundation.postgres import ensure_running

    ensure_running(settings.DATA)
    django.setup()
    work, *files = sys.argv[1:]
    print(json.dumps({"write": write, "read": read, "import": bring_in, "forget": forget}[work](*map(Path, files))))
