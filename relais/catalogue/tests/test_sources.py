"""Trainings, diplomas, structures, schools, communes of the service: small files of the real shape, and their faults."""

import gzip
import io
import json
import zipfile

import pytest

from relais.catalogue.importing import BadFile, run
from relais.catalogue.models import Certification, Commune, Structure, Training
from relais.catalogue.selectors import certification_now, nearest_structures
from relais.catalogue.sources import (
    apprenticeship,
    certifications,
    communes,
    fetching,
    lheo,
    offers,
    rome,
    schools,
    structures,
)
from relais.foundation import web

from .upstreams import serving

pytestmark = pytest.mark.django_db

LHEO = """<?xml version="1.0" encoding="{encoding}"?>
<lheo xmlns="http://lheo.gouv.fr/2.3"><offres><formation numero="07_10" datecrea="20010503">
<domaine-formation><code-FORMACODE ref="V14" tag="principal">44028</code-FORMACODE><code-ROME>K1304</code-ROME></domaine-formation>
<intitule-formation>Titre professionnel d’aide à domicile</intitule-formation>
<objectif-formation>Être utile&lt;br /&gt;chaque jour</objectif-formation><resultats-attendus>-</resultats-attendus>
<contact-formation><coordonnees><nom>DUPONT</nom><courriel>accueil@exemple.fr</courriel></coordonnees></contact-formation>
<certification><code-RNCP>37715</code-RNCP></certification><code-niveau-sortie>4</code-niveau-sortie>
<url-formation><urlweb>http://www.exemple.fr/f?id=10&amp;x=1</urlweb></url-formation>
<action numero="A1"><rythme-formation>Temps plein</rythme-formation><modalites-enseignement>0</modalites-enseignement>
<lieu-de-formation><coordonnees><adresse><codepostal>64000</codepostal><ville>PAU CEDEX</ville>
<code-INSEE-commune>64445</code-INSEE-commune><geolocalisation><latitude>43,30</latitude><longitude>-0,37</longitude></geolocalisation>
</adresse></coordonnees></lieu-de-formation>
<session numero="S1"><periode><debut>20270104</debut><fin>20270630</fin></periode></session>
<session numero="S2"><periode><debut>00000000</debut><fin>99999999</fin></periode></session>
<session numero="S3"><extras info="session-perimee"><extra info="session-perimee">1</extra></extras></session>
<organisme-formateur><raison-sociale-formateur>Institut du Béarn</raison-sociale-formateur><potentiel><code-FORMACODE>1</code-FORMACODE>
</potentiel></organisme-formateur><nombre-heures-centre>400</nombre-heures-centre><nombre-heures-entreprise>200</nombre-heures-entreprise>
<extras info="dispositif"><extra info="contrat-apprentissage">1</extra></extras></action></formation>
<formation numero="07_11"><intitule-formation>Sans lieu</intitule-formation></formation></offres></lheo>"""


@pytest.fixture
def brought(france, now, tmp_path):
    """Import what `read` reads of one file written with this text."""

    def go(read, *contents, **options):
        paths = []
        for number, content in enumerate(contents):
            paths.append(tmp_path / f"{read.__module__}{number}")
            paths[-1].write_bytes(content if isinstance(content, bytes) else content.encode())
        return run("test", lambda: read(*map(str, paths), now=now), origin="test", now=now, **options)

    return go


def plain(read):
    """A reader without `now`, with the same face."""

    def reader(*paths, now=None):
        return read(*paths)

    return reader


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-15"])
def test_lheo_sessions(brought, encoding):
    outcome = brought(lheo.read, LHEO.format(encoding=encoding).replace("’", "'").encode(encoding))
    assert (outcome.added, [row["reason"] for row in outcome.set_aside]) == (2, ["sans action : ni lieu ni date"])
    one = Training.objects.get(source_id="A1/S1")
    assert (one.title, one.organisation) == ("Titre professionnel d'aide à domicile", "Institut du Béarn")
    assert (one.certification, one.level, one.rome, one.formacode, one.hours) == (
        "RNCP37715",
        3,
        ["K1304"],
        ["44028"],
        600,
    )
    assert (one.commune_id, one.latitude, one.is_apprenticeship, one.starts_on.isoformat()) == (
        "64445",
        43.3,
        True,
        "2027-01-04",
    )
    assert (one.contact, one.url, one.raw["objectif"]) == (
        "accueil@exemple.fr",
        "http://www.exemple.fr/f?id=10&x=1",
        "Être utile chaque jour",
    )
    assert Training.objects.get(source_id="A1/S2").starts_on is None
    again = LHEO.format(encoding=encoding).replace("’", "'")
    assert brought(lheo.read, again.encode(encoding)).unchanged == 2
    over = brought(lheo.read, again.replace("20270630", "20210630").encode(encoding))
    assert (over.removed, over.notes["sessions left out"]) == (1, {"over": 1, "said to be over by the source": 1})


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (LHEO.format(encoding="utf-8")[:900], "not whole XML"),
        (LHEO.format(encoding="utf-8").replace("<lheo ", "<!DOCTYPE l [<!ENTITY a 'b'>]><lheo ").encode(), "doctype"),
        (LHEO.format(encoding="utf-8").replace("’", "'").encode("iso-8859-15"), "not whole XML"),
        ("<rss/>", "it is not LHEO"),
        ("Bonjour", "not whole XML"),
    ],
)
def test_a_bad_lheo_file_changes_nothing(brought, data, sentence):
    brought(lheo.read, LHEO.format(encoding="utf-8"))
    with pytest.raises(BadFile, match=sentence):
        brought(lheo.read, data)
    assert Training.objects.current().count() == 2


def record(**changes):
    """One record of the apprenticeship catalogue, as the Carif-Oref sends it (shortened)."""
    return {
        "cle_ministere_educatif": "075787P01#L01",
        "rncp_code": "RNCP37676",
        "rome_codes": ["K1207"],
        "intitule_long": "EDUCATEUR SPECIALISE",
        "intitule_rco": "Éducateur spécialisé",
        "niveau": "6 (BAC+3...)",
        "duree": "3",
        "date_debut": ["2026-08-31T22:00:00.000Z"],
        "date_fin": ["2029-06-30T00:00:00.000Z"],
        "lieu_formation_geo_coordonnees": "43.3,-0.37",
        "code_commune_insee": "64445",
        "code_postal": "64000",
        "localite": "Pau",
        "etablissement_formateur_enseigne": "ITS",
        "published": True,
        "entierement_a_distance": False,
    } | changes


def test_the_apprenticeship_catalogue(brought):
    records = [
        record(),
        record(cle_ministere_educatif="B", published=False),
        record(cle_ministere_educatif="C", rome_codes="K1201", date_debut=""),
    ]
    outcome = brought(
        apprenticeship.read_catalogue,
        json.dumps({"formations": [*records, ["un tableau"]], "pagination": {"total": 4}}),
    )
    assert outcome.added == 2
    assert [row["reason"] for row in outcome.set_aside] == ["n’est pas publiée par le catalogue", "pas une formation"]
    one = Training.objects.get(certification="RNCP37676", starts_on="2026-09-01")
    assert (one.level, one.duration_label, one.title, one.is_apprenticeship) == (
        6,
        "3 ans",
        "Éducateur spécialisé",
        True,
    )
    assert Training.objects.get(rome=["K1201"]).starts_on is None


def alternance(key, **changes):
    """One training of API Alternance (formation/v1), shortened."""
    return {
        "identifiant": {"cle_ministere_educatif": key},
        "statut": {"catalogue": "publié"},
        "formateur": {
            "organisme": {"etablissement": {"enseigne": "CFA Béarn"}, "unite_legale": {"raison_sociale": "CFA"}},
            "connu": True,
        },
        "certification": {
            "valeur": {
                "identifiant": {"rncp": "RNCP40692", "cfd": "1"},
                "intitule": {
                    "cfd": {"long": "AIDE SOIGNANT"},
                    "niveau": {"rncp": {"europeen": "4"}},
                    "rncp": "DE Aide-soignant",
                },
                "domaines": {"rome": {"rncp": [{"code": "J1501", "intitule": "x"}]}},
            }
        },
        "lieu": {
            "adresse": {"label": "1 rue", "code_postal": "64000", "commune": {"nom": "Pau", "code_insee": "64445"}},
            "geolocalisation": {"type": "Point", "coordinates": [-0.37, 43.3]},
        },
        "contact": {"email": None, "telephone": "05"},
        "onisep": {"url": None, "intitule": None},
        "modalite": {"entierement_a_distance": False, "duree_indicative": 1},
        "contenu_educatif": {"contenu": "", "objectif": "Soigner"},
        "sessions": [{"debut": "2027-09-01", "fin": "2028-07-01"}],
    } | changes


class Alternance:
    pages = (
        [alternance("A"), alternance("B", sessions=None)],
        [alternance("C", statut={"catalogue": "archivé"}), alternance("D", lieu=[])],
    )

    def __init__(self):
        self.faults = [(429, {"Retry-After": "0"}, {}), (500, {}, b"")]

    def answer(self, handler):
        assert handler.headers["Authorization"] == "Bearer clef"
        if self.faults:
            return self.faults.pop()
        number = int(handler.path.split("page_index=")[1])
        return (
            200,
            {},
            {"data": self.pages[number], "pagination": {"page_count": 2, "page_size": 2, "page_index": number}},
        )


def test_api_alternance(france, now, settings, monkeypatch, sheets):
    monkeypatch.setattr(web, "BACKOFF", 0.01)
    monkeypatch.setattr(apprenticeship, "RATE", 1000)
    settings.API_ALTERNANCE_KEY = "clef"
    with serving(Alternance()) as settings.API_ALTERNANCE_URL:
        outcome = run(
            apprenticeship.ALTERNANCE, lambda: apprenticeship.read_alternance(now=now), origin="test", now=now
        )
    assert outcome.added == 3
    assert [row["reason"] for row in outcome.set_aside] == ["statut « archivé » dans le catalogue"]
    one = Training.objects.get(starts_on="2027-09-01", source_id__startswith="A/")
    assert (one.level, one.rome, one.commune_id, one.contact, one.title) == (
        4,
        ["J1501"],
        "64445",
        "05",
        "AIDE SOIGNANT",
    )
    assert Training.objects.get(source_id__startswith="D/").commune_id is None


STANDARD = """"Id_Fiche";"Numero_Fiche";"Intitule";"Abrege_Libelle";"Nomenclature_Europe_Niveau";"Date_Fin_Enregistrement";"Actif"
"1";"RNCP509";"Agent vérificateur";"CAP";"NIV3";"31/08/2023";"INACTIVE"
"2";"RNCP38228";"Agent vérificateur";"CAP";"NIV3";"31/08/2028";"ACTIVE"
"3";"RNCP600";"Ancien";;"NIV6";"";"INACTIVE"
"4";"RS6117";"Secourisme";;;"";"ACTIVE"
"5";"";"Sans numéro";;;"";"ACTIVE"
"""
CHAIN = """"Numero_Fiche";"Ancienne_Certification";"Nouvelle_Certification"
"RNCP509";"RNCP600";"RNCP38228"
"RNCP38228";"RNCP509";
"""
KIT = """FicheRNCP,Niveau fiche RNCP,Date d'échéance de la fiche RNCP,Fiche ACTIVE/INACTIVE,Intitulé certification (RNCP),\
Nouvelle Certification rempla (RNCP),Ancienne Certification (RNCP)
RNCP700,Niveau 4,31/12/2027,ACTIVE,Titre,,RNCP701|RNCP702
RNCP701,Niveau 4,31/12/2020,INACTIVE,Vieux titre,,
NR,NR,NR,NR,NR,NR,NR
"""


def test_certifications_and_what_replaced_them(brought):
    outcome = brought(plain(certifications.read), STANDARD, CHAIN)
    assert (outcome.added, [row["row"] for row in outcome.set_aside]) == (3, ["Sans numéro"])
    old, now = certification_now("RNCP600")
    assert (old.level, [one.number for one in now]) == (6, ["RNCP38228"])
    assert Certification.objects.get(pk="RNCP509").title == "CAP Agent vérificateur"
    again = brought(plain(certifications.read), STANDARD, CHAIN)
    assert (again.changed, again.unchanged) == (0, 3)
    # The kit alone adds; it does not say that the rest is over.
    kit = brought(plain(certifications.read), KIT)
    assert (kit.added, kit.removed, Certification.objects.get(pk="RNCP701").successors) == (2, 0, ["RNCP700"])
    with pytest.raises(BadFile, match=r"missing column|neither the table"):
        brought(plain(certifications.read), "a;b\n1;2\n")


def test_structures_of_data_inclusion(brought):
    lines = [
        {
            "source": "dora",
            "id": "dora--1",
            "nom": "Toit pour tous",
            "code_insee": "64445",
            "latitude": 43.301,
            "longitude": -0.36,
        },
        {
            "source": "dora",
            "id": "dora--2",
            "nom": "Aide",
            "commune": "Bastia",
            "code_postal": "20200",
            "telephone": "ab",
            "site_web": "data:1",
        },
        {"source": "dora", "id": "dora--3", "nom": "ML", "code_insee": "64445", "reseaux_porteurs": ["mission-locale"]},
        {"source": "dora", "id": "dora--4", "nom": "Ailleurs", "commune": "Nulle-Part"},
        ["un tableau"],
    ]
    themes = {"dora--1": ["logement-hebergement--louer-un-logement"], "dora--2": None}
    services = [{"structure_id": key, "thematiques": value} for key, value in themes.items()]
    texts = ["\n".join(json.dumps(one) for one in rows) + "\n" for rows in (lines, services)]
    outcome = brought(plain(structures.read), *texts)
    assert (outcome.added, [row["reason"].split(" :")[0] for row in outcome.set_aside]) == (
        2,
        ["commune inconnue", "pas un objet JSON"],
    )
    one, two = Structure.objects.get(source_id="dora--1"), Structure.objects.get(source_id="dora--2")
    assert (one.kind, one.placement, one.latitude, one.departement) == ("logement", "exact", 43.301, "64")
    assert (two.kind, two.placement, two.latitude, two.phone, two.website) == ("service", "by-name", None, "", "")
    # Young people are sent to missions locales, never to what the search alone should find.
    near = nearest_structures(Commune.objects.get(pk="64445"), limit=50)
    assert {found.kind for found in near} <= {"mission-locale", "agence"}
    with pytest.raises(BadFile, match="cut short"):
        brought(plain(structures.read), texts[0][: texts[0].index("Nulle")])


def test_schools_in_both_lists(brought):
    annuaire = (
        "Identifiant_de_l_etablissement;Nom_etablissement;Type_etablissement;Code_commune;Code_postal;Nom_commune;Adresse_1;latitude;longitude;etat\n"
        "0640055P;Louis Barthou;Lycée;64445;64000;Pau;2 rue Barthou;43.2944;-0.3701;OUVERT\n"
        "0640056R;Vieux;Lycée;64445;64000;Pau;;;;FERME\nxx;Sans;Lycée;;;;;;;\n"
    )
    outcome = brought(plain(schools.read), annuaire)
    assert (outcome.added, len(outcome.set_aside)) == (1, 2)
    one = Structure.objects.get(source=schools.NAME)
    assert (one.name, one.kind, one.latitude, one.address) == (
        "Lycée Louis Barthou",
        "etablissement",
        43.2944,
        "2 rue Barthou",
    )
    short = "name,city,zipcode,code_uai,coordinates,visible\nJean Monnet,Pau Cedex,64058,0640001a,POINT (-0.3650 43.3000),true\n"
    assert brought(plain(schools.read), short).added == 1
    assert Structure.objects.get(source_id="0640001A").commune_id == "64445"
    with pytest.raises(BadFile, match=r"missing columns? .*code_uai"):
        brought(plain(schools.read), "name,city,zipcode\nA,B,C\n")


def test_communes_of_the_service(brought):
    rows = [
        {
            "code": "64445",
            "nom": "Pau",
            "codesPostaux": ["64000"],
            "centre": {"type": "Point", "coordinates": [-0.37, 43.31]},
            "population": 77000,
            "codeDepartement": "64",
            "codeRegion": "75",
        },
        {"code": "64999", "nom": "Sans centre", "codesPostaux": [], "codeDepartement": "64"},
        {"code": "64998", "nom": "Tableau", "codesPostaux": ["64000"], "centre": [], "codeDepartement": "64"},
    ]
    outcome = brought(plain(communes.read), json.dumps(rows), dry_run=True)
    told = [row["row"] for row in outcome.set_aside if row["reason"].startswith("sans numéro")]
    assert (outcome.added, outcome.changed, told) == (0, 1, ["64999 Sans centre", "64998 Tableau"])
    paris = rows[0] | {"code": "75056", "nom": "Paris", "codeDepartement": "75", "codeRegion": "11"}
    # The arrondissements, which the service leaves out, come from the packaged table.
    there = Commune.objects.filter(departement="75").count()
    assert brought(plain(communes.read), json.dumps([paris]), dry_run=True).added == 1 + 20 - there
    with pytest.raises(BadFile, match="not a list of communes"):
        brought(plain(communes.read), '{"code": 400}')


def packed(archive: bool) -> bytes:
    if not archive:
        return gzip.compress(b'{"id": "1", "nom": "' + b"a" * 100_000 + b'"}\n')
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as one:
        one.writestr("standard.csv", b"a" * 100_000)
    return out.getvalue()


@pytest.mark.parametrize(
    ("read", "archive", "module", "limit"),
    [
        (plain(structures.read), False, fetching, "LINE"),
        (offers.read, False, offers, "LIMIT"),
        (plain(communes.read), False, communes, "LIMIT"),
        (plain(certifications.read), True, fetching, "UNPACKED"),
        (plain(rome.read), True, fetching, "UNPACKED"),
    ],
    ids=["structures", "offers", "communes", "certifications", "ROME"],
)
def test_what_is_small_packed_and_endless_unpacked_is_refused(brought, monkeypatch, read, archive, module, limit):
    """A hundred kilobytes for a gigabyte: in small here."""
    monkeypatch.setattr(module, limit, 50_000)
    for place in (fetching, structures, offers):
        monkeypatch.setattr(place, "LINE", 50_000)
    with pytest.raises(BadFile, match=r"more than|larger than"):
        brought(read, packed(archive))
