"""The desk of the demonstration: two teams and a few ready answers, as a service would have on its first day."""

from datetime import datetime

from django.utils import timezone

from relais.accounts.models import Organisation, User
from relais.coaching.desk import canned, supervision
from relais.coaching.models import CannedReply, Conversation, Team

Subject = Conversation.Subject
TEAMS = {
    "Métiers et formations": (
        [Subject.JOBS, Subject.TRAINING, Subject.INTERNSHIP, Subject.WORK],
        ["mediator", "mediator_2"],
    ),
    "Vie quotidienne": ([Subject.MONEY, Subject.LIFE], ["mediator_2"]),
}
REPLIES = (
    (
        "bonjour",
        "Premier bonjour",
        "Bonjour {pseudo} ! Je m’appelle {prenom} et je suis une vraie personne. Raconte-moi un peu : qu’est-ce qui t’amène ?",
    ),
    ("horaires", "Quand on répond", "On répond {ouverture}. Tu peux écrire quand tu veux : ton message nous attend."),
    (
        "commune",
        "Demander le bassin",
        "Pour trouver près de chez toi : tu habites vers quelle ville ? Un code postal suffit.",
    ),
    (
        "age",
        "Demander l’âge",
        "Quel âge as-tu ? Moins de 15 ans, 15 à 17, 18 à 25, ou plus ? Pas besoin de ta date de naissance.",
    ),
    (
        "merci",
        "Dire au revoir",
        "Merci {pseudo} ! Tu peux revenir écrire ici quand tu veux, avec ton code. À bientôt, {prenom}",
    ),
)


def ensure_demo_desk(*, people: dict[str, User], organisation: Organisation, now: datetime) -> None:
    """Safe to run again: what is there stays as it is."""
    for name, (skills, members) in TEAMS.items():
        if not Team.objects.filter(organisation=organisation, name=name).exists():
            team = Team(organisation=organisation, name=name, skills=skills)
            supervision.keep_team(
                team=team, members=[people[member] for member in members], user=people["supervisor"], now=now
            )
    for shortcut, title, body in REPLIES:
        if not CannedReply.objects.filter(organisation=organisation, shortcut=shortcut).exists():
            reply = CannedReply(organisation=organisation, shortcut=shortcut, title=title, body=body)
            canned.keep(reply=reply, user=people["mediator"], today=timezone.localdate(now), now=now)
