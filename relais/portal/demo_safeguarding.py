"""The demonstration of what protects people: a checked volunteer, an alarm that waits for a human, a danger file half-way. All fictional."""

from datetime import datetime, timedelta
from uuid import uuid5

from django.utils import timezone

from relais.accounts import volunteers as checks
from relais.accounts.models import User, VolunteerCheck
from relais.coaching import services
from relais.coaching.desk import volunteers
from relais.coaching.models import Conversation, Line
from relais.foundation.subjects import subject_of
from relais.safeguarding import danger

WORRYING = "je dors plus, j’ai envie de disparaître. j’en peux plus du collège, ils me lâchent pas"
GRAVE = "mon beau-père me frappe quand il boit. j’ose pas rentrer ce soir"
FACTS = "Elle écrit : « mon beau-père me frappe quand il boit », « j’ose pas rentrer ce soir ». (Histoire inventée pour la démonstration.)"


def ensure_demo_safeguarding(*, people: dict[str, User], line: Line, now: datetime) -> None:
    """Made once, with the same services as the real thing."""
    if VolunteerCheck.objects.filter(user=people["volunteer"]).exists():
        return
    today = timezone.localdate(now)
    checks.record_check(
        user=people["volunteer"],
        number="DEMO-0001",
        issued_on=today - timedelta(days=20),
        verified_on=today,
        expires_on=checks.last_day(today),
        by=people["supervisor"],
        now=now,
    )
    calm = _writes(
        line, "Tortue 20 (démo)", "Bonjour, c’est quoi la différence entre aide-soignant et infirmier ?", now
    )
    volunteers.entrust(
        conversation=calm, volunteer=people["volunteer"], by=people["supervisor"], reason="question simple", now=now
    )
    _answer(
        calm,
        people["volunteer"],
        "Bonjour, moi c’est Léo. L’aide-soignant accompagne au quotidien, l’infirmier soigne. Tu penses à l’un des deux ?",
        now,
    )
    # Answered at once, so that nobody waits in the demonstration; the alarm itself waits for somebody to press « lu ».
    worrying = _writes(line, "Mésange 31 (démo)", WORRYING, now)
    services.claim(conversation=worrying, user=people["mediator_2"], now=now)
    _answer(worrying, people["mediator_2"], "Merci de me le dire. Je suis là, je reste avec toi. Tu es où, là ?", now)
    grave = _writes(line, "Lynx 44 (démo)", GRAVE, now)
    services.claim(conversation=grave, user=people["mediator"], now=now)
    _answer(
        grave,
        people["mediator"],
        "Ce qu’il fait est interdit, et ce n’est pas ta faute. Tu es en sécurité, là, tout de suite ?",
        now,
    )
    danger.open_file(
        subject=subject_of(grave),
        user=people["mediator"],
        level="B",
        facts=FACTS,
        second_reader=people["mediator_2"],
        now=now,
    )


def _answer(conversation: Conversation, user: User, body: str, now: datetime) -> None:
    services.reply(conversation=conversation, user=user, body=body, key=uuid5(conversation.pk, body), now=now)


def _writes(line: Line, pseudonym: str, body: str, now: datetime) -> Conversation:
    key = uuid5(line.organisation_id, pseudonym)
    return services.open_conversation(
        line=line, pseudonym=pseudonym, commune=None, touch="", body=body, key=key, now=now
    ).conversation
