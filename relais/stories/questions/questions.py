"""Questions under a story, on the side of those who ask: no account, no cookie, a secret address that tells what became of it."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4, uuid5
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Prefetch

from relais.accounts.models import User
from relais.foundation import links, states
from relais.foundation.events import record
from relais.foundation.hours import OFFICE, OpeningHours
from relais.foundation.pseudonyms import pseudonym as any_pseudonym
from relais.foundation.refusals import Gone, LinkOver
from relais.safeguarding import detection

from ..events import QuestionAsked, QuestionTakenBack
from ..models import ANSWER, QUESTION, Answer, ModerationTrace, Question, Story
from . import letters

MAX_LENGTH = 500
"""Characters of a question."""
PROMISE_HOURS = 8
"""Working hours within which a human has read a question, an answer or a notice."""
SHOWN_AT_MOST = 100
"""Questions on the page of one story, the newest first."""
State = Question.State


def due(now: datetime) -> datetime:
    """When PROMISE_HOURS of working time will have passed."""
    return OpeningHours(ZoneInfo(settings.TIME_ZONE), OFFICE).add(now, timedelta(hours=PROMISE_HOURS))


def ask(*, story: Story, pseudonym: str, body: str, key: UUID, touch: str, now: datetime) -> tuple[Question, str]:
    """Keep a question, which nobody sees before a human has read it; gives it with the secret of its receipt.

    The same form sent twice (`key`) is one question; with other words in it, another one. Raises Gone.
    """
    if not Story.objects.published(now).filter(pk=story.pk).exists():
        raise Gone("Ce témoignage n’est plus en ligne.")
    question = Question(story=story, key=key, pseudonym=pseudonym, body=body, touch=touch, asked_at=now)
    question.due_at, question.is_alarming = due(now), bool(detection.danger(body))
    try:
        with transaction.atomic():
            question.save(force_insert=True)
            secret = links.make(QUESTION, key, now=now)
            record(
                QuestionAsked(story=story.pk, subject=question.pk, touch=touch, alarming=question.is_alarming), now=now
            )
            if question.is_alarming:
                letters.alarm(question, now)
    except IntegrityError:
        kept = Question.objects.filter(key=key).first()
        if kept is None:
            raise
        if (kept.story_id, kept.body) == (story.pk, body):
            return kept, links.drawn(QUESTION, key)
        return ask(
            story=story, pseudonym=pseudonym, body=body, key=uuid5(key, f"{story.pk} {body}"), touch=touch, now=now
        )
    return question, secret


def by_secret(secret: str, *, now: datetime) -> Question:
    """The question of a receipt. Raises LinkOver."""
    link = links.opened(secret, QUESTION, now=now)
    found = Question.objects.select_related("story").filter(key=link.subject).first()
    if found is None:
        raise LinkOver(links.OVER)
    return found


@transaction.atomic
def take_back(*, question: Question, now: datetime) -> None:
    """Who asked wants it gone: its words are erased now, whatever its state. What was answered goes with it."""
    held = locked(question)
    if held.body:
        forget(held, by=None, reason="", now=now)
        record(QuestionTakenBack(story=held.story_id, subject=held.pk, touch=held.touch), now=now)


def questions_context(story: Story) -> dict:
    """For `_questions.html` on the page of a story: what may be read, and an empty form (two queries)."""
    answers = Prefetch("answers", Answer.objects.shown(), to_attr="shown_answers")
    shown = story.questions.shown().order_by("-asked_at", "id").prefetch_related(answers)
    form = {"key": uuid4(), "pseudonym": any_pseudonym(), "body": ""}
    return {
        "questions": list(shown[:SHOWN_AT_MOST]),
        "asking": form,
        "max_length": MAX_LENGTH,
        "promise_hours": PROMISE_HOURS,
    }


# --- inside a transaction that holds the question


def locked(question: Question) -> Question:
    """The question as it is now, locked until the end of the transaction."""
    return Question.objects.select_for_update(of=("self",)).get(pk=question.pk)


def forget(held: Question, *, by: User | None, reason: str, now: datetime, action: str = "") -> None:
    """Erase the words of a question and of its answers, here and in what was kept of their history; that it was done stays."""
    held.body = held.shown_body = held.pseudonym = held.refusal = ""
    held.decided_at, held.decided_by = now, by
    links.revoke(ANSWER, held.pk, now=now)
    states.end(held)
    held.save()
    states.end_all(held.answers, body="")
    held.replies.update(body="")
    held.content_reports.filter(decision="").update(details="")
    # The history only grows, but for this: a person's words leave with them.
    ModerationTrace._base_manager.filter(question=held).update(before="", after="")
    action = action or ("erase" if by else "take-back")
    ModerationTrace.objects.create(story_id=held.story_id, question=held, action=action, reason=reason, by=by, at=now)
