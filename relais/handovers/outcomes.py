"""What became of people, in plain words: said by them, by the team or by a partner, at once or months after. All is kept."""

from datetime import datetime

from django.db import transaction

from relais.accounts.models import User
from relais.coaching import thread
from relais.coaching.models import Conversation
from relais.coaching.thread import promise
from relais.foundation.events import record as record_event

from .events import OutcomeRecorded
from .models import Handover, OutcomeCode, OutcomeReport

MILESTONES = (0, 3, 6, 12)
Said = OutcomeReport.Said

# To the person, then by the person: « tu es… », « Je suis… ».
WORDS: dict[str, tuple[str, str]] = {
    OutcomeCode.TRAINING: ("tu es en formation pour un métier", "Je suis en formation pour un métier"),
    OutcomeCode.PREPARATION: (
        "tu te prépares dans une formation",
        "Je suis dans une formation qui prépare (remise à niveau)",
    ),
    OutcomeCode.APPRENTICESHIP: ("tu es en apprentissage", "Je suis en apprentissage"),
    OutcomeCode.WORK_STUDY: ("tu es en contrat de professionnalisation", "Je suis en contrat pro"),
    OutcomeCode.SCHOOL: ("tu es de retour à l’école", "Je suis de retour à l’école"),
    OutcomeCode.HIGHER_EDUCATION: ("tu fais des études", "Je fais des études"),
    OutcomeCode.JOB: ("tu as un travail", "J’ai un travail"),
    OutcomeCode.JOB_PERMANENT: ("tu as un CDI", "J’ai un CDI"),
    OutcomeCode.JOB_LONG: ("tu as un contrat de six mois ou plus", "J’ai un contrat de six mois ou plus"),
    OutcomeCode.JOB_SHORT: ("tu as un contrat court ou de l’intérim", "J’ai un contrat court ou de l’intérim"),
    OutcomeCode.JOB_SUPPORTED: ("tu as un emploi aidé", "J’ai un emploi aidé ou en insertion"),
    OutcomeCode.JOB_PUBLIC: ("tu travailles pour un service public", "Je travaille pour un service public"),
    OutcomeCode.SELF_EMPLOYED: ("tu as lancé ton activité", "J’ai lancé mon activité"),
    OutcomeCode.INTERNSHIP: ("tu as un stage", "J’ai un stage"),
    OutcomeCode.CIVIC_SERVICE: ("tu es en service civique", "Je suis en service civique"),
    OutcomeCode.VOLUNTEERING: ("tu es bénévole", "Je suis bénévole quelque part"),
    OutcomeCode.REGISTERED_ML: ("tu as un dossier à la mission locale", "J’ai un dossier à la mission locale"),
    OutcomeCode.REGISTERED_FT: ("tu as un dossier à France Travail", "J’ai un dossier à France Travail"),
    OutcomeCode.SUPPORT: ("quelqu’un t’accompagne", "Quelqu’un m’accompagne"),
    OutcomeCode.GRANT: ("tu touches une aide", "Je touche une aide"),
    OutcomeCode.HEALTH: ("tu t’occupes d’abord de ta santé", "Je m’occupe d’abord de ma santé"),
    OutcomeCode.HOUSING: ("tu cherches d’abord où habiter", "Je cherche d’abord où habiter"),
    OutcomeCode.FAMILY: ("tu t’occupes d’abord de ta famille", "Je m’occupe d’abord de ma famille"),
    OutcomeCode.MOVED: ("tu as déménagé", "J’ai déménagé"),
    OutcomeCode.OTHER: ("tu as trouvé autre chose", "Autre chose"),
    OutcomeCode.NONE: ("rien n’a encore bougé", "Rien pour l’instant"),
    OutcomeCode.LOST: ("on n’a plus de tes nouvelles", ""),
}
FIRST = (
    OutcomeCode.TRAINING,
    OutcomeCode.APPRENTICESHIP,
    OutcomeCode.SCHOOL,
    OutcomeCode.HIGHER_EDUCATION,
    OutcomeCode.JOB,
    OutcomeCode.INTERNSHIP,
    OutcomeCode.CIVIC_SERVICE,
    OutcomeCode.SUPPORT,
    OutcomeCode.NONE,
)
"""What the person is offered first; the rest is one press further."""
JOBS = (
    OutcomeCode.JOB_PERMANENT,
    OutcomeCode.JOB_LONG,
    OutcomeCode.JOB_SHORT,
    OutcomeCode.JOB_SUPPORTED,
    OutcomeCode.JOB_PUBLIC,
)
"""Asked of somebody who says « a job », if they want to say more."""
OFFERED = tuple(code for code in OutcomeCode if code != OutcomeCode.LOST)
"""What a person may say of themselves: nobody is lost to themselves."""


def milestone_of(since: datetime | None, now: datetime) -> int:
    """The milestone that a report made now is about, a month early or late: 0 until two months after `since`."""
    months = (now - since).days / 30 if since else 0
    return next((milestone for milestone in (12, 6, 3) if months >= milestone - 1), 0)


def note(
    held: Conversation,
    *,
    code: str,
    said: str,
    milestone: int,
    now: datetime,
    handover: Handover | None = None,
    user: User | None = None,
) -> OutcomeReport | None:
    """Keep a report and its event, inside a transaction that holds the conversation. None when the same was just said."""
    same = held.outcomes.filter(said_by=said, milestone=milestone, handover=handover)
    last = same.order_by("-at", "-id").first()
    if last and last.code == code:
        return None
    record_event(
        OutcomeRecorded(
            **promise.conversation_ids(held), kind=code, again=last is not None, milestone=milestone, said=said
        ),
        now=now,
    )
    return OutcomeReport.objects.create(
        conversation=held, handover=handover, code=code, said_by=said, milestone=milestone, user=user, at=now
    )


@transaction.atomic
def say(*, conversation: Conversation, user: User, code: str, milestone: int, now: datetime) -> None:
    """The team heard what became of the person. The person reads it in plain words, and can say otherwise. Raises Elsewhere."""
    held = thread.locked_for(conversation.pk, user)
    if note(held, code=code, said=Said.STAFF, milestone=milestone, user=user, now=now):
        text = f"{user} a noté où tu en es : {WORDS[code][0]}. Si ce n’est pas ça, écris-le ici."
        thread.system_message(held, text, now=now)
