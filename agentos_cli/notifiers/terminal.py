"""A terminal of this machine, or stderr: the plain text, which cannot move the cursor or ring."""

from __future__ import annotations

import os
import sys

from agentos_cli.errors import DataProblem, Temporary, Unconfirmed
from agentos_cli.notifiers.fitting import cut, one_line, sound
from agentos_cli.notifiers.message import Message, Target

TEXT, SUBJECT = 20_000, 200


def send(message: Message, target: Target) -> str | None:
    """Where it was shown; nobody says whether it was read."""
    tty = target.options.get("tty")
    text = f"\n{one_line(message.subject, SUBJECT)}\n\n{cut(sound(message.text), TEXT, message).strip()}\n"
    if tty:
        _show(tty, text.replace("\n", "\r\n").encode("utf-8", "replace"))
        return f"shown on {tty}"
    sys.stderr.write(text)
    sys.stderr.flush()
    return "shown on stderr"


def _show(path: str, text: bytes) -> None:
    """Raises Temporary if nobody is there, or it is held (Ctrl-S); Unconfirmed if part of it was shown."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError as problem:
        raise Temporary(f"{path}: {problem.strerror}; nothing was shown") from None
    shown = 0
    try:
        if not os.isatty(handle):
            raise DataProblem(f"{path} is no terminal", fix="a channel of the kind file")
        while shown < len(text):
            shown += os.write(handle, text[shown : shown + 1024])
    except OSError as problem:
        if shown:
            raise Unconfirmed(f"{path}: {problem.strerror}; part of it was shown") from None
        raise Temporary(f"{path}: {problem.strerror}; nothing was shown") from None
    finally:
        os.close(handle)
