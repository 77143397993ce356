"""Questions of the demonstration: invented, under invented testimonies, made with the same services as the real ones."""

from datetime import datetime, timedelta
from uuid import UUID, uuid5

from relais.accounts.models import User
from relais.foundation import links

from ..models import Answer, Question, Story
from ..questions import content_reports, moderation, moderation_hints, questions

NAMESPACE = UUID("0b9c6a52-5a51-5b1d-8f0e-6f6d8f1f6b10")
# What was asked, how many hours ago, and what became of it.
ASKED = (
    ("Il faut un diplôme pour commencer ?", 70, "answered"),
    ("C’est pas trop dur quand un enfant pleure et qu’on sait pas pourquoi ?", 52, "answered by the person"),
    ("On peut faire un stage de 3e chez vous ?", 28, "shown"),
    ("mon snap c’est lola.dub45, tu peux me dire combien tu gagnes ?", 27, "masked"),
    ("t’es moche", 26, "refused"),
    ("Je suis au collège Jean Moulin et je sais pas si mes notes suffisent, tu avais combien ?", 100, "waiting"),
    ("Tu commences à quelle heure le matin ?", 3, "waiting"),
    ("Ça paie combien au début ?", 1, "waiting"),
    ("j’en peux plus de tout j’ai envie de mourir ce soir, vous prenez à quel âge ?", 0, "waiting"),
)


def ensure_demo_questions(*, people: dict[str, User], now: datetime) -> None:
    """One question in each state under the newest testimonies of the demonstration; once."""
    stories = list(Story.objects.published(now).filter(is_demo=True).order_by("-published_at", "slug")[:2])
    if not stories or Question.objects.filter(story__is_demo=True).exists():
        return
    for number, (body, hours, fate) in enumerate(ASKED):
        question, _ = questions.ask(
            story=stories[number % len(stories)],
            pseudonym=f"Loutre {number + 10} (démo)",
            body=body,
            key=_key(body),
            touch="",
            now=now,
        )
        # Testimonies are published when the demonstration begins; questions were asked before, to show what late means.
        then = now - timedelta(hours=hours)
        Question.objects.filter(pk=question.pk).update(asked_at=then, due_at=questions.due(then))
        _live(question, fate, people, now)


def _live(question: Question, fate: str, people: dict[str, User], now: datetime) -> None:
    who = {"user": people["mediator"], "now": now}
    if fate == "waiting":
        return
    if fate == "refused":
        moderation.refuse(
            question=question, reason="On ne publie pas d’insulte. Pose une vraie question, on te répond.", **who
        )
        return
    moderation.show(question=question, text=moderation_hints.masked(question.body), pseudonym=question.pseudonym, **who)
    if fate == "answered":
        moderation.answer(
            question=question,
            body="Non. On peut commencer sans, en service civique ou en contrat aidé.",
            key=_key("answered"),
            **who,
        )
        content_reports.report(
            text=content_reports.Text(question.story, question),
            ground="false",
            details="J’ai lu autre chose.",
            email="",
            key=_key("notice"),
            now=now,
        )
    elif fate == "answered by the person":
        for body in (
            "Au début, si. Et puis on apprend à attendre avec lui.",
            "Viens voir un mercredi après-midi : tu comprendras mieux.",
        ):
            given = moderation.give_link(question=question, **who)
            answer = moderation.answer_by_link(
                secret=links.secret_of(moderation.link_of(given, now)), body=body, key=_key(body), now=now
            )
            if not question.answers.filter(state=Answer.State.SHOWN).exists():
                moderation.show_answer(answer=answer, text=body, **who)


def _key(text: str) -> UUID:
    return uuid5(NAMESPACE, text)
