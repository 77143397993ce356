"""Letters fetched from a mailbox. One is marked as read only once its row is committed: a crash between the two makes a
second delivery, which changes nothing."""

import imaplib
import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from socket import SHUT_RDWR
from threading import Timer
from time import monotonic

from relais.foundation import inner
from relais.foundation.database.patience import let_go
from relais.foundation.outbox import PermanentError, TemporaryError

from .. import accounts, services
from ..models import Channel, ChannelAccount
from .shapes import MAILBOX

log = logging.getLogger(__name__)
TIMEOUT = 20
LARGEST = 1_000_000
"""Bytes fetched of one letter. Its text comes first; what is cut off is attachments, which are not kept anyway."""
AT_ONCE = 50
MOST = 2 * LARGEST
"""Bytes that the answer to one command may have, and no literal in it more than LARGEST: whoever sends more was asked for less."""
ENOUGH, LONGEST = 30.0, 60.0
"""Seconds of one mailbox in one turn after which no more letters are asked for, and after which the line is cut, its name and its connection
included: the others wait meanwhile, and the loop must have turned (`selectors.worker_state`)."""
INSIDE = "L’adresse de cette boîte est à l’intérieur du réseau de la machine, qui ne la laisse pas joindre (INNER_ADDRESSES)."


SECURITIES = {"imaps": 993, "imap+tls": 143, "imap": 143}
"""How one speaks to a mailbox, and the usual port: under TLS at once, after STARTTLS, or in clear (on this machine only)."""


class _Clear(imaplib.IMAP4):
    """Somebody typed the address: nothing inside is reached by it, and after LONGEST the line is cut, whatever trickles in by it."""

    has_overflowed = False
    """It sent more than was asked for: nothing more is read by this line."""
    _came = 0

    def _create_socket(self, timeout):
        began = monotonic()
        plain = inner.reach(self.host, int(self.port), TIMEOUT)
        # Its own hold on the connection: TLS, at once or later, takes the other one over.
        self._hold = plain.dup()
        self._watch = Timer(max(LONGEST - (monotonic() - began), 0), self._cut)
        self._watch.daemon = True
        self._watch.start()
        return plain

    def send(self, data):
        self._came = 0
        super().send(data)

    def read(self, size):
        self._count(size, LARGEST)
        return super().read(size)

    def readline(self):
        line = super().readline()
        self._count(len(line), MOST)
        return line

    def _count(self, size: int, most: int) -> None:
        self._came += size
        if size > most or self._came > MOST:
            self.has_overflowed = True
            raise self.abort("More than was asked for.")

    def shutdown(self):
        self._let_go()
        super().shutdown()

    def _cut(self):
        with suppress(OSError):
            self._hold.shutdown(SHUT_RDWR)

    def _let_go(self):
        self._watch.cancel()
        self._hold.close()


class _Secure(_Clear):
    def _create_socket(self, timeout):
        plain = super()._create_socket(timeout)
        try:
            return ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            self._let_go()
            raise


@contextmanager
def mailbox(account: dict) -> Iterator[_Clear]:
    """The folder of an account, open for reading and marking. `account`: `security`, one of SECURITIES, `host`, `port`, `user`, `password`,
    `folder`. Raises PermanentError where the server says no to who we are, OSError or imaplib.IMAP4.error when it does not answer."""
    try:
        box = (_Secure if account["security"] == "imaps" else _Clear)(account["host"], account["port"])
    except inner.Forbidden as error:
        raise PermanentError(INSIDE) from error
    try:
        if account["security"] == "imap+tls":
            box.starttls(ssl.create_default_context())
        try:
            box.login(account["user"], account["password"])
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            raise PermanentError("La boîte refuse cet identifiant ou ce mot de passe.") from error
        status, _ = box.select('"' + account["folder"].replace("\\", "\\\\").replace('"', '\\"') + '"')
        if status != "OK":
            raise PermanentError("La boîte n’a pas ce dossier.")
        yield box
    finally:
        try:
            box.logout()
        except (OSError, imaplib.IMAP4.error):
            # The connection is already gone: only our end of it is left to close.
            box.shutdown()


def fetch(account: ChannelAccount, now: datetime) -> int:
    """Keep what is unread in the mailbox; returns how many letters. Raises TemporaryError when it does not answer: what was kept stays kept,
    and the next turn goes on from there; PermanentError when it says no."""
    until = monotonic() + ENOUGH
    try:
        with mailbox(account.values) as box:
            numbers = {uid: _number(box, uid, account) for uid in _unread(box)}
            late = services.waits(Channel.EMAIL, list(numbers.values()), now)
            due = [(uid, number) for uid, number in numbers.items() if number not in late]
            return sum(_kept(box, uid, number, account, now) for uid, number in due[:AT_ONCE] if monotonic() < until)
    except (OSError, imaplib.IMAP4.error) as error:
        # Not what it says of itself: a server may repeat there what it was told.
        raise TemporaryError("La boîte ne répond pas, ou pas comme prévu.") from error


def try_out(account: ChannelAccount) -> None:
    """Open it and read nothing. Raises as `fetch`."""
    try:
        with mailbox(account.values):
            pass
    except (OSError, imaplib.IMAP4.error) as error:
        raise TemporaryError("La boîte ne répond pas, ou pas comme prévu.") from error


def _unread(box: imaplib.IMAP4) -> list[str]:
    told = _asked(box, "SEARCH", "UNSEEN")[0] or b""
    return [_digits(uid) for uid in told.split()] if isinstance(told, bytes) else [_digits(b"")]


def _digits(number: bytes) -> str:
    """As RFC 3501 has them, of 32 bits. Raises IMAP4.abort: no mailbox numbers its letters in another way."""
    if not number.isdigit() or len(number) > 10:
        raise imaplib.IMAP4.abort("A number that is none.")
    return number.decode()


def _number(box: imaplib.IMAP4, uid: str, account: ChannelAccount) -> str:
    """What names one letter of this mailbox, for as long as the server says that its numbers hold."""
    told = (box.untagged_responses.get("UIDVALIDITY") or [b""])[-1]
    return accounts.numbered(account.owner, f"imap:{_digits(told) if told else ''}:{uid}")


def _kept(box: _Clear, uid: str, number: str, account: ChannelAccount, now: datetime) -> bool:
    try:
        return _keep(box, uid, number, account, now)
    except imaplib.IMAP4.abort:
        if box.has_overflowed:
            # Asked for first again in the next turn, it would hold the others back for ever.
            services.not_given(channel=Channel.EMAIL, number=number, now=now, account_of=account.owner)
        raise
    except imaplib.IMAP4.error:
        # The server says no to this one: the others need not wait for it.
        log.exception("The letter %s of the mailbox could not be fetched", uid)
        services.not_given(channel=Channel.EMAIL, number=number, now=now, account_of=account.owner)
        return False


def _keep(box: imaplib.IMAP4, uid: str, number: str, account: ChannelAccount, now: datetime) -> bool:
    let_go()
    answer = _asked(box, "FETCH", uid, f"(BODY.PEEK[]<0.{LARGEST}>)")
    raw = next((one[1] for one in answer if isinstance(one, tuple)), None)
    if raw is None:
        # Another program moved it meanwhile.
        return False
    services.keep(channel=Channel.EMAIL, shape=MAILBOX, raw=raw, at=now, account_of=account.owner)
    services.given(channel=Channel.EMAIL, number=number)
    _asked(box, "STORE", uid, "+FLAGS.SILENT", r"(\Seen)")
    return True


def _asked(box: imaplib.IMAP4, *command: str) -> list:
    try:
        status, content = box.uid(*command)
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        # What `imaplib` did not expect either.
        raise imaplib.IMAP4.abort("An answer of no mailbox.") from error
    if status != "OK":
        raise imaplib.IMAP4.error(f"The mailbox answered {status}: {content}")
    return content
