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
ROLES_ANYWHERE = {"accounts/permissions.py", "accounts/views.py", "coaching/models/conversation.py"}
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


def test_one_function_makes_whole_addresses():
    """`sites.absolute`: an address made of a setting would be on the wrong host where there are several."""
    assert [name for name, text in sources("py") if "SITE_URL" in text] == ["foundation/sites.py"]
    by_request = [name for name, text in sources("py") if "build_absolute_uri" in text]
    assert by_request == []


def test_titles_have_one_form():
    """Words in the block, « · » and the name of the site in base.html: nowhere else, and never the name of the software."""
    blocks = {name: found[1] for name, text in sources("html") if (found := re.search(r"{% block title %}(.*?){% endblock %}", text))}
    assert blocks.pop("foundation/templates/base.html") == ""
    assert len(blocks) > 100
    assert [name for name, words in blocks.items() if not words.strip() or "Relais" in words or re.search(r" [|–] ", words)] == []


def test_who_works_where_is_asked_once():
    """`people(organisation, *roles)`: two filters over memberships are two joins, which two memberships may meet."""
    allowed = {"accounts/scope.py", "accounts/models.py"}
    chained = [(name, found[0]) for name, text in sources("py") for found in CHAINED.finditer(text) if name not in allowed]
    by_hand = [name for name, text in sources("py") if re.search(r"memberships\.filter\([^)]*role", text) and name not in allowed]
    assert (chained, by_hand) == ([], [])
