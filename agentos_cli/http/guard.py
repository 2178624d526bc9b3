"""Where a notification may be sent: how an address may be spelled, and which machines it may mean.

An address that came from somebody else must not reach what only this machine can (the cloud's metadata
service, a database on the local network): https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html
Which networks are special: https://www.iana.org/assignments/iana-ipv4-special-registry and -ipv6- likewise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from agentos_cli.errors import Fatal

Machine = IPv4Address | IPv6Address

_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_VISIBLE = re.compile(r"[\x21-\x5b\x5d-\x7e]+", re.ASCII)
"""ASCII without spaces, controls and the backslash, which browsers and libraries read differently."""
_NAT64 = IPv6Network("64:ff9b::/96")
_V6_IN_USE = IPv6Network("2000::/3")
_OWN = [
    ip_network(each)
    for each in (
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "::1/128",
        "fc00::/7",
    )
]
_METADATA = frozenset(
    map(ip_address, ("169.254.169.254", "fd00:ec2::254", "100.100.100.200", "192.0.0.192", "168.63.129.16"))
)
"""AWS and most others, AWS over IPv6, Alibaba, Oracle, Azure: they hand out a machine's keys."""


@dataclass(frozen=True, slots=True)
class Place:
    """An address taken apart. `target` is path and query; only `host` may be shown, the rest may be a
    secret."""

    secure: bool
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """As the Host header has it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"


def place(address: str, *, allow_private: bool = False) -> Place:
    """`address` taken apart, if it is one that we send to: https (http only with `allow_private`), an
    ordinary host name or plain IP address, no name or password, port 80, 443 or from 1024 on.

    Raises Fatal, which quotes at most the host.
    """
    if not _VISIBLE.fullmatch(address):
        raise Fatal("the address has a character that none may have", fix="write it in ASCII (xn--...)")
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise Fatal("the address is not one") from None
    if parts.scheme not in ({"https", "http"} if allow_private else {"https"}):
        raise Fatal("the address must begin with https://")
    if "@" in parts.netloc:
        raise Fatal("the address must not hold a name or password")
    secure = parts.scheme == "https"
    port = (443 if secure else 80) if port is None else port
    if port not in {80, 443} and port < 1024:
        raise Fatal(f"port {port} is that of another service")
    _check_host(host, bracketed="[" in parts.netloc, allow_private=allow_private)
    return Place(secure, host, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def machine(host: str) -> Machine | None:
    """The IP address that `host` is; None for a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def forbidden(found: Machine, *, secure: bool = True, allow_private: bool = False) -> str | None:
    """Why nothing is sent to this machine; None if it may be. `allow_private`: it may be this one, or one of
    the local network, and then it need not be over https. Metadata services never are."""
    if isinstance(found, IPv6Address):
        if found in _NAT64:
            found = IPv4Address(int(found) & 0xFFFFFFFF)
        elif found.ipv4_mapped or found.sixtofour or found.teredo:
            return "an IPv4 address within an IPv6 one"
    if found in _METADATA or found.is_link_local:
        return "a metadata service or link-local address"
    if any(found in network for network in _OWN):
        return None if allow_private else "a private address"
    strange = isinstance(found, IPv6Address) and found not in _V6_IN_USE
    if found.is_multicast or not found.is_global or strange:
        return "an address of no single machine"
    return None if secure else "a public address, and without https"


def _check_host(host: str, *, bracketed: bool, allow_private: bool) -> None:
    if bracketed:
        if not isinstance(machine(host), IPv6Address) or "%" in host:
            raise Fatal("the address is not one")
        return
    labels = host.split(".")
    if not all(map(_LABEL.fullmatch, labels)) or len(host) > 253:
        raise Fatal("the host of the address is no ordinary name")
    if _NUMBER.fullmatch(labels[-1]):
        if not isinstance(machine(host), IPv4Address):
            raise Fatal(f"{host} is an odd way to write an IP address")
    elif len(labels) == 1 and not allow_private:
        raise Fatal(f"{host} is a name of the local network only", fix="option private=yes, if that is meant")
