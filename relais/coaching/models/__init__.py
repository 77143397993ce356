"""The answer line: conversations, the promise that a human answers in time."""

from .conversation import Callback, ChannelAddress, Conversation, Message
from .desk import Absence, CannedReply, Draft, Mention, Note, Presence, Team, Transfer
from .line import Line, LineClosure, LineOverride, OpeningWindow, Situation
from .retention import RetentionRun

__all__ = [
    "Absence",
    "Callback",
    "CannedReply",
    "ChannelAddress",
    "Conversation",
    "Draft",
    "Line",
    "LineClosure",
    "LineOverride",
    "Mention",
    "Message",
    "Note",
    "OpeningWindow",
    "Presence",
    "RetentionRun",
    "Situation",
    "Team",
    "Transfer",
]
