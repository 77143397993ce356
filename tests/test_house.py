"""The house stays drawable: foreign keys go down only (import-linter cannot see a string), every model has its word."""

import re
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


# Where « holds this role somewhere » is what is asked: which pages and links exist, and what the planner need not look at.
ROLES_ANYWHERE = {"foundation/menu.py", "portal/views_staff.py", "accounts/permissions.py", "accounts/views.py", "coaching/models/conversation.py"}
CHAINED = re.compile(r"memberships__(organisation|role|user)\w*\s*=")


def sources(kind: str):
    for path in sorted((ROOT / "relais").rglob(f"*.{kind}")):
        name = str(path.relative_to(ROOT / "relais"))
        if "/tests/" not in f"/{name}" and "/migrations/" not in f"/{name}":
            yield name, path.read_text()


def test_a_decision_asks_for_a_role_where_the_thing_is():
    """`user.has(role, organisation)`, never « this role in any organisation » (see accounts/scope.py)."""
    anywhere = [name for name, text in sources("py") if re.search(r"\.roles\(\)", text) and name not in ROLES_ANYWHERE]
    decided = [name for kind in ("py", "html") for name, text in sources(kind) if re.search(r"\bin [\w.]*\.roles\(\)", text)]
    assert (anywhere, decided) == ([], [])


def test_who_works_where_is_asked_once():
    """`people(organisation, *roles)`: two filters over memberships are two joins, which two memberships may meet."""
    allowed = {"accounts/scope.py", "accounts/models.py"}
    chained = [(name, found[0]) for name, text in sources("py") for found in CHAINED.finditer(text) if name not in allowed]
    by_hand = [name for name, text in sources("py") if re.search(r"memberships\.filter\([^)]*role", text) and name not in allowed]
    assert (chained, by_hand) == ([], [])


# What is nobody's in particular: each with its reason.
GLOBAL = {
    "EventRecord": "pseudonymous; what is counted of it is filtered by line or touch",
    "RateBucket": "of origins, forgotten within the day",
    "Heartbeat": "of the processes",
    "HouseSecret": "of the installation",
    "Stopped": "who wrote STOP gets nothing from anybody here",
    "NetworkAccount": "of the installation, until each organisation has its own",
    "Organisation": "is what others belong to",
    "User": "works in several; seen through memberships (visible_to)",
    "AccessRecord": "the register: shown to the person concerned, and counted for each account",
    "Commune": "public reference",
    "RomeCode": "public reference",
    "RomeName": "public reference",
    "RomeMobility": "public reference",
    "Occupation": "public sheet",
    "Structure": "public place",
    "Certification": "public reference",
    "JobOffer": "public offer",
    "Training": "public offer of training",
    "SearchChange": "of the index",
    "Proofreading": "of the words proofread, by their digest",
    "Journey": "pseudonymous; nobody reads it but through its conversation",
    "Device": "of a journey",
    "PartnerCapacity": "of the address of a public place",
    "RetentionRun": "of the installation",
}
OF_ACCOUNTS = {"VolunteerCheck", "ReadingStop"}
"""Parts of an account, seen by those who see the account."""


def _is_owned(model, seen: frozenset = frozenset()) -> bool:
    """Is a row of one organisation: by `visible_to`, by its owner or organisation, or as a part of such a row."""
    names = {field.name for field in model._meta.get_fields()}
    if hasattr(model._default_manager.all(), "visible_to") or names & {"owner", "organisation"}:
        return True
    parents = {field.related_model for field in model._meta.concrete_fields if field.is_relation} - seen - {model}
    return any(_is_owned(parent, seen | {model}) for parent in parents if parent.__name__ not in GLOBAL and parent in ours())


def test_every_model_is_of_an_organisation_or_of_everybody():
    owned = {model.__name__ for model in ours() if model.__name__ not in GLOBAL and (_is_owned(model) or model.__name__ in OF_ACCOUNTS)}
    assert {model.__name__ for model in ours()} - owned - set(GLOBAL) == set()
    assert set(GLOBAL) <= {model.__name__ for model in ours()}, "a name that is no longer there"

