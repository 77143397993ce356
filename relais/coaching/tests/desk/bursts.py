"""Helpers of tests about alarms that come in a burst. Made with a seed: each writes in other words, some of them words that press."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from relais.accounts import reading
from relais.coaching import services
from relais.coaching.desk import inbox
from relais.coaching.models import Conversation
from relais.coaching.models.conversation import CONVERSATION
from relais.safeguarding import together
from relais.safeguarding.models import Alarm, AlarmGroup

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
PRANKS = ("j’en peux plus de {}", "{}, et j’en peux plus", "je me scarifie, {}", "on me harcèle : {}")
PRESSING = ("je veux mourir, {}", "je vais me suicider ce soir, {}")
THINGS = ("le prof", "mon frère", "ma sœur", "cette vidéo", "l’école", "mon chien")
SCHOOL, FLAT = "192.0.2.7", "2001:db8:5:5::/64"


def says(line, words, at, *, origin=FLAT, pseudonym="Lou") -> Conversation:
    who = {"line": line, "pseudonym": pseudonym, "commune": None, "touch": "", "origin": origin}
    return services.open_conversation(**who, body=words, key=uuid4(), now=at).conversation


@dataclass
class Burst:
    conversations: list[Conversation]

    @property
    def group(self) -> AlarmGroup:
        return Alarm.objects.get(subject_id=self.conversations[0].pk).group


def shown(user, at, wanted="ouvertes") -> list[Conversation]:
    parts = inbox.listing(user, wanted, inbox.teams_for(user), at)
    return parts[0:500]


def read(user, conversations, at):
    for one in conversations:
        reading.open_file(user=user, kind=CONVERSATION, subject=one.pk, reason="held", now=at)


def numbers(group) -> list[int]:
    return list(group.alarms.values_list("pk", flat=True))


def said(group, user, at, **more):
    values = {"group": group, "user": user, "shown": numbers(group), "reason": "flood", "now": at}
    return together.say_false(**values | more)
