"""How long each kind of data is kept: for every rule the smallest row it speaks of, a second before its time, at it, and after."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from django.db import connection

from relais.accounts.models import AccessRecord, ReadingStop
from relais.agenda.models import BusyFeed, BusyTime, GroupSession
from relais.catalogue.models import BroughtTable, ImportRun, SearchChange
from relais.channels.models import ChannelAccount, Inbound, OptOut
from relais.coaching.models import Callback, Conversation, Draft, Presence, RetentionRun
from relais.coaching.rights import broom
from relais.foundation import retention
from relais.foundation.models import Link, Outbound, RateBucket, Run, Schedule
from relais.media.models import Clip, Upload
from relais.safeguarding.models import AlarmGroup, DangerFile
from relais.stories.models import Comment, ContentReport, Question
from relais.stories.tests.asking import copied

pytestmark = pytest.mark.django_db
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
WANTED = {
    "conversations": 365 * DAY,
    "callbacks": 60 * DAY,
    "drafts": 30 * DAY,
    "presences": DAY,
    "links": 30 * DAY,
    "inbound": 90 * DAY,
    "set-aside": 30 * DAY,
    "unseen": 183 * DAY,
    "opt-outs": 1095 * DAY,
    "accounts-asked": 7 * DAY,
    "letters": 90 * DAY,
    "danger": 730 * DAY,
    "danger-left": 730 * DAY,
    "alarm-networks": timedelta(hours=1),
    "alarm-groups": 30 * DAY,
    "questions": 183 * DAY,
    "comments": 183 * DAY,
    "notices": 183 * DAY,
    "reading-stops": 1095 * DAY,
    "sessions": timedelta(),
    "reports": 1095 * DAY,
    "uploads": 7 * DAY,
    "clips": 7 * DAY,
    "rates": timedelta(hours=1),
    "search-changes": 2 * DAY,
    "tables": timedelta(hours=23),
    "runs": 365 * DAY,
    "import-rows": 90 * DAY,
    "busy": timedelta(),
    "group-sessions": 365 * DAY,
}


# --- the smallest row of each rule, whose time begins `at`; each gives back whether a row is still as it was


def _conversation(world, at):
    made = world.conversation()
    Conversation.objects.filter(pk=made.pk).update(erase_at=at + WANTED["conversations"])
    return lambda: Conversation.objects.filter(pk=made.pk).exists()


def _row(model, **values):
    made = model.objects.create(**values)
    return lambda: model.objects.filter(pk=made.pk).exists()


def _inbound(world, at, state="taken", **values):
    values = {
        "channel": "email",
        "provider_id": str(uuid4()),
        "sender_digest": "x",
        "not_before": at,
        "received_at": at,
    } | values
    return Inbound.objects.create(state=state, **values)


def _aside(state, seen=False):
    def make(world, at):
        kept = {"seen_at": at, "received_at": at - 400 * DAY} if seen else {"told_at": at + 153 * DAY}
        made = _inbound(world, at, state, sender="lea@exemple.invalid", body="Bonjour", **kept)

        def is_kept() -> bool:
            row = Inbound.objects.get(pk=made.pk)
            assert bool(row.body) == bool(row.sender) == (row.erased_at is None)
            return bool(row.body)

        return is_kept

    return make


def _letter(world, at, **values):
    return _row(Outbound, channel="email", key=str(uuid4()), not_before=at, **{"created_at": at} | values)


def _link(at, **values):
    return _row(Link, purpose="coaching.conversation", subject=str(uuid4()), digest="x", made_at=at - DAY, **values)


def _danger(world, at, closed_at=None, noted_at=None, **values):
    values |= {
        "opened_by": world.mediator,
        "opened_at": at,
        "second_due_at": at,
        "second_read_at": at,
        "decided_at": at,
        "closed_at": closed_at,
    }
    values |= {"organisation": world.mediator.memberships.get().organisation, "level": "C", "facts": "x"}
    file = DangerFile.objects.create(**values)
    if noted_at:
        file.entries.create(action="added", by=world.mediator, at=noted_at)
    return _row_of(file)


def _set_aside(at):
    """What a run counted stays; the rows it quotes go."""
    rows = [{"row": "ligne 2 : Léa Roux", "reason": "sans commune"}]
    made = ImportRun.objects.create(source="x", origin="x.csv", started_at=at, finished_at=at, set_aside=rows, aside=1)

    def is_kept() -> bool:
        run = ImportRun.objects.get(pk=made.pk)
        assert run.aside == 1
        return bool(run.set_aside)

    return is_kept


def _question(world, at, body="Il faut un diplôme ?", **values):
    values = {"state": "refused", "decided_at": at} | values
    return Question.objects.create(
        story=world.story(), key=uuid4(), pseudonym="Lynx", body=body, asked_at=at, due_at=at, **values
    )


def _schedule():
    return Schedule.objects.create(job="essai", hour="03:20")


def _words(made, *names):
    return lambda: all(getattr(type(made).objects.get(pk=made.pk), name) for name in names)


def _comment(world, at, **values):
    question = _question(world, at, **values)
    values = {
        "copy": copied(question.story, world.mediator, world.now),
        "network": "instagram",
        "account": "1",
        "number": "1",
        "reply_to": "1",
    }
    return _row(Comment, question=question, owner=question.story.organisation_id, **values)


def _notice(world, at, **values):
    values |= {"story": world.story(), "key": uuid4(), "ground": "hate", "received_at": at}
    return ContentReport.objects.create(email="lea@exemple.invalid", details="C’est moi", **values)


def _upload(world, at, **values):
    values |= {"folder": world.story().folder, "name": "x", "size": 9, "created_by": world.mediator, "created_at": at}
    return _row(Upload, updated_at=at, **values)


def _change(at):
    SearchChange.objects.all().delete()  # those that triggers wrote, by the clock of the database
    return _row(SearchChange, kind="place", key="x", xid=1, at=at)


CASES = {
    "conversations": [_conversation],
    "callbacks": [lambda w, at: _row(Callback, conversation=w.conversation(), kind="phone", value="06", asked_at=at)],
    "drafts": [lambda w, at: _row(Draft, user=w.mediator, conversation=w.conversation(), body="x", updated_at=at)],
    "presences": [lambda w, at: _row(Presence, user=w.mediator, conversation=None, seen_at=at)],
    "links": [
        lambda w, at: _link(at, expires_at=at),
        lambda w, at: _link(at, revoked_at=at),
        lambda w, at: _link(at, single_use=True, used_at=at, expires_at=at + 900 * DAY),
    ],
    "inbound": [
        lambda w, at, state=state: _row_of(_inbound(w, at, state, erased_at=at))
        for state in ("taken", "ignored", "refused")
    ],
    "set-aside": [_aside("ignored", seen=True), _aside("refused", seen=True)],
    "unseen": [_aside("ignored"), _aside("refused")],
    "accounts-asked": [lambda w, at: _row(ChannelAccount, channel="sms", asked_at=at)],
    "opt-outs": [lambda w, at: _row(OptOut, channel="sms", digest="x", how="word", at=at)],
    "letters": [
        lambda w, at: _letter(w, at, state="sent", sent_at=at),
        lambda w, at: _letter(w, at, state="failed", created_at=at - 275 * DAY),
        lambda w, at: _letter(w, at, state="waiting", created_at=at - 275 * DAY),
    ],
    "danger": [lambda w, at: _danger(w, at, state="closed", closed_at=at)],
    "danger-left": [
        lambda w, at: _danger(w, at, state="decided"),
        lambda w, at: _danger(w, at - 900 * DAY, state="open", noted_at=at),
    ],
    "alarm-networks": [lambda w, at: _network(w, at)],
    "alarm-groups": [lambda w, at: _row_of(_group(w, at))],
    "import-rows": [lambda w, at: _set_aside(at)],
    "questions": [
        lambda w, at, state=state: _words(_question(w, at, state=state), "body", "pseudonym")
        for state in ("refused", "removed", "private")
    ],
    "comments": [lambda w, at: _comment(w, at, body="")],
    "notices": [lambda w, at: _words(_notice(w, at, decision="kept", decided_at=at), "email", "details")],
    "reading-stops": [lambda w, at: _row(ReadingStop, user=w.mediator, at=at, files=201, lifted_at=at)],
    "sessions": [lambda w, at: _row(Session, session_key="x", session_data="x", expire_date=at)],
    "reports": [lambda w, at: _row(RetentionRun, at=at)],
    "uploads": [lambda w, at: _upload(w, at, purpose="clip"), lambda w, at: _upload(w, at, purpose="proof")],
    "clips": [lambda w, at: _row(Clip, folder=w.story().folder, state="refused", created_at=at)],
    "rates": [lambda w, at: _row(RateBucket, origin="x", expires_at=at)],
    "search-changes": [lambda w, at: _change(at)],
    "tables": [
        lambda w, at: _row(
            BroughtTable,
            organisation=w.mediator.memberships.first().organisation,
            by=w.mediator,
            name="x.csv",
            brought_at=at,
        )
    ],
    "busy": [lambda w, at: _busy(w, at)],
    "group-sessions": [lambda w, at: _session(w, at)],
    "runs": [
        lambda w, at, state=state: _row(Run, schedule=_schedule(), state=state, started_at=at - DAY, ended_at=at)
        for state in ("done", "failed", "broken")
    ],
}


def _busy(world, at):
    feed = BusyFeed.objects.create(user=world.mediator, address="https://agenda.exemple.invalid/x", next_at=at)
    return _row(BusyTime, feed=feed, starts_at=at - DAY, ends_at=at)


def _session(world, at):
    values = {"title": "Atelier", "about": "Un CV.", "kind": "video", "place": "https://a.exemple.fr", "seats": 2}
    values |= {"zone": "Europe/Paris", "minutes": 60, "register_until": at, "made_at": at - DAY}
    values |= {"organisation": world.mediator.memberships.get().organisation}
    return _row(GroupSession, starts_at=at, led_by=world.mediator, made_by=world.mediator, **values)


def _group(world, at, **values):
    here = world.mediator.memberships.first().organisation
    return AlarmGroup.objects.create(subject_kind="conversation", organisation=here, began_at=at, last_at=at, **values)


def _network(world, at):
    group = _group(world, at, origin="x")
    return lambda: AlarmGroup.objects.filter(pk=group.pk, origin="x").exists()


def _row_of(made):
    return lambda: type(made).objects.filter(pk=made.pk).exists()


def test_every_rule_has_its_case_and_its_time():
    """Written twice on purpose: whoever changes a duration says so here."""
    assert {rule.slug: rule.keep for rule in retention.rules()} == WANTED
    assert CASES.keys() == WANTED.keys() and len(retention.rules()) == len(WANTED)


@pytest.mark.parametrize(
    ("slug", "number"), [(slug, number) for slug, cases in CASES.items() for number in range(len(cases))]
)
def test_kept_until_its_time_and_no_longer(world, slug, number):
    is_kept = CASES[slug][number](world, world.now)
    rule = next(rule for rule in retention.rules() if rule.slug == slug)
    end = world.now + WANTED[slug]
    before = broom.sweep(end - SECOND)
    assert is_kept() and before.counts[slug] == {"ripe": 0, "erased": 0}
    assert rule.ripe(end).count() == 1
    broom.sweep(end)
    assert not is_kept() and not rule.ripe(end + SECOND).exists()


@pytest.mark.parametrize(
    "make",
    [
        lambda w, at: _row_of(_inbound(w, at, "new")),
        lambda w, at: _row_of(_inbound(w, at, "unread", attempts=9)),
        lambda w, at: _words(_question(w, at, state="shown"), "body"),
        lambda w, at: _words(_question(w, at, state="waiting", decided_at=None), "body"),
        lambda w, at: _comment(w, at, state="shown"),
        lambda w, at: _words(_notice(w, at), "email", "details"),
        lambda w, at: _row(ReadingStop, user=w.mediator, at=at, files=201),
        lambda w, at: _link(at, used_at=at),
        lambda w, at: _row_of(w.mediator),
        lambda w, at: _row(Run, schedule=_schedule(), state="waiting", started_at=at),
    ],
    ids=[
        "message not taken",
        "letter not read",
        "question online",
        "question waiting",
        "comment online",
        "notice waiting",
        "stop",
        "receipt",
        "account",
        "run asked for",
    ],
)
def test_what_is_not_over_stays(world, make):
    is_kept = make(world, world.now)
    broom.sweep(world.now + 3650 * DAY)
    assert is_kept()


# --- the broom itself


def test_once_a_day_and_a_dry_run_does_not_count(now, db):
    RetentionRun.objects.create(at=now, is_dry=True)
    assert broom.is_due(now)
    RetentionRun.objects.create(at=now)
    assert not broom.is_due(now + DAY - SECOND) and broom.is_due(now + DAY)


def test_the_trace_of_reads_is_kept_three_years_to_the_second(mediator, now):
    """By the clock of the database, which stands still inside of a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now() - interval '3 years'")
        (edge,) = cursor.fetchone()
    for name, at in (("before", edge - SECOND), ("edge", edge), ("after", edge + SECOND)):
        AccessRecord.objects.create(at=at, user=mediator, action="read", kind="x", subject=name)
    assert broom.sweep(now).counts["access-log"] == {"ripe": 1, "erased": 1}
    assert list(AccessRecord.objects.order_by("at").values_list("subject", flat=True)) == ["edge", "after"]
