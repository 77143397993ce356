"""Pages of one offer, training, structure; reports and decisions; freshness of the sources."""

import pytest

from relais.accounts.models import AccessRecord
from relais.catalogue.models import Certification, Commune, ImportRun, JobOffer, OfferReport, Structure, Training
from relais.catalogue.services import decide_on_offer, report_offer
from relais.foundation.refusals import AlreadyDecided, Gone, NotAllowed

pytestmark = pytest.mark.django_db


@pytest.fixture
def offer(france, now):
    return JobOffer.objects.create(
        source="test",
        source_id="1",
        title="Aide-soignant (H/F)",
        description="Première partie.\n\n<b>Seconde</b> partie.",
        rome="J1501",
        commune=Commune.objects.get(pk="64445"),
        place="64 - PAU",
        contract="CDI",
        contract_label="CDI",
        employer="Résidence du Parc",
        salary="Mensuel de 1900 euros",
        published_at=now,
        refreshed_at=now,
        seen_at=now,
        origin="France Travail",
        url="https://exemple.fr/1",
        level=3,
        experience="D",
        digest="x",
    )


def test_an_offer_says_what_it_is_and_where_it_comes_from(client, offer, django_assert_max_num_queries):
    with django_assert_max_num_queries(3):
        page = client.get(offer.get_absolute_url()).content.decode()
    told = (
        "Aide-soignant (H/F)",
        "Résidence du Parc",
        "64 - PAU",
        "Mensuel de 1900 euros",
        "France Travail",
        "Signaler cette offre",
        "Niveau CAP",
    )
    assert [words for words in told if words not in page] == []
    assert "&lt;b&gt;Seconde" in page
    assert "démonstration" not in page
    JobOffer.objects.update(is_demo=True, url="")
    page = client.get(offer.get_absolute_url()).content.decode()
    assert "inventée pour la démonstration" in page


def test_an_offer_that_left_says_so(client, offer, now):
    JobOffer.objects.update(left_at=now)
    answer = client.get(offer.get_absolute_url())
    assert answer.status_code == 410
    assert "n’est plus là" in answer.content.decode()
    assert client.get(f"/offres/{offer.pk}/signaler").status_code == 404
    with pytest.raises(Gone):
        report_offer(offer_id=offer.pk, ground="scam", detail="", now=now)


def test_a_report_without_an_account_and_not_too_many(client, offer):
    address = f"/offres/{offer.pk}/signaler"
    assert "C’est une arnaque" in client.get(address).content.decode()
    assert client.post(address, {"ground": "n’importe quoi"}).status_code == 422
    for _ in range(10):
        assert client.post(address, {"ground": "scam", "detail": "Demande d’argent"}).status_code == 302
    refused = client.post(address, {"ground": "scam"})
    assert refused.status_code == 422
    assert "plusieurs signalements" in refused.content.decode()
    assert OfferReport.objects.waiting().count() == 10


@pytest.mark.parametrize(("decision", "hidden"), [("remove", True), ("keep", False)])
def test_a_moderator_decides_once_for_all_reports(client_for, people, offer, now, decision, hidden):
    for ground in ("scam", "filled"):
        report_offer(offer_id=offer.pk, ground=ground, detail="", now=now)
    client = client_for(people["supervisor"])
    assert "C’est une arnaque" in client.get("/pro/signalements/").content.decode()
    client.post(f"/pro/signalements/{offer.pk}", {"decision": decision})
    assert OfferReport.objects.waiting().count() == 2, "without a reason nothing is decided"
    client.post(f"/pro/signalements/{offer.pk}", {"decision": decision, "reason": "Vérifié auprès de l’employeur"})
    offer.refresh_from_db()
    assert (offer.hidden_at is not None, OfferReport.objects.waiting().count()) == (hidden, 0)
    record = AccessRecord.objects.get(kind="joboffer")
    assert (record.action, record.reason, record.user) == (
        f"{decision}-offer",
        "Vérifié auprès de l’employeur",
        people["supervisor"],
    )
    assert client.get(offer.get_absolute_url()).status_code == (410 if hidden else 200)
    with pytest.raises(AlreadyDecided):
        decide_on_offer(offer_id=offer.pk, user=people["administrator"], remove=True, reason="x", now=now)


def test_others_do_not_decide(make_user, offer, now):
    report_offer(offer_id=offer.pk, ground="wrong", detail="", now=now)
    with pytest.raises(NotAllowed):
        decide_on_offer(offer_id=offer.pk, user=make_user("mediator"), remove=True, reason="x", now=now)


def test_a_training_tells_what_replaced_its_diploma(client, france, now):
    Certification.objects.create(
        number="RNCP1", title="Ancien diplôme", is_active=False, successors=["RNCP2"], digest="x"
    )
    Certification.objects.create(number="RNCP2", title="Nouveau diplôme", digest="x")
    training = Training.objects.create(
        source="test",
        source_id="1",
        title="Devenir aide-soignant",
        certification="RNCP1",
        level=4,
        origin="Carif-Oref",
        seen_at=now,
        digest="x",
    )
    page = client.get(training.get_absolute_url()).content.decode()
    assert "Ancien diplôme" in page and "Nouveau diplôme (RNCP2)" in page and "Carif-Oref" in page
    Training.objects.update(left_at=now)
    assert client.get(training.get_absolute_url()).status_code == 410


def test_a_structure_says_how_sure_its_place_is(client, france):
    one = Structure.objects.get(source_id="25462S00")
    assert "seulement que c’est dans le département 25" in client.get(one.get_absolute_url()).content.decode()
    Structure.objects.filter(pk=one.pk).update(placement="by-number")
    page = client.get(one.get_absolute_url()).content.decode()
    assert "Lieu approximatif" in page and "Sans doute à Besançon" in page
    Structure.objects.filter(pk=one.pk).update(is_temporary=True)
    assert client.get(one.get_absolute_url()).status_code == 404


def test_freshness_tells_success_failure_and_rows_set_aside(client_for, people, now):
    good = ImportRun.objects.create(
        source="rncp",
        origin="x",
        started_at=now,
        finished_at=now,
        added=12,
        set_aside=[{"row": "RNCP0", "reason": "sans intitulé"}],
        aside=1,
    )
    ImportRun.objects.create(source="rncp", origin="x", started_at=now, finished_at=now, error="Le fichier est coupé.")
    ImportRun.objects.create(source="france-travail", origin="x", started_at=now)
    client = client_for(people["administrator"])
    ImportRun.objects.create(source="occupations", origin="x", started_at=now, finished_at=now)
    page = client.get("/pro/catalogue/").content.decode()
    assert "Le fichier est coupé." in page and "interrompu" in page and f"/pro/catalogue/{good.pk}/" in page
    assert ">Les fiches métiers</th>" in page and ">occupations<" not in page
    assert "sans intitulé" in client.get(f"/pro/catalogue/{good.pk}/").content.decode()
