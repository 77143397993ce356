"""What tests of questions make: a published testimony, a question below it, the posts of the forms."""

from datetime import timedelta
from uuid import uuid4

from django.apps import apps

from relais.channels.networks import Comment as Written
from relais.foundation import links
from relais.foundation.models import Link
from relais.stories.models import ANSWER, QUESTION, Answer, ExternalCopy, Question, Story
from relais.stories.questions import comments, moderation, questions
from relais.stories.studio import rights
from tests import builders

State = Question.State
ASK = "/temoignages/au-coeur/question"


def online(people, now, slug="au-coeur", **values) -> Story:
    """A written story of the demonstration team, published a month ago."""
    values = {"title": "Être au cœur", "person": "Lou", "lines": [{"text": "Bonjour."}]} | values
    return Story.objects.create(
        slug=slug,
        form=Story.Form.TEXT,
        organisation=people["mediator"].memberships.get().organisation,
        occupation=builders.occupation(),
        state=Story.State.PUBLISHED,
        published_at=now - timedelta(days=30),
        created_by=people["mediator"],
        created_at=now,
        **values,
    )


def line(user):
    """An answer line of the organisation of `user`: where a question goes on in private. By its name, since it lives above."""
    organisation = user.memberships.get().organisation
    return apps.get_model("coaching", "Line").objects.create(slug="ligne", name="Ligne", organisation=organisation)


def asked(story, now, body="Il faut un diplôme ?", pseudonym="Loutre 12") -> Question:
    return questions.ask(story=story, pseudonym=pseudonym, body=body, key=uuid4(), touch="", now=now)[0]


def secret(question) -> str:
    """That of its receipt."""
    return links.drawn(QUESTION, question.key)


def answering(question) -> str:
    """That of the link last given to the person shown."""
    return links.secret_of(Link.objects.of(ANSWER, question.pk).latest("made_at", "pk"))


def shown(story, user, now, body="Il faut un diplôme ?", pseudonym="Loutre 12") -> Question:
    return moderation.show(
        question=asked(story, now, body, pseudonym), user=user, text=body, pseudonym=pseudonym, now=now
    )


def copied(story, user, now, channel="instagram", address="https://www.instagram.com/reel/DSabc_1-x/") -> ExternalCopy:
    """Where the story is shown elsewhere, written down once."""
    found = story.copies.filter(address=address).first()
    return found or rights.add_copy(story=story, user=user, channel=channel, address=address, now=now)


def commented(copy, now, body="Il faut un diplôme ?", number="c1", at=None, account="178") -> Question:
    """A comment read below a copy."""
    written = Written(number, copy.address, number, body, at or now)
    return comments.take(network=copy.channel, account=account, copy=copy, comment=written, now=now)


def in_state(state, story, user, now, body="Il faut un diplôme ?") -> Question:
    """A question brought to `state` by the services."""
    if state == State.WAITING:
        return asked(story, now, body)
    if state == State.ANSWERED:
        question = commented(copied(story, user, now), now, body)
        return moderation.decided(moderation.opened(question, state), state, user, now)
    if state == State.REFUSED:
        return moderation.refuse(question=asked(story, now, body), user=user, reason="Déjà posée plus haut.", now=now)
    if state == State.PRIVATE:
        return moderation.make_private(question=asked(story, now, body), user=user, now=now)
    question = shown(story, user, now, body)
    return (
        moderation.hide(question=question, user=user, reason="Hors sujet.", now=now)
        if state == State.REMOVED
        else question
    )


def answered_by_person(question, user, now, body="Oui, et c’est payé.") -> Answer:
    """The person shown answers by the link that `user` gave: it waits to be read."""
    question = moderation.give_link(question=question, user=user, now=now)
    return moderation.answer_by_link(secret=answering(question), body=body, key=uuid4(), now=now)


def form(body="Il faut un diplôme ?", **values) -> dict:
    return {"body": body, "pseudonym": "Loutre 12", "key": str(uuid4())} | values


def again(one):
    return type(one).objects.get(pk=one.pk)
