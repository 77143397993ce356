"""The house stays drawable: foreign keys go down only (import-linter cannot see a string), every model has its word."""

from pathlib import Path

from django.apps import apps
from django.db.models import ForeignKey, ManyToManyField, OneToOneField

# From the ground up; brothers share a line.
FLOORS = [["foundation"], ["channels"], ["accounts"], ["catalogue"], ["stories"], ["journeys"], ["coaching"], ["campaigns"], ["portal"], ["insights"]]
FLOOR = {app: number for number, apps_ in enumerate(FLOORS) for app in apps_}
ROOT = Path(__file__).parent.parent


def ours():
    return [model for model in apps.get_models() if model.__module__.startswith("relais.")]


def test_every_app_has_its_floor():
    assert {config.label for config in apps.get_app_configs() if config.name.startswith("relais.")} == set(FLOOR)


def test_foreign_keys_go_down_only():
    wrong = [
        f"{model.__name__}.{field.name} → {field.related_model.__name__}"
        for model in ours()
        for field in model._meta.get_fields()
        if isinstance(field, ForeignKey | OneToOneField | ManyToManyField) and field.related_model._meta.app_label in FLOOR
        if field.model._meta.app_label != field.related_model._meta.app_label
        and FLOOR[field.related_model._meta.app_label] >= FLOOR[model._meta.app_label]
    ]
    assert wrong == []


def test_every_model_is_in_the_glossary():
    glossary = (ROOT / "docs" / "glossary.md").read_text()
    assert [model.__name__ for model in ours() if f"| {model.__name__} |" not in glossary] == []


def test_the_picture_of_the_house_names_every_app():
    picture = (ROOT / "ARCHITECTURE.md").read_text()
    assert [app for app in FLOOR if f"{app}/" not in picture] == []
