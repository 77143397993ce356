"""Letters, through whatever EMAIL_URL names. Transport only: words are written by the app that sends."""

import smtplib
from base64 import b64decode
from email.errors import MessageError
from email.mime.image import MIMEImage
from email.utils import formataddr, parseaddr
from html import escape
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection
from django.db import Error
from django.utils import timezone

from relais.foundation import sites
from relais.foundation.database.patience import let_go
from relais.foundation.letters import FOOT_OF_PAGE
from relais.foundation.outbox import PermanentError, TemporaryError, transport

from .. import accounts, opt_outs
from ..models import Channel, ChannelAccount
from . import imap, threads
from .letter import MARK

FOOT = "\n\nNe plus recevoir d’e-mails d’ici :\n{}\n"


@transport("email")
def send(payload: dict) -> None:
    """Payload: what `foundation.letters` wrote (`to`, `subject`, `text`, `html`, `logo`); optional `thread` (token of the conversation, so that the answer finds it), `automatic`
    (written by the program: other programs must not answer), and `site` (host name) or `owner` (an organisation), whose name signs
    it. Returns once the server accepted the letter. Or `account` (a number) alone: a mailbox, in service or not yet, is opened, and nothing leaves.

    Raises TemporaryError when nothing left (no connection, 4xx, no database), PermanentError on a 5xx answer, or for what no server could be given.
    """
    if tried := payload.get("account"):
        _try_mailbox(tried, payload["owner"])
        return
    connection = get_connection()
    try:
        letter = _composed(payload, connection)
        letter.message().as_bytes()
    except (ValueError, MessageError) as error:
        raise PermanentError("L’adresse ou l’objet de cette lettre ne peut pas s’écrire.") from error
    except Error as error:
        raise TemporaryError("La base de données ne répond pas.") from error
    # Written with the help of the database, and sent without it.
    let_go()
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as error:
        raise TemporaryError(f"Le serveur d’e-mail ne répond pas : {error}") from error
    try:
        letter.send()
    except smtplib.SMTPResponseException as error:
        kind = TemporaryError if 400 <= error.smtp_code < 500 else PermanentError
        raise kind(f"Le serveur d’e-mail a refusé ({error.smtp_code}).") from error
    except smtplib.SMTPRecipientsRefused as error:
        # « Come back later » (450) is how many servers greet whoever they do not know yet.
        later = all(400 <= code < 500 for code, _ in error.recipients.values())
        kind = TemporaryError if later else PermanentError
        raise kind("L’adresse a été refusée par le serveur d’e-mail.") from error
    finally:
        connection.close()


def _try_mailbox(number: str, owner: UUID | None) -> None:
    account = ChannelAccount.objects.filter(pk=number, channel=Channel.EMAIL, owner=owner).first()
    if account is None:
        raise PermanentError("Ce compte n’est plus là.")
    imap.try_out(account)


def _composed(payload: dict, connection) -> EmailMessage:
    """Plain words and page, one or the other as the reader likes; the logo stands inside the page, not below the letter."""
    stop = _stop(payload)
    more = {"connection": connection, "headers": _headers(payload, stop), **_signed(payload)}
    text = payload["text"] + (FOOT.format(stop) if stop else "")
    letter = EmailMultiAlternatives(payload["subject"], text, to=[payload["to"]], **more)
    # A letter of an earlier version of the program, written before there were pages, may still wait.
    if html := payload.get("html"):
        foot = f'<a href="{escape(stop)}" style="color: inherit">Ne plus recevoir d’e-mails d’ici</a>' if stop else ""
        letter.attach_alternative(html.replace(FOOT_OF_PAGE, foot), "text/html")
    if logo := payload.get("logo"):
        picture = MIMEImage(b64decode(logo), "jpeg")
        picture["Content-ID"] = "<logo>"
        picture["Content-Disposition"] = "inline"
        letter.mixed_subtype = "related"
        letter.attach(picture)
    return letter


def _signed(payload: dict) -> dict:
    """Who the letter says it is from, and where its answer goes.

    The address and the envelope stay the machine's (EMAIL_FROM), for which its provider answers: only the name before it is the
    site's. A letter of a conversation is answered to the mailbox of the organisation that writes, else to the machine, which reads it too.
    """
    site = sites.named(payload.get("site", "")) or sites.of(payload.get("owner"))
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    shown = " ".join((site.sender_name or (site.name if site.host else name)).split())
    signed = {"from_email": formataddr((shown, address))}
    if answered := _mailbox_of(payload.get("owner")) if payload.get("thread") else site.reply_address:
        signed["reply_to"] = [answered]
    return signed


def _mailbox_of(owner: UUID | None) -> str:
    account = accounts.serving(Channel.EMAIL, owner)
    return account.values["address"] if account else ""


def _stop(payload: dict) -> str:
    """The address that stops what is like this letter, or '' where nothing may stop it."""
    kind = payload.get("kind")
    if not kind or kind in opt_outs.PASSES:
        return ""
    return opt_outs.address_for(payload["to"], payload.get("owner"), now=timezone.now())


def _headers(payload: dict, stop: str) -> dict:
    thread, proof = payload.get("thread", ""), opt_outs.proof_of(payload["to"])
    headers = {MARK: "1", "Message-ID": threads.message_id(thread, proof, payload["serial"])}
    # Letters of no conversation have nothing in common: no program must put them below each other.
    headers["References"] = threads.message_id(thread, proof, "" if thread else payload["serial"])
    if stop:
        # One click, without a page (RFC 8058); the provider's signature must cover both (docs/operating.md).
        headers |= {"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    if payload.get("automatic"):
        headers["Auto-Submitted"] = "auto-replied"
    return headers
