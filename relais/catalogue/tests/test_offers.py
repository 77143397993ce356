"""Offers: from the service with its bad days, from files, and what leaves."""

import gzip
import json

import pytest
from django.core.management import CommandError, call_command

from relais.catalogue.importing import BadFile
from relais.catalogue.models import ImportRun, ImportSlice, JobOffer
from relais.catalogue.slicing import Interrupted, run_slices
from relais.catalogue.sources import france_travail, offers
from relais.foundation import web

from .upstreams import FranceTravail, offer, serving

pytestmark = pytest.mark.django_db


@pytest.fixture
def service(france, settings, monkeypatch):
    """A stand-in for the service, quick and with a short reach."""
    monkeypatch.setattr(web, "BACKOFF", 0.01)
    monkeypatch.setattr(france_travail, "PAGE", 3)
    monkeypatch.setattr(france_travail, "REACH", 6)
    stand_in = FranceTravail(
        [offer(number) for number in range(5)] + [offer(number, rome="K1304") for number in range(5, 7)]
    )
    with serving(stand_in) as address:
        settings.FRANCE_TRAVAIL_ID, settings.FRANCE_TRAVAIL_SECRET = "id", "secret"
        settings.FRANCE_TRAVAIL_URL, settings.FRANCE_TRAVAIL_TOKEN_URL = address, f"{address}/token"
        settings.FRANCE_TRAVAIL_RATE = 1000
        yield stand_in


@pytest.fixture
def harvest(service, now):
    def go(*codes, **options):
        found = france_travail.Harvest(list(codes) or ["J1501", "K1304"], now)
        return run_slices(france_travail.NAME, found.plan, origin="test", now=now, **options)

    return go


def there():
    return set(JobOffer.objects.current().values_list("source_id", flat=True))


def test_all_offers_then_nothing_then_one_leaves_and_comes_back(service, harvest):
    outcome = harvest()
    assert (outcome.added, outcome.removed, outcome.finished_at is not None) == (7, 0, True)
    again = harvest()
    assert (again.added, again.changed, again.unchanged) == (0, 0, 7)
    gone = service.offers.pop(0)
    assert harvest().removed == 1
    assert gone["id"] not in there()
    service.offers.append(gone)
    assert harvest().changed == 1
    assert gone["id"] in there()


def test_what_an_offer_becomes(harvest, service):
    harvest("J1501")
    one = JobOffer.objects.get(source_id="0000ABC")
    assert (one.commune_id, one.nature, one.level, one.no_diploma, one.positions) == ("64445", "E1", 3, False, 2)
    assert (one.salary, one.origin, one.description) == (
        "Mensuel de 1900.00 Euros, Mutuelle",
        "France Travail",
        "Vous aidez.\nVous écoutez.",
    )
    assert one.refreshed_at.isoformat() == "2026-10-05T08:00:00+00:00"
    assert set(one.raw) == {"competences"}


def test_bad_days_are_waited_for(service, harvest):
    service.faults = [
        (429, {"Retry-After": "0"}, {"message": "trop"}),
        (500, {}, b"<html>non</html>"),
        (200, {"Content-Length": "5000"}, b'{"resultats": ['),
        None,
        (503, {}, b""),
    ]
    assert harvest("J1501").added == 5


def test_a_token_that_dies_on_the_way_is_renewed_once(service, harvest):
    service.dead_tokens = {"jeton1"}
    assert harvest("J1501").added == 5
    assert service.tokens == 2
    service.dead_tokens = {f"jeton{number}" for number in range(10)}
    with pytest.raises(Interrupted, match="refuses our credentials"):
        harvest("J1501")


def test_latin_text_is_read(service, harvest):
    page = json.dumps({"resultats": service.offers[:1]}, ensure_ascii=False).encode("iso-8859-15")
    service.faults = [None, (200, {"Content-Range": "offres 0-0/1"}, page)]
    harvest("J1501")
    assert JobOffer.objects.get().employer == "Résidence"


def test_an_interruption_keeps_what_was_read_and_the_next_run_goes_on(service, harvest):
    service.faults = [None] * 3 + [(500, {}, b"")] * 5
    with pytest.raises(Interrupted, match="run the same command again"):
        harvest()
    stopped = ImportRun.objects.get(source=france_travail.NAME)
    assert (stopped.finished_at, len(there()), ImportSlice.objects.get().key) == (None, 5, "J1501")
    assert "does not answer" in stopped.error
    service.calls.clear()
    finished = harvest()
    assert (finished.pk, finished.added, finished.error, len(there())) == (stopped.pk, 7, "", 7)
    assert {call["codeROME"] for call in service.calls} == {"K1304"}


def test_a_trade_beyond_reach_is_read_by_departement_then_by_date(service, harvest):
    service.offers = [
        offer(number, dateCreation=f"2026-10-{number % 28 + 1:02d}T08:00:00.000Z") for number in range(14)
    ]
    service.offers += [offer(20, commune="97411", lieuTravail={"libelle": "974 - SAINT DENIS", "commune": "97411"})]
    service.offers += [offer(30, lieuTravail={"libelle": "Nouvelle-Aquitaine"})]
    outcome = harvest("J1501")
    assert len(there()) == 16
    assert set(JobOffer.objects.values_list("slice", flat=True)) == {"J1501/64", "J1501/*"}
    assert any("minCreationDate" in call and call.get("departement") == "64" for call in service.calls)
    assert outcome.slices.filter(is_complete=False).count() == 0
    # Back within reach: read in one piece, and what vanished leaves.
    service.offers = service.offers[:5]
    assert harvest("J1501").removed == 11


def test_a_slice_that_moved_makes_nothing_leave(service, harvest):
    harvest("J1501")
    short = {"resultats": service.offers[:2]}
    service.faults = [None] + [
        (206, {"Content-Range": "offres 0-2/5"}, short),
        (206, {"Content-Range": "offres 3-4/5"}, short),
    ] * 2
    outcome = harvest("J1501")
    assert (outcome.removed, len(there())) == (0, 5)
    assert not outcome.slices.get().is_complete


def test_a_trade_the_service_no_longer_knows_is_set_aside(service, harvest):
    outcome = harvest("Z9999", "K1304")
    assert outcome.added == 2
    assert [row["row"] for row in outcome.set_aside] == ["Z9999"]


def test_a_dry_run_writes_nothing(service, harvest):
    assert harvest(dry_run=True).added == 7
    assert not JobOffer.objects.exists()
    assert not ImportRun.objects.filter(source=france_travail.NAME).exists()


def test_identifiers_missing_or_refused_are_told(service, settings, harvest):
    settings.FRANCE_TRAVAIL_SECRET = "faux"
    with pytest.raises(Interrupted, match="Client authentication failed"):
        harvest()
    settings.FRANCE_TRAVAIL_ID = ""
    with pytest.raises(BadFile, match="FRANCE_TRAVAIL_ID"):
        harvest()
    with pytest.raises(CommandError, match="relais import occupations"):
        call_command("import", "france-travail")


# ---- Files ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path):
    def write(records, name="offres.ndjson"):
        path = tmp_path / name
        path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in records))
        return path

    return write


@pytest.fixture
def brought(france, now):
    from relais.catalogue.importing import run

    return lambda path, **options: run(
        "offres", lambda: offers.read(str(path), now=now), origin=str(path), now=now, **options
    )


def test_every_tolerance_of_real_answers(brought, file):
    records = [
        offer(1, lieuTravail={"libelle": "64 - Morlaas"}),
        offer(2, lieuTravail={"libelle": "Bretagne"}, entreprise={}, salaire={}),
        offer(3, salaire=[{"libelle": "Horaire 12 euros"}], competences={"code": "un objet"}),
        offer(4, entreprise=["un tableau"], nombrePostes="3"),
        offer(5, description="<p>Bien</p><br>fait &amp; dit<script>x</script>", dateCreation="2026-10-03T08:15:42"),
        offer(
            6,
            origineOffre={"origine": "2", "urlOrigine": "javascript:alert(1)", "partenaires": [{"nom": "Partenaire"}]},
        ),
        offer(
            7,
            natureContrat="Contrat apprentissage",
            formations=[{"niveauLibelle": "Aucune formation scolaire", "exigence": "S"}],
        ),
        offer(
            8,
            intitule="x" * 500,
            lieuTravail={"libelle": "93 - ST DENIS", "commune": "00000", "codePostal": "93200", "latitude": 0},
        ),
        offer(9, description="nul \x00 part", competences=[{"libelle": "\x00"}]),
    ]
    outcome = brought(file(records))
    assert (outcome.added, outcome.set_aside) == (9, [])
    found = {int(one.source_id[:4]): one for one in JobOffer.objects.all()}
    assert (found[1].commune_id, found[1].latitude) == ("64405", 43.345)
    assert (found[2].commune_id, found[2].latitude, found[2].salary, found[2].employer) == (None, None, "", "")
    assert (found[3].salary, found[4].positions, found[4].employer) == ("Horaire 12 euros", 3, "")
    assert "<" not in found[5].description.replace("<script>", "").replace("</script>", "")
    assert found[5].published_at.isoformat() == "2026-10-03T06:15:42+00:00"
    assert (found[6].origin, found[6].url.startswith("https://candidat.francetravail.fr/")) == (
        "Partenaire, par France Travail",
        True,
    )
    assert (found[7].is_apprenticeship, found[7].no_diploma) == (True, True)
    assert (len(found[8].title), found[8].commune_id) == (200, "93066")
    assert outcome.notes["fields not of their type, left out"] == {"entreprise": 1}


def test_bad_rows_are_set_aside_with_their_reason(brought, tmp_path):
    path = tmp_path / "o.ndjson"
    bad = ["pas du JSON", "[1, 2]", json.dumps({"id": "X"}), json.dumps(offer(2, dateCreation="hier"))]
    lines = [json.dumps(offer(1)), *bad, json.dumps(offer(1))]
    path.write_text("\n".join(lines) + "\n")
    outcome = brought(path)
    assert outcome.added == 1
    assert [row["reason"].split(" :")[0] for row in outcome.set_aside] == [
        "pas une offre",
        "pas une offre",
        "sans intitule, dateCreation",
        "dateCreation illisible",
        "ce numéro est deux fois dans la source",
    ]


@pytest.mark.parametrize("shape", ["list", "envelope", "pretty", "gzip"])
def test_every_shape_of_file(brought, tmp_path, shape):
    records, path = [offer(1), offer(2)], tmp_path / "offres"
    text = json.dumps(
        {"list": records, "envelope": {"resultats": records}}.get(shape, records),
        indent=2 if shape == "pretty" else None,
    )
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, records)).encode()) if shape == "gzip" else text.encode())
    assert brought(path).added == 2


def test_a_file_cut_short_or_half_empty_changes_nothing(brought, file, monkeypatch):
    path = file([offer(number) for number in range(20)])
    brought(path)
    whole = path.read_text()
    path.write_text(whole[:-30])
    with pytest.raises(BadFile, match="cut short"):
        brought(path)
    monkeypatch.setattr("relais.catalogue.importing.FUSE", 5)
    path.write_text("\n".join(whole.splitlines()[:3]) + "\n")
    with pytest.raises(BadFile, match="remove 17 of 20 offers"):
        brought(path)
    assert len(there()) == 20


def test_a_hidden_offer_stays_hidden(brought, file, now):
    brought(file([offer(1)]))
    JobOffer.objects.update(hidden_at=now)
    brought(file([offer(1, intitule="Autre titre")]))
    one = JobOffer.objects.get()
    assert (one.title, one.hidden_at) == ("Autre titre", now)
