"""The answer line: conversations, the promise that a human answers in time, and the handover to a place that helps."""

from .conversation import Callback, Conversation, DoorAddress, Message
from .desk import Absence, CannedReply, Draft, Mention, Note, Presence, Team, Transfer
from .handover import Appointment, By, Exit, FollowUp, Handover, HandoverMessage, OutcomeReport, PartnerCapacity
from .line import Line, LineClosure, LineOverride, OpeningWindow, Situation
from .retention import RetentionRun
from .safeguarding import Alarm, DangerEntry, DangerFile

__all__ = [
    "Absence", "Alarm", "Appointment", "By", "Callback", "CannedReply", "Conversation", "DangerEntry", "DangerFile", "DoorAddress", "Draft", "Exit",
    "FollowUp", "Handover", "HandoverMessage", "Line", "LineClosure", "LineOverride", "Mention", "Message", "Note", "OpeningWindow", "OutcomeReport",
    "PartnerCapacity", "Presence", "RetentionRun", "Situation", "Team", "Transfer",
]  # fmt: skip
