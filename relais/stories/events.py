"""What stories publish. A story is named by its slug, people who work here by their number."""

from uuid import UUID

from relais.foundation.events import Code, Event

MOVED = {
    ("none", "draft"): "Créé",
    ("draft", "in-review"): "Envoyé en relecture",
    ("in-review", "draft"): "Renvoyé en brouillon",
    ("in-review", "approved"): "Approuvé",
    ("approved", "draft"): "Modifié : à relire de nouveau",
    ("approved", "published"): "Publié",
    ("published", "withdrawn"): "Retiré",
    ("withdrawn", "draft"): "Repris en brouillon",
}
WHOSE = {"person": "de la personne montrée", "parent": "d’un parent", "employer": "de l’employeur"}


class StoryMoved(Event):
    """From one state to another. `by` is empty when the program itself withdrew it (a consent ended)."""

    name = "story.moved"
    story: Code
    before: Code
    after: Code
    by: UUID | None

    @property
    def words(self) -> str:
        return MOVED.get((self.before, self.after), "")


class StoryPublished(Event):
    name = "story.published"
    unsaid = "said by its move"
    story: Code


class StoryWithdrawn(Event):
    name = "story.withdrawn"
    unsaid = "said by its move"
    story: Code


class ClipPrepared(Event):
    """A file sent to the studio was made ready, or refused. `subject` is the clip."""

    name = "clip.prepared"
    story: Code
    ready: bool

    @property
    def words(self) -> str:
        return "Fichier préparé" if self.ready else "Fichier refusé"


class ConsentRecorded(Event):
    name = "consent.recorded"
    story: Code
    kind: Code
    by: UUID

    @property
    def words(self) -> str:
        return f"Accord {WHOSE[self.kind]} enregistré"


class ConsentWithdrawn(Event):
    name = "consent.withdrawn"
    story: Code
    kind: Code
    by: UUID

    @property
    def words(self) -> str:
        return f"Accord {WHOSE[self.kind]} retiré"


class MistakeWaived(Event):
    name = "mistake.waived"
    words = "Faute possible écartée"
    story: Code
    by: UUID


class StoryReacted(Event):
    name = "story.reacted"
    unsaid = "thousands of them: a figure, not a step"
    story: Code
    kind: Code


class QuestionAsked(Event):
    """`subject` is the question; nothing of its words is here."""

    name = "question.asked"
    unsaid = "the page of the question shows its own trace, with the reasons"
    story: Code
    alarming: bool


class CopyNoted(Event):
    """Somebody wrote down where a story is shown elsewhere. `copy` is its number."""

    name = "copy.noted"
    unsaid = "the copies of a story stand on its page, with who noted them"
    story: Code
    network: Code
    copy: int
    by: UUID


class CommentReceived(Event):
    """A comment was read below a copy of the story. `subject` is the question it became."""

    name = "comment.received"
    unsaid = "the page of the question shows its own trace, with the reasons"
    story: Code
    network: Code
    alarming: bool


class CommentAnswered(Event):
    """The team answers below a comment, or invites to talk in private. `subject` is the question."""

    name = "comment.answered"
    unsaid = "the page of the question shows its own trace, with the reasons"
    story: Code
    network: Code
    kind: Code
    by: UUID


class CommentGone(Event):
    """It is not on the network any more: its words are erased here too. `subject` is the question."""

    name = "comment.gone"
    unsaid = "the page of the question shows its own trace, with the reasons"
    story: Code
    network: Code


class QuestionDecided(Event):
    name = "question.decided"
    unsaid = "the page of the question shows its own trace, with the reasons"
    story: Code
    state: Code
    by: UUID


class QuestionMadePrivate(Event):
    """A moderator offers the asker a conversation; the answer line opens it. `subject` is the question."""

    name = "question.made-private"
    unsaid = "the page of the question shows its own trace, with the reasons"
    story: Code
    by: UUID


class NoticeReceived(Event):
    name = "notice.received"
    unsaid = "a report has a page of its own, with its decision"
    story: Code
    ground: Code


class NoticeDecided(Event):
    name = "notice.decided"
    unsaid = "a report has a page of its own, with its decision"
    story: Code
    decision: Code
    by: UUID


class QuestionTakenBack(Event):
    """Who asked had it erased. `subject` is the question."""

    name = "question.taken-back"
    unsaid = "the page of the question shows its own trace, with the reasons"
    story: Code


class AnswerShown(Event):
    """A public answer appeared. `subject` is the question."""

    name = "answer.shown"
    unsaid = "the page of the question shows its own trace, with the reasons"
    story: Code
    by_person_shown: bool
    by: UUID
