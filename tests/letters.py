"""A context for every letter, as those who send it give it: made of rows that are not saved."""

from datetime import timedelta
from types import SimpleNamespace
from uuid import UUID

from relais.accounts.models import RightRequest, Role, User, VolunteerCheck
from relais.catalogue.models import Structure
from relais.coaching.models import Conversation, Line
from relais.coaching.thread.outbound import SUBJECT
from relais.handovers.models import Handover
from relais.safeguarding.models import DangerFile
from relais.stories.models import ContentReport, ExternalCopy, Question, Story

NUMBER = UUID("0190a5a4-7a3c-7d4e-9b6e-3f2a1c0d5e7f")
YOUNG = "Colibri 12"
HOST = "loiret.exemple.invalid"
LINK = f"http://{HOST}/orientation/k7qm3-acde-fghj-kmnp-qrtv-wxyz-k7qm3-acde-fghj-kmnp-qrtv-wxyz"


def contexts(organisation, now) -> dict[str, dict]:
    """By the name of the letter; `organisation` is saved, its line too."""
    line = Line.objects.create(
        slug="ligne", name="Ligne du Loiret", organisation=organisation, oncall_name="Pôle veille", oncall_minutes=20
    )
    conversation = Conversation(pk=NUMBER, line=line, due_at=now + timedelta(minutes=20))
    sarah = User(email="sarah@exemple.invalid", display_name="Sarah", full_name="Sarah Benali")
    karim = User(email="karim@exemple.invalid", display_name="Karim", full_name="Karim Duval")
    return (
        _of_the_line(conversation, now)
        | _to_partners(conversation, organisation, sarah, now)
        | _to_the_young()
        | _of_stories(now)
        | _of_accounts(organisation, sarah, karim, now)
    )


def _of_the_line(conversation, now) -> dict:
    file = DangerFile(
        pk=NUMBER,
        opened_at=now - timedelta(hours=1),
        second_due_at=now,
        organisation=conversation.line.organisation,
        opened_by=User(display_name="Sarah"),
    )
    subject = SimpleNamespace(address=f"/pro/conversations/{NUMBER}/")
    return {
        "safeguarding/alarm": {"unsupervised": "", "subject": subject, "urgent": True},
        "safeguarding/alarm_late": {"unsupervised": "Mission locale d’essai", "subject": subject},
        "safeguarding/alarm_many": {
            "unsupervised": "Mission locale d’essai",
            "told": 149,
            "pressing": 20,
            "listed": "/pro/conversations/",
        },
        "safeguarding/alarm_late_many": {"unsupervised": "", "told": 12, "listed": "/pro/conversations/"},
        "coaching/escalation_many": {"conversation": conversation, "told": 12, "unsupervised": ""},
        "coaching/on_call_many": {"conversation": conversation, "told": 12},
        "coaching/aside": {"count": 2, "nobody_at": "Mission locale d’essai"},
        "coaching/unseen": {"count": 2, "end": now, "nobody_at": ""},
        "coaching/contact": {"conversation": conversation, "unsupervised": "Mission locale d’essai"},
        "coaching/escalation": {"conversation": conversation, "unsupervised": "Mission locale d’essai"},
        "coaching/on_call": {"conversation": conversation},
        "safeguarding/second_late": {"file": file},
        "safeguarding/second_late_elsewhere": {"file": file},
        "safeguarding/second_reading": {"file": file},
    }


def _to_partners(conversation, organisation, mediator, now) -> dict:
    structure = Structure(name="Mission locale du Montargois & du Giennois", kind=Structure.Kind.MISSION_LOCALE)
    handover = Handover(
        pk=NUMBER,
        conversation=conversation,
        structure=structure,
        proposed_by=mediator,
        agreed_at=now,
        shared_name=YOUNG,
    )
    partner = {"handover": handover, "organisation": organisation}
    mine = {"handover": handover, "conversation": conversation}
    linked = partner | {"address": LINK, "expires": now + timedelta(days=3)}
    words = "un appel à trois, lundi 7 décembre à 14 h 05, avec la mission locale du Montargois"
    return {
        "handovers/appointment": partner | {"address": LINK, "what": "chosen", "words": words},
        "handovers/closed": partner,
        "handovers/erased": partner,
        "handovers/follow_up": linked,
        "handovers/handover": linked,
        "handovers/news": partner | {"address": LINK, "since": "six mois"},
        "handovers/outcome": mine,
        "handovers/stopped": mine,
        "handovers/withdrawn": partner,
        "handovers/words": partner | {"address": LINK},
    }


def _to_the_young() -> dict:
    said = "Bonjour !\n\nLa mission locale t’attend :\n14 rue de la Gare, le <lundi> & le mardi.\n\nÇa te va ?"
    return {
        "coaching/reply": {"ends": SUBJECT, "words": said, "who": "Sarah, de l’équipe de Relais", "address": LINK},
        "coaching/nudge": {"ends": SUBJECT, "address": LINK},
        "coaching/link_again": {"ends": SUBJECT, "address": LINK},
        "coaching/told": {"ends": SUBJECT, "words": "Ton message est bien arrivé.\n\nUne personne te répond lundi."},
        "handovers/reminder": {
            "ends": SUBJECT,
            "when": "lundi 7 décembre à 14 h 05",
            "place": "Antenne de Montargis, 3 rue des Lilas, Montargis (Salle 2)",
        },
        "handovers/question": {
            "ends": SUBJECT,
            "words": "Ça fait six mois qu’on s’est parlé. Tu en es où ?",
            "address": LINK,
        },
    }


def _of_stories(now) -> dict:
    notice = ContentReport(
        pk=NUMBER,
        received_at=now,
        decided_at=now,
        decision=ContentReport.Decision.values[0],
        reasons="Rien d’illégal.\nVoir la loi.",
    )
    copies = [
        ExternalCopy(channel="tiktok", address=f"https://www.tiktok.com/@relais/video/{'7312345678901234567' * 5}"),
        ExternalCopy(channel="youtube", address="https://www.youtube.com/shorts/abcdefghijk"),
    ]
    return {
        "stories/question_alarm_many": {"told": 12, "unsupervised": ""},
        "stories/question_alarm": {"question": Question(pk=NUMBER), "unsupervised": ""},
        "stories/notice_new": {"notice": notice, "unsupervised": ""},
        "stories/notice_received": {"notice": notice, "address": LINK},
        "stories/notice_decided": {"notice": notice, "address": LINK},
        "stories/take_down": {"story": Story(title="Être au cœur"), "copies": copies},
    }


def _of_accounts(organisation, sarah, karim, now) -> dict:
    asked = RightRequest(
        user=karim, organisation=organisation, kind=RightRequest.Kind.ROLES, roles=[Role.SUPERVISOR], requested_by=sarah
    )
    check = VolunteerCheck(user=karim, verified_by=sarah, expires_on=now.date() + timedelta(days=365))
    both = {"actor": sarah, "user": karim, "organisation": organisation}
    roles = both | {"roles": Role.MEDIATOR.label.lower()}
    invited = {"inviter": sarah, "role": "bénévole", "until": now + timedelta(days=7), "address": LINK}
    plain = {"user": karim, "email": "karim@exemple.invalid", "request": SimpleNamespace()}
    changes = ("password_changed", "totp_activated", "totp_deactivated", "webauthn_added", "webauthn_removed")
    return {
        "accounts/invitation": invited | {"organisation": organisation},
        "accounts/approved": {},
        "accounts/account_approved": roles,
        "accounts/account_closed": both,
        "accounts/sessions_closed": both,
        "accounts/right_asked": {"actor": sarah, "asked": asked, "until": now + RightRequest.LIFE},
        "accounts/right_added": {"actor": karim, "asked": asked},
        "accounts/right_refused": {"actor": karim, "asked": asked},
        "accounts/right_removed": roles,
        "accounts/channel_account": {
            "actor": sarah,
            "what": "asked",
            "place": str(organisation),
            "way": "SMS",
            "title": "OVHcloud",
            "holds": "Qui le tient lit tout.",
        },
        "accounts/unusual_reading": {"user": karim, "files": 41, "stopped": True},
        "accounts/volunteer_checked": {"check": check},
        "accounts/password_reset_key": plain | {"password_reset_url": LINK},
        "accounts/unknown_account": plain,
        "accounts/email_confirmation": plain | {"activate_url": LINK},
        "accounts/recovery_codes_generated": plain,
    } | {f"accounts/{name}": plain for name in changes}
