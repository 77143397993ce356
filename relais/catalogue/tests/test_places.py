"""Communes as people type them, and the places near them."""

import pytest

from relais.accounts.models import AccessRecord
from relais.catalogue.models import Commune, Structure
from relais.catalogue.selectors import UnknownCommune, commune_from, distance_km, find_communes, nearest_structures
from relais.catalogue.services import correct_structure
from relais.catalogue.sources import missions_locales
from relais.foundation.refusals import AlreadyThere, NotAllowed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _france(france):
    pass


@pytest.mark.parametrize(
    ("typed", "insee"),
    [
        ("Pau", "64445"),
        ("  PAU ", "64445"),
        ("64000", "64445"),
        ("64000 Pau", "64445"),
        ("Pau (64)", "64445"),
        ("st etienne", "42218"),
        ("Saint Étienne", "42218"),
        ("saint-etienne", "42218"),
        ("mureaux", "78440"),
        ("montbeliard", "25388"),
        ("morlaas", "64405"),
        ("Saint-Denis (974)", "97411"),
        ("saint denis 93200", "93066"),
        ("13001", "13201"),
        ("marseille", "13055"),
        ("ajac", "2A004"),
        ("20200", "2B033"),
        ("évry courcouronnes", "91228"),
    ],
)
def test_what_people_type(typed, insee):
    assert commune_from(typed).insee == insee


@pytest.mark.parametrize(
    ("typed", "suggested"),
    [
        ("saint denis", ["97411", "93066"]),
        ("64160", ["64405", "64002"]),
        ("Évry", ["89162", "91228"]),
        ("marseile", ["13055", "13201"]),
        ("zzz", []),
        ("", []),
        ("%", []),
        ("\\", []),
        ("99999", []),
        ("🙂" * 500, []),
    ],
)
def test_what_is_not_one_commune(typed, suggested):
    with pytest.raises(UnknownCommune) as unknown:
        commune_from(typed)
    assert [commune.insee for commune in unknown.value.suggestions] == suggested


def test_suggestions_biggest_first_and_bounded():
    assert [commune.insee for commune in find_communes("saint", limit=3)] == ["42218", "97411", "93066"]
    assert [commune.insee for commune in find_communes("64")] == ["64445", "64405", "64002"]


def test_distance():
    pau, marseille = Commune.objects.get(pk="64445"), Commune.objects.get(pk="13055")
    assert distance_km(pau, marseille) == pytest.approx(466, abs=3)
    assert distance_km(pau, pau) == 0


def test_nearest_places_once_each_known_before_approximate():
    near = nearest_structures(Commune.objects.get(pk="64405"))
    assert [(one.source_id, one.distance_km, one.is_approximate) for one in near[:2]] == [
        ("64405S00", 0, False),
        ("64445S00", 10, False),
    ]
    besancon = nearest_structures(Commune.objects.get(pk="25056"), limit=2)
    assert [(one.source_id, one.distance_km) for one in besancon] == [("25462S00", 0), ("25388S00", 66)]
    everything = nearest_structures(Commune.objects.get(pk="64405"), limit=100)
    # The agency of Pau is the mission locale of Pau; that of « Ouest Provence » has no known place; temporary ones are hidden.
    assert not {"1", "5", "99994S00", "65441S00"} & {one.source_id for one in everything}
    assert "2" in {one.source_id for one in everything}


def test_nearest_is_two_queries(django_assert_num_queries):
    pau = Commune.objects.get(pk="64445")
    with django_assert_num_queries(2):
        nearest_structures(pau)


def correct(structure, user, now, **changes):
    values = {"commune": structure.commune, "email": "", "phone": "", "website": "", "place_is_known": False} | changes
    return correct_structure(structure_id=structure.pk, user=user, now=now, **values)


def test_a_correction_survives_the_next_import(make_user, now, loaded, files):
    user, structure = make_user("mediator"), Structure.objects.get(source_id="25462S00")
    correct(structure, user, now, commune=Commune.objects.get(pk="25388"), email="accueil@exemple.fr")
    files["structures"].write_text(files["structures"].read_text().replace("HAUT DOUBS", "HAUT-DOUBS"))
    assert loaded(missions_locales, files["structures"]).changed == 1
    structure.refresh_from_db()
    assert (structure.name, structure.commune_id, structure.placement) == (
        "Mission locale Haut-Doubs",
        "25388",
        "corrected",
    )
    assert structure.email == "accueil@exemple.fr"
    record = AccessRecord.objects.get(action="correct")
    assert (record.user, record.subject, record.reason) == (user, str(structure.pk), "commune, email")


def test_a_place_can_be_vouched_for(make_user, now):
    structure = Structure.objects.get(source_id="25462S00")
    assert not correct(structure, make_user("supervisor"), now, place_is_known=True).is_approximate


def test_only_staff_and_only_a_change(make_user, now):
    structure = Structure.objects.get(source_id="64445S00")
    with pytest.raises(NotAllowed):
        correct(structure, make_user("partner"), now, email="a@exemple.fr")
    with pytest.raises(AlreadyThere):
        correct(structure, make_user("administrator"), now)
