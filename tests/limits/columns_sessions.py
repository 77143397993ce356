"""Columns of sessions with places; as in columns.py."""

from relais.agenda import sessions
from relais.agenda.models import GroupSession, Registration
from relais.coaching import hooks
from relais.foundation.refusals import WrongState

from .columns import DAY, HOUR, opens


def _session(world, **values):
    values = {
        "title": "Atelier CV",
        "about": "On fait ton CV.",
        "kind": "video",
        "place": "https://a.exemple.fr",
    } | values
    values |= {"zone": "Europe/Paris", "minutes": 60, "led_by": world.mediator, "made_by": world.mediator}
    values = {"seats": 1, "register_until": values["starts_at"], "made_at": world.now} | values
    return GroupSession.objects.create(organisation=world.organisation, **values)


def _registration(world, session, **values):
    held = world.held()
    values = {"state": "proposed", "proposed_by": world.mediator, "proposed_at": world.now} | values
    one = Registration.objects.create(
        session=session, subject_kind="conversation", subject_id=held.pk, person=held.journey_id, **values
    )
    one.conversation = held
    return one


def taken(world, edge):
    """A place, until the last hour to take one."""
    one = _registration(world, _session(world, starts_at=edge + DAY, register_until=edge))
    return lambda at: opens(lambda: sessions.register(registration=one, now=at), WrongState)


def offered(world, edge):
    session = _session(world, starts_at=edge + DAY, register_until=edge)
    return lambda at: sessions.proposable(session.organisation_id, at).exists()


def ahead(world, edge):
    one = _registration(world, _session(world, starts_at=edge), state="registered")
    return lambda at: bool(hooks.next_steps(one.conversation, at))


def left(world, edge):
    one = _registration(world, _session(world, starts_at=edge), state="registered")
    return lambda at: opens(lambda: sessions.give_up(registration=one, seen="registered", now=at), WrongState)


def came(world, edge):
    one = _registration(world, _session(world, starts_at=edge), state="registered")
    return lambda at: opens(lambda: sessions.attend(registration=one, came=True, now=at), WrongState)


def passed(world, edge):
    _registration(world, _session(world, starts_at=edge), state="waiting", waiting_since=edge - HOUR)
    return lambda at: sessions.pass_due(at) == 1


def reminded(world, edge):
    one = _registration(world, _session(world, starts_at=edge + DAY), state="registered", remind_at=edge)

    def look(at):
        sessions.remind_due(at)
        return one.conversation.messages.filter(side="notice").exists()

    return look
