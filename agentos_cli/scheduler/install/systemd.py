"""The user units that make systemd call `agentos tick`: a timer, its service, and what follows a failure.

Sources: https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html (Type, the prefix `:`),
systemd.timer.html (Persistent, AccuracySec), systemd.exec.html (LoadCredential, EnvironmentFile),
systemd.syntax.html (quoting) and systemd.unit.html (specifiers).
"""

from __future__ import annotations

import glob

from agentos_cli.scheduler.install.call import Call, Text

REFUSED = frozenset("\"'\\")
"""Signs that the path of a program must not have, however it is quoted."""


def units(call: Call, folder: str) -> tuple[Text, ...]:
    """The three units, to be put into `folder` (the user's: `~/.config/systemd/user`)."""
    return (
        Text(f"{folder}/{call.name}.service", service(call)),
        Text(f"{folder}/{call.name}.timer", timer(call)),
        Text(f"{folder}/{call.name}-failed.service", aftermath(call)),
    )


def service(call: Call) -> str:
    """One tick. It may take long, is never started twice at a time, and is told to end before it is killed:
    it alone (`KillMode=mixed`), so that it can give back what its jobs were doing."""
    return _unit(
        ("Unit", [
            f"Description=agentos: do what is due ({call.tenant})",
            f"OnFailure={call.name}-failed.service",
        ]),
        ("Service", [
            "Type=oneshot",
            f"ExecStart={command(*call.words('systemd'))}",
            *_surroundings(call),
            *(f"LoadCredential={name}:{plain(path)}" for name, path in call.credentials),
            f"TimeoutStartSec={call.longest}s",
            "TimeoutStopSec=15s",
            "KillMode=mixed",
        ]),
    )  # fmt: skip


def timer(call: Call) -> str:
    """Every minute, to the second; and once at the start if one was missed while the machine was off."""
    return _unit(
        ("Unit", [f"Description=agentos: look every minute what is due ({call.tenant})"]),
        ("Timer", ["OnCalendar=*-*-* *:*:00", "Persistent=true", "AccuracySec=1s"]),
        ("Install", ["WantedBy=timers.target"]),
    )


def aftermath(call: Call) -> str:
    """A tick that was killed, ran out of time or never began cannot tell it itself: this one does."""
    words = (*call.program, "schedule", "failed-unit", f"{call.name}.service")
    return _unit(
        ("Unit", [f"Description=agentos: tell that a tick failed ({call.tenant})"]),
        ("Service", [
            "Type=oneshot", f"ExecStart={command(*words)}", *_surroundings(call), "TimeoutStartSec=1min",
        ]),
    )  # fmt: skip


def command(*words: str) -> str:
    """A command line for ExecStart=. The colon keeps `$` from being taken for a variable.

    A program whose path systemd refuses is called by the shell.
    """
    by_shell = ("/bin/sh", "-c", 'exec "$0" "$@"') if set(words[0]) & REFUSED else ()
    return ":" + " ".join(map(quoted, (*by_shell, *words)))


def quoted(word: str) -> str:
    """A word that is split, unescaped and searched for specifiers: it comes out as it was."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{plain(escaped)}"'


def plain(text: str) -> str:
    """A value that is taken whole and only searched for specifiers."""
    return text.replace("%", "%%")


def _surroundings(call: Call) -> list[str]:
    return [
        f"WorkingDirectory={plain(call.folder)}",
        *(f"Environment={quoted(f'{name}={value}')}" for name, value in sorted(call.environment.items())),
        f"EnvironmentFile=-{plain(glob.escape(call.env_file))}",  # `-`: it may be missing
        "SyslogIdentifier=agentos",
        "UMask=0077",
    ]


def _unit(*sections: tuple[str, list[str]]) -> str:
    head = "# Written by `agentos schedule install --systemd`; `--remove` takes it away.\n"
    return head + "\n".join(
        f"[{name}]\n" + "".join(f"{line}\n" for line in lines) for name, lines in sections
    )
