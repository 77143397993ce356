"""What the doors publish. `subject` is the row of the message that came in."""

from relais.foundation.events import Code, Event


class InboundKept(Event):
    """A delivery is kept as it came, before anybody has read it."""

    name = "inbound.kept"
    channel: Code


class InboundReceived(Event):
    """A message came in and is kept. `state` is new, ignored or refused; `reason` why it is not new, or none."""

    name = "inbound.received"
    channel: Code
    state: Code
    reason: Code
    flood: bool
    shortened: bool


class SenderStopped(Event):
    """Somebody wrote STOP: nothing more leaves for them by this channel until they write again."""

    name = "sender.stopped"
    channel: Code
