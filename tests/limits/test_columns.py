"""Every column of a date is looked at just before, at, and just after its edge; or only says when something was.

A new column belongs into CASES, or into ONLY_SAYS with its reason.
"""

from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import transaction
from django.db.models import DateField

from relais.channels.sms.reports import LOOK_BACK
from relais.coaching import services
from relais.coaching.line import breach
from relais.foundation.models import Link, Outbound
from relais.handovers import capacity
from relais.handovers import services as handovers
from relais.stories.tests.asking import online

from . import columns as c
from . import columns_line as line_columns
from . import columns_presence as presence
from . import columns_sessions as session_columns
from .columns import BEGINS, BEGINS_AFTER, DAY, ENDS, ENDS_AFTER, Case

pytestmark = pytest.mark.django_db

CASES = {
    "foundation.Outbound.not_before": [Case(c.not_before, BEGINS)],
    "foundation.Outbound.claimed_at": [Case(c.abandoned, BEGINS_AFTER)],
    "foundation.Outbound.sent_at": [Case(lambda w, at: c.report_asked(w, at, sent_at=at - LOOK_BACK), ENDS)],
    "foundation.Outbound.report_at": [Case(lambda w, at: c.report_asked(w, at, report_at=at), BEGINS)],
    "foundation.Link.expires_at": [
        Case(c.invitation, ENDS),
        Case(c.answer_link, ENDS),
        Case(line_columns.private_link, ENDS),
        Case(line_columns.news_link, ENDS),
        *(
            Case(lambda w, at, link=link: line_columns.partner_reads(w, at, link, link_ends=at), ENDS)
            for link in ("answer", "follow")
        ),
    ],
    "foundation.Heartbeat.at": [Case(c.late_loop, ENDS_AFTER)],
    "foundation.Schedule.next_at": [Case(lambda w, at: c.job_due(w, at, next_at=at), BEGINS)],
    "foundation.Schedule.retry_at": [Case(lambda w, at: c.job_due(w, at, retry_at=at), BEGINS)],
    "foundation.Run.started_at": [Case(c.run_gone, BEGINS)],
    "channels.Inbound.not_before": [Case(c.inbound_due, BEGINS), Case(c.inbound_to_read, BEGINS)],
    "channels.Inbound.reply_until": [Case(c.discord_answers_at_once, ENDS)],
    "channels.AccountReading.next_at": [Case(c.network_read, BEGINS)],
    "channels.AccountReading.read_at": [Case(c.account_failing, BEGINS)],
    "channels.ChannelAccount.asked_at": [Case(c.account_asked, ENDS)],
    "accounts.VolunteerCheck.verified_on": [Case(lambda w, day: c.checked(w, day, verified_on=day), BEGINS, DAY)],
    "accounts.VolunteerCheck.expires_on": [Case(lambda w, day: c.checked(w, day, expires_on=day), ENDS, DAY)],
    "accounts.RightRequest.requested_at": [Case(c.right_asked, ENDS)],
    "catalogue.BroughtTable.brought_at": [Case(c.brought_table, ENDS)],
    "accounts.AccessRecord.at": [Case(c.file_open, ENDS)],
    "accounts.OpenSession.seen_at": [Case(presence.session_open, ENDS), Case(presence.streams_end, BEGINS)],
    "stories.Question.due_at": [Case(c.reader_is_told_late, ENDS_AFTER)],
    "stories.Story.published_at": [Case(lambda w, at: c.published(w, at, published_at=at), BEGINS)],
    "stories.Story.expires_at": [
        Case(lambda w, at: c.published(w, at, expires_at=at), ENDS),
        Case(c.taken_down, BEGINS),
    ],
    "stories.Consent.starts": [Case(lambda w, day: c.agreement_to_be_shown(w, day, starts=day), BEGINS, DAY)],
    "stories.Consent.ends": [Case(lambda w, day: c.agreement_to_be_shown(w, day, ends=day), ENDS_AFTER, DAY)],
    "stories.Comment.checked_at": [Case(c.comment_looked_for, BEGINS)],
    "media.Clip.claimed_at": [
        Case(lambda w, at: c.clip_free(w, at, state="working", claimed_at=at - c.MINUTE), BEGINS_AFTER)
    ],
    "media.Clip.burn_claimed_at": [
        Case(
            lambda w, at: c.clip_free(w, at, state="ready", burn_state="working", burn_claimed_at=at - c.MINUTE),
            BEGINS_AFTER,
        )
    ],
    "coaching.LineClosure.first": [Case(lambda w, day: line_columns.closed_days(w, day, first=day), BEGINS, DAY)],
    "coaching.LineClosure.last": [Case(lambda w, day: line_columns.closed_days(w, day, last=day), ENDS_AFTER, DAY)],
    "coaching.LineOverride.start": [Case(lambda w, at: line_columns.forced(w, at, at, at + DAY), BEGINS)],
    "coaching.LineOverride.end": [Case(lambda w, at: line_columns.forced(w, at, at - DAY, at), ENDS)],
    "coaching.Conversation.alert_at": [Case(line_columns.claimed("alert_at", "alerted_at"), BEGINS)],
    "coaching.Conversation.escalate_at": [Case(line_columns.claimed("escalate_at", "escalated_at"), BEGINS)],
    "coaching.Conversation.oncall_at": [Case(line_columns.claimed("oncall_at", "oncalled_at"), BEGINS)],
    "coaching.Conversation.due_at": [
        Case(line_columns.claimed("due_at", "broken_at"), BEGINS_AFTER),
        Case(line_columns.promise_kept, ENDS_AFTER),
    ],
    "coaching.Conversation.promised_until": [Case(line_columns.promised, BEGINS)],
    "coaching.Conversation.broken_at": [
        Case(line_columns.claimed("broken_at", "apologised_at", by=breach.apologise), BEGINS)
    ],
    "coaching.ChannelAddress.reply_until": [Case(line_columns.discord_reply, ENDS)],
    "coaching.Presence.seen_at": [Case(line_columns.present, ENDS)],
    "coaching.Presence.writing_at": [Case(line_columns.typing, ENDS)],
    "coaching.CannedReply.checked_on": [Case(line_columns.fresh_reply, ENDS_AFTER, DAY)],
    "coaching.Absence.first": [Case(lambda w, day: line_columns.away(w, day, first=day), BEGINS, DAY)],
    "coaching.Absence.last": [Case(lambda w, day: line_columns.away(w, day, last=day), ENDS_AFTER, DAY)],
    "handovers.Handover.agreed_until": [
        Case(lambda w, at, link=link: line_columns.partner_reads(w, at, link, agreed_until=at), ENDS)
        for link in ("answer", "follow")
    ],
    "handovers.Handover.return_at": [Case(line_columns.back_unanswered, BEGINS)],
    "agenda.Appointment.starts_at": [
        Case(line_columns.slot_chosen, ENDS),
        Case(line_columns.slot_coming, ENDS),
        Case(line_columns.slot_settled, BEGINS),
        Case(lambda w, at: line_columns.reminded(w, at, starts_at=at, remind_at=at - c.HOUR), ENDS),
    ],
    "agenda.Appointment.remind_at": [
        Case(lambda w, at: line_columns.reminded(w, at, starts_at=at + DAY, remind_at=at), BEGINS)
    ],
    "agenda.GroupSession.starts_at": [
        Case(session_columns.ahead, ENDS),
        Case(session_columns.left, ENDS),
        Case(session_columns.came, BEGINS),
        Case(session_columns.passed, BEGINS),
    ],
    "agenda.GroupSession.register_until": [Case(session_columns.taken, ENDS), Case(session_columns.offered, ENDS)],
    "agenda.Registration.remind_at": [Case(session_columns.reminded, BEGINS)],
    "agenda.BusyFeed.next_at": [Case(line_columns.busy_feed_due, BEGINS)],
    "agenda.BusyTime.starts_at": [Case(line_columns.busy_from, BEGINS_AFTER)],
    "agenda.BusyTime.ends_at": [Case(line_columns.busy_until, ENDS)],
    "handovers.FollowUp.due_at": [Case(line_columns.news_asked, BEGINS)],
    "handovers.FollowUp.asked_at": [
        Case(line_columns.news_asked_again, BEGINS),
        Case(line_columns.news_not_asked_again, ENDS),
    ],
    "safeguarding.Alarm.raised_at": [
        Case(line_columns.numbers_shown, ENDS),
        Case(line_columns.alarm_again, BEGINS),
        Case(line_columns.alarm_forgotten, ENDS),
    ],
    "safeguarding.AlarmGroup.last_at": [Case(line_columns.burst_goes_on, ENDS)],
    "safeguarding.Alarm.told_at": [Case(line_columns.alarm_quiet, ENDS)],
    "safeguarding.DangerFile.second_due_at": [
        Case(line_columns.second_reading_late, BEGINS_AFTER),
        Case(line_columns.opened_file_is_read_within_the_hour, ENDS_AFTER),
    ],
}

WHEN, ONCE, BROOM, RATE, SHOWN = (
    "when it was",
    "set or not: done once",
    "test_retention.py",
    "test_rates.py",
    "shown and sorted, nothing more",
)
WEEK = "the Monday of a place: tests of capacity, and of the return below"
ONLY_SAYS = {
    "foundation.EventRecord": {"at": WHEN},
    "foundation.RateBucket": {"expires_at": RATE},
    "foundation.Run": {"ended_at": BROOM},
    "foundation.Link": {"made_at": "shown and sorted, nothing more", "used_at": BROOM, "revoked_at": BROOM},
    "foundation.Outbound": {"created_at": BROOM},
    "channels.Inbound": {"received_at": BROOM, "taken_at": WHEN, "erased_at": ONCE, "seen_at": BROOM, "told_at": BROOM},
    "channels.OptOut": {"at": BROOM},
    "channels.ChannelAccount": {"confirmed_at": ONCE},
    "channels.AccountReading": {"read_until": "where the next reading begins", "failed_at": SHOWN},
    "accounts.User": {"last_login": WHEN, "approved_at": "set or not: test_people.py", "date_joined": WHEN},
    "accounts.VolunteerCheck": {"issued_on": WHEN, "revoked_at": ONCE},
    "accounts.ReadingStop": {"at": WHEN, "lifted_at": BROOM},
    "accounts.RightRequest": {"confirmed_at": ONCE, "dropped_at": ONCE},
    "accounts.Invitation": {"created_at": WHEN, "accepted_at": ONCE},
    "accounts.OpenSession": {"opened_at": SHOWN, "told_at": "set or not: accounts/tests/test_lock.py"},
    "catalogue.ImportRun": {"started_at": WHEN, "finished_at": ONCE},
    "catalogue.Occupation": {"checked": SHOWN},
    "catalogue.Certification": {"ends_on": "whether it is current is said by its source"},
    "catalogue.JobOffer": {
        "published_at": SHOWN,
        "refreshed_at": SHOWN,
        "seen_at": WHEN,
        "left_at": ONCE,
        "hidden_at": ONCE,
    },
    "catalogue.Training": {"starts_on": SHOWN, "ends_on": SHOWN, "seen_at": WHEN, "left_at": ONCE},
    "catalogue.OfferReport": {"reported_at": SHOWN, "decided_at": ONCE},
    "catalogue.ImportSlice": {"finished_at": WHEN},
    "catalogue.SearchChange": {"at": BROOM},
    "stories.Question": {"asked_at": SHOWN, "decided_at": BROOM},
    "stories.Answer": {"at": WHEN},
    "stories.ContentReport": {"received_at": SHOWN, "decided_at": BROOM},
    "stories.ModerationTrace": {"at": WHEN},
    "stories.Consent": {"recorded_at": WHEN, "withdrawn_at": ONCE},
    "stories.ExternalCopy": {"posted_at": WHEN, "taken_down_at": ONCE},
    "stories.Proofreading": {"at": WHEN},
    "stories.Waiver": {"at": WHEN},
    "stories.Comment": {"missed_at": ONCE},
    "stories.CommentReply": {"at": WHEN},
    "media.Upload": {"created_at": WHEN, "updated_at": BROOM, "completed_at": ONCE},
    "media.Clip": {"created_at": BROOM},
    "stories.Story": {"created_at": WHEN, "withdrawn_at": WHEN},
    "journeys.Journey": {"created_at": WHEN, "seen_at": WHEN},
    "journeys.Device": {"created_at": WHEN},
    "coaching.Line": {"hours_changed_at": ONCE},
    "coaching.LineOverride": {"applied_at": ONCE},
    "coaching.Conversation": {
        "opened_at": WHEN,
        "updated_at": BROOM,
        "closed_at": WHEN,
        "first_answered_at": WHEN,
        "claimed_at": WHEN,
        "waiting_since": "the deadlines are counted from it: test_promise.py",
        "alerted_at": ONCE,
        "escalated_at": ONCE,
        "oncalled_at": ONCE,
        "apologised_at": ONCE,
        "erase_at": BROOM,
        "erase_told_at": WHEN,
    },
    "coaching.Message": {"at": WHEN},
    "coaching.Callback": {"slot": SHOWN, "asked_at": BROOM},
    "coaching.ChannelAddress": {"last_at": SHOWN},
    "coaching.Draft": {"updated_at": BROOM},
    "coaching.Note": {"at": WHEN},
    "coaching.Mention": {"seen_at": ONCE},
    "coaching.Transfer": {"at": WHEN},
    "coaching.Absence": {"moved_at": ONCE},
    "handovers.Handover": {
        "proposed_at": WHEN,
        "agreed_at": WHEN,
        "intake_week": WEEK,
        "answered_at": WHEN,
        "outcome_at": WHEN,
    },
    "handovers.PartnerCapacity": {"updated_at": WHEN},
    "handovers.HandoverMessage": {"at": WHEN},
    "agenda.Appointment": {"proposed_at": WHEN, "reminded_at": ONCE, "video_opened_at": ONCE},
    "agenda.GroupSession": {"made_at": WHEN},
    "agenda.Registration": {"proposed_at": WHEN, "waiting_since": WHEN, "reminded_at": ONCE},
    "agenda.BusyFeed": {"read_at": SHOWN, "failed_at": SHOWN},
    "handovers.OutcomeReport": {"at": WHEN},
    "handovers.FollowUp": {"reminded_at": ONCE, "answered_at": ONCE},
    "coaching.RetentionRun": {"at": BROOM},
    "safeguarding.Alarm": {"seen_at": ONCE, "told_again_at": ONCE},
    "safeguarding.AlarmGroup": {"began_at": "read since then: what is opened before is no sample"},
    "safeguarding.DangerFile": {
        "opened_at": WHEN,
        "second_read_at": WHEN,
        "decided_at": WHEN,
        "sent_at": WHEN,
        "closed_at": BROOM,
    },
    "safeguarding.DangerEntry": {"at": WHEN},
    "campaigns.Touch": {"created_at": WHEN},
}


def test_every_column_of_a_date_has_its_case_or_its_reason():
    ours = [model for model in apps.get_models() if model.__module__.startswith("relais.")]
    there = {
        f"{model._meta.label}.{field.name}"
        for model in ours
        for field in model._meta.concrete_fields
        if isinstance(field, DateField)
    }
    said = {f"{label}.{name}" for label, names in ONLY_SAYS.items() for name in names}
    assert (there - CASES.keys() - said, CASES.keys() - there, said - there, CASES.keys() & said) == (
        set(),
        set(),
        set(),
        set(),
    )


@pytest.fixture
def world(people, line, write, structure, make_user, monkeypatch, time_machine, settings, now):
    class World:
        def __init__(self):
            self.people, self.line, self.write, self.make_user, self.patch, self.now = (
                people,
                line,
                write,
                make_user,
                monkeypatch,
                now,
            )
            self.mediator, self.organisation = people["mediator"], line.organisation

        def story(self):
            return online(people, now)

        def held(self):
            """A conversation that the mediator holds."""
            return services.claim(conversation=write().conversation, user=self.mediator, now=now)

        def sent(self):
            """A handover that the person agreed to, on its way to its partner."""
            held, values = (
                self.held(),
                {"partner_email": "accueil@exemple.invalid", "summary": "Cherche un stage", "key": uuid4()},
            )
            handover = handovers.propose(conversation=held, user=self.mediator, structure=structure, now=now, **values)
            return handovers.agree(handover=handover, journey=held.journey, name="", contact="", now=now)

        @contextmanager
        def clock(self, at):
            time_machine.move_to(at, tick=False)
            yield
            time_machine.move_to(now, tick=False)

        def get(self, browser, address, at):
            with self.clock(at):
                return browser.get(address)

    Line = type(line)
    Line.objects.filter(pk=line.pk).update(oncall_email="astreinte@exemple.invalid")
    line.refresh_from_db()
    settings.SITE_URL = "https://relais.exemple.invalid"
    return World()


@pytest.mark.parametrize(
    ("column", "number"), [(column, number) for column, cases in CASES.items() for number in range(len(cases))]
)
def test_just_before_at_and_just_after(world, column, number):
    case = CASES[column][number]
    edge = world.now + DAY if case.step < DAY else (world.now + DAY).date()
    look, seen = case.make(world, edge), []
    for at in (edge - case.step, edge, edge + case.step):
        with transaction.atomic():
            seen.append(look(at))
            transaction.set_rollback(True)
    assert tuple(seen) == case.so


def test_a_demand_that_waits_for_its_week_comes_back_counted_from_then(world, structure, people):
    """Its partner has the same hours to answer as any other: from the moment the letter leaves, not from the agreement."""
    capacity.say(structure=structure, weekly=1, user=people["supervisor"], now=world.now)
    sent = []
    for _ in range(2):
        held = services.claim(conversation=world.write(key=uuid4()).conversation, user=world.mediator, now=world.now)
        values = {"partner_email": "a@exemple.invalid", "summary": "Un stage", "key": uuid4(), "wait": True}
        handover = handovers.propose(
            conversation=held, user=world.mediator, structure=structure, now=world.now, **values
        )
        sent.append(handovers.agree(handover=handover, journey=held.journey, name="", contact="", now=world.now))
    leave = [Outbound.objects.get(key=f"handover:{one.pk}").not_before for one in sent]
    hours = handovers.office(structure)
    assert leave[0] == world.now < leave[1] - 2 * DAY
    for one, at in zip(sent, leave, strict=True):
        assert one.return_at == Link.objects.get(subject=one.pk).expires_at == hours.add(at, timedelta(hours=16))
        assert (
            handovers.return_unanswered(one.return_at - c.SECOND) == 0
            and handovers.return_unanswered(one.return_at) == 1
        )
