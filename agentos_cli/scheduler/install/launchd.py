"""The agent that makes macOS's launchd call `agentos tick`.

Source: launchd.plist(5), such as https://leancrew.com/all-this/man/man5/launchd.plist.html. An interval that
ends while the machine sleeps is missed, a time of the calendar is made up for once at waking, and neither
is after the machine was off: so there are both, and a run when the agent is loaded. One that runs is never
started a second time.
"""

from __future__ import annotations

import plistlib

from agentos_cli.scheduler.install.call import SHELL, Call, Text


def label(call: Call) -> str:
    """The name under which launchd knows it."""
    return f"io.agentos.{call.name}"


def agent(call: Call, folder: str) -> Text:
    """The property list, to be put into `folder` (the user's: `~/Library/LaunchAgents`)."""
    content = {
        "Label": label(call),
        "ProgramArguments": ["/bin/sh", "-c", SHELL, call.env_file, call.folder, *call.words("launchd")],
        "WorkingDirectory": call.folder,
        "EnvironmentVariables": dict(call.environment),
        "StartInterval": 60,
        "StartCalendarInterval": [{"Minute": minute} for minute in range(0, 60, 5)],
        "RunAtLoad": True,
        "ExitTimeOut": 15,
        "Umask": 0o077,
        "StandardOutPath": "/dev/null",
        "StandardErrorPath": call.log,
    }
    return Text(f"{folder}/{label(call)}.plist", plistlib.dumps(content).decode())
