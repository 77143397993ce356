"""How long what belongs to stories is kept: questions, reports, files that nobody needs any more."""

from relais.foundation.retention import DAY, Person, erases, kept, rule
from relais.media.models import Clip, MediaFolder, Photo, Upload

from .models import (
    Answer,
    Comment,
    CommentReply,
    Consent,
    ContentReport,
    ExternalCopy,
    ModerationTrace,
    Proofreading,
    Question,
    ReactionCount,
    Story,
    Waiver,
)

kept(
    "les témoignages et les accords",
    Story,
    MediaFolder,
    Clip,
    Photo,
    Upload,
    Consent,
    ExternalCopy,
    Proofreading,
    Waiver,
    ReactionCount,
    Answer,
    CommentReply,
    ModerationTrace,
    until="le temps de l’accord, puis cinq ans pour pouvoir le prouver (code civil, article 2224)",
    order=10,
)


def _empty_questions(rows, now) -> int:
    return rows.update(body="", pseudonym="")


@rule(
    "questions",
    what="Questions non publiées sous les témoignages",
    since="décision",
    keep=183 * DAY,
    order=80,
    does=_empty_questions,
    why="Six mois pour répondre à une contestation.",
)
def questions(before):
    return Question.objects.filter(decided_at__lte=before).exclude(state=Question.State.SHOWN).exclude(body="")


@rule(
    "comments",
    what="Ce qui désigne un commentaire sur son réseau",
    since="décision",
    keep=183 * DAY,
    order=90,
    why="Ne sert plus une fois les mots effacés ici.",
)
def comments(before):
    return Comment.objects.filter(question__decided_at__lte=before, question__body="")


def _empty_notices(rows, now) -> int:
    return rows.update(email="", details="")


@rule(
    "notices",
    what="Adresses laissées avec un signalement de contenu",
    since="décision",
    keep=183 * DAY,
    order=100,
    does=_empty_notices,
    why="Six mois de recours interne (règlement UE 2022/2065, article 20) : au-delà, l’adresse ne sert plus.",
)
def content_reports(before):
    return ContentReport.objects.filter(decided_at__lte=before).exclude(email="", details="")


@erases(keeps="Une question publiée sous une vidéo reste, avec son pseudo : d’autres s’en servent.")
def questions_asked(person: Person, now) -> None:
    Question.objects.filter(pk__in=person.keys).exclude(state=Question.State.SHOWN).update(body="", pseudonym="")
