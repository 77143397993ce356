"""The demonstration at national scale, made small: the same from run to run, and marked."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from relais.catalogue.demo import Trade, fill
from relais.catalogue.models import JobOffer, Structure, Training

pytestmark = pytest.mark.django_db
TRADES = [
    Trade("aide à domicile", "K1304", "Aide à domicile", None, True, (("Titre d’aide à domicile", 3, "RNCP37715"),)),
    Trade("infirmier", "J1506", "Infirmier", 6, False, (("Diplôme d’État d’infirmier", 6, "RNCP39923"),)),
]
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
CONTENT = "9abd54ac"
"""Of what 300 offers, 60 trainings and 30 structures of the small France hold: an accidental change of the generator shows."""


def make(now=NOW):
    return fill(now=now, offers=300, trainings=60, structures=30, trades=TRADES)


def content():
    names = {JobOffer: "title", Training: "title", Structure: "name"}
    found = hashlib.sha256()
    for model, name in names.items():
        for row in (
            model.objects.filter(is_demo=True)
            .order_by("source_id")
            .values_list("source_id", name, "commune_id", "latitude", "digest")
        ):
            found.update(repr(row).encode())
    return found.hexdigest()


def test_the_same_from_run_to_run(france):
    assert [outcome.added for outcome in make()] == [300, 60, 30]
    first = content()
    assert [outcome.unchanged for outcome in make(NOW + timedelta(hours=2))] == [300, 60, 30]
    JobOffer.objects.all().delete()
    Training.objects.all().delete()
    Structure.objects.filter(is_demo=True).delete()
    make()
    assert content() == first
    assert first.startswith(CONTENT)


def test_spread_by_population_and_never_older_than_today(france):
    make()
    offers = JobOffer.objects.all()
    assert not offers.exclude(is_demo=True).exists()
    assert not offers.filter(published_at__gt=NOW + timedelta(hours=11)).exists()
    assert offers.filter(commune_id="42218").count() > offers.filter(commune_id="64405").count()
    # The arrondissements stand for the city.
    assert not offers.filter(commune_id="13055").exists()
    assert not Training.objects.filter(starts_on__lt=NOW.date()).exists()
