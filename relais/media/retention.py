"""How long files are kept that nobody needs any more. What is part of something is kept as long as that is: its own app says so."""

from relais.foundation.retention import DAY, rule

from . import uploads
from .models import Clip, Upload
from .owners import Owner


def _discard(rows, now) -> int:
    """With their bytes."""
    gone = list(rows)
    for upload in gone:
        uploads.discard(upload=upload)
    return len(gone)


@rule(
    "uploads",
    what="Fichiers envoyés pour un témoignage et restés sans suite",
    since="dernier morceau reçu",
    keep=7 * DAY,
    order=120,
    does=_discard,
    why="Le temps de reprendre un envoi coupé. Un accord signé qui sert, lui, est gardé.",
)
def abandoned(before):
    """What was abandoned, or has become a clip or a photo; proofs that nothing names."""
    rows = Upload.objects.filter(updated_at__lte=before)
    for owner in Owner.all():
        rows = rows.exclude(pk__in=owner.in_use().order_by().values("pk"))
    return rows


@rule(
    "clips",
    what="Vidéos et sons que le site n’a pas pu préparer",
    since="envoi",
    keep=7 * DAY,
    order=130,
    why="Le temps de lire pourquoi et d’envoyer un autre fichier.",
)
def refused_clips(before):
    return Clip.objects.filter(state=Clip.State.REFUSED, created_at__lte=before)
