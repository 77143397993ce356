"""Letters fetched from a mailbox. One is marked as read only once its row is committed: a crash between the two makes a
second delivery, which changes nothing."""

import imaplib
import logging
import ssl
from contextlib import contextmanager
from datetime import datetime
from urllib.parse import unquote, urlsplit

from .. import services
from ..models import Channel

log = logging.getLogger(__name__)
TIMEOUT = 20
LARGEST = 1_000_000
"""Bytes fetched of one letter. Its text comes first; what is cut off is attachments, which are not kept anyway."""
AT_ONCE = 50


@contextmanager
def mailbox(address: str):
    """The folder of `imaps://user:password@host:993/INBOX` (or imap+tls, or imap), open for reading and marking."""
    parts = urlsplit(address)
    secure = ssl.create_default_context()
    if parts.scheme == "imaps":
        box = imaplib.IMAP4_SSL(parts.hostname, parts.port or 993, ssl_context=secure, timeout=TIMEOUT)
    else:
        box = imaplib.IMAP4(parts.hostname, parts.port or 143, timeout=TIMEOUT)
    try:
        if parts.scheme == "imap+tls":
            box.starttls(secure)
        box.login(unquote(parts.username or ""), unquote(parts.password or ""))
        folder = unquote(parts.path.strip("/")) or "INBOX"
        _ok(box.select('"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'))
        yield box
    finally:
        try:
            box.logout()
        except (OSError, imaplib.IMAP4.error):
            # The connection is already gone: only our end of it is left to close.
            box.shutdown()


def fetch(address: str, now: datetime) -> int:
    """Keep what is unread in the mailbox; returns how many letters. Raises OSError or imaplib.IMAP4.error when it does not
    answer: what was kept stays kept, and the next turn goes on from there."""
    with mailbox(address) as box:
        unread = _ok(box.uid("SEARCH", "UNSEEN"))[0] or b""
        numbers = {uid.decode(): _number(box, uid.decode()) for uid in unread.split()}
        late = services.waits(Channel.EMAIL, list(numbers.values()), now)
        due = [(uid, number) for uid, number in numbers.items() if number not in late]
        return sum(_kept(box, uid, number, now) for uid, number in due[:AT_ONCE])


def _number(box: imaplib.IMAP4, uid: str) -> str:
    """What names one letter of this mailbox, for as long as the server says that its numbers hold."""
    validity = (box.untagged_responses.get("UIDVALIDITY") or [b""])[-1] or b""
    return f"imap:{validity.decode('ascii', 'replace')[:20]}:{uid}"


def _kept(box: imaplib.IMAP4, uid: str, number: str, now: datetime) -> bool:
    try:
        return _keep(box, uid, number, now)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error:
        # The server says no to this one: the others need not wait for it.
        log.exception("The letter %s of the mailbox could not be fetched", uid)
        services.not_given(channel=Channel.EMAIL, number=number, now=now)
        return False


def _keep(box: imaplib.IMAP4, uid: str, number: str, now: datetime) -> bool:
    answer = _ok(box.uid("FETCH", uid, f"(BODY.PEEK[]<0.{LARGEST}>)"))
    raw = next((one[1] for one in answer if isinstance(one, tuple)), None)
    if raw is None:
        # Another program moved it meanwhile.
        return False
    services.keep(channel=Channel.EMAIL, shape="mime", raw=raw, at=now)
    services.given(channel=Channel.EMAIL, number=number)
    _ok(box.uid("STORE", uid, "+FLAGS.SILENT", r"(\Seen)"))
    return True


def _ok(answer):
    status, content = answer
    if status != "OK":
        raise imaplib.IMAP4.error(f"The mailbox answered {status}: {content}")
    return content
