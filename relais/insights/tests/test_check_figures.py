import dataclasses
import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from relais.accounts.models import Organisation
from relais.campaigns.services import ensure_demo_touches
from relais.insights import counting, figures

from .histories import anything, event, life, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def codes(now):
    organisation = Organisation.objects.create(name="Essai", kind="operator")
    return [touch.code for touch in ensure_demo_touches(organisation=organisation, now=now)]


def check():
    out = io.StringIO()
    try:
        call_command("check-figures", stdout=out)
    except CommandError:
        return False, out.getvalue()
    return True, out.getvalue()


def only_figures(printed):
    return [line for line in printed.splitlines() if line.startswith("figures:")]


@pytest.mark.parametrize("seed", range(4))
def test_both_counts_agree_on_any_history(codes, now, seed):
    """The random log holds what cannot happen; the reconciliation says so, but the two counts never part."""
    write(*anything(seed, touches=codes, now=now))
    _, printed = check()
    assert only_figures(printed)[0].endswith(" 0 differences"), printed


def test_a_sound_log_passes(codes, now):
    write(*life(now - timedelta(days=2), touch=codes[0])[1], event("touch.followed", now, touch=codes[0]))
    passed, printed = check()
    assert passed
    assert "note: conversations opened: 1 more in the log than in the tables" in printed


@pytest.mark.parametrize("figure", figures.FIGURES, ids=lambda figure: figure.slug)
def test_a_figure_made_wrong_on_purpose_is_found(codes, now, monkeypatch, figure):
    write(*anything(7, touches=codes, now=now, conversations=60))
    write(*(one for kind in ("training", "school", "job") for one in life(now, touch=codes[1], kind=kind)[1]))
    if figure.slug == figures.FOLLOWED:
        monkeypatch.setattr(
            counting, "_FOLLOWS", counting._FOLLOWS.replace("'touch.followed'", "'conversation.opened'")
        )
    else:
        wrong = dataclasses.replace(figure, numerator=f"NOT coalesce({figure.numerator}, FALSE)")
        monkeypatch.setattr(counting, "FIGURES", tuple(wrong if one is figure else one for one in figures.FIGURES))
    passed, printed = check()
    assert not passed
    assert f"DIFFERENCE {figure.slug}, all touches, all: figures say" in printed


def test_a_wrong_median_is_found(codes, now, monkeypatch):
    write(*life(now, seconds=100)[1], *life(now, seconds=900)[1])
    original = counting._value
    monkeypatch.setattr(counting, "_value", lambda *given, median: original(*given, median=median and median + 1))
    passed, printed = check()
    assert not passed
    assert "DIFFERENCE first-delay, all touches, all: figures say 501.0, the recount says 500" in printed


def test_a_step_with_another_touch_or_without_its_conversation_is_found(codes, now):
    subject, events = life(now, touch=codes[0], until="answered")
    _, orphan = life(now, touch=codes[1], until="answered")
    write(*events, event("conversation.closed", now, touch=codes[1], subject=subject), *orphan[2:])
    passed, printed = check()
    assert not passed
    assert "DIFFERENCE 1 events conversation.answered belong to no opened conversation" in printed
    assert "DIFFERENCE 1 events conversation.closed carry another touch than their conversation" in printed


def test_a_conversation_that_the_log_does_not_know_is_found(codes, now):
    from relais.coaching.models import Conversation, Line
    from relais.journeys.models import Journey

    line = Line.objects.create(slug="essai", name="Essai", organisation=Organisation.objects.get(name="Essai"))
    journey = Journey.objects.create(pseudonym="Luna", touch=codes[0], resume_digest="x", created_at=now, seen_at=now)
    Conversation.objects.create(
        line=line,
        journey=journey,
        key="6a1f3e5c-8f43-4f4e-9f0a-111111111111",
        opened_at=now,
        updated_at=timezone.now(),
        waiting_since=now,
    )
    passed, printed = check()
    assert not passed
    assert "DIFFERENCE conversations opened, touch K7QM3: 1 in the tables, 0 in the log" in printed
