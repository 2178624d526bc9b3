"""How this program is called by what wakes it: where it is, from which folder, with which environment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from agentos_cli.errors import DataProblem

SHELL = 'set -a; [ -r "$0" ] && . "$0"; set +a; cd "$1" && shift && exec "$@"'
"""A line of sh that gets the environment file, the folder and the words as arguments, so that none of them
has to be quoted twice."""

LONGEST = 3 * 3600
"""Seconds that a tick may take at least: it begins nothing after ten minutes, and jobs have limits."""


@dataclass(frozen=True, slots=True)
class Call:
    """`program` is an absolute path and maybe words after it; `environment` what finds this house again
    (never a secret); `env_file` a file of the user's, for what the vault reads as `env:NAME`; `credentials`
    pairs of a name and the file that systemd loads it from; `log` where launchd leaves what is said;
    `longest` the seconds after which a tick is ended, whatever it does.

    Raises DataProblem for a text that could not be written down in every one of the three forms.
    """

    program: tuple[str, ...]
    tenant: str
    folder: str
    env_file: str
    log: str
    environment: Mapping[str, str] = field(default_factory=dict)
    credentials: tuple[tuple[str, str], ...] = ()
    longest: int = LONGEST

    def __post_init__(self) -> None:
        for text in self._texts():
            if not text.isprintable() or text != text.strip() or text.endswith("\\"):
                raise DataProblem(
                    f"`{text[:80]!r}` cannot be written into a unit or a crontab",
                    fix="a path without line breaks, and without a space or backslash at its end",
                )

    @property
    def name(self) -> str:
        """What units and labels are called: `agentos-tick`, and the tenant where it has a name of its own."""
        return "agentos-tick" if self.tenant == "default" else f"agentos-tick-{self.tenant}"

    def words(self, by: str) -> tuple[str, ...]:
        """The command that does what is due."""
        return (*self.program, "tick", "--by", by)

    def _texts(self) -> Iterator[str]:
        yield from (*self.program, self.folder, self.env_file, self.log)
        for name, value in self.environment.items():
            yield f"{name}={value}="
        for name, path in self.credentials:
            yield f"{name}:{path}"


@dataclass(frozen=True, slots=True)
class Text:
    """A file that is to be there, and what is to be in it."""

    path: str
    content: str
