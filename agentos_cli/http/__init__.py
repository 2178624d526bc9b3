"""The one way out to the network: deadline, retry, breaker, pace, size cap, strict JSON."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urljoin, urlsplit

from agentos_cli import __version__
from agentos_cli.clock import Clock, monotonic, sleep, utc_now
from agentos_cli.errors import CircuitOpen, CredentialRefused, Fatal, RateLimited, Retryable, SourceError
from agentos_cli.http.answer import Response
from agentos_cli.http.wire import (
    BrokenError,
    Limits,
    TooLargeError,
    TooLateError,
    UnreachableError,
    UnsendableError,
    Wire,
    allowed,
)
from agentos_cli.resilience.gate import Gate, Outcome
from agentos_cli.resilience.pace import Pace
from agentos_cli.resilience.retry_after import LONGEST, retry_after

if TYPE_CHECKING:
    from tenacity import RetryCallState

__all__ = ["Http", "Judge", "Limits", "Params", "Response"]

Params = Mapping[str, str | int] | Sequence[tuple[str, str | int]]
Judge = Callable[[Response], SourceError | None]
"""A connector's own reading of an answer: the error it means, or None to leave it to the status."""

LOG = logging.getLogger(__name__)

PASSED_ON = frozenset({304, 400, 404, 409, 422})
ELSEWHERE = frozenset({301, 302, 303, 307, 308})
MOST_HOPS = 3
SHORT_WAIT = 10.0
LIMITED_DEFAULT = timedelta(seconds=60)
BLAMED_AFTER = 1.0


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What one attempt came to. `wait`: what the vendor asked for; `again`: a retry may help."""

    outcome: Outcome
    response: Response | None = None
    error: SourceError | None = None
    again: bool = False
    wait: timedelta | None = None


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None
    judge: Judge | None
    follow: Collection[str] = ()

    def onward(self, answer: Response, title: str) -> _Request:
        """The request to where `answer` points: a GET that takes no header along, since one may be a key.
        Raises Fatal for an address that is not one of those that may be followed to."""
        url = urljoin(self.url, answer.headers.get("location", ""))
        host = urlsplit(url).hostname or ""
        if not allowed(url) or not any(host == end or host.endswith(f".{end}") for end in self.follow):
            raise Fatal(f"{title} points to another address ({answer.status}), which is not followed")
        kept = {"User-Agent": self.headers["User-Agent"]}
        return replace(self, method="GET", url=url, headers=kept, body=None)


class Http:
    """Calls to one source. Thread-safe: a connector may fan out over threads with the same Http.

    From outside in: one deadline for everything (it starts with the first call), retry (at most
    `limits.attempts`, full jitter), `gate.admit`, pace, at most `limits.concurrent` at once, one attempt
    with timeouts and a size cap, `gate.record`. Only https, or http on this machine; no redirects. The
    environment's proxies are used (`trust_env`), except for this machine. `notice` is told of the first
    retry, the log of all. Messages call the source `title`.

    A 429 with a short wait is sat out and asked again; a long one is told to the gate, and raised.
    """

    def __init__(
        self,
        source: str,
        gate: Gate,
        *,
        title: str | None = None,
        deadline_seconds: float = 60,
        limits: Limits = Limits(),  # noqa: B008 - frozen
        clock: Clock = utc_now,
        sleep: Callable[[float], None] = sleep,
        notice: Callable[[str], None] | None = None,
    ) -> None:
        self._source = source
        self._title = title or source
        self._gate = gate
        self._seconds = deadline_seconds
        self._limits = limits
        self._clock = clock
        self._sleep = sleep
        self._notice = notice or (lambda _: None)
        self._noticed = False
        self._pace = Pace(limits.per_second)
        self._places = threading.BoundedSemaphore(limits.concurrent)
        self._starting = threading.Lock()
        self._deadline = float("inf")
        self._wire: Wire | None = None
        self._failure: SourceError | None = None

    def __enter__(self) -> Http:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Gives the connections back. A closed Http starts anew, with a new deadline, if it is used again."""
        with self._starting:
            if self._wire is not None:
                self._wire.close()
                self._wire = None

    def send(
        self,
        method: str,
        url: str,
        *,
        params: Params = (),
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        judge: Judge | None = None,
        repeatable: bool | None = None,
        follow: Collection[str] = (),
    ) -> Response:
        """The answer, if its status is below 300, or 304, 400, 404, 409 or 422.

        `repeatable` says that asking twice does no harm (a search by POST); by default GET and HEAD only.
        A redirect is followed to the hosts that `follow` names and those below them, by a GET that takes
        none of the headers along. `judge` sees every answer first. Raises CredentialRefused (401, 403),
        RateLimited (429), CircuitOpen, Retryable (timeout, reset, 5xx, cut off, too late), Fatal (all else).
        """
        if not allowed(url):
            raise Fatal(f"{self._title}: only https addresses are called (or http on this machine)")
        query = urlencode(params)
        joint = "&" if "?" in url else "?"
        request = _Request(
            method.upper(),
            f"{url}{joint}{query}" if query else url,
            {"User-Agent": f"agentos/{__version__}", **(headers or {})},
            body,
            judge,
            follow,
        )
        if repeatable is None:
            repeatable = request.method in ("GET", "HEAD")
        attempts = self._limits.attempts if repeatable else 1
        for _ in range(1 + MOST_HOPS):
            answer = self._answer(request, attempts)
            if answer.status not in ELSEWHERE:
                return answer
            request = request.onward(answer, self._title)
        raise Fatal(f"{self._title} points from one address to the next, and on")

    def json(
        self,
        method: str,
        url: str,
        *,
        params: Params = (),
        headers: Mapping[str, str] | None = None,
        payload: object = None,
        judge: Judge | None = None,
        repeatable: bool | None = None,
    ) -> object:
        """The answer's JSON (see `Response.json`); `payload`, if not None, is sent as JSON.

        As `send`, and an answer that is not valid JSON is retried like a 5xx; a refusal (400, 404 ...)
        that `judge` did not name is Fatal.
        """
        body = None if payload is None else json.dumps(payload, separators=(",", ":")).encode()
        kind = {} if body is None else {"Content-Type": "application/json"}
        parsed: list[object] = []

        def read(response: Response) -> SourceError | None:
            named = judge(response) if judge is not None else None
            if named is None and response.status < 300:
                parsed[:] = [response.json()]
            return named

        answer = self.send(
            method,
            url,
            params=params,
            headers={"Accept": "application/json", **kind, **(headers or {})},
            body=body,
            judge=read,
            repeatable=repeatable,
        )
        if not parsed:
            raise Fatal(f"{self._title} refused the request ({answer.status}){answer.request_id()}")
        return parsed[0]

    def _answer(self, request: _Request, attempts: int) -> Response:
        verdict = self._retried(self._ready(), request, attempts)
        if verdict.error is not None:
            raise verdict.error
        assert verdict.response is not None
        return verdict.response

    def _ready(self) -> Wire:
        with self._starting:
            if self._wire is None:
                self._deadline = monotonic() + self._seconds
                self._wire = Wire(self._limits, self._deadline)
            return self._wire

    def _retried(self, wire: Wire, request: _Request, attempts: int) -> _Verdict:
        from tenacity import Retrying, retry_if_result

        made: list[_Verdict] = []

        def once() -> _Verdict:
            made.append(self._attempt(wire, request, before=made))
            return made[-1]

        retrying = Retrying(
            retry=retry_if_result(lambda verdict: verdict.again),
            stop=lambda call: call.attempt_number >= attempts or self._no_time_for(call),
            wait=_wait,
            before_sleep=self._tell,
            sleep=self._sleep,
            retry_error_callback=lambda _: made[-1],
        )
        retrying(once)
        return self._remembered(made[-1])

    def _no_time_for(self, call: RetryCallState) -> bool:
        return call.upcoming_sleep > min(SHORT_WAIT, self._deadline - monotonic())

    def _tell(self, call: RetryCallState) -> None:
        assert call.outcome is not None
        verdict: _Verdict = call.outcome.result()
        if verdict.outcome is Outcome.LIMITED:
            self._pace.pause(monotonic() + call.upcoming_sleep)  # all threads, or they would meet it too
        told = f"{verdict.error}; trying again in {call.upcoming_sleep:.1f} s"
        LOG.info("%s", told)
        if not self._noticed:
            self._noticed = True
            self._notice(told)

    def _remembered(self, verdict: _Verdict) -> _Verdict:
        """A wait that we will not sit out is kept for later runs."""
        if isinstance(verdict.error, RateLimited) and verdict.outcome is Outcome.LIMITED:
            self._gate.record(Outcome.LIMITED, until=verdict.error.not_before)
        return verdict

    def _attempt(self, wire: Wire, request: _Request, before: Sequence[_Verdict]) -> _Verdict:
        """One attempt, from the gate's leave to the gate's record."""
        try:
            self._gate.admit()
        except CircuitOpen:  # what opened it says more than that it is open
            if self._failure is None:
                raise
            return _Verdict(Outcome.UNSENT, error=self._failure)
        except SourceError:
            if not before:
                raise
            return replace(before[-1], again=False)
        outcome = Outcome.UNSENT
        try:
            self._take_turn()
            try:
                verdict = self._exchange(wire, request)
            finally:
                self._places.release()
            if verdict.outcome in (Outcome.FAILED, Outcome.UNREACHABLE):
                self._failure = verdict.error
            outcome = Outcome.UNSENT if verdict.outcome is Outcome.LIMITED else verdict.outcome
            return verdict
        except TooLateError:
            return _Verdict(Outcome.UNSENT, error=self._out_of_time())
        finally:
            self._gate.record(outcome)

    def _take_turn(self) -> None:
        """Waits for a free slot of the pace and a place among the calls at once; raises TooLateError."""
        wait = self._pace.reserve(monotonic())
        if wait > self._deadline - monotonic():
            raise TooLateError
        if wait > 0:
            self._sleep(wait)
        if not self._places.acquire(timeout=max(0.0, self._deadline - monotonic())):
            raise TooLateError

    def _exchange(self, wire: Wire, request: _Request) -> _Verdict:
        started = monotonic()
        try:
            response = wire.attempt(self._title, request.method, request.url, request.headers, request.body)
        except TooLateError:
            fair = monotonic() - started >= BLAMED_AFTER  # it had a chance to answer
            return _Verdict(Outcome.FAILED if fair else Outcome.UNSENT, error=self._out_of_time())
        except UnsendableError as problem:
            return _Verdict(Outcome.UNSENT, error=Fatal(f"{self._title}: {problem}"))
        except UnreachableError as problem:
            error = Retryable(f"{self._title} could not be reached: {problem}")
            return _Verdict(Outcome.UNREACHABLE, error=error, again=True)
        except BrokenError as problem:
            error = Retryable(f"{self._title} failed: {problem}")
            return _Verdict(Outcome.FAILED, error=error, again=not isinstance(problem, TooLargeError))
        took = monotonic() - started
        where = request.url.split("?", 1)[0]
        LOG.info(
            "%s: %s %s -> %d in %.0f ms", self._source, request.method, where, response.status, took * 1000
        )
        slow = took >= self._limits.slow
        if request.follow and response.status in ELSEWHERE:
            return _Verdict(Outcome.SLOW if slow else Outcome.OK, response)
        return self._judged(response, request.judge, slow=slow)

    def _judged(self, response: Response, judge: Judge | None, *, slow: bool) -> _Verdict:
        by_status = error = self._by_status(response)
        if judge is not None:
            try:
                error = judge(response) or error
            except SourceError as unreadable:
                error = error or unreadable
        if error is None:
            return _Verdict(Outcome.SLOW if slow else Outcome.OK, response)
        now = self._clock()
        said = retry_after(response.headers.get("retry-after"), now)
        if isinstance(error, RateLimited):
            vague = error is by_status and said is None
            asked = None if vague else error.not_before - now
            return _Verdict(Outcome.LIMITED, error=error, again=True, wait=asked)
        if isinstance(error, Retryable):
            return _Verdict(Outcome.FAILED, error=error, again=True, wait=said)
        outcome = Outcome.REFUSED if isinstance(error, CredentialRefused) else Outcome.OK
        return _Verdict(outcome, error=error)

    def _by_status(self, response: Response) -> SourceError | None:
        """What the status alone means; None for an answer that is passed on."""
        status, who, mark = response.status, self._title, response.request_id()
        if status < 300 or status in PASSED_ON:
            return None
        if status in (401, 403):
            return CredentialRefused(
                f"{who} refused the key ({status}){mark}", fix=f"agentos connect {self._source}"
            )
        if status == 429:
            now = self._clock()
            asked = retry_after(response.headers.get("retry-after"), now)
            wait = LIMITED_DEFAULT if asked is None else min(asked, LONGEST)
            return RateLimited(f"{who} asks us to slow down (429){mark}", not_before=now + wait)
        if status >= 500 or status in (408, 425):
            return Retryable(f"{who} is in trouble ({status}){mark}")
        if status < 400:
            return Fatal(f"{who} points to another address ({status}), which is not followed{mark}")
        return Fatal(f"{who} refused the request ({status}){mark}")

    def _out_of_time(self) -> Retryable:
        return Retryable(f"{self._title} did not finish within {self._seconds:g} s")


def _wait(call: RetryCallState) -> float:
    """The vendor's own wait if it gave one, else full jitter; 2 s, 4 s more after a 429."""
    from tenacity import wait_random_exponential

    assert call.outcome is not None
    verdict: _Verdict = call.outcome.result()
    if verdict.wait is not None:
        return max(0.0, verdict.wait.total_seconds())
    jitter = wait_random_exponential(multiplier=0.5, max=8)(call)
    return 2.0**call.attempt_number + jitter if verdict.outcome is Outcome.LIMITED else jitter
