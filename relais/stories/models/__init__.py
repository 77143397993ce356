"""Testimonies: who is shown, which job, in their own words; what must be agreed before anybody sees them; what is asked below."""

from .comments import Comment, CommentReply
from .media import Clip, Photo, Upload
from .questions import ANSWER, NOTICE, QUESTION, Answer, ModerationTrace, Notice, Question
from .rights import Channel, Consent, ExternalCopy, Proofreading, Waiver
from .story import ReactionCount, Story

__all__ = [
    "ANSWER", "NOTICE", "QUESTION", "Answer", "Channel", "Clip", "Comment", "CommentReply", "Consent", "ExternalCopy", "ModerationTrace", "Notice", "Photo", "Proofreading", "Question",
    "ReactionCount", "Story", "Upload", "Waiver",
]  # fmt: skip
