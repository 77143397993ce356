"""How an answer finds its conversation: our letters carry a token where every mail program copies it back.

Some providers replace the Message-ID of what they send. An answer repeats the References of the letter it answers, so the
token goes there too.
"""

import re

TOKEN = r"[A-Za-z0-9_-]{16,64}"  # noqa: S105 (a pattern)


def host() -> str:
    # Here and not above: what reads a letter knows no settings, and is told the host.
    from relais.foundation import sites

    return sites.machine()


def reference(token: str) -> str:
    """« <token@host> »: what stands for one conversation in a letter's headers."""
    if not re.fullmatch(TOKEN, token):
        raise ValueError("A thread token is 16 to 64 letters, digits, - or _.")
    return f"<{token}@{host()}>"


def message_id(token: str, serial: str) -> str:
    """The Message-ID of one letter of a conversation. `serial` makes it unique: lower-case letters and digits."""
    return f"<{token}.{serial}@{host()}>"


def token_in(*headers: str, at: str = "") -> str:
    """The token that these headers (In-Reply-To, References) carry, or ''. The last one, when a letter quotes several.

    `at`: our host, where the settings are not there to ask.
    """
    found = re.findall(rf"<({TOKEN})(?:\.[0-9a-z]{{1,40}})?@{re.escape(at or host())}>", " ".join(headers))
    return found[-1] if found else ""
