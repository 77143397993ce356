"""Importers: what they write, what they refuse, and that a second run changes nothing."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F

from relais.catalogue.importing import BadFile
from relais.catalogue.models import Commune, ImportRun, Occupation, RomeCode, RomeMobility, RomeName, Structure
from relais.catalogue.sources import communes, missions_locales, occupations, rome

from .conftest import COMMUNES, rome_tables, rome_zip, structure_rows

pytestmark = pytest.mark.django_db


def counts(outcome):
    return outcome.added, outcome.changed, outcome.removed, outcome.unchanged


def test_communes_added_changed_removed_then_nothing(loaded, files):
    assert counts(loaded(communes, files["communes"])) == (19, 0, 0, 0)
    assert counts(loaded(communes, files["communes"])) == (0, 0, 0, 19)
    lines = COMMUNES.replace("Pau,64,75,64000,77000", "Pau,64,75,64000,77001").splitlines()
    files["communes"].write_text("\n".join(line for line in lines if "Abère" not in line))
    assert counts(loaded(communes, files["communes"])) == (0, 1, 1, 17)
    assert Commune.objects.get(pk="64445").population == 77001


def test_a_value_too_long_is_set_aside_and_what_was_there_stays(loaded, files):
    loaded(communes, files["communes"])
    files["communes"].write_text(COMMUNES.replace("Pau,64,75", "Pau,6464,75"))
    outcome = loaded(communes, files["communes"])
    assert counts(outcome) == (0, 0, 0, 18)
    assert outcome.set_aside == [{"row": "64445", "reason": "departement : 4 caractères, 3 au plus"}]
    assert Commune.objects.get(pk="64445").departement == "64"


def test_a_commune_still_in_use_is_kept_and_told(loaded, files, france):
    files["communes"].write_text("\n".join(line for line in COMMUNES.splitlines() if "Morlaàs" not in line))
    outcome = loaded(communes, files["communes"])
    assert outcome.removed == 0
    assert [row["row"] for row in outcome.set_aside] == ["Morlaàs (64)"]


def test_packaged_communes_load_whole(loaded):
    outcome = loaded(communes)
    assert outcome.added > 34_900
    assert not outcome.set_aside
    assert Commune.objects.filter(insee__startswith="751").count() == 20


def test_rome_codes_names_mobilities(loaded, files):
    outcome = loaded(rome, files["rome"])
    assert counts(outcome) == (5, 0, 0, 0)
    assert outcome.version == "ROME 4.0 version 60 du 18/09/2025"
    assert [row["row"] for row in outcome.set_aside] == ["99 Nom perdu"]
    assert RomeName.objects.get(pk=15485).rome_id == "K1207"
    assert RomeMobility.objects.get().rank == 1
    assert counts(loaded(rome, files["rome"])) == (0, 0, 0, 5)


def test_rome_codes_become_inactive_and_come_back(loaded, files):
    loaded(rome, files["rome"])
    tables = rome_tables()
    for name in tables:
        tables[name] = [row for row in tables[name] if "K1207" not in row]
    files["rome"].write_bytes(rome_zip(tables))
    assert counts(loaded(rome, files["rome"])) == (0, 0, 3, 2)
    assert not RomeCode.objects.get(pk="K1207").is_active
    files["rome"].write_bytes(rome_zip())
    assert counts(loaded(rome, files["rome"])) == (1, 2, 0, 2)
    assert RomeCode.objects.get(pk="K1207").is_active


def test_structures_are_placed_by_name_or_at_the_seat(loaded, files):
    loaded(communes, files["communes"])
    outcome = loaded(missions_locales, files["structures"], files["agencies"])
    assert list(outcome.notes["structures placed"].values()) == [5, 1, 1, 2, 0]
    assert list(outcome.notes["agencies placed"].values()) == [4, 0, 1, 0, 0]
    placed = dict(Structure.objects.values_list("source_id", "commune__name"))
    assert placed == {
        "64445S00": "Pau",
        "64405S00": "Morlaàs",
        "25388S00": "Montbéliard",
        "25462S00": "Besançon",
        "63124S00": "Cournon-d'Auvergne",
        "42218S00": "Saint-Étienne",
        "97416S00": "Saint-Pierre",
        "99994S00": "Versailles",
        "65441S00": None,
        "1": "Pau",
        "2": "Les Mureaux",
        "3": "Bastia",
        "4": "Saint-Pierre",
        "5": "Marseille",
    }
    assert {row["row"].split()[0] for row in outcome.set_aside} == {"99994S00", "65441S00", "6"}
    assert Structure.objects.get(source_id="25388S00").name == "Mission locale Montbéliard"
    assert Structure.objects.get(source_id="4").time_zone == "Indian/Reunion"
    assert Structure.objects.get(source_id="3").departement == "2B"


def test_packaged_structures_are_placed_by_the_packaged_communes(loaded):
    loaded(communes)
    outcome = loaded(missions_locales)
    placed = {name: outcome.notes[f"{name} placed"] for name in ("structures", "agencies")}
    # By name, by the commune of their number, at the seat of the département, temporary, corrected.
    assert list(placed["structures"].values()) == [381, 65, 1, 3, 0]
    assert list(placed["agencies"].values()) == [202, 0, 257, 0, 0]
    # Everybody stands in the département the list gives, Corsica's « 20 » included.
    assert not Structure.objects.exclude(commune=None).exclude(departement=F("commune__departement")).exists()


def test_structures_twice_then_gone(loaded, files, france):
    assert counts(loaded(missions_locales, files["structures"], files["agencies"])) == (0, 0, 0, 14)
    files["structures"].write_text(json.dumps(structure_rows()[1:]))
    assert counts(loaded(missions_locales, files["structures"])) == (0, 0, 1, 8)
    assert not Structure.objects.get(source_id="64445S00").is_active
    assert Structure.objects.get(source_id="1").is_active


def test_dry_run_writes_nothing(loaded, files):
    assert counts(loaded(communes, files["communes"], dry_run=True)) == (19, 0, 0, 0)
    assert not Commune.objects.exists()
    assert not ImportRun.objects.exists()


def test_an_import_that_breaks_in_the_middle_changes_nothing(loaded, files):
    loaded(communes, files["communes"])
    files["communes"].write_text(COMMUNES.replace("77000", "77001"))

    def die(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        loaded(communes, files["communes"], progress=die)
    assert Commune.objects.get(pk="64445").population == 77000
    assert ImportRun.objects.count() == 1


def test_sheets_come_and_go(loaded, tmp_path):
    from relais.catalogue.sheets import FOLDER

    names = ["aide-a-domicile", "psychologue"]
    for name in names:
        (tmp_path / f"{name}.md").write_bytes((FOLDER / f"{name}.md").read_bytes())
    assert counts(loaded(occupations, tmp_path)) == (2, 0, 0, 0)
    assert "/metiers/psychiatre" not in json.dumps(Occupation.objects.get(pk="psychologue").sections)
    (tmp_path / "psychologue.md").unlink()
    assert counts(loaded(occupations, tmp_path)) == (0, 0, 1, 1)
    assert list(Occupation.objects.active().values_list("slug", flat=True)) == ["aide-a-domicile"]


BAD = [
    (communes, "communes", b"", "is empty"),
    (communes, "communes", b"insee,name\n1,a\n", "missing columns departement, region"),
    (communes, "communes", COMMUNES.encode("latin-1"), "is not in UTF-8"),
    (communes, "communes", b"\x1f\x8b\x08\x00broken", "cannot be unpacked"),
    (rome, "rome", b"not a zip", "is not a zip archive"),
    (rome, "rome", rome_zip()[:-200], "is not a zip archive, or it is cut short"),
    (rome, "rome", rome_zip(version="nothing").replace(b"_v460", b"_x460"), "does not say which version"),
    (
        rome,
        "rome",
        rome_zip({key: rows for key, rows in rome_tables().items() if "mobilite" not in key}),
        "has no file unix_rubrique_mobilite",
    ),
    (
        rome,
        "rome",
        rome_zip(rome_tables() | {"unix_rubrique_mobilite": [("code_rome", "rang")]}),
        "missing columns code_rome_cible, numero_ordre",
    ),
    (missions_locales, "structures", json.dumps(structure_rows()).encode()[:-30], "is not JSON, or it is cut short"),
    (missions_locales, "structures", b'{"a": 1}', "not a list of structures"),
    (missions_locales, "structures", json.dumps([{"id": "1"}]).encode(), "nom_officiel, nom_usuel"),
    (
        missions_locales,
        "structures",
        json.dumps([{**row, "nom_officiel": "é"} for row in structure_rows()], ensure_ascii=False).encode("latin-1"),
        "is not in UTF-8",
    ),
]


@pytest.mark.parametrize(("reader", "name", "data", "sentence"), BAD)
def test_a_bad_file_is_told_in_one_sentence_and_changes_nothing(loaded, files, france, reader, name, data, sentence):
    before = (Commune.objects.count(), RomeName.objects.count(), Structure.objects.filter(is_active=True).count())
    files[name].write_bytes(data)
    with pytest.raises(BadFile, match=sentence):
        loaded(reader, files[name])
    assert (
        Commune.objects.count(),
        RomeName.objects.count(),
        Structure.objects.filter(is_active=True).count(),
    ) == before
    assert sentence in ImportRun.objects.filter(source=reader.NAME).first().error


def test_structures_need_communes(loaded, files):
    with pytest.raises(BadFile, match="run « relais import communes » first"):
        loaded(missions_locales, files["structures"])


def test_a_file_that_is_not_there(loaded, tmp_path):
    with pytest.raises(BadFile, match="no such file"):
        loaded(rome, tmp_path / "nowhere.zip")
    with pytest.raises(BadFile, match="is a folder"):
        loaded(rome, tmp_path)


class Web(BaseHTTPRequestHandler):
    """Serves the archive at /rome.zip, half of it at /half, a way out of the web at /file, nothing elsewhere."""

    def do_GET(self):
        data = rome_zip()
        if self.path == "/file":
            self.send_response(302)
            self.send_header("Location", "file:///etc/passwd")
            self.end_headers()
            return
        self.send_response(200 if self.path in ("/rome.zip", "/half") else 404)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data if self.path == "/rome.zip" else data[: len(data) // 2])

    def log_message(self, *_):
        pass


@pytest.fixture
def web():
    with ThreadingHTTPServer(("127.0.0.1", 0), Web) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_an_address_is_as_good_as_a_file(loaded, web):
    assert counts(loaded(rome, f"{web}/rome.zip")) == (5, 0, 0, 0)


@pytest.mark.parametrize(
    ("path", "sentence"), [("half", "fetched|stopped after"), ("nope", "404"), ("file", "not on the web|fetched")]
)
def test_an_address_that_fails_is_told(loaded, web, path, sentence):
    with pytest.raises(BadFile, match=sentence):
        loaded(rome, f"{web}/{path}")
    assert not RomeCode.objects.exists()


def test_the_command_tells_counts_and_refuses_with_code_1(files, capsys):
    call_command("import", "communes", str(files["communes"]))
    assert "19 added, 0 changed, 0 removed, 0 unchanged" in capsys.readouterr().out
    files["communes"].write_text("insee\n")
    with pytest.raises(CommandError, match="Nothing was changed") as refusal:
        call_command("import", "communes", str(files["communes"]))
    assert refusal.value.returncode == 1
