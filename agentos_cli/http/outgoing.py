"""Sends notifications: one POST to an address that a person gave, which may be anything.

    answer = post("https://hooks.example.com/T0/B0", body, {"Content-Type": "application/json"})

Each time the name is looked up once, every machine it means is checked, and the connection goes to a checked
one, with the name for TLS and Host: a name that changes its mind in between (DNS rebinding) gains nothing. No
redirects, no proxies of the environment, one deadline, and of the answer at most 64 kB.

What an error means is what the outbox does next. Nothing was sent, or the receiver says it took nothing:
Temporary or RateLimited, try again. It refused for good: Fatal or CredentialRefused. Anything else after the
first byte was sent: Unconfirmed. No message holds more of the address than its host.
Source of the statuses: https://www.rfc-editor.org/rfc/rfc9110.html#name-status-codes
"""

from __future__ import annotations

import logging
import re
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from agentos_cli import __version__
from agentos_cli.clock import Clock, monotonic, utc_now
from agentos_cli.errors import AgentosError, CredentialRefused, Fatal, RateLimited, Temporary, Unconfirmed
from agentos_cli.http.guard import Machine, Place, forbidden, machine, place
from agentos_cli.http.sending import Sending
from agentos_cli.http.strict import NotJsonError, strict_json
from agentos_cli.http.wire import tls, why_unreachable
from agentos_cli.redaction import redact
from agentos_cli.resilience.retry_after import LONGEST, retry_after

if TYPE_CHECKING:
    import httpx

__all__ = ["Answer", "Resolve", "look_up", "post"]

MOST_BYTES = 64 * 1024
MOST_MACHINES = 4
"""So many of a name's addresses are tried."""
LIMITED_DEFAULT = timedelta(seconds=60)
LONGEST_QUOTE = 160
_HEADER = re.compile(r"[\x20-\x7e]*", re.ASCII)

Resolve = Callable[[str, int], Sequence[Machine]]
"""The machines that a host name means now. Raises OSError."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the receiver said to a message it took. `headers` have lower-case names; `body` may end early."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def json(self) -> Mapping[str, object]:
        """The JSON object that the body is; empty if it is none."""
        try:
            read = strict_json(self.body)
        except NotJsonError:
            return {}
        return read if isinstance(read, dict) else {}


def look_up(host: str, port: int) -> Sequence[Machine]:
    """As the system knows it."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    known = [machine(str(address[0])) for *_, address in found]
    return list(dict.fromkeys(each for each in known if each is not None))


def post(
    address: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    allow_private: bool = False,
    deadline: float = 10.0,
    resolve: Resolve = look_up,
    clock: Clock = utc_now,
) -> Answer:
    """The answer to `body`, if its status is 200 to 299. `allow_private` lets it go to this machine and the
    local network, also by plain http there; `deadline` is in seconds, for everything together.

    Raises Temporary, RateLimited, Unconfirmed, Fatal or CredentialRefused, as said above.
    """
    where = place(address, allow_private=allow_private)
    sending = Sending(where.host)
    attempt = _Attempt(where, body, _checked(headers, where), allow_private, resolve, sending, deadline)
    try:
        sending.run(attempt.work, deadline)
    except Unconfirmed:
        if attempt.heard is None:
            raise
    assert attempt.heard is not None  # or it would have raised
    return _judged(attempt.heard, where.host, clock)


class _Attempt:
    """`heard` is there from the moment the status is: what comes after it changes nothing."""

    def __init__(
        self,
        where: Place,
        body: bytes,
        headers: Mapping[str, str],
        allow_private: bool,
        resolve: Resolve,
        sending: Sending,
        seconds: float,
    ) -> None:
        self._where, self._body, self._headers = where, body, headers
        self._allow_private, self._resolve = allow_private, resolve
        self._sending = sending
        self._until = monotonic() + seconds
        self.heard: Answer | None = None

    def work(self) -> None:
        """Try one machine after the other until one can be connected to."""
        import httpx

        for chatty in ("httpx", "httpcore"):
            logging.getLogger(chatty).setLevel(logging.WARNING)  # at INFO they print whole addresses
        why = ""
        for each in self._machines():
            try:
                return self._exchange(each)
            except (httpx.HTTPError, OSError) as problem:
                if self._sending.begun:
                    raise self._sending.broken("the answer was lost") from None
                late = isinstance(problem, httpx.ConnectTimeout)
                why = "no connection in time" if late else why_unreachable(problem)
        raise self._sending.broken(why)

    def _machines(self) -> Sequence[Machine]:
        """Those that the host means now, all of them allowed."""
        where = self._where
        literal = machine(where.host)
        try:
            found = [literal] if literal else self._resolve(where.host, where.port)
        except (OSError, UnicodeError):
            found = []
        if not found:
            raise self._sending.broken("its name was not found (DNS)")
        for each in found:
            why = forbidden(each, secure=where.secure, allow_private=self._allow_private)
            if why:
                ask = None if self._allow_private else "option private=yes, if that is meant"
                raise Fatal(f"{where.host} is {why}: nothing is sent there", fix=ask)
        return found[:MOST_MACHINES]

    def _exchange(self, to: Machine) -> None:
        import httpx

        left = max(0.01, self._until - monotonic())
        request = httpx.Request(
            "POST",
            httpx.URL(
                scheme="https" if self._where.secure else "http",
                host=str(to),
                port=self._where.port,
                raw_path=self._where.target.encode(),
            ),
            headers=self._headers,
            content=self._body,
            extensions={
                "timeout": {"connect": min(5.0, left), "read": left, "write": left, "pool": left},
                "sni_hostname": self._where.host,
                "trace": self._watch,
            },
        )
        with httpx.HTTPTransport(verify=tls(), trust_env=False) as transport:
            response = transport.handle_request(request)
            try:
                self._read(response)
            finally:
                response.close()

    def _watch(self, event: str, _: Mapping[str, object]) -> None:
        if event == "http11.send_request_headers.started":
            self._sending.begin()

    def _read(self, response: httpx.Response) -> None:
        import httpx

        status, headers = response.status_code, dict(response.headers)
        body = b""
        self.heard = Answer(status, headers, body)
        try:
            for piece in response.iter_raw():
                body = (body + piece)[:MOST_BYTES]
                self.heard = Answer(status, headers, body)
                if len(body) == MOST_BYTES or monotonic() >= self._until:
                    return
        except (httpx.HTTPError, OSError):
            return  # the status is what counts


def _checked(headers: Mapping[str, str], where: Place) -> Mapping[str, str]:
    for name, value in headers.items():
        if not _HEADER.fullmatch(value):
            raise Fatal(f"the header {name} would have a character that none may have")
    return {
        "User-Agent": f"agentos/{__version__}",
        "Accept-Encoding": "identity",  # so that 64 kB are 64 kB
        "Connection": "close",
        **headers,
        "Host": where.authority,
    }


def _judged(answer: Answer, host: str, clock: Clock) -> Answer:
    """The same, if the receiver took the message."""
    if 200 <= answer.status < 300:
        return answer
    raise _by_status(answer, host, clock)


def _by_status(answer: Answer, host: str, clock: Clock) -> AgentosError:
    status, quote = answer.status, _quote(answer)
    if status in (401, 403):
        return CredentialRefused(
            f"{host} refused the message ({status}){quote}", fix="give the channel a valid secret"
        )
    if status == 429 or (status == 503 and "retry-after" in answer.headers):
        wait = _wait(answer, clock)
        return RateLimited(f"{host} asks us to wait ({status})", not_before=clock() + wait)
    if status in (408, 425):
        return Temporary(f"{host} did not take the message yet ({status})")
    if status >= 500:
        return Unconfirmed(
            f"{host} is in trouble ({status}); the message may have arrived",
            fix="see whether it is there before sending it again",
        )
    if status < 400:
        return Fatal(f"{host} points to another address ({status}), which is not followed")
    return Fatal(f"{host} refused the message ({status}){quote}")


def _wait(answer: Answer, clock: Clock) -> timedelta:
    """How long to wait: the header, or what Discord and Telegram put into the body, else a minute."""
    said = retry_after(answer.headers.get("retry-after"), clock())
    if said is not None:
        return said
    found = answer.json()
    inner = found.get("parameters")
    seconds = (inner if isinstance(inner, dict) else found).get("retry_after")
    if isinstance(seconds, int | Decimal) and seconds is not True and 0 <= seconds <= 10**9:
        return min(timedelta(seconds=float(seconds)), LONGEST)
    return LIMITED_DEFAULT


def _quote(answer: Answer) -> str:
    """`: invalid_blocks`: what the receiver said, short, in one visible line and without secrets."""
    found = answer.json()
    said = next(
        (found[name] for name in ("description", "message", "error", "detail") if found.get(name)), None
    )
    if not isinstance(said, str):
        if found or "html" in answer.headers.get("content-type", ""):
            return ""
        said = answer.body.decode("utf-8", "replace")
    shown = "".join(sign if sign.isprintable() else " " for sign in redact(said))
    text = " ".join(shown.split())[:LONGEST_QUOTE]
    return f": {text}" if text else ""
