"""Letters about questions and notices: to moderators (never a word of what was written), and to who left an address."""

from datetime import datetime

from django.template import engines
from django.urls import reverse

from relais.accounts.models import User
from relais.accounts.scope import people
from relais.foundation import links, outbox, sites

from .models import NOTICE, Notice, Question, Story
from .models.questions import MODERATORS


def moderators(organisation_id) -> list[User]:
    """Who reads what is written under the stories of an organisation."""
    return list(people(organisation_id, *MODERATORS))


def alarm(question: Question, now: datetime) -> None:
    """A question shows signs of danger: everybody who may read it is told at once."""
    address = sites.absolute(reverse("moderate_question", args=[question.pk]), organisation=question.story.organisation_id)
    _to_moderators(question.story, f"question-alarm:{question.pk.hex}", "Une question est à lire tout de suite", "question_alarm", address, now)


def notice_for_moderators(notice: Notice, now: datetime) -> None:
    address = sites.absolute(reverse("moderate_notice", args=[notice.pk]), organisation=notice.story.organisation_id)
    _to_moderators(notice.story, f"notice-new:{notice.pk.hex}", "Un texte est signalé comme illégal", "notice_new", address, now)


def notice_received(notice: Notice, secret: str, now: datetime) -> None:
    context = {"notice": notice, "address": links.address(NOTICE, secret, organisation=notice.story.organisation_id)}
    _send(notice.email, f"notice-received:{notice.pk.hex}", "Ton signalement est bien arrivé", "notice_received", context, notice.story, now)


def notice_decided(notice: Notice, secret: str, now: datetime) -> None:
    context = {"notice": notice, "address": links.address(NOTICE, secret, organisation=notice.story.organisation_id)}
    _send(notice.email, f"notice-decided:{notice.pk.hex}", "Ton signalement : ce qui est décidé", "notice_decided", context, notice.story, now)


def _to_moderators(story, key: str, subject: str, name: str, address: str, now: datetime) -> None:
    for moderator in moderators(story.organisation_id):
        _send(moderator.email, f"{key}:{moderator.pk.hex}", subject, name, {"address": address}, story, now)


def _send(to: str, key: str, subject: str, name: str, context: dict, story: Story, now: datetime) -> None:
    text = engines["jinja"].get_template(f"stories/mail/{name}.txt").render(context | {"site": sites.of(story.organisation_id)})
    outbox.enqueue("email", key=key, payload={"to": to, "subject": subject, "text": text.strip() + "\n"}, now=now, owner=story.organisation_id)
