"""What stories publish. A story is named by its slug, people who work here by their number."""

from uuid import UUID

from relais.foundation.events import Code, Event


class StoryMoved(Event):
    """From one state to another. `by` is empty when the program itself withdrew it (a consent ended)."""

    name = "story.moved"
    story: Code
    before: Code
    after: Code
    by: UUID | None


class StoryPublished(Event):
    name = "story.published"
    story: Code


class StoryWithdrawn(Event):
    name = "story.withdrawn"
    story: Code


class ClipPrepared(Event):
    """A file sent to the studio was made ready, or refused. `subject` is the clip."""

    name = "clip.prepared"
    story: Code
    ready: bool


class ConsentRecorded(Event):
    name = "consent.recorded"
    story: Code
    kind: Code
    by: UUID


class ConsentWithdrawn(Event):
    name = "consent.withdrawn"
    story: Code
    kind: Code
    by: UUID


class MistakeWaived(Event):
    name = "mistake.waived"
    story: Code
    by: UUID


class StoryReacted(Event):
    name = "story.reacted"
    story: Code
    kind: Code


class QuestionAsked(Event):
    """`subject` is the question; nothing of its words is here."""

    name = "question.asked"
    story: Code
    alarming: bool


class CopyNoted(Event):
    """Somebody wrote down where a story is shown elsewhere. `copy` is its number."""

    name = "copy.noted"
    story: Code
    network: Code
    copy: int
    by: UUID


class CommentReceived(Event):
    """A comment was read below a copy of the story. `subject` is the question it became."""

    name = "comment.received"
    story: Code
    network: Code
    alarming: bool


class CommentAnswered(Event):
    """The team answers below a comment, or invites to talk in private. `subject` is the question."""

    name = "comment.answered"
    story: Code
    network: Code
    kind: Code
    by: UUID


class CommentGone(Event):
    """It is not on the network any more: its words are erased here too. `subject` is the question."""

    name = "comment.gone"
    story: Code
    network: Code


class QuestionDecided(Event):
    name = "question.decided"
    story: Code
    state: Code
    by: UUID


class QuestionMadePrivate(Event):
    """A moderator offers the asker a conversation; the answer line opens it. `subject` is the question."""

    name = "question.made-private"
    story: Code
    by: UUID


class NoticeReceived(Event):
    name = "notice.received"
    story: Code
    ground: Code


class NoticeDecided(Event):
    name = "notice.decided"
    story: Code
    decision: Code
    by: UUID


class QuestionTakenBack(Event):
    """Who asked had it erased. `subject` is the question."""

    name = "question.taken-back"
    story: Code


class AnswerShown(Event):
    """A public answer appeared. `subject` is the question."""

    name = "answer.shown"
    story: Code
    by_person_shown: bool
    by: UUID
