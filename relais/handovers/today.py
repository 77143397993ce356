"""What awaits a partner, and what nobody of the team is there for."""

from django.db.models import Exists
from django.urls import reverse

from relais.accounts.models import Role
from relais.agenda import subjects
from relais.agenda.models import Appointment
from relais.coaching.models import Conversation
from relais.coaching.models.conversation import CONVERSATION, TEAM
from relais.foundation.today import Task, awaits, first

from . import booked
from .models import Handover


@awaits(at="orientations")
def orientations(user, now):
    """What was addressed to a partner and waits for their answer."""
    sent = (
        Handover.objects.sent_to(user)
        .filter(Exists(user.organisations(Role.PARTNER)), state=Handover.State.SENT, agreed_until__gt=now)
        .select_related("conversation__journey")
    )

    def task(one):
        words = f"Une demande vous est adressée : {one.conversation.journey.pseudonym}"
        return Task(words, "Répondre", reverse("orientation", args=[one.pk]), due_at=one.return_at)

    return first(
        sent.order_by("return_at", "id"),
        task,
        Task("D’autres demandes vous sont adressées", "Voir la liste", reverse("orientations")),
    )


@awaits(at="inbox")
def met_by_nobody(user, now):
    """Somebody of the team is awaited and nobody is: who held the conversation gave it back to a team, or closed their account."""
    seen = Conversation.objects.visible_to(user).filter(line__organisation__in=user.organisation_ids(*TEAM))
    alone = Appointment.objects.about(CONVERSATION).filter(
        booked.with_us(),
        subject_id__in=seen.order_by().values("pk"),
        state=Appointment.State.CHOSEN,
        starts_at__gt=now,
        staff=None,
    )

    def task(one, names):
        words = f"{names.get(one.pk, 'Une personne')} a un rendez-vous, et personne de l’équipe n’y est attendu"
        return Task(words, "Prendre la conversation", reverse("desk", args=[one.subject_id]), due_at=one.starts_at)

    more = Task("D’autres rendez-vous où personne de l’équipe n’est attendu", "Voir la liste", reverse("inbox"))
    return first(alone.order_by("starts_at", "id"), task, more, beside=subjects.names)
