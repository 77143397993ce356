"""Letters, through whatever EMAIL_URL names. Transport only: words are written by the app that sends."""

import secrets
import smtplib
from email.utils import formataddr, parseaddr

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from relais.foundation import sites
from relais.foundation.outbox import PermanentError, TemporaryError, transport

from . import threads
from .letter import MARK


@transport("email")
def send(payload: dict) -> None:
    """Payload: `to`, `subject`, `text`; optional `thread` (token of the conversation, so that the answer finds it), `automatic`
    (written by the program: other programs must not answer), and `site` (host name) or `owner` (an organisation), whose name signs
    it. Returns once the server accepted the letter.

    Raises TemporaryError when nothing left (no connection, 4xx), PermanentError on a 5xx answer.
    """
    connection = get_connection()
    signed = _signed(payload)
    letter = EmailMessage(payload["subject"], payload["text"], to=[payload["to"]], connection=connection, headers=_headers(payload), **signed)
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as error:
        raise TemporaryError(f"Le serveur d'e-mail ne répond pas : {error}") from error
    try:
        letter.send()
    except smtplib.SMTPResponseException as error:
        kind = TemporaryError if 400 <= error.smtp_code < 500 else PermanentError
        raise kind(f"Le serveur d'e-mail a refusé ({error.smtp_code}).") from error
    except smtplib.SMTPRecipientsRefused as error:
        raise PermanentError("L'adresse a été refusée par le serveur d'e-mail.") from error
    finally:
        connection.close()


def _signed(payload: dict) -> dict:
    """Who the letter says it is from, and where its answer goes.

    The address and the envelope stay the machine's (EMAIL_FROM), for which its provider answers: only the name before it is the
    site's. A letter of a conversation is answered to the machine too, which reads it.
    """
    site = sites.named(payload.get("site", "")) or sites.of(payload.get("owner"))
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    signed = {"from_email": formataddr((site.sender_name or (site.name if site.host else name), address))}
    if site.reply_address and not payload.get("thread"):
        signed["reply_to"] = [site.reply_address]
    return signed


def _headers(payload: dict) -> dict:
    headers = {MARK: "1"}
    if payload.get("automatic"):
        headers["Auto-Submitted"] = "auto-replied"
    if thread := payload.get("thread"):
        headers["Message-ID"] = threads.message_id(thread, secrets.token_hex(8))
        headers["References"] = threads.reference(thread)
    return headers
