"""How an answer finds its conversation: our letters carry a token where every mail program copies it back.

Some providers replace the Message-ID of what they send. An answer repeats the References of the letter it answers, so the
token goes there too.

Beside it goes a proof, drawn from the address that the letter was sent to: who answers with it holds a letter that was sent there. A token
alone proves nothing of the kind: it is the same for all who were written to about one conversation, and anybody may write one down.
"""

import re

TOKEN = r"[A-Za-z0-9_-]{16,64}"  # noqa: S105 (a pattern)
PROOF = 32
"""Hexadecimal digits of a proof."""
OF_NONE = "~"
"""What stands for a token in a letter that is of no conversation; no token looks like it."""


def host() -> str:
    # Here and not above: what reads a letter knows no settings, and is told the host.
    from relais.foundation import sites

    return sites.machine()


def message_id(token: str, proof: str, serial: str = "") -> str:
    """What stands in the headers of a letter, for the conversation of `token` (if it is of one) and the address of `proof`.

    `serial`, eight hexadecimal digits, makes it unique; without it, it binds the letters of one conversation to each other.
    """
    if token and not re.fullmatch(TOKEN, token):
        raise ValueError("A thread token is 16 to 64 letters, digits, - or _.")
    return f"<{token or OF_NONE}.{proof}{serial}@{host()}>"


def token_in(*headers: str, at: str = "") -> str:
    """The token that these headers (In-Reply-To, References) carry, or ''. The last one, when a letter quotes several.

    `at`: our host, where the settings are not there to ask.
    """
    found = re.findall(rf"<({TOKEN})(?:\.[0-9a-z]{{1,40}})?@{re.escape(at or host())}>", " ".join(headers))
    return found[-1] if found else ""


def serials_in(*headers: str, at: str = "") -> list[str]:
    """What makes each of our letters that these headers name unique, behind its proof."""
    form = rf"<(?:{OF_NONE}|{TOKEN})\.[0-9a-f]{{{PROOF}}}([0-9a-f]{{8}})@{re.escape(at or host())}>"
    return list(dict.fromkeys(re.findall(form, " ".join(headers))))


def proofs_in(*headers: str, at: str = "") -> list[str]:
    """The proofs that these headers carry, each of an address that one of our letters was sent to."""
    form = rf"<(?:{OF_NONE}|{TOKEN})\.([0-9a-f]{{{PROOF}}})(?:[0-9a-f]{{8}})?@{re.escape(at or host())}>"
    return list(dict.fromkeys(re.findall(form, " ".join(headers))))
