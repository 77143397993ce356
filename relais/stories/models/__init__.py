"""Testimonies: who is shown, which job, in their own words; what must be agreed before anybody sees them; what is asked below."""

from .comments import Comment, CommentReply
from .questions import ANSWER, NOTICE, QUESTION, Answer, ContentReport, ModerationTrace, Question
from .rights import Channel, Consent, ExternalCopy, Proofreading, Waiver
from .story import FILES, ReactionCount, Story

__all__ = [
    "ANSWER",
    "FILES",
    "NOTICE",
    "QUESTION",
    "Answer",
    "Channel",
    "Comment",
    "CommentReply",
    "Consent",
    "ContentReport",
    "ExternalCopy",
    "ModerationTrace",
    "Proofreading",
    "Question",
    "ReactionCount",
    "Story",
    "Waiver",
]
