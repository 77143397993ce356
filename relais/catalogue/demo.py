"""The demonstration at national scale: invented offers, trainings and structures, spread by population over the real communes.

Seeded: the same from run to run, apart from the day it is told from. Names of employers, schools and associations are invented;
trades and diplomas are those of the sheets. Every row is marked `is_demo`, and every page that shows one says so.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import accumulate
from uuid import UUID

from django.utils import timezone

from .importing import Batch, Progress, Row, Table, digest, run
from .models import Commune, ImportRun, JobOffer, Occupation, RomeCode, Structure, Training
from .selectors import CITIES_IN_PARTS
from .sources.trainings import PARIS

SOURCE = "demonstration"
SEED = 2026
OFFERS, TRAININGS, STRUCTURES = 93_266, 17_000, 3_000
"""What prendresoin.francetravail.fr showed in 2026, and a round number of structures."""

# Where most offers are; any other trade counts for 1.
WEIGHTS = {
    "K1304": 60,
    "J1501": 55,
    "J1506": 60,
    "K1302": 25,
    "K1311": 20,
    "K1303": 20,
    "J1301": 14,
    "K1307": 14,
    "K1207": 16,
    "K1306": 14,
    "J1304": 12,
    "K2113": 12,
    "M1609": 12,
    "K1201": 9,
    "K1202": 10,
    "K1208": 9,
    "J1404": 8,
    "K1801": 7,
    "K1206": 7,
    "J1102": 6,
    "J1305": 6,
    "J1307": 6,
    "K1305": 6,
    "K1104": 5,
    "D1408": 4,
    "J1312": 4,
    "K1215": 4,
    "J1308": 4,
    "K1408": 4,
    "J1302": 3,
    "J1403": 3,
}
SETTINGS = (
    ("Résidence {tree}", "dans une résidence pour personnes âgées"),
    ("Clinique {saint}", "dans une clinique"),
    ("Association {hope}", "dans une association du secteur"),
    ("Centre hospitalier de {town}", "à l’hôpital"),
    ("Crèche {tree}", "auprès de jeunes enfants"),
    ("Foyer de vie {tree}", "auprès d’adultes handicapés"),
    ("Services à domicile {hope}", "chez les personnes"),
    ("Mairie de {town}", "dans un service de la commune"),
)
TREES = (
    "des Tilleuls",
    "du Noyer",
    "des Mûriers",
    "du Grand Chêne",
    "des Acacias",
    "de la Roseraie",
    "des Cèdres",
    "du Verger",
    "des Glycines",
)
SAINTS = ("du Parc", "de l’Europe", "des Remparts", "du Canal", "de la Gare", "du Belvédère", "des Quatre-Vents")
HOPES = (
    "Un pas de plus",
    "Main tendue",
    "Les Deux Rives",
    "À nos côtés",
    "Grandir ensemble",
    "Le Fil",
    "Horizon",
    "Passerelle",
)
MOMENTS = (
    "",
    "",
    "",
    "",
    " de nuit",
    " de jour",
    " à temps partiel",
    " en remplacement",
    " pour l’été",
    " le week-end",
)
CONTRACTS = (
    ("CDI", "CDI", 46),
    ("CDD", "CDD - {months} mois", 36),
    ("MIS", "Intérim - {months} mois", 10),
    ("SAI", "Saisonnier - {months} mois", 3),
)
APPRENTICE = ("CDD", "CDD - 12 mois", 5)
EXPERIENCES = ("D", "D", "D", "S", "E", "E")
PAY = {None: 1810, 3: 1830, 4: 1950, 5: 2150, 6: 2350, 7: 3100, 8: 5200}
KINDS = (
    (Structure.Kind.SERVICE, 45, ("Espace {hope}", "Maison des solidarités de {town}", "Point d’écoute {hope}")),
    (Structure.Kind.SCHOOL, 30, ("Lycée professionnel {tree}", "Institut de formation {tree}", "CFA du soin {saint}")),
    (Structure.Kind.EQUIPMENT, 12, ("Matériathèque {hope}", "Prêt de matériel {tree}")),
    (Structure.Kind.HOUSING, 13, ("Résidence jeunes {tree}", "Logement jeunes {hope}")),
)
TASKS = (
    "Vous accompagnez les personnes dans les gestes de tous les jours.",
    "Vous travaillez en équipe et vous transmettez ce que vous observez.",
    "Vous participez aux réunions et aux projets de la structure.",
    "Vous accueillez, vous écoutez, vous orientez.",
    "Vous suivez les plannings et vous prévenez en cas d’absence.",
    "Un tuteur vous accompagne pendant vos premières semaines.",
    "Le poste demande de se déplacer dans le secteur.",
    "Les horaires sont connus un mois à l’avance.",
)


@dataclass(frozen=True)
class Trade:
    """What is invented from: a job, its code, the level it asks for (3 to 8, None: none), the diplomas that lead to it."""

    name: str
    rome: str
    rome_label: str = ""
    level: int | None = None
    no_diploma: bool = False
    # (name, level, RNCP number)
    diplomas: tuple = ()


class Country:
    """Communes drawn by population."""

    def __init__(self, least: int = 0):
        rows = Commune.objects.exclude(insee__in=CITIES_IN_PARTS).filter(population__gt=least).order_by("insee")
        self.communes = list(
            rows.only("insee", "name", "departement", "postcodes", "population", "latitude", "longitude")
        )
        self.weights = list(accumulate(commune.population for commune in self.communes))

    def draw(self, dice: random.Random, count: int) -> list[Commune]:
        return dice.choices(self.communes, cum_weights=self.weights, k=count)


def trades_of_sheets() -> list[Trade]:
    """A trade for each code of each sheet."""
    labels = dict(RomeCode.objects.values_list("code", "name"))
    found = []
    for sheet in Occupation.objects.active().order_by("slug"):
        diplomas = tuple(
            (one["name"], one["level"], f"RNCP{one['rncp']}")
            for one in sheet.diplomas
            if one.get("rncp") and one.get("level")
        )
        for code in sheet.rome:
            found.append(
                Trade(sheet.short_name, code, labels.get(code, sheet.name), sheet.level, sheet.no_diploma, diplomas)
            )
    return found


def fill(
    *,
    now: datetime,
    offers: int = OFFERS,
    trainings: int = TRAININGS,
    structures: int = STRUCTURES,
    trades: list[Trade] | None = None,
    progress: Progress = lambda *_: None,
) -> list[ImportRun]:
    """Bring the demonstration to these sizes, through the differ; safe to run again. Communes and sheets must be there."""
    trades, today = trades or trades_of_sheets(), timezone.localdate(now, PARIS)
    parts: list[tuple[str, type, Iterator[dict]]] = [
        ("offres", JobOffer, invented_offers(offers, trades, Country(), today)),
        ("formations", Training, invented_trainings(trainings, trades, Country(least=2000), today)),
        ("structures", Structure, invented_structures(structures, Country(least=1000))),
    ]
    seen = {"seen_at": now, "left_at": None}
    return [
        run(
            f"{SOURCE}-{name}",
            _batch(model, rows, {} if model is Structure else seen),
            origin="invented",
            now=now,
            progress=progress,
        )
        for name, model, rows in parts
    ]


def _batch(model, rows: Iterator[dict], late: dict) -> Callable[[], Batch]:
    def read() -> Batch:
        stream = (Row(row["source_id"], digest(row), lambda row=row: row | late) for row in rows)
        return Batch(
            [Table(model, ("source", "source_id"), stream, scope={"source": SOURCE}, label=model._meta.model_name)],
            may_shrink=True,
        )

    return read


def invented_offers(count: int, trades: list[Trade], country: Country, today: date) -> Iterator[dict]:
    dice = random.Random(f"{SEED} offers")
    places = country.draw(dice, count)
    shared = Counter(trade.rome for trade in trades)
    chosen = dice.choices(
        trades, weights=[WEIGHTS.get(trade.rome, 1) / shared[trade.rome] for trade in trades], k=count
    )
    contracts = dice.choices([*CONTRACTS, APPRENTICE], weights=[one[2] for one in (*CONTRACTS, APPRENTICE)], k=count)
    for number, (commune, trade, contract) in enumerate(zip(places, chosen, contracts, strict=True)):
        apprentice = contract is APPRENTICE and trade.level in (3, 4, 5, 6)
        code, label, _ = contract
        published = timezone.make_aware(
            datetime.combine(today - timedelta(days=int(dice.expovariate(1 / 16)) % 90), time(8)), PARIS
        )
        published += timedelta(minutes=dice.randrange(600))
        employer, where = _named(dice, SETTINGS[dice.randrange(len(SETTINGS))], commune)
        pay = PAY[trade.level] + 10 * dice.randrange(40)
        yield {
            "source": SOURCE,
            "source_id": f"DEMO{number:06d}",
            "title": f"{trade.name[:1].upper()}{trade.name[1:]}{dice.choice(MOMENTS)} (H/F)",
            "description": _description(dice, trade, where, commune),
            "rome": trade.rome,
            "rome_label": trade.rome_label,
            "commune_id": commune.insee,
            "place": f"{commune.departement} - {commune.name}",
            "latitude": _near(dice, commune.latitude),
            "longitude": _near(dice, commune.longitude),
            "contract": code,
            "contract_label": "Contrat d’apprentissage - 12 mois"
            if apprentice
            else label.format(months=dice.choice((1, 2, 3, 6, 9, 12))),
            "nature": "E2" if apprentice else "E1",
            "is_apprenticeship": apprentice,
            "experience": "D" if apprentice else dice.choice(EXPERIENCES),
            "working_time": "Temps plein" if dice.random() < 0.68 else "Temps partiel",
            "salary": f"Mensuel de {pay} à {pay + 150} euros" if dice.random() < 0.8 else "",
            "level": None if apprentice or trade.no_diploma else trade.level,
            "no_diploma": apprentice or trade.no_diploma,
            "positions": dice.choice((1, 1, 1, 1, 2, 3)),
            "employer": employer,
            "published_at": published,
            "refreshed_at": published,
            "origin": "Démonstration",
            "url": "",
            "is_demo": True,
        }


def invented_trainings(count: int, trades: list[Trade], country: Country, today: date) -> Iterator[dict]:
    dice = random.Random(f"{SEED} trainings")
    paths = [(trade, diploma) for trade in trades for diploma in trade.diplomas]
    places = country.draw(dice, count) if paths else []
    chosen = (
        dice.choices(paths, weights=[WEIGHTS.get(trade.rome, 1) ** 0.5 for trade, _ in paths], k=count) if paths else []
    )
    for number, (commune, (trade, (name, level, rncp))) in enumerate(zip(places, chosen, strict=True)):
        apprentice = level < 7 and dice.random() < 0.35
        start = today + timedelta(days=14 + dice.randrange(330))
        months = {3: 10, 4: 12, 5: 22, 6: 33, 7: 22, 8: 36}.get(level, 10)
        yield {
            "source": SOURCE,
            "source_id": f"DEMO{number:06d}",
            "title": name[:250],
            "certification": rncp,
            "level": level,
            "rome": [trade.rome],
            "formacode": [],
            "organisation": _named(dice, ("Institut de formation {tree}", ""), commune)[0],
            "commune_id": commune.insee,
            "place": commune.name,
            "latitude": _near(dice, commune.latitude),
            "longitude": _near(dice, commune.longitude),
            "starts_on": start,
            "ends_on": start + timedelta(days=30 * months),
            "hours": months * 70,
            "duration_label": f"{months} mois",
            "is_apprenticeship": apprentice,
            "is_remote": dice.random() < 0.03,
            "audience": "",
            "url": "",
            "contact": "",
            "origin": "Démonstration",
            "is_demo": True,
        }


def invented_structures(count: int, country: Country) -> Iterator[dict]:
    dice = random.Random(f"{SEED} structures")
    places = country.draw(dice, count)
    kinds = dice.choices(KINDS, weights=[one[1] for one in KINDS], k=count)
    for number, (commune, (kind, _, names)) in enumerate(zip(places, kinds, strict=True)):
        yield {
            "id": UUID(int=dice.getrandbits(128), version=4),
            "source": SOURCE,
            "source_id": f"DEMO{number:05d}",
            "kind": str(kind),
            "name": _named(dice, (dice.choice(names), ""), commune)[0],
            "departement": commune.departement,
            "commune_id": commune.insee,
            "placement": str(Structure.Placement.EXACT),
            "latitude": _near(dice, commune.latitude),
            "longitude": _near(dice, commune.longitude),
            "address": f"{dice.randrange(1, 90)} rue {dice.choice(TREES)}",
            "description": "Une structure inventée pour la démonstration.",
            "is_active": True,
            "is_demo": True,
        }


def _named(dice: random.Random, setting: tuple[str, str], commune: Commune) -> tuple[str, str]:
    pattern, where = setting
    return pattern.format(
        tree=dice.choice(TREES), saint=dice.choice(SAINTS), hope=dice.choice(HOPES), town=commune.name
    ), where


def _description(dice: random.Random, trade: Trade, where: str, commune: Commune) -> str:
    first = f"Nous cherchons : {trade.name}, {where}, à {commune.name}."
    return " ".join((first, *dice.sample(TASKS, 4), "Cette offre est inventée pour la démonstration de Relais."))


def _near(dice: random.Random, degrees: float) -> float:
    """Within about a kilometre."""
    return round(degrees + dice.uniform(-0.009, 0.009), 5)
