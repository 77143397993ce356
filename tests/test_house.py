"""The house stays drawable: foreign keys go down only (import-linter cannot see a string), every model has its word."""

import ast
import builtins
import configparser
import re
from pathlib import Path

from django.apps import apps
from django.db.models import ForeignKey, ManyToManyField, OneToOneField

# From the ground up; brothers share a line.
FLOORS = [
    ["foundation"],
    ["channels"],
    ["accounts"],
    ["documents"],
    ["agenda", "media"],
    ["safeguarding"],
    ["catalogue"],
    ["stories"],
    ["journeys"],
    ["coaching"],
    ["handovers"],
    ["campaigns"],
    ["portal"],
    ["insights"],
]
FLOOR = {app: number for number, apps_ in enumerate(FLOORS) for app in apps_}
ROOT = Path(__file__).parent.parent


def ours():
    return [model for model in apps.get_models() if model.__module__.startswith("relais.")]


def test_every_app_has_its_floor():
    here = {config.label for config in apps.get_app_configs() if config.name.startswith("relais.")}
    assert here == set(FLOOR), "write its floor in FLOORS, .importlinter and ARCHITECTURE.md"


def test_the_floors_are_those_of_import_linter():
    """It says nothing of an app that it does not know."""
    written = configparser.ConfigParser()
    written.read(ROOT / ".importlinter")
    layers = written["importlinter:contract:layers"]["layers"].strip().splitlines()
    floors = [{app.strip().removeprefix("relais.") for app in line.split("|")} for line in reversed(layers)]
    assert [floor for floor in floors if floor != {"config"}] == [set(floor) for floor in FLOORS]


def test_foreign_keys_go_down_only():
    wrong = [
        f"{model.__name__}.{field.name} → {field.related_model.__name__}"
        for model in ours()
        for field in model._meta.get_fields()
        if isinstance(field, ForeignKey | OneToOneField | ManyToManyField)
        and field.related_model._meta.app_label in FLOOR
        if field.model._meta.app_label != field.related_model._meta.app_label
        and FLOOR[field.related_model._meta.app_label] >= FLOOR.get(model._meta.app_label, len(FLOORS))
    ]
    assert wrong == []


# Frames of the house, which a page of a low floor stands in.
FRAMES = {
    ("foundation/templates/pro.html", "portal/pro.css"),
    ("foundation/templates/pro.html", "portal/palette.js"),
    ("foundation/templates/pro.html", "portal/badges.js"),
    ("stories/templates/stories/gone.html", "portal/failure.html"),
    ("coaching/templates/coaching/no_line.html", "portal/_typed.html"),
}


def test_nothing_low_names_a_page_a_style_or_a_model_above():
    """import-linter sees no string: what an app above adds, it registers (`coaching/hooks.py`, `foundation/menu.py`, …)."""
    named = {
        (name, found)
        for kind in ("py", "html", "txt", "css", "js")
        for name, text in sources(kind)
        if (floor := FLOOR.get(name.split("/")[0])) is not None
        for found in re.findall(r"""["'](\w+[/.]\w[\w./]*)["']""", re.sub(r'""".*?"""', "", text, flags=re.S))
        if FLOOR.get(re.split("[/.]", found)[0], 0) > floor
    }
    assert named == FRAMES


def test_no_file_is_too_long_to_be_read():
    """What is longer speaks of two things: split it by meaning. Django writes the migrations."""
    folders = [path for path in ROOT.iterdir() if path.is_dir() and path.name[0] != "." and path.name != "var"]
    files = [*ROOT.glob("*.py"), *(path for folder in folders for path in folder.rglob("*.py"))]
    counted = {
        path.relative_to(ROOT): path.read_text().count("\n") for path in files if path.parent.name != "migrations"
    }
    assert len(counted) > 1000
    assert {str(path): lines for path, lines in counted.items() if lines > 400} == {}


def test_every_model_is_in_the_glossary():
    glossary = (ROOT / "docs" / "glossary.md").read_text()
    assert [model.__name__ for model in ours() if f"| {model.__name__} |" not in glossary] == [], (
        "a line each in docs/glossary.md: | Name | mot | meaning |"
    )


def test_the_picture_of_the_house_names_every_app():
    picture = (ROOT / "ARCHITECTURE.md").read_text()
    assert [app for app in FLOOR if f"{app}/" not in picture] == [], "a place in the picture"


# Where « holds this role somewhere » is what is asked: which pages and links exist, and what the planner need not look at.
ROLES_ANYWHERE = {
    "foundation/menu.py",
    "portal/views_staff.py",
    "accounts/permissions.py",
    "accounts/views.py",
    "coaching/models/conversation.py",
}
CHAINED = re.compile(r"memberships__(organisation|role|user)\w*\s*=")


def sources(kind: str):
    for path in sorted((ROOT / "relais").rglob(f"*.{kind}")):
        name = str(path.relative_to(ROOT / "relais"))
        if "/tests/" not in f"/{name}" and "/migrations/" not in f"/{name}":
            yield name, path.read_text()


def test_a_decision_asks_for_a_role_where_the_thing_is():
    """`user.has(role, organisation)`, never « this role in any organisation » (see accounts/scope.py)."""
    anywhere = [name for name, text in sources("py") if re.search(r"\.roles\(\)", text) and name not in ROLES_ANYWHERE]
    decided = [
        name for kind in ("py", "html") for name, text in sources(kind) if re.search(r"\bin [\w.]*\.roles\(\)", text)
    ]
    assert (anywhere, decided) == ([], [])


def test_one_function_makes_whole_addresses():
    """`sites.absolute`: an address made of a setting would be on the wrong host where there are several."""
    assert [name for name, text in sources("py") if "SITE_URL" in text] == ["foundation/sites.py"]
    by_request = [name for name, text in sources("py") if "build_absolute_uri" in text]
    assert by_request == []


def test_a_template_names_a_page_and_not_its_address():
    """`url("name")`: an address that moves would leave dead links behind. Streams and files are no pages of Django's; the API is told as it is asked."""
    written = re.compile(r"""(?:["'(=]|\s)(/(?!live/|media/|api/)[a-z][a-z/-]*)(?=["'{?#])""")
    compared = re.compile(r"startswith\([^)]*\)|path == '[^']*'|request\.path [=!]= \"[^\"]*\"")
    found = [(name, one) for name, text in sources("html") for one in written.findall(compared.sub("", text))]
    assert found == []


def test_titles_have_one_form():
    """Words in the block, « · » and the name of the site in base.html: nowhere else, and never the name of the software."""
    blocks = {
        name: found[1]
        for name, text in sources("html")
        if (found := re.search(r"{% block title %}(.*?){% endblock %}", text))
    }
    assert blocks.pop("foundation/templates/base.html") == ""
    assert len(blocks) > 100
    assert [
        name for name, words in blocks.items() if not words.strip() or "Relais" in words or re.search(r" [|–] ", words)
    ] == []


def test_a_table_never_makes_a_page_wider_than_a_telephone():
    """In a `.scroll`, with its `cells` named: there each row stands as a card."""
    bare = [
        (name, text.count("\n", 0, table.start()) + 1)
        for name, text in sources("html")
        for table in re.finditer(r'<table class="table"', text)
        if not re.search(r'class="scroll"[^>]*>{% filter cells %}\s*$', text[: table.start()])
    ]
    assert bare == []


def test_who_works_where_is_asked_once():
    """`people(organisation, *roles)`: two filters over memberships are two joins, which two memberships may meet."""
    allowed = {"accounts/scope.py", "accounts/models/people.py"}
    chained = [
        (name, found[0]) for name, text in sources("py") for found in CHAINED.finditer(text) if name not in allowed
    ]
    by_hand = [
        name
        for name, text in sources("py")
        if re.search(r"memberships\.filter\([^)]*role", text) and name not in allowed
    ]
    assert (chained, by_hand) == ([], [])


# Tables that list no rows one looks through: each with its reason.
TABLES = {
    "foundation/templates/components/ui.html": "draws the lists",
    "foundation/templates/letters/page.html": "no list: programs that read mail draw nothing else where it should stand",
    "foundation/templates/letters/parts.html": "no list: the button of a letter",
    "agenda/templates/agenda/session.html": "those to whom one session was proposed, by what they answered",
    "portal/templates/portal/components.html": "shows the components",
    "insights/templates/insights/funnel.html": "one column for each figure",
    "coaching/templates/coaching/retention.html": "what is kept, drawn from the rules",
    "coaching/templates/coaching/_wall.html": "what waits now, on the wall of a room",
    "coaching/templates/coaching/absences.html": "the last hand-overs, under the form",
    "coaching/templates/coaching/canned.html": "a team's own few answers, those to read again first",
    "catalogue/templates/catalogue/freshness.html": "one row a source",
    "stories/templates/stories/moderation/_networks.html": "one row a network",
    "stories/templates/stories/moderation/queue.html": "what waits to be read, of several kinds, the nearest deadline first",
    "accounts/templates/accounts/team.html": "who waits for an approval or was invited, above the list of accounts",
    "accounts/templates/accounts/sites.html": "the few host names of an installation",
    "accounts/templates/accounts/volunteers.html": "a team's few volunteers, with their checks",
    "accounts/templates/mfa/webauthn/authenticator_list.html": "one's own keys",
}


def test_rows_are_listed_in_one_way():
    """`ui.listing` over a `Listing`: said how many, filtered, ordered, paged. A table by hand says why it is none."""
    assert {name for name, text in sources("html") if "<table" in text} == set(TABLES)
    public = {
        "stories/feed/views.py",
        "stories/questions/views_moderation.py",
        "catalogue/views.py",
        "coaching/desk/views.py",
        "portal/views.py",
    }
    assert {name for name, text in sources("py") if "Paginator(" in text} == public | {"foundation/lists.py"}


# What is nobody's in particular: each with its reason.
GLOBAL = {
    "EventRecord": "pseudonymous; what is counted of it is filtered by line or touch",
    "RateBucket": "of origins, forgotten within the day",
    "Heartbeat": "of the processes",
    "HouseSecret": "of the installation",
    "Link": "of what it opens, which has an owner; nobody reads more of it than a digest",
    "OptOut": "who wrote STOP gets nothing from anybody here",
    "AccountReading": "how the reading of an account goes; seen through its account (providers.visible_to)",
    "Organisation": "is what others belong to",
    "User": "works in several; seen through memberships (visible_to)",
    "OpenSession": "of one account, seen by its holder alone; closed by who administers them (administered_by)",
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
    "Schedule": "of the installation",
    "Run": "of the installation",
}
OF_ACCOUNTS = {"VolunteerCheck", "ReadingStop"}
"""Parts of an account, seen by those who see the account."""


def _is_owned(model, seen: frozenset = frozenset()) -> bool:
    """Is a row of one organisation: by `visible_to`, by its owner or organisation, or as a part of such a row."""
    names = {field.name for field in model._meta.get_fields()}
    if hasattr(model._default_manager.all(), "visible_to") or names & {"owner", "organisation"}:
        return True
    parents = {field.related_model for field in model._meta.concrete_fields if field.is_relation} - seen - {model}
    return any(
        _is_owned(parent, seen | {model}) for parent in parents if parent.__name__ not in GLOBAL and parent in ours()
    )


def test_every_model_is_of_an_organisation_or_of_everybody():
    owned = {
        model.__name__
        for model in ours()
        if model.__name__ not in GLOBAL and (_is_owned(model) or model.__name__ in OF_ACCOUNTS)
    }
    assert {model.__name__ for model in ours()} - owned - set(GLOBAL) == set()
    assert set(GLOBAL) <= {model.__name__ for model in ours()}, "a name that is no longer there"


# Errors for programs: a protocol, a file, a child process, a missing part. None is a sentence for somebody at a screen as it is raised.
TECHNICAL = {
    "safeguarding": {"BadPattern"},  # a table of ours is wrong
    "agenda": {
        "NoSuchHour",  # to the form, which says it
        "NoCalendar",
        "TooMany",
        "TooLong",
        "Unread",  # the child that reads somebody's own agenda, and who asks it
    },
    "accounts": set(),
    "documents": {"TemplateFault"},  # a template is wrong: for whoever writes it
    "campaigns": {"NoFreeCode"},  # codes must grow: for the operator
    "catalogue": {
        "NoTable",
        "BadFile",
        "Unusable",
        "Rehearsal",
        "BuildRunning",
        "NoIndex",
        "SheetError",
    },  # imports and the index, for the operator
    "channels": {
        "TooLong",
        "TooTelling",
        "Unreadable",
        "Unknown",
        "Refused",
    },  # transport; `Refused` carries a code, kept with the row
    "coaching": {"NoLine", "UnknownChoice"},  # an address or a message that waits: the caller goes another way
    "foundation": {
        "Unsure",
        "Away",
        "NotJson",
        "Refused",
        "PostgresUnavailable",
        "CannotListen",
        "CannotOpen",  # on the console, for the operator
        "Failed",  # of a job that runs by itself: kept with its run
        "TemporaryError",
        "PermanentError",
        "Unwanted",  # the outbox: whoever it is for wants nothing more
        "Died",
        "HeadTooLong",
        "NeverOpen",
        # providers, children, tables
    },
    "media": {"Refused", "Failed", "Stopped"},  # children that read what somebody sent
    "stories": {
        "Unavailable",
        "_Died",
        "OtherWords",
        "UnknownOccupation",
    },  # children that decode; data to import
}


def classes(text: str):
    return [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ClassDef)]


def test_a_use_case_says_no_by_a_kind_of_refusal():
    """Nothing else derives from an exception of Python, but for the errors that programs tell each other."""
    ours = {
        (name.split("/")[0], one.name)
        for name, text in sources("py")
        for one in classes(text)
        for base in one.bases
        if isinstance(found := getattr(builtins, ast.unparse(base), None), type) and issubclass(found, BaseException)
        if name != "foundation/refusals.py"
    }
    assert ours == {(app, one) for app, names in TECHNICAL.items() for one in names}


# Views that do more than say a refusal.
HANDLED = {
    ("handovers/views_follow_ups.py", "NoAgreement"),  # the page itself says why
    ("handovers/views.py", "UnknownCommune"),
    ("coaching/guide/views.py", "UnknownCommune"),
    ("catalogue/views.py", "UnknownCommune"),  # communes to choose from are offered
}


def test_views_do_not_say_refusals_by_hand():
    """`refusals.on`, `told`, `kept`, `shown` and `as_json` do."""
    kinds = _kinds()
    handled = {
        (name, kind)
        for name, text in sources("py")
        if re.fullmatch(r"views\w*\.py", name.rpartition("/")[2])
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ExceptHandler) and node.type
        for kind in re.findall(r"\w+", ast.unparse(node.type))
        if kind in kinds
    }
    assert handled == HANDLED


def _kinds() -> set[str]:
    """The names of all refusals, those of the apps too, whether or not their module is loaded."""
    bases = {
        one.name: {ast.unparse(base).rpartition(".")[2] for base in one.bases}
        for _, text in sources("py")
        for one in classes(text)
    }
    found, before = {"Refusal"}, set()
    while found != before:
        before = found
        found = found | {name for name, above in bases.items() if above & found}
    return found
