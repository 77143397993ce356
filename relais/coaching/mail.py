"""The letters of the answer line. No sensitive word, no name of a young person, in a subject or in a body."""

from datetime import datetime

from django.template import engines
from django.urls import reverse
from django.utils import timezone

from relais.foundation import sites


def escalation(supervisor, conversation) -> dict:
    return _letter(supervisor.email, "Une conversation attend depuis trop longtemps", "escalation", {"supervisor": supervisor} | _desk(conversation))


def on_call(conversation) -> dict:
    """To the structure on call: it has no account here, it rings the organisation or whoever its own rules name."""
    return _letter(conversation.line.oncall_email, "Une conversation attend, personne n’a répondu", "on_call", _desk(conversation))


def alarm(person, conversation, *, urgent: bool) -> dict:
    subject = "Un message à lire tout de suite" if urgent else "Un message à lire"
    return _letter(person.email, subject, "alarm", {"urgent": urgent} | _desk(conversation))


def alarm_late(to: str, conversation) -> dict:
    return _letter(to, "Un message attend toujours d’être lu", "alarm_late", _desk(conversation))


def aside(person, count: int, organisation) -> dict:
    """Of messages that are in no conversation: nothing of who wrote."""
    context = {"count": count, "address": sites.absolute(reverse("arrivals"), organisation=organisation), "organisation": organisation}
    return _letter(person.email, "Un message mis de côté est à lire", "aside", context)


def contact(person, conversation) -> dict:
    return _letter(person.email, "Un moyen de contact a été proposé", "contact", _desk(conversation))


def second_reading(person, file) -> dict:
    return _letter(person.email, "Un dossier à relire dans l’heure", "second_reading", _file(file))


def second_late(person, file) -> dict:
    return _letter(person.email, "Un dossier attend sa relecture depuis une heure", "second_late", _file(file))


def handover(handover, address: str) -> dict:
    return _letter(handover.partner_email, "Un jeune vous est adressé", "handover", _about(handover, address, handover.return_at))


def follow_up(handover, address: str, until: datetime) -> dict:
    subject = "Merci. Votre lien pour nous dire la suite"
    return _letter(handover.partner_email, subject, "follow_up", _about(handover, address, until))


def words(handover, address: str) -> dict:
    return _letter(handover.partner_email, "Un message vous attend", "words", _partner(handover, address))


def news(handover, address: str, since: str) -> dict:
    """To a partner who accepted: what became of the person, `since` (« six mois »)."""
    return _letter(handover.partner_email, "Avez-vous des nouvelles ?", "news", _partner(handover, address) | {"since": since})


def appointment(appointment, what: str, address: str, words: str) -> dict:
    """`what`: chosen, cancelled or reminder."""
    subject = {"chosen": "Un rendez-vous est pris", "cancelled": "Un rendez-vous est annulé", "reminder": "Rappel : un rendez-vous approche"}[what]
    context = _partner(appointment.handover, address) | {"what": what, "words": words}
    return _letter(appointment.handover.partner_email, subject, "appointment", context)


def outcome(handover) -> dict:
    """To the mediator who had passed the baton. What it is, they read at their desk."""
    return _letter(handover.proposed_by.email, "Des nouvelles d’un relais", "outcome", {"handover": handover} | _desk(handover.conversation))


def withdrawn(handover) -> dict:
    """To a partner who was sent something: the person took their agreement back."""
    return _letter(handover.partner_email, "Une personne a retiré son accord", "withdrawn", _partner(handover, ""))


def closed(handover) -> dict:
    """To a partner who was sent something that should not have been: nothing of the reason, which would tell of the person."""
    return _letter(handover.partner_email, "Une demande est annulée", "closed", _partner(handover, ""))


def stopped(handover) -> dict:
    """To the mediator who had proposed it. Why, they read at their desk."""
    return _letter(handover.proposed_by.email, "Un relais est arrêté", "stopped", {"handover": handover} | _desk(handover.conversation))


def erased(handover) -> dict:
    """To a partner who was sent something: the person erased it here, and the law asks that it be erased there too."""
    context = {"handover": handover, "organisation": handover.conversation.line.organisation}
    return _letter(handover.partner_email, "Une personne a effacé ses données", "erased", context)


def _partner(handover, address: str) -> dict:
    return {"handover": handover, "organisation": handover.conversation.line.organisation, "address": address}


def _desk(conversation) -> dict:
    organisation = conversation.line.organisation_id
    address = sites.absolute(reverse("desk", args=[conversation.id]), organisation=organisation)
    return {"conversation": conversation, "organisation": organisation, "address": address}


def _file(file) -> dict:
    organisation = file.organisation_id
    return {"file": file, "organisation": organisation, "address": sites.absolute(reverse("danger", args=[file.id]), organisation=organisation)}


def _about(handover, address: str, expires: datetime) -> dict:
    return _partner(handover, address) | {"expires": timezone.localtime(expires)}


def _letter(to: str, subject: str, name: str, context: dict) -> dict:
    text = engines["jinja"].get_template(f"coaching/mail/{name}.txt").render(context | {"site": sites.of(context["organisation"])})
    return {"to": to, "subject": subject, "text": text.strip() + "\n"}
