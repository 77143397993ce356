"""What moderators do with questions and answers. Each function is one transaction that locks the question, and leaves a trace."""

from datetime import datetime, timedelta
from uuid import UUID, uuid5

from django.db import transaction

from relais.accounts.models import User
from relais.foundation import links, meanwhile, states, typed
from relais.foundation.events import record
from relais.foundation.models import Link
from relais.foundation.refusals import LinkOver, NotAcceptable, WrongState

from ..events import AnswerShown, QuestionDecided, QuestionMadePrivate
from ..models import ANSWER, Answer, ModerationTrace, Question, Story
from . import moderation_hints, questions
from .questions import locked

ANSWER_LENGTH = 1500
"""Characters of an answer."""
LINK_LASTS = timedelta(days=14)
"""How long the person shown may answer by their link."""
State = Question.State


# --- the question


@transaction.atomic
def show(*, question: Question, user: User, text: str, pseudonym: str, now: datetime) -> Question:
    """Let `text` appear under `pseudonym`: the question as it was asked, or as the moderator mended it. Raises NotAcceptable, WrongState."""
    held = opened(question, State.SHOWN)
    text = _fit(text, also=pseudonym)
    if held.is_alarming and text == typed.clean(held.body):
        raise NotAcceptable(
            "Cette question porte des signes de détresse : elle ne paraît pas telle quelle. Modifiez-la, ou passez-la en privé."
        )
    before, held.shown_body, held.pseudonym = held.shown_body or held.body, text, pseudonym
    decided(held, State.SHOWN, user, now)
    trace(held, "show", user, now, before=before, after=text)
    return held


@transaction.atomic
def refuse(*, question: Question, user: User, reason: str, now: datetime) -> Question:
    """It will not appear; who asked reads `reason`."""
    held = opened(question, State.REFUSED)
    decided(held, State.REFUSED, user, now, reason=reason)
    trace(held, "refuse", user, now, reason=reason)
    return held


@transaction.atomic
def make_private(*, question: Question, user: User, now: datetime) -> Question:
    """Offer a conversation instead: what was public is not any more, and who asked finds the way in on their receipt."""
    held = opened(question, State.PRIVATE)
    decided(held, State.PRIVATE, user, now)
    record(QuestionMadePrivate(story=held.story_id, subject=held.pk, touch=held.touch, by=user.pk), now=now)
    trace(held, "make-private", user, now)
    return held


@transaction.atomic
def hide(*, question: Question, user: User, reason: str, now: datetime) -> Question:
    """Take down a question that was shown, with its answers; it can be shown again. Who asked reads `reason`."""
    return hidden(opened(question, State.REMOVED), by=user, reason=reason, now=now)


def told(body: str) -> dict[str, str]:
    """What appears, as `meanwhile` compares it."""
    return {"ce qui paraît": body}


@transaction.atomic
def edit(*, question: Question, user: User, text: str, seen: str, reason: str, now: datetime) -> Question:
    """Change what appears of a question. `seen` is the fingerprint of what the moderator was shown (`told`). Raises ChangedMeanwhile."""
    held = locked(question)
    if held.state != State.SHOWN:
        raise WrongState(
            f"Cette question est maintenant dans l’état « {held.get_state_display().lower()} » : rien n’a changé."
        )
    meanwhile.refuse_if_changed(seen, told(held.shown_body))
    return edited(held, by=user, text=text, reason=reason, now=now)


@transaction.atomic
def delete(*, question: Question, user: User, reason: str, now: datetime) -> Question:
    """Erase its words for good, with those of its answers and of their history. Only that it was done, by whom and why stays."""
    held = locked(question)
    if not held.body:
        raise WrongState("Le texte de cette question est déjà effacé.")
    questions.forget(held, by=user, reason=reason, now=now)
    # Who asked is told why, like for any other decision.
    held.refusal = reason
    held.save(update_fields=["refusal"])
    record(
        QuestionDecided(story=held.story_id, subject=held.pk, touch=held.touch, state=State.REMOVED, by=user.pk),
        now=now,
    )
    return held


# --- answers


@transaction.atomic
def answer(*, question: Question, user: User, body: str, key: UUID, now: datetime) -> Answer:
    """Answer in public, for the team; it appears at once. The same form sent twice is one answer."""
    held, body = locked(question), typed.clean(body)
    key = uuid5(key, body)
    if kept := held.answers.filter(key=key).first():
        return kept
    if held.state != State.SHOWN:
        raise WrongState("Publiez d’abord la question : une réponse publique ne paraît qu’avec elle.")
    signature = f"{user.display_name or 'Quelqu’un'}, de l’équipe"
    made = Answer.objects.create(question=held, author=user, signature=signature, body=body, key=key, at=now)
    trace(held, "answer", user, now, answer=made, after=made.body)
    record(
        AnswerShown(story=held.story_id, subject=held.pk, touch=held.touch, by_person_shown=False, by=user.pk), now=now
    )
    return made


@transaction.atomic
def give_link(*, question: Question, user: User, now: datetime) -> Question:
    """A new link for the person shown, good for LINK_LASTS; the one before stops working."""
    held = locked(question)
    if held.state != State.SHOWN:
        raise WrongState("Publiez d’abord la question : la personne montrée répond à ce qui est publié.")
    links.revoke(ANSWER, held.pk, now=now)
    links.make(ANSWER, held.pk, now=now)
    trace(held, "answer-link", user, now)
    return held


def link_of(question: Question, now: datetime) -> Link | None:
    """The link of the person shown, as long as it is good."""
    return links.newest(ANSWER, question.pk, now=now)


def by_link(secret: str, now: datetime) -> Question:
    """The question that the person shown may answer. Raises LinkOver."""
    link = links.opened(secret, ANSWER, now=now)
    question = (
        Question.objects.shown()
        .select_related("story")
        .filter(pk=link.subject, story__in=Story.objects.published(now))
        .first()
    )
    if question is None:
        raise LinkOver(links.OVER)
    return question


@transaction.atomic
def answer_by_link(*, secret: str, body: str, key: UUID, now: datetime) -> Answer:
    """The person shown answers; a moderator reads it before anybody else does. Raises LinkOver."""
    held = locked(by_link(secret, now))
    if held.state != State.SHOWN:
        raise LinkOver(links.OVER)
    body, signature = typed.clean(body), held.story.person or "La personne du témoignage"
    values = {"question": held, "signature": signature, "body": body, "state": Answer.State.WAITING, "at": now}
    return Answer.objects.get_or_create(key=uuid5(key, body), defaults=values)[0]


@transaction.atomic
def show_answer(*, answer: Answer, user: User, text: str, now: datetime) -> Answer:
    """Let an answer appear, as written or mended. One of the person shown gives away no contact. Raises NotAcceptable, WrongState."""
    held, own = _open_answer(answer, Answer.State.SHOWN)
    if held.state != State.SHOWN:
        raise WrongState("La question n’est pas en ligne : sa réponse ne peut pas paraître.")
    text = typed.clean(text) if own.author_id else _fit(text)
    before = own.body
    states.move(own, Answer.State.SHOWN, by=user, now=now, body=text)
    trace(held, "show-answer", user, now, answer=own, before=before, after=text)
    record(
        AnswerShown(
            story=held.story_id, subject=held.pk, touch=held.touch, by_person_shown=own.author_id is None, by=user.pk
        ),
        now=now,
    )
    return own


@transaction.atomic
def hide_answer(*, answer: Answer, user: User, reason: str, now: datetime) -> Answer:
    held, own = _open_answer(answer, Answer.State.REMOVED)
    return hidden_answer(held, own, by=user, reason=reason, now=now)


@transaction.atomic
def edit_answer(*, answer: Answer, user: User, text: str, seen: str, reason: str, now: datetime) -> Answer:
    """Change what appears of an answer. `seen` is the fingerprint of what the moderator was shown (`told`). Raises ChangedMeanwhile."""
    held = locked(answer.question)
    own = held.answers.get(pk=answer.pk)
    if own.state != Answer.State.SHOWN:
        raise WrongState("Cette réponse n’est plus en ligne : rien n’a changé.")
    meanwhile.refuse_if_changed(seen, told(own.body))
    return edited_answer(held, own, by=user, text=text, reason=reason, now=now)


@transaction.atomic
def delete_answer(*, answer: Answer, user: User, reason: str, now: datetime) -> Answer:
    """Erase its words for good, here and in its history."""
    held = locked(answer.question)
    own = held.answers.get(pk=answer.pk)
    if not own.body:
        raise WrongState("Le texte de cette réponse est déjà effacé.")
    own.body = ""
    states.end(own)
    own.save(update_fields=["body", "state"])
    ModerationTrace._base_manager.filter(answer=own).update(before="", after="")
    trace(held, "erase-answer", user, now, answer=own, reason=reason)
    return own


# --- inside a transaction that holds the question (a notice decides through these too)


def hidden(held: Question, *, by: User, reason: str, now: datetime) -> Question:
    decided(held, State.REMOVED, by, now, reason=reason)
    trace(held, "hide", by, now, before=held.shown_body, reason=reason)
    return held


def edited(held: Question, *, by: User, text: str, reason: str, now: datetime) -> Question:
    text = _fit(text)
    before, held.shown_body = held.shown_body, text
    held.save(update_fields=["shown_body"])
    trace(held, "edit", by, now, before=before, after=text, reason=reason)
    return held


def hidden_answer(held: Question, own: Answer, *, by: User, reason: str, now: datetime) -> Answer:
    states.move(own, Answer.State.REMOVED, by=by, now=now)
    trace(held, "hide-answer", by, now, answer=own, before=own.body, reason=reason)
    return own


def edited_answer(held: Question, own: Answer, *, by: User, text: str, reason: str, now: datetime) -> Answer:
    text = typed.clean(text) if own.author_id else _fit(text)
    before, own.body = own.body, text
    own.save(update_fields=["body"])
    trace(held, "edit-answer", by, now, answer=own, before=before, after=text, reason=reason)
    return own


def opened(question: Question, after: str) -> Question:
    held = locked(question)
    if not held.body:
        raise WrongState("Le texte de cette question est effacé : il n’y a plus rien à décider.")
    states.check(held, after)
    return held


def _open_answer(answer: Answer, after: str) -> tuple[Question, Answer]:
    """The question, locked, and its answer as it is now."""
    held = locked(answer.question)
    own = held.answers.get(pk=answer.pk)
    if not own.body:
        raise WrongState("Le texte de cette réponse est effacé : il n’y a plus rien à décider.")
    states.check(own, after)
    return held, own


def _fit(text: str, also: str = "") -> str:
    """The text, tidied, if nothing in it (or in `also`) keeps it from being shown to everybody."""
    text = typed.clean(text)
    if not text:
        raise NotAcceptable("Il n’y a pas de texte à publier.")
    found = moderation_hints.flags(text) + moderation_hints.flags(also)
    if found:
        said = ", ".join(f"{flag.what} (« {flag.found} »)" for flag in found)
        raise NotAcceptable(
            f"Ce texte ne peut pas paraître ainsi. On y trouve encore : {said}. Modifiez-le, ou passez la question en privé."
        )
    return text


def decided(held: Question, state: str, user: User, now: datetime, *, reason: str = "") -> Question:
    return states.move(held, state, by=user, now=now, refusal=reason[:300], decided_by=user, decided_at=now)


@states.told(Question)
def _moved(held: Question, *, before: str, by: User, now: datetime) -> None:
    record(QuestionDecided(story=held.story_id, subject=held.pk, touch=held.touch, state=held.state, by=by.pk), now=now)


def trace(
    held: Question,
    action: str,
    by: User,
    now: datetime,
    *,
    answer=None,
    before: str = "",
    after: str = "",
    reason: str = "",
) -> None:
    ModerationTrace.objects.create(
        story_id=held.story_id,
        question=held,
        answer=answer,
        action=action,
        before=before,
        after=after,
        reason=reason,
        by=by,
        at=now,
    )


# --- reading


def waiting_questions(user: User):
    """What nobody has read yet: signs of danger first, then the nearest deadline."""
    return (
        Question.objects.visible_to(user)
        .waiting()
        .select_related("story", "comment__copy")
        .order_by("-is_alarming", "due_at", "asked_at", "id")
    )


def waiting_answers(user: User):
    """Answers of persons shown, to be read before they appear."""
    visible = Answer.objects.filter(
        question__in=Question.objects.visible_to(user), state=Answer.State.WAITING, question__state=State.SHOWN
    )
    return visible.select_related("question__story").order_by("at", "id")


def decided_questions(user: User, *states: str):
    """The newest decisions first."""
    found = (
        Question.objects.visible_to(user)
        .filter(state__in=states)
        .select_related("story", "decided_by", "comment__copy")
    )
    return found.order_by("-decided_at", "id")
