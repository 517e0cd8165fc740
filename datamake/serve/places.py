"""Under which names and addresses a server can be reached, from this machine and from others."""

from __future__ import annotations

import functools
import ipaddress
import socket
from collections.abc import Iterator

from datamake.serve.options import HOST, Options

EVERYWHERE = frozenset({"0.0.0.0", "::", ""})


def hosts(options: Options) -> list[str]:
    """Return the hosts that a person may type: this machine first, then for who is elsewhere."""
    if options.host not in EVERYWHERE:
        return [options.host]
    found = [HOST, *_addresses(with_six=options.host == "::"), *machine_names(), *options.names]
    return list(dict.fromkeys(found))


def address(host: str, port: int) -> str:
    """Return what a person types into a browser."""
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}/"


def addresses(options: Options, port: int) -> list[str]:
    """Return all that a person may type, as `hosts` does."""
    return [address(host, port) for host in hosts(options)]


def known_names(options: Options) -> frozenset[str]:
    """Return the names that requests may address: an attacker's domain is none, and leads here."""
    names = (*hosts(options), HOST, "localhost", "::1", *options.names)
    return frozenset(name.lower().strip("[]").rstrip(".") for name in names if name)


def _addresses(*, with_six: bool) -> Iterator[str]:
    """Yield the addresses of this machine that others may reach."""
    import psutil

    families = {socket.AF_INET, socket.AF_INET6} if with_six else {socket.AF_INET}
    for entries in psutil.net_if_addrs().values():
        for entry in entries:
            if entry.family in families and _is_for_others(entry.address):
                yield entry.address


def _is_for_others(text: str) -> bool:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:  # one of a link has the name of an interface behind it
        return False
    return not (found.is_loopback or found.is_link_local or found.is_unspecified)


# A name server that does not answer is waited for once.
@functools.cache
def machine_names() -> tuple[str, ...]:
    """Return what the machine is called: others may know it by that, whatever it means here."""
    names = (name.lower().rstrip(".") for name in (socket.gethostname(), socket.getfqdn()))
    return tuple(name for name in names if _is_name(name))


def _is_name(text: str) -> bool:
    """Whether it is more than an address, or the loopback, which is what name servers may tell."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        loopback = text.split(".", maxsplit=1)[0] in ("localhost", "ip6-localhost", "")
        return not (loopback or ":" in text or text.endswith(".arpa"))
    return False
