"""Several files of one source: each speaks for what it holds, and for nothing else; a broken one does not stop the others."""

import json

import pytest
from django.core.management import CommandError, call_command

from relais.catalogue.models import Commune, ImportRun, JobOffer, Structure, Training

from .test_sources import LHEO, record
from .upstreams import offer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("france")]


def lheo(*actions) -> str:
    """A file with one formation for each action, two sessions each."""
    head, _, rest = LHEO.format(encoding="utf-8").partition("<formation ")
    body, _, tail = rest.rpartition("<formation ")
    formations = "".join(("<formation " + body).replace('numero="A1"', f'numero="{action}"') for action in actions)
    return head + formations + "<formation " + tail


def catalogue(*keys) -> str:
    return json.dumps({"formations": [record(cle_ministere_educatif=key) for key in keys]})


def offers(*numbers) -> str:
    return "".join(json.dumps(offer(number)) + "\n" for number in numbers)


def schools(*numbers) -> str:
    lines = [f"École {number},Pau,64000,{number},POINT (-0.3650 43.3000),true" for number in numbers]
    return "\n".join(["name,city,zipcode,code_uai,coordinates,visible", *lines]) + "\n"


def structures(*keys) -> str:
    return "".join(json.dumps({"id": key, "nom": f"Aide {key}", "code_insee": "64445"}) + "\n" for key in keys)


def trainings() -> set:
    return {key.partition("/")[0] for key in Training.objects.current().values_list("source_id", flat=True)}


def open_offers() -> set:
    return {int(key[:4]) for key in JobOffer.objects.current().values_list("source_id", flat=True)}


def places() -> set:
    return set(Structure.objects.filter(is_active=True).exclude(slice="").values_list("source_id", flat=True))


SOURCES = [
    ("formations-lheo", lheo, trainings, ("A1", "A2", "A3", "A4")),
    ("formations-apprentissage", catalogue, trainings, ("C1", "C2", "C3", "C4")),
    ("offres", offers, open_offers, (1, 2, 3, 4)),
    ("ecoles", schools, places, ("0640001A", "0640002B", "0640003C", "0640004D")),
    ("structures", structures, places, ("s-1", "s-2", "s-3", "s-4")),
]


@pytest.fixture(params=SOURCES, ids=[source[0] for source in SOURCES])
def source(request, tmp_path):
    """(bring, write, held, keys): `write(name, …keys)` makes a file, `bring(…names)` imports files in one command."""
    name, text, held, keys = request.param

    def write(file, *some):
        (tmp_path / file).write_text(text(*some))

    def bring(*files, **options):
        call_command("import", name, *(str(tmp_path / file) for file in files), verbosity=0, **options)

    return bring, write, held, keys


def test_a_second_file_leaves_what_the_first_brought(source):
    bring, write, held, (a, b, c, d) = source
    write("un", a, b)
    write("deux", c)
    bring("un")
    bring("deux")
    assert held() == {a, b, c}
    # The first again, without one of its own: that one leaves, those of the second stay.
    write("un", a)
    bring("un")
    assert held() == {a, c}
    # What passes from one file to the other stays, whichever is read last.
    write("deux", a, c, d)
    bring("un", "deux")
    write("un", b)
    bring("un")
    assert held() == {a, b, c, d}


def test_two_files_in_one_command(source):
    bring, write, held, (a, b, c, _) = source
    write("un", a, b)
    write("deux", c)
    bring("un", "deux")
    assert held() == {a, b, c}


def test_complete_files_are_all_there_is(source):
    bring, write, held, (a, b, c, d) = source
    write("lundi", a, b)
    bring("lundi")
    write("mardi", b)
    write("mardi-bis", c, d)
    bring("mardi", "mardi-bis", complete=True)
    assert held() == {b, c, d}


def test_a_broken_file_is_named_and_stops_no_other(source, tmp_path, request):
    bring, write, held, (a, b, c, _) = source
    if "structures" in request.node.callspec.id:
        return  # lists of structures and of their services are read together
    write("un", a)
    (tmp_path / "casse").write_text("{")
    write("trois", b, c)
    with pytest.raises(CommandError, match="casse"):
        bring("un", "casse", "trois")
    assert held() == {a, b, c}
    assert [run.error != "" for run in ImportRun.objects.order_by("-pk")[:3]] == [False, True, False]


def test_offers_of_a_file_leave_those_of_the_service(tmp_path, now):
    (tmp_path / "offres").write_text(offers(1))
    call_command("import", "offres", str(tmp_path / "offres"), verbosity=0)
    JobOffer.objects.filter(source_id="0001ABC").update(source_id="0009ABC", slice="J1501")
    (tmp_path / "autres").write_text(offers(2))
    call_command("import", "offres", str(tmp_path / "autres"), verbosity=0)
    assert open_offers() == {2, 9}


def test_communes_of_one_departement_leave_the_others(tmp_path):
    before = set(Commune.objects.exclude(departement="64").values_list("pk", flat=True))
    assert before
    row = {
        "code": "64445",
        "nom": "Pau",
        "codesPostaux": ["64000"],
        "centre": {"coordinates": [-0.37, 43.31]},
        "population": 77000,
    }
    files = [tmp_path / "un.json", tmp_path / "deux.json"]
    files[0].write_text(json.dumps([row | {"codeDepartement": "64", "codeRegion": "75"}]))
    files[1].write_text(
        json.dumps([row | {"code": "45208", "nom": "Montargis", "codeDepartement": "45", "codeRegion": "24"}])
    )
    call_command("import", "communes", *map(str, files), verbosity=0)
    assert before <= set(Commune.objects.values_list("pk", flat=True)) and Commune.objects.filter(pk="45208").exists()


def test_a_file_that_breaks_its_reader_stops_none_of_the_others(tmp_path):
    """A cell longer than what the reader of CSV takes: no refusal of ours, and the second file comes in all the same."""
    (tmp_path / "un").write_text(schools("0640001A").replace("École", "É" * 200_000))
    (tmp_path / "deux").write_text(schools("0640002B"))
    with pytest.raises(CommandError, match="nobody foresaw"):
        call_command("import", "ecoles", str(tmp_path / "un"), str(tmp_path / "deux"), verbosity=0)
    assert places() == {"0640002B"}
