"""Somebody says that a text is unlawful: acknowledged at once, decided by a human, told with its reasons (Regulation (EU) 2022/2065, articles 16 and 17)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from django.db import IntegrityError, transaction

from relais.accounts.models import User
from relais.foundation import links
from relais.foundation.events import record
from relais.foundation.refusals import AlreadyDecided, Gone, LinkOver, NotAcceptable, WrongState
from relais.foundation.two_eyes import second_person

from ..events import NoticeDecided, NoticeReceived
from ..models import NOTICE, Answer, ContentReport, Question, Story
from ..studio import services
from . import letters, moderation
from .questions import locked

Decision = ContentReport.Decision


@dataclass(frozen=True)
class Text:
    """What a notice is about: a story, a question below it, or one of its answers. `words` is what everybody reads."""

    story: Story
    question: Question | None = None
    answer: Answer | None = None

    @property
    def kind(self) -> str:
        return "answer" if self.answer else "question" if self.question else "story"

    @property
    def words(self) -> str:
        return self.answer.body if self.answer else self.question.shown_body if self.question else self.story.title


def public_text(now: datetime, *, story: str = "", question: UUID | None = None, answer: int | None = None) -> Text:
    """What anybody may read now under one of these names. Raises Gone."""
    published = Story.objects.published(now)
    if answer is not None:
        found = Answer.objects.shown().filter(
            question__in=Question.objects.shown().filter(story__in=published), pk=answer
        )
        one = found.select_related("question__story").first()
        text = one and Text(one.question.story, one.question, one)
    elif question is not None:
        one = Question.objects.shown().filter(story__in=published, pk=question).select_related("story").first()
        text = one and Text(one.story, one)
    else:
        one = published.filter(pk=story).first()
        text = one and Text(one)
    if text is None:
        raise Gone("Ce texte n’est plus en ligne.")
    return text


def text_of(notice: ContentReport) -> Text:
    return Text(notice.story, notice.question, notice.answer)


def report(*, text: Text, ground: str, details: str, email: str, key: UUID, now: datetime) -> tuple[ContentReport, str]:
    """Keep what somebody reports about `text`, tell the moderators, and acknowledge; gives the secret of the page that follows it.

    The same form sent twice (`key`) is one notice; with something else in it, another one.
    """
    notice = ContentReport(story=text.story, question=text.question, answer=text.answer, key=key, received_at=now)
    notice.ground, notice.details, notice.email = ground, details, email
    try:
        with transaction.atomic():
            notice.save(force_insert=True)
            secret = links.make(NOTICE, key, now=now)
            record(NoticeReceived(story=text.story.pk, subject=notice.pk, ground=ground), now=now)
            letters.notice_for_moderators(notice, now)
            if email:
                letters.notice_received(notice, secret, now)
    except IntegrityError:
        kept = ContentReport.objects.filter(key=key).first()
        if kept is None:
            raise
        if (text_of(kept), kept.ground, kept.details) == (text, ground, details):
            return kept, links.drawn(NOTICE, key)
        said = f"{text.kind} {text.story.pk} {text.question and text.question.pk} {text.answer and text.answer.pk} {ground} {details}"
        return report(text=text, ground=ground, details=details, email=email, key=uuid5(key, said), now=now)
    return notice, secret


def by_secret(secret: str, *, now: datetime) -> ContentReport:
    """The notice that this secret follows. Raises LinkOver."""
    link = links.opened(secret, NOTICE, now=now)
    found = ContentReport.objects.select_related("story", "question", "answer").filter(key=link.subject).first()
    if found is None:
        raise LinkOver(links.OVER)
    return found


def to_decide(user: User):
    """Those that wait for a decision, the oldest first."""
    return ContentReport.objects.visible_to(user).waiting().order_by("received_at", "id")


def waiting(user: User):
    """The same, a child's danger first."""
    found = to_decide(user).select_related("story", "question", "answer")
    return sorted(found, key=lambda notice: notice.ground != ContentReport.Ground.MINOR)


def authors(text: Text) -> tuple:
    """The numbers of those who wrote `text`, and so do not decide about it; None among them is nobody."""
    if text.answer:
        return (text.answer.author_id,)
    return () if text.question else (text.story.created_by_id, text.story.submitted_by_id)


@transaction.atomic
def decide(
    *, notice: ContentReport, user: User, decision: str, reasons: str, text: str = "", now: datetime
) -> ContentReport:
    """Decide, with reasons that the notifier and the author of the text will read. `text` is the new one when it is edited.

    Raises AlreadyDecided, SecondPersonNeeded, WrongState, and NotAcceptable when the new text is not fit either.
    """
    held = ContentReport.objects.select_for_update(of=("self",)).get(pk=notice.pk)
    if held.decision:
        raise AlreadyDecided(f"{held.decided_by} a déjà décidé : {held.get_decision_display().lower()}.")
    about = text_of(held)
    second_person(user, *authors(about), says="Vous avez écrit ce texte : c’est à une autre personne de décider.")
    _apply(about, user, decision, reasons, text, now)
    held.decision, held.reasons, held.decided_by, held.decided_at = decision, reasons, user, now
    if held.email:
        letters.notice_decided(held, links.drawn(NOTICE, held.key), now)
        # It served to answer; the letter carries its own copy until it has left.
        held.email = ""
    held.save()
    record(NoticeDecided(story=held.story_id, subject=held.pk, decision=decision, by=user.pk), now=now)
    return held


def _apply(about: Text, user: User, decision: str, reasons: str, text: str, now: datetime) -> None:
    """Do to the text what was decided. What is not public any more needs no removing."""
    if about.question is None:
        return _apply_to_story(about.story, user, decision, reasons, now)
    question = locked(about.question)
    is_shown = question.state == Question.State.SHOWN
    if about.answer:
        answer = question.answers.get(pk=about.answer.pk)
        is_shown = answer.state == Answer.State.SHOWN
    if decision == Decision.EDITED and not is_shown:
        raise WrongState("Ce texte n’est plus en ligne : il n’y a rien à modifier.")
    told = {"by": user, "reason": reasons, "now": now}
    if about.answer and decision == Decision.EDITED:
        moderation.edited_answer(question, answer, text=text, **told)
    elif about.answer and decision == Decision.REMOVED and is_shown:
        moderation.hidden_answer(question, answer, **told)
    elif not about.answer and decision == Decision.EDITED:
        moderation.edited(question, text=text, **told)
    elif not about.answer and decision == Decision.REMOVED and is_shown:
        moderation.hidden(question, **told)
    return None


def _apply_to_story(story: Story, user: User, decision: str, reasons: str, now: datetime) -> None:
    if decision == Decision.EDITED:
        raise NotAcceptable(
            "Un témoignage publié ne se modifie pas sur place : retirez-le, puis corrigez-le dans le studio."
        )
    held = services.locked(story)
    if decision == Decision.REMOVED and held.state == Story.State.PUBLISHED:
        services.take_down(held, by=user, reason=reasons, now=now)
