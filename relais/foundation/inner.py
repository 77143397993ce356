"""What stands inside: loopback, private networks, addresses of one link. A server that fetches what somebody typed must not reach there.

The name is resolved here and the connection goes to what was looked at, so that a second answer of the DNS changes nothing.
`settings.INNER_ADDRESSES` are the networks that whoever runs the server lets in.
"""

import socket
from concurrent.futures import Future
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from threading import Thread
from time import monotonic

from django.conf import settings

from .outbox import PermanentError

_NAT64 = ip_network("64:ff9b::/96")
# All that was ever given out of the newer kind. Outside are forms of the older kind that `ipaddress` takes for public ones
# (::127.0.0.1, 64:ff9b:1::7f00:1), networks of one house (fec0::/10), and what nobody has.
_GIVEN = ip_network("2000::/3")


class Forbidden(PermanentError):
    """This address is inside, and was not let in."""


def is_inner(address: str) -> bool:
    """Whether an IP address is no public one, whatever it is wrapped in."""
    return any(
        not one.is_global or one.is_multicast or (one.version == 6 and one not in _GIVEN) for one in _unwrapped(address)
    )


def reach(host: str, port: int, timeout: float, *, allowed: bool = True) -> socket.socket:
    """A connection to a public address of `host`, or to an inner one of the settings where those are `allowed`.

    `timeout`: seconds until it is there, its name and all its addresses together; then of each wait. One inner address among its answers is enough
    to refuse them all. Raises Forbidden, OSError.
    """
    until = monotonic() + timeout
    found = _looked(host, port, timeout, allowed)
    for place, address in enumerate(found):
        if (left := until - monotonic()) <= 0:
            raise TimeoutError(f"{host} was not reached in time.")
        try:
            reached = socket.create_connection((address, port), left)
        except OSError:
            if place == len(found) - 1:
                raise
        else:
            reached.settimeout(timeout)
            return reached
    raise OSError(f"{host} has no address.")


def _looked(host: str, port: int, timeout: float, allowed: bool) -> list[str]:
    """As `look`, for so long at most: a server of names may keep us waiting too, and nothing cuts that short but to go on without it."""
    answer: Future[list[str]] = Future()

    Thread(target=_ask, args=(answer, host, port, allowed), daemon=True).start()
    try:
        return answer.result(timeout)
    finally:
        # What went wrong must not hold itself, and whatever called here, until the next great cleaning.
        del answer


def _ask(answer: Future, host: str, port: int, allowed: bool) -> None:
    try:
        answer.set_result(look(host, port, allowed=allowed))
    except BaseException as error:
        answer.set_exception(error)
    finally:
        del answer


def look(host: str, port: int, *, allowed: bool = True) -> list[str]:
    """The addresses of `host`. Raises Forbidden, OSError."""
    try:
        found = list(dict.fromkeys(str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
    except UnicodeError as error:
        raise OSError(f"{host!r} is no name of a host.") from error
    if any(is_inner(one) and not (allowed and _is_let_in(one)) for one in found):
        raise Forbidden(
            f"{host} is inside this network. Whoever runs the server may let it in by its address (INNER_ADDRESSES)."
        )
    return found


def _is_let_in(address: str) -> bool:
    return all(any(one in network for network in settings.INNER_ADDRESSES) for one in _unwrapped(address))


def _unwrapped(address: str) -> list[IPv4Address | IPv6Address]:
    """The address itself, or the one of the older kind that it carries: each of these ways ends at that one."""
    one = ip_address(address.partition("%")[0])
    if one.version == 4:
        return [one]
    if one.ipv4_mapped:
        return [one.ipv4_mapped]
    if one in _NAT64:
        return [IPv4Address(int(one) & 0xFFFFFFFF)]
    carried = [one.sixtofour, *(one.teredo or ())]
    return [one, *(other for other in carried if other)]
