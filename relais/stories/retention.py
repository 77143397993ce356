"""How long what belongs to stories is kept: questions, reports, files that nobody needs any more."""

from relais.foundation.retention import DAY, Person, erases, kept, rule

from . import uploads
from .models import (
    Answer,
    Clip,
    Comment,
    CommentReply,
    Consent,
    ExternalCopy,
    ModerationTrace,
    Notice,
    Photo,
    Proofreading,
    Question,
    ReactionCount,
    Story,
    Upload,
    Waiver,
)

kept(
    "les témoignages et les accords",
    Story, Clip, Photo, Upload, Consent, ExternalCopy, Proofreading, Waiver, ReactionCount, Answer, CommentReply, ModerationTrace,
    until="le temps de l’accord, puis cinq ans pour pouvoir le prouver (code civil, article 2224)", order=10,
)  # fmt: skip


def _empty_questions(rows, now) -> int:
    return rows.update(body="", pseudonym="")


@rule(
    "questions", what="Questions non publiées sous les témoignages", since="décision", keep=183 * DAY, order=80, does=_empty_questions,
    why="Six mois pour répondre à une contestation.",
)  # fmt: skip
def questions(before):
    return Question.objects.filter(decided_at__lte=before).exclude(state=Question.State.SHOWN).exclude(body="")


@rule(
    "comments", what="Ce qui désigne un commentaire sur son réseau", since="décision", keep=183 * DAY, order=90,
    why="Ne sert plus une fois les mots effacés ici.",
)  # fmt: skip
def comments(before):
    return Comment.objects.filter(question__decided_at__lte=before, question__body="")


def _empty_notices(rows, now) -> int:
    return rows.update(email="", details="")


@rule(
    "notices", what="Adresses laissées avec un signalement de contenu", since="décision", keep=183 * DAY, order=100, does=_empty_notices,
    why="Six mois de recours interne (règlement UE 2022/2065, article 20) : au-delà, l’adresse ne sert plus.",
)  # fmt: skip
def notices(before):
    return Notice.objects.filter(decided_at__lte=before).exclude(email="", details="")


def _discard(rows, now) -> int:
    """With their bytes."""
    gone = list(rows)
    for upload in gone:
        uploads.discard(upload=upload)
    return len(gone)


@rule(
    "uploads", what="Fichiers envoyés pour un témoignage et restés sans suite", since="dernier morceau reçu", keep=7 * DAY, order=120, does=_discard,
    why="Le temps de reprendre un envoi coupé. Un accord signé qui sert, lui, est gardé.",
)  # fmt: skip
def abandoned(before):
    """What was abandoned, or has become a clip or a photo; proofs that no consent names."""
    return Upload.objects.filter(updated_at__lte=before, consent=None)


@rule(
    "clips", what="Vidéos et sons que le site n’a pas pu préparer", since="envoi", keep=7 * DAY, order=130,
    why="Le temps de lire pourquoi et d’envoyer un autre fichier.",
)  # fmt: skip
def refused_clips(before):
    return Clip.objects.filter(state=Clip.State.REFUSED, created_at__lte=before)


@erases(keeps="Une question publiée sous une vidéo reste, avec son pseudo : d’autres s’en servent.")
def questions_asked(person: Person, now) -> None:
    Question.objects.filter(pk__in=person.keys).exclude(state=Question.State.SHOWN).update(body="", pseudonym="")
