"""A run of calls that another process makes: for the circuit breaker it is one attempt."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from agentos_cli.errors import CredentialRefused, CursorLost, Fatal, RateLimited, SourceError
from agentos_cli.http import Http
from agentos_cli.http.verdict import LONGEST_WHY
from agentos_cli.redaction import redact
from agentos_cli.resilience.gate import Outcome


@contextmanager
def elsewhere(http: Http) -> Iterator[float]:
    """Ask the gate for leave, and tell it afterwards how the whole run went. Gives the seconds it may take.

    Raises what the gate raises: CircuitOpen, RateLimited or CredentialRefused.
    """
    http._gate.admit()
    outcome, until, why = Outcome.UNSENT, None, ""
    try:
        yield http._seconds
        outcome = Outcome.OK
    except RateLimited as error:
        outcome, until = Outcome.LIMITED, error.not_before
        raise
    except CredentialRefused:
        outcome = Outcome.REFUSED
        raise
    except CursorLost:
        outcome = Outcome.OK
        raise
    except Fatal:  # the vendor may be well: what is wrong lies with the connector, or the data
        raise
    except SourceError as error:
        outcome, why = Outcome.FAILED, redact(error.what)[:LONGEST_WHY]
        raise
    finally:
        http._gate.record(outcome, until=until, why=why)


def patience(http: Http) -> float:
    """The seconds that a whole run may take."""
    return http._seconds
