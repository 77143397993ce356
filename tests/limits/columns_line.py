"""Columns of the answer line, its desk, the baton and safeguarding; as in columns.py."""

from datetime import date, datetime
from uuid import uuid4

from django.test import Client
from django.utils import timezone

from relais.agenda import services as agenda
from relais.agenda import taken
from relais.agenda.models import Appointment, BusyFeed
from relais.coaching import hooks, thread
from relais.coaching import services as coaching
from relais.coaching.desk import canned, presence, transfers
from relais.coaching.models import Absence, CannedReply, Conversation, Presence
from relais.coaching.models.conversation import CONVERSATION
from relais.coaching.thread import links, outbound, promise
from relais.foundation.links import drawn, make
from relais.foundation.models import Link, Outbound
from relais.foundation.refusals import LinkOver
from relais.foundation.subjects import subject_of
from relais.handovers import appointments, booked, common, follow_ups
from relais.handovers import services as handovers
from relais.handovers.models import Handover
from relais.safeguarding import alarms, danger, groups
from relais.safeguarding.models import Alarm, DangerFile
from tests import builders

from .columns import DAY, HOUR, MINUTE, SECOND, opens

# --- the line and the desk


def closed_days(world, edge, **days):
    world.line.closures.create(**{"first": edge - 5 * DAY, "last": edge + 5 * DAY} | days)
    world.line.forget_hours()
    return lambda day: world.line.hours().is_closed_on(day)


def forced(world, edge, start, end):
    world.line.overrides.create(is_open=False, start=start, end=end, by=world.people["supervisor"])
    world.line.forget_hours()

    def look(at):
        assert world.line.hours().is_open(at) == (world.line.override(at) is None)
        return world.line.override(at) is not None

    return look


def claimed(column, mark, *, by=promise.tick):
    def make(world, edge):
        conversation = world.write().conversation
        Conversation.objects.update(alert_at=None, escalate_at=None, oncall_at=None, due_at=None)
        Conversation.objects.update(**{column: edge})

        def look(at):
            by(at)
            return getattr(Conversation.objects.get(pk=conversation.pk), mark) is not None

        return look

    return make


def promised(world, edge):
    """Of a conversation that went to another line: the wait ends when it was told to end, whatever is usual there."""
    conversation = world.write().conversation
    conversation.waiting_since, conversation.promised_until = edge - 5 * MINUTE, edge
    promise.set_deadlines(conversation)
    return lambda at: conversation.due_at <= at


def promise_kept(world, edge):
    """Whichever looks first, who answers or the clock: a promise is kept until its very end."""
    conversation = world.held()
    Conversation.objects.filter(pk=conversation.pk).update(due_at=edge)

    def look(at):
        held = Conversation.objects.select_related("line", "journey").get(pk=conversation.pk)
        promise.tick(at)
        overdue, broken = (
            Conversation.objects.overdue(at).exists(),
            Conversation.objects.exclude(broken_at=None).exists(),
        )
        _, kept = promise.end_wait(held, at)
        assert (overdue, broken) == (not kept, not kept)
        return kept

    return look


def private_link(world, edge):
    secret = links.make(world.write().conversation, now=edge - 7 * DAY).rpartition("/")[2]
    return lambda at: opens(lambda: links.opened_by(secret, now=at), LinkOver)


def discord_reply(world, edge):
    conversation = world.held()
    Conversation.objects.filter(pk=conversation.pk).update(channel="discord")
    conversation.addresses.create(
        channel="discord", address="8", digest="x", last_at=world.now, reply_token="x", reply_until=edge
    )
    conversation.refresh_from_db()

    def look(at):
        message = conversation.messages.create(seq=99, side="staff", body="Oui", at=at)
        outbound.deliver(message)
        return Outbound.objects.filter(channel="discord").exists()

    return look


def present(world, edge):
    conversation = world.write().conversation
    Presence.objects.create(user=world.mediator, conversation=conversation, seen_at=edge - MINUTE)

    def look(at):
        assert bool(presence.present([world.organisation.pk], at)) == bool(
            presence.others_here(conversation, world.people["mediator_2"], at)
        )
        return bool(presence.present([world.organisation.pk], at))

    return look


def typing(world, edge):
    conversation = world.write().conversation
    Presence.objects.create(user=world.mediator, conversation=conversation, seen_at=edge, writing_at=edge - 15 * SECOND)

    def look(at):
        (here,), (beside,) = (
            presence.present([world.organisation.pk], at),
            presence.others_here(conversation, world.people["mediator_2"], at),
        )
        assert here.is_writing == beside.is_writing
        return here.is_writing

    return look


def fresh_reply(world, edge):
    return lambda day: not canned.is_stale(CannedReply(checked_on=edge - 180 * DAY), day)


def away(world, edge, **days):
    values = {"first": edge - 5 * DAY, "last": edge + 5 * DAY} | days
    Absence.objects.create(user=world.mediator, declared_by=world.people["supervisor"], **values)
    held = world.held()

    def look(day: date):
        noon = datetime.combine(day, datetime.min.time(), timezone.get_default_timezone()) + 12 * HOUR
        went = transfers.move_due(noon) == 1
        assert (
            Conversation.objects.filter(pk=held.pk, claimed_by=None).exists()
            == went
            == Absence.objects.on(day).exists()
        )
        return went

    return look


# --- the baton


def partner_reads(world, edge, link="answer", link_ends=None, **values):
    """By the link and by the account: as long as the agreement holds, and for the link as long as it is good."""
    handover = world.sent()
    secret = drawn(common.ANSWER, handover.pk)
    if link == "follow":
        handovers.accept(handover=handover, now=world.now)
        secret = drawn(common.FOLLOW, handover.pk)
    Handover.objects.filter(pk=handover.pk).update(**{"agreed_until": edge + 900 * DAY} | values)
    Link.objects.update(expires_at=link_ends or edge + 900 * DAY)
    partner = world.make_user("partner", email=handover.partner_email)

    def look(at):
        by_link = world.get(Client(), f"/orientation/{secret}", at).status_code
        with world.clock(at):
            browser = builders.client(partner)
        mine = world.get(browser, f"/pro/orientations/{handover.pk}/", at).status_code
        listed = str(handover.pk) in world.get(browser, "/pro/orientations/", at).content.decode()
        holds = "agreed_until" not in values or at < edge
        assert (mine == 200, listed) == (holds, holds) and by_link in (200, 404)
        return by_link == 200

    return look


def back_unanswered(world, edge):
    Handover.objects.filter(pk=world.sent().pk).update(return_at=edge)
    return lambda at: handovers.return_unanswered(at) == 1


def _slot(world, **values):
    conversation = world.held()
    values = {"state": "proposed", "kind": "call", "proposal": uuid4(), "proposed_at": world.now} | values
    slot = Appointment.objects.create(**booked.about(conversation, None).values(), **values)
    slot.conversation = conversation
    return slot


def slot_chosen(world, edge):
    slot = _slot(world, starts_at=edge)
    taken = {"appointment": slot, "journey": slot.conversation.journey, "remind_by": "door", "address": ""}
    return lambda at: opens(lambda: appointments.choose(now=at, **taken), coaching.WrongState)


def slot_coming(world, edge):
    slot = _slot(world, starts_at=edge, state="chosen")
    return lambda at: bool(hooks.next_steps(slot.conversation, at))


def slot_settled(world, edge):
    slot = _slot(world, starts_at=edge, state="chosen")
    return lambda at: opens(
        lambda: agenda.settle(appointment=slot, held_it=True, said="staff", now=at), coaching.WrongState
    )


def reminded(world, edge, **values):
    slot = _slot(world, state="chosen", **values)

    def look(at):
        agenda.remind_due(at)
        return slot.conversation.messages.filter(side="notice").exists()

    return look


def _feed(world, **values):
    values = {"user": world.mediator, "address": "https://agenda.exemple.invalid/x"} | values
    return BusyFeed.objects.create(**values)


def busy_feed_due(world, edge):
    _feed(world, next_at=edge)
    return lambda at: BusyFeed.objects.due(at).exists()


def _is_busy(world, **times):
    _feed(world, next_at=world.now).times.create(**times)
    free = taken.Free(None, [world.mediator])
    return lambda starts, minutes: free.takes(starts, minutes) == taken.BUSY


def busy_from(world, edge):
    """Of an appointment that ends then: it touches what begins, and takes nothing of it."""
    look = _is_busy(world, starts_at=edge, ends_at=edge + DAY)
    return lambda at: look(at - 30 * MINUTE, 30)


def busy_until(world, edge):
    look = _is_busy(world, starts_at=edge - DAY, ends_at=edge)
    return lambda at: look(at, 30)


def _question(world, **values):
    conversation = world.held()
    conversation.follow_ups.all().delete()
    return conversation.follow_ups.create(milestone=3, **{"due_at": world.now} | values)


def news_asked(world, edge):
    _question(world, due_at=edge)
    return lambda at: follow_ups.ask_due(at) == 1


def news_asked_again(world, edge):
    _question(world, asked_at=edge - 10 * DAY)
    return lambda at: follow_ups.ask_due(at) == 1


def news_not_asked_again(world, edge):
    _question(world, asked_at=edge - 45 * DAY)
    return lambda at: follow_ups.ask_due(at) == 1


def news_link(world, edge):
    secret = make(follow_ups.NEWS, _question(world, asked_at=world.now).pk, now=edge - 45 * DAY)
    return lambda at: opens(lambda: follow_ups.by_link(secret, now=at), LinkOver)


# --- safeguarding


def _alarm(world, **values):
    conversation = world.held()
    message = conversation.messages.order_by("seq").first()
    return Alarm.objects.create(
        subject_kind=CONVERSATION,
        subject_id=conversation.pk,
        item=message.pk,
        organisation=world.organisation,
        kinds=["suicide"],
        **{"is_urgent": True, "told_at": world.now} | values,
    )


def numbers_shown(world, edge):
    alarm = _alarm(world, raised_at=edge - 24 * HOUR)
    return lambda at: bool(alarms.help_for(CONVERSATION, alarm.subject_id, at))


def alarm_again(world, edge):
    _alarm(world, raised_at=edge - 10 * MINUTE)
    return lambda at: alarms.remind(at) > 0


def alarm_forgotten(world, edge):
    _alarm(world, raised_at=edge - 2 * HOUR)
    return lambda at: alarms.remind(at) > 0


def burst_goes_on(world, edge):
    """Alarms of one network, five minutes apart and less, are of one group."""
    about = subject_of(world.held())
    group = groups.going_on(about, "192.0.2.7", edge - 5 * MINUTE)
    return lambda at: groups.going_on(about, "192.0.2.7", at) == group


def alarm_quiet(world, edge):
    alarm = _alarm(world, raised_at=world.now, told_at=edge - 10 * MINUTE)

    def look(at):
        held = Conversation.objects.get(pk=alarm.subject_id)
        message = thread.append(
            held, side="young", body="je veux mourir, je vais le faire ce soir", key=uuid4(), now=at
        )
        return Alarm.objects.get(item=message.pk).told_at is None

    return look


def second_reading_late(world, edge):
    values = {
        "organisation": world.organisation,
        "level": "B",
        "facts": "x",
        "opened_by": world.mediator,
        "opened_at": edge - HOUR,
    }
    DangerFile.objects.create(second_due_at=edge, **values)
    return lambda at: danger.call_late(at) == 1


def opened_file_is_read_within_the_hour(world, edge):
    values = {"subject": subject_of(world.held()), "user": world.mediator, "second_reader": world.people["supervisor"]}
    danger.open_file(level="B", facts="Des faits.", now=edge - HOUR, **values)
    return lambda at: danger.call_late(at) == 0
