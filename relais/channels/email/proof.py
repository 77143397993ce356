"""Whether the receiving server proves who wrote a letter. Runs in the confined process (`child`)."""

import re


def proven(said: list[str], sender: str, checked_by: str) -> bool | None:
    """What the Authentication-Results headers say of `sender` (RFC 8601, read 2026-11-29): True when DMARC passed, or DKIM or SPF
    for that very domain; False when it says that they failed; None when it says neither.

    Only the header that our own server wrote counts, the one whose name is `checked_by` ("*": any): whoever sends a letter may
    write one too. Without a name, nothing is proven.
    """
    if not checked_by:
        return None
    results = _results(next((one for one in said if checked_by == "*" or _server(one) == checked_by), ""))
    domain = sender.rpartition("@")[2].lower()
    if any(method == "dmarc" and result == "fail" for method, result, _ in results):
        return False
    if any(result == "pass" and _covers(domain, about, method) for method, result, about in results):
        return True
    return False if any(result == "fail" for _, result, _ in results) else None


def _server(said: str) -> str:
    return next(iter(said.partition(";")[0].lower().split()), "")


def _results(said: str) -> list[tuple[str, str, str]]:
    """[(method, result, domain that it is about)] of an Authentication-Results header; nothing of one that is not well formed.

    Comments and quoted words repeat what the sender chose: they go first.
    """
    plain = re.sub(r'"(?:[^"\\]|\\.)*"', "_", said.lower())
    while plain != (plain := re.sub(r"\([^()]*\)", " ", plain)):
        pass
    if re.search(r'["()\\]', plain):
        return []
    found = (
        re.match(r"\s*(dmarc|dkim|spf)\s*=\s*([a-z]+)(?:\s|$)(.*)", one, re.DOTALL) for one in plain.split(";")[1:]
    )
    return [(one[1], one[2], _about(one[1], one[3])) for one in found if one]


_ABOUT = {"dkim": ("header.d", "header.i"), "spf": ("smtp.mailfrom",), "dmarc": ("header.from",)}


def _about(method: str, properties: str) -> str:
    given = dict(one.partition("=")[::2] for one in reversed(properties.split()))
    return next((given[name].rpartition("@")[2] for name in _ABOUT[method] if given.get(name)), "")


def _covers(domain: str, about: str, method: str) -> bool:
    """DMARC speaks of the domain that it names; the others of whoever signed or sent, which must be the sender's domain or above it."""
    if method == "dmarc":
        return bool(domain) and about == domain
    return bool(about) and (domain == about or domain.endswith(f".{about}"))
