"""What safeguarding publishes. `subject` of an alarm is what it is about; of a file, the file."""

from relais.foundation.events import Code, Event


class DangerSignalled(Event):
    """A message bears signs of danger, of this kind first (a code of safeguarding.detection). A human is told; nothing else happens."""

    name = "danger.signalled"
    unsaid = "alarms stand in their own place on the page, with who read them"
    kind: Code
    urgent: bool


class DangerSeen(Event):
    """A human has read what was signalled, `seconds` after; `false`: they say that it was none."""

    name = "danger.seen"
    unsaid = "alarms stand in their own place on the page, with who read them"
    seconds: int
    false: bool


class DangerReopened(Event):
    """What somebody said to be a false alarm is to be read again."""

    name = "danger.reopened"
    unsaid = "alarms stand in their own place on the page, with who read them"


class DangerFileOpened(Event):
    """`subject` is the file: nothing ties it to a person once their conversation is erased."""

    name = "danger-file.opened"
    unsaid = "a danger file has a register of its own, with the reasons"
    level: Code


class DangerFileLate(Event):
    """Nobody has read it a second time within the hour."""

    name = "danger-file.late"
    unsaid = "a danger file has a register of its own, with the reasons"


class DangerFileReadTwice(Event):
    name = "danger-file.read-twice"
    unsaid = "a danger file has a register of its own, with the reasons"
    seconds: int
    level: Code


class DangerFileDecided(Event):
    name = "danger-file.decided"
    unsaid = "a danger file has a register of its own, with the reasons"
    decision: Code
    parents: Code


class DangerFileSent(Event):
    """Somebody noted that it was passed on, by hand: the program sends nothing to anybody."""

    name = "danger-file.sent"
    unsaid = "a danger file has a register of its own, with the reasons"


class DangerFileClosed(Event):
    name = "danger-file.closed"
    unsaid = "a danger file has a register of its own, with the reasons"
