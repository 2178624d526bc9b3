"""The lines of a crontab that call `agentos tick` every minute, and how they get in and out of it.

Source: https://man7.org/linux/man-pages/man5/crontab.5.html (`%`, the environment, MAILTO). CRON_TZ is not
used: every minute is the same in all zones, and each schedule knows its own. Output goes nowhere, and errors
to stderr: cron mails those to whom MAILTO names.
"""

from __future__ import annotations

import shlex

from agentos_cli.errors import DataProblem
from agentos_cli.scheduler.install.call import SHELL, Call

LONGEST = 990
"""Signs that a line may have; crons cut or refuse those of 1,000 and more."""


def block(call: Call) -> str:
    """The lines between our marks, the marks included. Raises DataProblem for a line that is too long."""
    variables = [f"{name}={shlex.quote(value)}" for name, value in sorted(call.environment.items())]
    words = ("/bin/sh", "-c", SHELL, call.env_file, call.folder, *call.words("cron"))
    line = f"* * * * * {escaped(' '.join([*variables, *map(shlex.quote, words)]))} >/dev/null"
    if len(line.encode()) > LONGEST:
        raise DataProblem(
            "the line would be too long for a crontab",
            fix="settings from variables such as AGENTOS_COMPANY__NAME: keep them in config.toml instead",
        )
    return f"{_begin(call.tenant)}\n{line}\n{_end(call.tenant)}\n"


def escaped(line: str) -> str:
    """With each `%` as cron wants it, which would else cut the line there. Where a backslash stands before
    one already (then inside quotes), the quotes are closed and opened between them."""
    return line.replace("\\%", "\\''%").replace("%", "\\%")


def with_block(crontab: str, text: str, tenant: str) -> str:
    """The crontab with our lines in it: in the place where they were, else at its end."""
    before, found, after = _parted(crontab, tenant)
    if found:
        return before + text + after
    return (before if before.endswith("\n") or not before else before + "\n") + text


def without_block(crontab: str, tenant: str) -> str:
    """The crontab without our lines, and else as it was."""
    before, _, after = _parted(crontab, tenant)
    return before + after


def _parted(crontab: str, tenant: str) -> tuple[str, str, str]:
    """What stands before our lines, they themselves ("" if there are none), and what stands after them."""
    lines = crontab.splitlines(keepends=True)
    marks = [line.strip() for line in lines]
    begin = [at for at, mark in enumerate(marks) if mark == _begin(tenant)]
    end = [at for at, mark in enumerate(marks) if mark == _end(tenant)]
    if not begin and not end:
        return crontab, "", ""
    if len(begin) != 1 or len(end) != 1 or begin[0] > end[0]:
        raise DataProblem(
            "the marks around agentos's lines in the crontab were changed",
            fix="crontab -e, and take out what is between `# agentos begin` and `# agentos end`",
        )
    first, last = begin[0], end[0] + 1
    return "".join(lines[:first]), "".join(lines[first:last]), "".join(lines[last:])


def _begin(tenant: str) -> str:
    return f"# agentos begin ({tenant}): `agentos schedule install --cron`, and `--remove` takes it out"


def _end(tenant: str) -> str:
    return f"# agentos end ({tenant})"
