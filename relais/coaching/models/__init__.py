"""The answer line: conversations, the promise that a human answers in time, and the handover to a place that helps."""

from .conversation import Callback, Conversation, DoorAddress, Message
from .desk import Absence, CannedReply, Draft, Mention, Note, Presence, Team, Transfer
from .handover import Appointment, Exit, FollowUp, Handover, HandoverMessage, OutcomeReport, PartnerCapacity
from .line import Line, LineClosure, OpeningWindow
from .retention import RetentionRun
from .safeguarding import Alarm, DangerEntry, DangerFile

__all__ = [
    "Absence", "Alarm", "Appointment", "Callback", "CannedReply", "Conversation", "DangerEntry", "DangerFile", "DoorAddress", "Draft", "Exit",
    "FollowUp", "Handover", "HandoverMessage", "Line", "LineClosure", "Mention", "Message", "Note", "OpeningWindow", "OutcomeReport",
    "PartnerCapacity", "Presence", "RetentionRun", "Team", "Transfer",
]  # fmt: skip
