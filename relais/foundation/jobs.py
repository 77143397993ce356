"""What the installation does by itself at its hour."""

import os
import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from .jinja import number, plural
from .schedule import Failed, scheduled

KEYS_APART = "Les clés n’y sont pas : elles se gardent ailleurs."


def lacks() -> str:
    """What is missing for a copy, or "". A copy beside what it copies would be lost with it, and one below it would copy itself."""
    folder = settings.BACKUP_FOLDER
    if folder is None:
        return "Il manque un dossier où copier : nommez-le dans BACKUP_FOLDER, dans les réglages du serveur, sur un autre disque que les données."
    if folder.resolve().is_relative_to(settings.DATA.resolve()):
        return f"BACKUP_FOLDER ({folder}) est dans le dossier des données : choisissez-en un ailleurs, sur un autre disque."
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        return f"Le dossier {folder} (BACKUP_FOLDER) n’existe pas, ou ce serveur ne peut pas y écrire."
    return ""


@scheduled(
    "backup",
    "Sauvegarder la base et les médias",
    usual="03:20",
    lacks=lacks,
    begins_on=lambda: not settings.LOCAL and not lacks(),
)
def copy(lines: Sequence[str], now: datetime) -> str:
    # Here only: every process reads what can be scheduled, and one with a DATABASE_URL nothing of the embedded server.
    from . import backup

    folder: Path | None = settings.BACKUP_FOLDER
    if (missing := lacks()) or folder is None:
        raise Failed(missing)
    target = folder / f"relais-{timezone.localtime(now):%Y-%m-%d-%H%M%S}"
    # One that was stopped leaves what it had begun: no two of ours run at once, and nobody restores half a copy.
    for unfinished in folder.glob("relais-*.unfinished"):
        shutil.rmtree(unfinished, ignore_errors=True)
    try:
        made = backup.back_up(target, now=now)
    except backup.Refused as refusal:
        raise Failed("La copie n’a pas pu être faite.", str(refusal)) from None
    rows = sum(made.tables.values())
    return f"Copié dans {target.name} : {number(rows)} {plural(rows, 'ligne', 'lignes')} de {len(made.tables)} tables, et les médias. {KEYS_APART}"
