"""Letters about questions and content reports: to moderators (never a word of what was written), and to who left an address."""

from datetime import datetime

from relais.accounts.models import User
from relais.accounts.scope import Answerable, answerable, people
from relais.foundation import letters, links, notices

from ..models import NOTICE, ContentReport, Question, Story
from ..models.questions import MODERATORS


def moderators(organisation_id) -> list[User]:
    """Who reads what is written under the stories of an organisation."""
    return list(people(organisation_id, *MODERATORS))


def _told(organisation_id) -> Answerable:
    """Moderators; where there is none, who may name somebody."""
    found = moderators(organisation_id)
    return Answerable(found) if found else answerable(organisation_id)


def alarm(question: Question, now: datetime) -> None:
    """A question shows signs of danger: everybody who may read it is told at once."""
    here = question.story.organisation_id
    told = _told(here)
    for person in told.people:
        notices.tell(
            "question-alarm",
            "stories/question_alarm",
            many="stories/question_alarm_many",
            to=person.email,
            context={"question": question, "unsupervised": told.unsupervised},
            now=now,
            organisation=here,
            pressing=True,
        )


def notice_for_moderators(notice: ContentReport, now: datetime) -> None:
    _to_moderators("notice_new", notice.story, key=f"notice-new:{notice.pk.hex}", now=now, notice=notice)


def notice_received(notice: ContentReport, secret: str, now: datetime) -> None:
    _to_who_sent_it("notice_received", notice, secret, key=f"notice-received:{notice.pk.hex}", now=now)


def notice_decided(notice: ContentReport, secret: str, now: datetime) -> None:
    _to_who_sent_it("notice_decided", notice, secret, key=f"notice-decided:{notice.pk.hex}", now=now)


def _to_who_sent_it(letter: str, notice: ContentReport, secret: str, *, key: str, now: datetime) -> None:
    here = notice.story.organisation_id
    context = {"notice": notice, "address": links.address(NOTICE, secret, organisation=here)}
    letters.send(f"stories/{letter}", to=notice.email, context=context, key=key, now=now, organisation=here)


def _to_moderators(letter: str, story: Story, *, key: str, now: datetime, **context) -> None:
    here = story.organisation_id
    told = _told(here)
    for person in told.people:
        letters.send(
            f"stories/{letter}",
            to=person.email,
            context=context | {"unsupervised": told.unsupervised},
            key=f"{key}:{person.pk.hex}",
            now=now,
            organisation=here,
        )
