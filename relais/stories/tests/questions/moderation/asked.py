"""Texts and reports that tests of moderation share."""

from uuid import uuid4

from relais.foundation import meanwhile
from relais.stories.questions import content_reports, moderation

DISTRESS = "je veux mourir ce soir"


CONTACTS = (
    "appelle moi au 06 39 98 12 34",
    "écris à lola@exemple.fr",
    "mon snap c’est lola.dub45",
    "je m’appelle Lola Dubreuil",
    "je suis au collège Jean Moulin",
)


def seen_of(body: str) -> str:
    return meanwhile.fingerprint(moderation.told(body))


# --- notices


def report(story, now, *, question=None, answer=None, email="lea@exemple.fr", ground="privacy", key=None):
    text = content_reports.Text(story, question, answer)
    return content_reports.report(
        text=text, ground=ground, details="On reconnaît mon frère.", email=email, key=key or uuid4(), now=now
    )
