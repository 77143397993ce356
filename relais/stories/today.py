"""What stories, their questions and what is reported have for those who work here."""

from django.urls import reverse

from relais.foundation.jinja import plural
from relais.foundation.today import Task, awaits, first, together

from .models import Story
from .questions import content_reports, moderation, questions


def _quoted(title: str) -> str:
    """A title that is somebody's words brings its own quotes."""
    return title if title.startswith("«") else f"« {title} »"


@awaits(at="moderation")
def to_read(user, now):
    """Questions and answers that nobody has read: until then they appear nowhere."""

    def question(one):
        words = (
            "Une question avec un signe de danger, à lire"
            if one.is_alarming
            else f"Une question à lire, sous {_quoted(one.story.title)}"
        )
        return Task(
            words, "Lire", reverse("moderate_question", args=[one.pk]), due_at=one.due_at, is_urgent=one.is_alarming
        )

    yield first(
        moderation.waiting_questions(user),
        question,
        Task("D’autres questions à lire", "Voir la liste", reverse("moderation")),
    )

    def answer(one):
        words = f"Une réponse à lire, sous {_quoted(one.question.story.title)}"
        return Task(words, "Lire", reverse("moderate_question", args=[one.question_id]), due_at=questions.due(one.at))

    yield first(
        moderation.waiting_answers(user),
        answer,
        Task("D’autres réponses à lire", "Voir la liste", reverse("moderation")),
    )


@awaits(at="moderation")
def reported(user, now):
    waiting = content_reports.to_decide(user)

    def task(number):
        words = f"{number} {plural(number, 'contenu signalé, à décider', 'contenus signalés, à décider')}"
        oldest = waiting.values_list("received_at", flat=True).first()
        return Task(words, "Décider", f"{reverse('moderation')}?voir=signalements", due_at=questions.due(oldest))

    return together(waiting, task)


@awaits(at="studio")
def to_approve(user, now):
    """By somebody else than who submitted it."""
    theirs = (
        Story.objects.visible_to(user)
        .filter(state=Story.State.IN_REVIEW)
        .exclude(submitted_by=user)
        .order_by("created_at", "pk")
    )

    def task(one):
        return Task(
            f"{_quoted(one.title)} attend une relecture",
            "Relire",
            reverse("studio_story", args=[one.slug]),
            since=one.created_at,
        )

    return first(theirs, task, Task("D’autres histoires attendent une relecture", "Voir la liste", reverse("studio")))
