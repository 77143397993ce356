"""What safeguarding has for each of those who work here."""

from django.db.models import Q
from django.urls import reverse

from relais.foundation.today import Task, awaits, first

from .models import DangerFile


@awaits(at="danger_list")
def danger(user, now):
    """A second reading is promised by name, within the hour."""
    files = (
        DangerFile.objects.visible_to(user)
        .filter(second_reader=user, second_read_at=None)
        .exclude(state=DangerFile.State.CLOSED)
    )

    def task(one):
        where = reverse("danger", args=[one.pk])
        return Task(
            "Un dossier de danger attend votre deuxième lecture",
            "Lire",
            where,
            due_at=one.second_due_at,
            is_urgent=True,
        )

    more = Task("D’autres dossiers attendent votre lecture", "Voir la liste", reverse("danger_list"), is_urgent=True)
    return first(files.order_by("second_due_at", "id"), task, more)


@awaits(at="danger_list")
def danger_to_end(user, now):
    """What was read twice waits for a decision, and what was decided for its end: by whoever may, since nobody is named."""
    state = DangerFile.State
    going = DangerFile.objects.visible_to(user).filter(state__in=[state.READ_TWICE, state.DECIDED])
    # At these levels who decided does not end it: it waits for somebody else.
    going = going.exclude(~Q(level=DangerFile.Level.C), state=state.DECIDED, decided_by=user)

    def task(one):
        where = reverse("danger", args=[one.pk])
        if one.state == state.READ_TWICE:
            return Task("Un dossier de danger relu attend une décision", "Décider", where, since=one.second_read_at)
        return Task("Un dossier de danger décidé attend d’être clos", "Ouvrir", where, since=one.decided_at)

    more = Task("D’autres dossiers de danger attendent une suite", "Voir la liste", reverse("danger_list"))
    return first(going.order_by("opened_at", "id"), task, more)
