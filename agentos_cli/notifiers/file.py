"""A file that grows, or a folder with one file a message. What is there already is not written again.

In `markdown` two marks that stand for its key enclose a message, in `jsonl` its line begins with the key. It
is on the disk before it counts as delivered; a half that a power cut left at the end is taken away before
anything is added. Several processes may write: each locks the file.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from agentos_cli.errors import DataProblem, Temporary
from agentos_cli.notifiers.fitting import encoded, sound, token
from agentos_cli.notifiers.message import Message, Target

_LATER = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EAGAIN, errno.EINTR, errno.ENOLCK, errno.ESTALE}
)
_START = b"<!-- agentos "
_BEGIN = re.compile(rb"^<!-- agentos ([0-9a-f]{32}) -->$", re.MULTILINE)


def send(message: Message, target: Target) -> str | None:
    """The file's path. Raises Temporary (disk full, somebody else is writing) or DataProblem."""
    path = Path(target.options["path"]).expanduser()
    form = target.options.get("format") or "markdown"
    try:
        if form == "each":
            return str(_apart(path, message))
        if form == "jsonl":
            _append(path, *_as_json(message), _half_line)
        else:
            _append(path, *_as_markdown(message), _half_record)
    except OSError as problem:
        kind = Temporary if problem.errno in _LATER else DataProblem
        raise kind(f"{path}: {problem.strerror}; nothing was written") from None
    return str(path)


def _as_markdown(message: Message) -> tuple[bytes, bytes]:
    """How the record begins, and the record."""
    mark, text = token(message), sound(message.markdown).replace("<!--", "&lt;!--").strip()
    begin = f"<!-- agentos {mark} -->\n"
    return begin.encode(), f"{begin}{text}\n\n<!-- end {mark} -->\n".encode()


def _as_json(message: Message) -> tuple[bytes, bytes]:
    """One line: a line feed within a string is written as two characters."""
    line = encoded(
        {
            "key": message.key,
            "kind": message.kind,
            "at": message.at.isoformat(),
            "priority": str(message.priority),
            "subject": message.subject,
            "text": message.text,
            "facts": message.facts,
        }
    )
    return b'{"key":' + json.dumps(sound(message.key), ensure_ascii=False).encode() + b",", line + b"\n"


def _half_record(held: bytes) -> int:
    """Where a record begins that has no end; the length if there is none."""
    last = _half_start(held, _START)
    if last < len(held):
        return last
    begun = list(_BEGIN.finditer(held))
    if not begun or held.find(b"\n<!-- end " + begun[-1][1] + b" -->\n", begun[-1].end()) >= 0:
        return len(held)
    return begun[-1].start()


def _half_line(held: bytes) -> int:
    """Where a line of ours begins that has no end; the length if there is none."""
    return _half_start(held, b'{"key":')


def _half_start(held: bytes, start: bytes) -> int:
    """Where the last line is, if it begins like this, as far as it goes, and has no end; else the length."""
    line = held[held.rfind(b"\n") + 1 :]
    return len(held) - len(line) if line.startswith(start) or start.startswith(line) else len(held)


def _append(path: Path, begin: bytes, record: bytes, half: Callable[[bytes], int]) -> None:
    with _locked(path) as handle:
        held = os.pread(handle, os.fstat(handle).st_size, 0).rstrip(b"\0")
        held = held[: half(held)]
        if held.startswith(begin) or b"\n" + begin in held:
            return
        gap = b"" if not held or held.endswith(b"\n") else b"\n"
        os.ftruncate(handle, len(held))
        try:
            _write(handle, gap + record, len(held))
            os.fsync(handle)
        except OSError:
            os.ftruncate(handle, len(held))
            raise


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    """An ordinary file, open and ours alone; made with its folder, for nobody else to read."""
    new = not path.exists()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise DataProblem(f"{path} is no ordinary file")
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield handle
        if new:
            _sync_folder(path.parent)
    finally:
        os.close(handle)


def _apart(folder: Path, message: Message) -> Path:
    """A file of its own, there as a whole or not at all."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{message.at:%Y-%m-%dT%H%M}-{_word(message.kind)}-{token(message)[:12]}.md"
    if path.exists():
        return path
    half = folder / f".{path.name}.{os.getpid()}"
    try:
        handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            _write(handle, sound(message.markdown).strip().encode() + b"\n", 0)
            os.fsync(handle)
        finally:
            os.close(handle)
        half.replace(path)
    except OSError:
        half.unlink(missing_ok=True)
        raise
    _sync_folder(folder)
    return path


def _word(kind: str) -> str:
    return "".join(sign for sign in kind.lower() if sign.isascii() and sign.isalnum())[:40] or "message"


def _write(handle: int, data: bytes, place: int) -> None:
    done = 0
    while done < len(data):
        done += os.pwrite(handle, data[done:], place + done)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
