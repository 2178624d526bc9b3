"""The one way out to the network: deadline, retry, breaker, pace, size cap, strict JSON."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from agentos_cli import __version__
from agentos_cli.clock import Clock, monotonic, sleep, utc_now
from agentos_cli.errors import CircuitOpen, Fatal, RateLimited, SourceError
from agentos_cli.http.answer import Response
from agentos_cli.http.request import ELSEWHERE, MOST_HOPS, Request
from agentos_cli.http.verdict import Bench, Judge, Verdict
from agentos_cli.http.wire import BrokenError, Limits, TooLateError, Wire, allowed
from agentos_cli.resilience.budget import Budget
from agentos_cli.resilience.gate import Gate, Outcome
from agentos_cli.resilience.hints import used_up
from agentos_cli.resilience.pace import Pace, Pacer

if TYPE_CHECKING:
    from tenacity import RetryCallState

__all__ = ["Http", "Judge", "Limits", "Params", "Response"]

Params = Mapping[str, str | int] | Sequence[tuple[str, str | int]]

LOG = logging.getLogger(__name__)

SHORT_WAIT = 10.0


class Http:
    """Calls to one source. Thread-safe: a connector may fan out over threads with the same Http.

    From outside in: one deadline for everything (it starts with the first call), retry (at most
    `limits.attempts`, full jitter, one call in ten), `gate.admit`, pace, at most `limits.concurrent` at
    once, one attempt with timeouts and a size cap, `gate.record`. Only https, or http on this machine; no
    redirects. The environment's proxies are used (`trust_env`), except for this machine. `notice` is told
    of the first retry, the log of all. Messages call the source `title`. `pace` is shared with whoever
    else calls this source; by default this process keeps `limits.per_second` alone.

    A 429 with a short wait is sat out and asked again; a long one is told to the gate, and raised.
    """

    def __init__(  # noqa: PLR0913 - what differs between the program, a guest and a test
        self,
        source: str,
        gate: Gate,
        *,
        title: str | None = None,
        deadline_seconds: float = 60,
        limits: Limits = Limits(),  # noqa: B008 - frozen
        pace: Pacer | None = None,
        clock: Clock = utc_now,
        sleep: Callable[[float], None] = sleep,
        notice: Callable[[str], None] | None = None,
    ) -> None:
        self._source = source
        self._title = title or source
        self._bench = Bench(source, self._title, deadline_seconds, clock)
        self._gate = gate
        self._seconds = deadline_seconds
        self._limits = limits
        self._clock = clock
        self._sleep = sleep
        self._notice = notice or (lambda _: None)
        self._noticed = False
        self._pace = pace or Pace(limits.per_second)
        self._budget = Budget()
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
        request = Request(
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

    def _answer(self, request: Request, attempts: int) -> Response:
        verdict = self._retried(self._ready(), request, attempts)
        if verdict.error is not None:
            raise verdict.error
        assert verdict.response is not None
        return verdict.response

    def _ready(self) -> Wire:
        with self._starting:
            if self._wire is None:
                self._deadline = monotonic() + self._seconds
                self._budget = Budget()
                self._wire = Wire(self._source, self._limits, self._deadline)
            return self._wire

    def _retried(self, wire: Wire, request: Request, attempts: int) -> Verdict:
        self._budget.called()
        first = self._attempt(wire, request, before=None)
        if first.again and attempts > 1:
            return self._remembered(self._repeated(wire, request, attempts, first))
        return self._remembered(first)

    def _repeated(self, wire: Wire, request: Request, attempts: int, first: Verdict) -> Verdict:
        """The verdict of the last attempt, the first of which is made: most calls never come this far."""
        from tenacity import Retrying, retry_if_result

        made: list[Verdict] = []

        def once() -> Verdict:
            made.append(self._attempt(wire, request, before=made[-1]) if made else first)
            return made[-1]

        retrying = Retrying(
            retry=retry_if_result(lambda verdict: verdict.again),
            stop=lambda call: call.attempt_number >= attempts or not self._may_repeat(call),
            wait=_wait,
            before_sleep=self._tell,
            sleep=self._sleep,
            retry_error_callback=lambda _: made[-1],
        )
        retrying(once)
        return made[-1]

    def _may_repeat(self, call: RetryCallState) -> bool:
        """Whether there is time for one more attempt, and something left of the budget."""
        if call.upcoming_sleep > min(SHORT_WAIT, self._deadline - monotonic()):
            return False
        verdict = _verdict(call)
        if verdict.outcome is Outcome.LIMITED or self._budget.repeat():
            return True
        LOG.info("%s; not tried again: %s", verdict.error, self._budget.told())
        return False

    def _tell(self, call: RetryCallState) -> None:
        verdict = _verdict(call)
        if verdict.outcome is Outcome.LIMITED:
            self._pace.pause(monotonic() + call.upcoming_sleep)  # all threads, or they would meet it too
        told = f"{verdict.error}; trying again in {call.upcoming_sleep:.1f} s"
        LOG.info("%s", told)
        if not self._noticed:
            self._noticed = True
            self._notice(told)

    def _remembered(self, verdict: Verdict) -> Verdict:
        """A wait that we will not sit out is kept for later runs."""
        if isinstance(verdict.error, RateLimited) and verdict.outcome is Outcome.LIMITED:
            self._gate.record(Outcome.LIMITED, until=verdict.error.not_before)
        return verdict

    def _attempt(self, wire: Wire, request: Request, before: Verdict | None) -> Verdict:
        """One attempt, from the gate's leave to the gate's record."""
        try:
            self._gate.admit()
        except CircuitOpen:  # what opened it says more than that it is open
            if self._failure is None:
                raise
            return Verdict(Outcome.UNSENT, error=self._failure)
        except SourceError:
            if before is None:
                raise
            return replace(before, again=False)
        outcome, why = Outcome.UNSENT, ""
        try:
            self._take_turn()
            try:
                verdict = self._exchange(wire, request)
            finally:
                self._places.release()
            if verdict.outcome in (Outcome.FAILED, Outcome.UNREACHABLE):
                self._failure = verdict.error
            outcome = Outcome.UNSENT if verdict.outcome is Outcome.LIMITED else verdict.outcome
            why = verdict.why
            return verdict
        except TooLateError:
            return Verdict(Outcome.UNSENT, error=self._bench.out_of_time())
        finally:
            self._gate.record(outcome, why=why)

    def _take_turn(self) -> None:
        """Waits for a free slot of the pace and a place among the calls at once; raises TooLateError."""
        wait = self._pace.reserve(monotonic())
        if wait > self._deadline - monotonic():
            raise TooLateError
        if wait > 0:
            self._sleep(wait)
        if not self._places.acquire(timeout=max(0.0, self._deadline - monotonic())):
            raise TooLateError

    def _exchange(self, wire: Wire, request: Request) -> Verdict:
        started = monotonic()
        try:
            response = wire.attempt(self._title, request.method, request.url, request.headers, request.body)
        except BrokenError as problem:
            return self._bench.broken(problem, monotonic() - started)
        took = monotonic() - started
        where = request.url.split("?", 1)[0]
        LOG.info(
            "%s: %s %s -> %d in %.0f ms", self._source, request.method, where, response.status, took * 1000
        )
        slow = took >= self._limits.slow
        if request.follow and response.status in ELSEWHERE:
            return Verdict(Outcome.SLOW if slow else Outcome.OK, response)
        verdict = self._bench.judged(response, request.judge, slow=slow)
        if verdict.error is None and 0 < (wait := used_up(response.headers, self._clock())) <= SHORT_WAIT:
            self._pace.pause(monotonic() + wait)  # nothing is left: the next call would be refused
        return verdict


def _verdict(call: RetryCallState) -> Verdict:
    assert call.outcome is not None
    found: Verdict = call.outcome.result()
    return found


def _wait(call: RetryCallState) -> float:
    """The vendor's own wait if it gave one, else full jitter; 2 s, 4 s more after a 429."""
    from tenacity import wait_random_exponential

    verdict = _verdict(call)
    if verdict.wait is not None:
        return max(0.0, verdict.wait.total_seconds())
    jitter = wait_random_exponential(multiplier=0.5, max=8)(call)
    return 2.0**call.attempt_number + jitter if verdict.outcome is Outcome.LIMITED else jitter
