"""What the channels publish. `subject` is the row of the message that came in."""

from relais.foundation.events import Code, Event


class InboundKept(Event):
    """A delivery is kept as it came, before anybody has read it."""

    name = "inbound.kept"
    unsaid = "what came in is listed on the page of arrivals"
    channel: Code


class InboundReceived(Event):
    """A message came in and is kept. `state` is new, ignored or refused; `reason` why it is not new, or none."""

    name = "inbound.received"
    unsaid = "what came in is listed on the page of arrivals"
    channel: Code
    state: Code
    reason: Code
    flood: bool
    shortened: bool


class SenderStopped(Event):
    """Somebody wrote STOP: nothing more leaves for them by this channel until they write again."""

    name = "sender.stopped"
    unsaid = "of a sender, by a digest: nobody looks one up"
    channel: Code


class RefusalWithdrawn(Event):
    """A team took back a refusal that it had noted itself, for a wrong address."""

    name = "refusal.withdrawn"
    unsaid = "of a sender, by a digest: nobody looks one up"
    channel: Code
