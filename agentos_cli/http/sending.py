"""One attempt to hand something over, which knows at every moment whether anything of it may have arrived."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from agentos_cli.errors import Temporary, Unconfirmed
from agentos_cli.http.crew import Crew, LateError

T = TypeVar("T")


class Sending:
    """To one receiver, called `name` in messages. The work is done by a thread that is left behind at the
    deadline: it calls `begin` before the first byte that counts, and from then on is not let begin any more
    once it was given up. So what is said to be safe to repeat was not sent, and will not be."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._lock = threading.Lock()
        self._begun = self._over = False

    @property
    def begun(self) -> bool:
        """Whether anything may have arrived."""
        return self._begun

    def begin(self) -> None:
        """From here on the receiver may act on what it gets. Raises LateError if it was given up already."""
        with self._lock:
            if self._over:
                raise LateError
            self._begun = True

    def run(self, work: Callable[[], T], seconds: float) -> T:
        """What `work` gives or raises. Raises Temporary if it was not done in time and had not begun,
        Unconfirmed if it had."""
        crew = Crew("sending")
        try:
            return crew.call(work, seconds)
        except LateError:
            with self._lock:
                self._over = True
            raise self.broken(f"no answer within {seconds:g} s") from None
        finally:
            crew.close()

    def broken(self, why: str) -> Temporary | Unconfirmed:
        """What a failure means: safe to repeat, or not."""
        if self._begun:
            return Unconfirmed(
                f"{self.name}: {why}; the message may have arrived",
                fix="see whether it is there before sending it again",
            )
        return Temporary(f"{self.name}: {why}; nothing was sent")
