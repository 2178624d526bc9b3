"""What one attempt came to: whether it went well, whether asking again may help, and what was wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from agentos_cli.clock import Clock
from agentos_cli.errors import CredentialRefused, Fatal, RateLimited, Retryable, SourceError
from agentos_cli.http.answer import Response
from agentos_cli.http.wire import (
    BrokenError,
    TooLargeError,
    TooLateError,
    UnreachableError,
    UnsendableError,
)
from agentos_cli.redaction import redact
from agentos_cli.resilience.gate import Outcome
from agentos_cli.resilience.retry_after import LONGEST, retry_after

Judge = Callable[[Response], SourceError | None]
"""A connector's own reading of an answer: the error it means, or None to leave it to the status."""

PASSED_ON = frozenset({304, 400, 404, 409, 422})
LIMITED_DEFAULT = timedelta(seconds=60)
BLAMED_AFTER = 1.0
LONGEST_WHY = 160


@dataclass(frozen=True, slots=True)
class Verdict:
    """`wait`: what the vendor asked for; `again`: a retry may help; `why`: what was wrong, in a few words
    that stand without the source's name."""

    outcome: Outcome
    response: Response | None = None
    error: SourceError | None = None
    again: bool = False
    wait: timedelta | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Bench:
    """Judges the attempts to one source, which messages call `title`. `seconds` is its deadline."""

    source: str
    title: str
    seconds: float
    clock: Clock

    def broken(self, problem: BrokenError, took: float) -> Verdict:
        """An attempt without a whole answer, after so many seconds."""
        if isinstance(problem, TooLateError):
            fair = took >= BLAMED_AFTER  # it had a chance to answer
            why = f"no answer within {self.seconds:g} s"
            return Verdict(Outcome.FAILED if fair else Outcome.UNSENT, error=self.out_of_time(), why=why)
        why = str(problem)
        if isinstance(problem, UnsendableError):
            return Verdict(Outcome.UNSENT, error=Fatal(f"{self.title}: {why}"))
        if isinstance(problem, UnreachableError):
            error = Retryable(f"{self.title} could not be reached: {why}")
            return Verdict(Outcome.UNREACHABLE, error=error, again=True, why=why)
        error = Retryable(f"{self.title} failed: {why}")
        return Verdict(Outcome.FAILED, error=error, again=not isinstance(problem, TooLargeError), why=why)

    def judged(self, response: Response, judge: Judge | None, *, slow: bool) -> Verdict:
        """An answer: what its status says, unless the connector knows better."""
        by_status = error = self._by_status(response)
        if judge is not None:
            try:
                error = judge(response) or error
            except SourceError as unreadable:
                error = error or unreadable
        if error is None:
            return Verdict(Outcome.SLOW if slow else Outcome.OK, response)
        now, why = self.clock(), self._why(response, error)
        said = retry_after(response.headers.get("retry-after"), now)
        if isinstance(error, RateLimited):
            vague = error is by_status and said is None
            asked = None if vague else error.not_before - now
            return Verdict(Outcome.LIMITED, error=error, again=True, wait=asked, why=why)
        if isinstance(error, Retryable):
            return Verdict(Outcome.FAILED, error=error, again=True, wait=said, why=why)
        outcome = Outcome.REFUSED if isinstance(error, CredentialRefused) else Outcome.OK
        return Verdict(outcome, error=error, why=why)

    def out_of_time(self) -> Retryable:
        """The deadline of the whole run is over."""
        return Retryable(f"{self.title} did not finish within {self.seconds:g} s")

    def _why(self, response: Response, error: SourceError) -> str:
        if response.status >= 400:
            return f"status {response.status}{response.request_id()}"
        told = error.what.removeprefix(self.title).strip().removeprefix("sent ")
        return redact(told)[:LONGEST_WHY]

    def _by_status(self, response: Response) -> SourceError | None:
        """What the status alone means; None for an answer that is passed on."""
        status, who, mark = response.status, self.title, response.request_id()
        if status < 300 or status in PASSED_ON:
            return None
        if status in (401, 403):
            return CredentialRefused(
                f"{who} refused the key ({status}){mark}", fix=f"agentos connect {self.source}"
            )
        if status == 429:
            now = self.clock()
            asked = retry_after(response.headers.get("retry-after"), now)
            wait = LIMITED_DEFAULT if asked is None else min(asked, LONGEST)
            return RateLimited(f"{who} asks us to slow down (429){mark}", not_before=now + wait)
        if status >= 500 or status in (408, 425):
            return Retryable(f"{who} is in trouble ({status}){mark}")
        if status < 400:
            return Fatal(f"{who} points to another address ({status}), which is not followed{mark}")
        return Fatal(f"{who} refused the request ({status}){mark}")
