"""Each thing is done in one way: refusals, states, a second person, rows taken, letters, old tabs, typed text."""

import ast
import re
from importlib import import_module

from django.db.models import CheckConstraint
from django.forms import ModelForm

from relais.foundation import states

from .test_house import ROOT, ours, sources


def test_what_is_raised_is_a_kind():
    """A bare `Refusal` has no status that means something, and nobody can tell it from another."""
    assert [name for name, text in sources("py") if re.search(r"raise (refusals\.)?Refusal\(", text)] == []


def _targets(node) -> list:
    """What a statement assigns to, tuples taken apart."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [one for target in targets for one in (target.elts if isinstance(target, ast.Tuple) else [target])]


def test_a_state_is_changed_in_one_way():
    """`states.move`, `turn`, `move_all` and `end`: no assignment, and no UPDATE of a column of states, anywhere else."""
    columns = {column for _, column in states.columns()}
    assigned = [
        (name, ast.unparse(target))
        for name, text in sources("py")
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign)
        for target in _targets(node)
        if isinstance(target, ast.Attribute) and target.attr in columns
    ]
    updated = [
        (name, node.lineno)
        for name, text in sources("py")
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("update", "bulk_update")
        if columns & {one.arg for one in node.keywords}
    ]
    assert (assigned, updated) == ([("foundation/states.py", "row.state")], [("foundation/states.py", updated[0][1])])


def _met_by(form, constraint) -> bool:
    """Whether validating this ModelForm asks this constraint: only where the form has every field that it reads."""
    read = set(getattr(constraint, "fields", ())) or constraint.condition.referenced_base_fields
    return read <= set(form.base_fields)


def test_what_a_form_may_break_says_so_in_words():
    """Without words of ours a person reads the name of a constraint of the database."""
    for name, text in sources("py"):
        if "ModelForm" in text:
            import_module("relais." + name.removesuffix(".py").replace("/", "."))
    forms = [form for form in ModelForm.__subclasses__() if form.__module__.startswith("relais.")]
    met = [(form.__name__, one) for form in forms for one in form._meta.model._meta.constraints if _met_by(form, one)]
    assert len(forms) > 5 and "line_alert_before_escalation_before_promise" in {one.name for _, one in met}
    assert [
        (name, one.name) for name, one in met if one.violation_error_message == one.default_violation_error_message
    ] == []


def test_a_second_person_is_asked_for_in_one_way():
    """`two_eyes.second_person` in the use case, `two_eyes.another` in the database."""
    raised = [
        name for name, text in sources("py") if "raise SecondPersonNeeded" in text and name != "foundation/two_eyes.py"
    ]
    compared = [
        (model.__name__, one.name)
        for model in ours()
        for one in model._meta.constraints
        if isinstance(one, CheckConstraint)
        and "F(" in str(one.condition)
        and "_by" in str(one.condition).split("F(")[1]
        if not re.search(r"another|second_person|oneself", one.name)
    ]
    assert (raised, compared) == ([], [])


def test_rows_are_taken_in_one_way():
    """`foundation/claims.py`; the broom of retention, which takes many rows at once, is the other place that skips what others hold."""
    skipping = {name for name, text in sources("py") if re.search(r"skip_?locked", text, re.IGNORECASE)}
    assert skipping == {"foundation/claims.py", "foundation/retention/broom.py"}


def test_letters_are_written_in_one_way():
    """By `letters.send`: nothing else renders a letter, composes one for e-mail or puts one in the outbox."""
    ways = re.compile(r"enqueue\(\s*[\"']email|core\.mail|EmailM\w+|get_template\([^)]*(letters|mail)/")
    found = {name for name, text in sources("py") if ways.search(text)}
    assert found == {"foundation/letters.py", "channels/email/transport.py"}
    by_hand = {
        name
        for name, text in sources("py")
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Dict)
        and {"to", "subject", "text"} <= {key.value for key in node.keys if isinstance(key, ast.Constant)}
    }
    assert by_hand == {"foundation/letters.py"}
    assert list(ROOT.glob("relais/*/templates/*/mail")) == []


def test_an_old_tab_is_refused_in_one_way():
    """`meanwhile` names what changed and keeps what was typed. Rehearsed tables have marks of their own: they are rehearsed again."""
    raised = {name for name, text in sources("py") if "ChangedMeanwhile(" in text}
    rehearsed = {"catalogue/tables/services.py", "campaigns/bringing.py"}
    assert raised == {"foundation/meanwhile.py", "foundation/refusals.py"} | rehearsed


def test_what_was_typed_is_cleaned_in_one_place():
    """Where letters are put in one form or signs left out: `typed`, and the readers that do more, each with its reason."""
    allowed = {
        "foundation/typed.py",
        "foundation/folding.py",
        "foundation/contacts.py",  # numbers and addresses
        "channels/sms/segment.py",  # the alphabet of an SMS
        "catalogue/search/text.py",  # long texts: measured faster
        "safeguarding/detection/words.py",  # by their sound
        "documents/legible.py",  # what a font can draw
        "stories/studio/proofreading/passages.py",  # places in the text as it stands
        "stories/studio/proofreading/checking.py",
    }
    assert {name for name, text in sources("py") if "unicodedata." in text} <= allowed
