"""Puts a waker in its place in the user's own folders and switches it on, or takes it away again."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agentos_cli.errors import DataProblem
from agentos_cli.scheduler.install import cron, launchd
from agentos_cli.scheduler.install.call import Call, Text

SECONDS = 20.0
"""That systemctl, crontab, loginctl or launchctl gets to answer."""
ABSENT, SILENT = 127, 124
"""Exit codes for a program that is not there, and for one that did not end in time."""
MANAGER_ANSWERS = ("running", "degraded", "starting", "initializing", "maintenance")


@dataclass(frozen=True, slots=True)
class Ran:
    """How a program of the system ended."""

    code: int
    out: str = ""
    err: str = ""


Runner = Callable[[Sequence[str], str], Ran]
"""Runs a program with so much on its stdin; never raises, and never takes much longer than SECONDS."""


def run(words: Sequence[str], stdin: str = "") -> Ran:
    """The real one."""
    try:
        done = subprocess.run(
            list(words),
            input=stdin.encode(errors="surrogateescape"),
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except FileNotFoundError:
        return Ran(ABSENT, err=f"{words[0]} is not installed")
    except subprocess.TimeoutExpired:
        return Ran(SILENT, err=f"{words[0]} did not end within {SECONDS:g} s")
    except OSError as problem:
        return Ran(ABSENT, err=f"{words[0]}: {problem.strerror}")
    out, err = (part.decode(errors="surrogateescape") for part in (done.stdout, done.stderr))
    return Ran(done.returncode, out, err)


@dataclass(frozen=True, slots=True)
class Lack:
    """What stands in the way of being woken, and what mends it."""

    says: str
    fix: str


@dataclass(slots=True)
class Done:
    """What was changed, in one line each, and what is missing still."""

    did: list[str] = field(default_factory=list)
    missing: list[Lack] = field(default_factory=list)


def manager_answers(run: Runner) -> bool:
    """Whether this user has a systemd of their own that can be talked to from here."""
    return run(("systemctl", "--user", "is-system-running"), "").out.strip() in MANAGER_ANSWERS


def lingers(user: str, run: Runner) -> bool:
    """Whether this user's systemd runs while they are not logged in."""
    return run(("loginctl", "show-user", user, "--property=Linger"), "").out.strip() == "Linger=yes"


def put_systemd(texts: Sequence[Text], name: str, user: str, run: Runner) -> Done:
    """Write the units and start the timer. Without lingering it only runs while the user is logged in."""
    done = Done()
    if written := _written(texts, done):
        _call(run, ("systemctl", "--user", "daemon-reload"), done)
    timer = f"{name}.timer"
    if not manager_answers(run):
        fix = f"loginctl enable-linger {user}; log in anew, without su or sudo; install again. Or: --cron"
        done.missing = [Lack("the units are written, but no systemd of this user answers here", fix)]
        return done
    asked = [("systemctl", "--user", ask, "--quiet", timer) for ask in ("is-enabled", "is-active")]
    if written or any(run(words, "").code for words in asked):
        steps = [("systemctl", "--user", step, timer) for step in ("enable", "restart")]
        if all(_call(run, words, done) for words in steps):
            done.did.append(f"started {timer}")
    if not lingers(user, run):
        fix = f"loginctl enable-linger {user}"
        done.missing.append(Lack("lingering is off: nothing is done while you are not logged in", fix))
    return done


def take_systemd(texts: Sequence[Text], name: str, run: Runner) -> Done:
    """Stop the timer and remove the units."""
    done = Done()
    if not any(Path(text.path).exists() for text in texts):
        return done
    run(("systemctl", "--user", "disable", "--now", f"{name}.timer"), "")
    _removed(texts, done)
    wanted = Path(texts[0].path).parent / "timers.target.wants" / f"{name}.timer"
    wanted.unlink(missing_ok=True)  # where no manager answers, nobody else takes it away
    run(("systemctl", "--user", "daemon-reload"), "")
    return done


def put_cron(call: Call, run: Runner) -> Done:
    """Put our lines into the user's crontab; nothing is written where they are in it already."""
    return _crontab(run, lambda old: cron.with_block(old, cron.block(call), call.tenant), "written to")


def take_cron(call: Call, run: Runner) -> Done:
    """Take our lines out of the crontab, and leave the rest as it is."""
    return _crontab(run, lambda old: cron.without_block(old, call.tenant), "taken out of")


def put_launchd(text: Text, call: Call, uid: int, run: Runner) -> Done:
    """Write the agent and load it into the user's session."""
    done, domain, name = Done(), f"gui/{uid}", launchd.label(call)
    Path(call.log).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    changed = _written((text,), done)
    if changed or run(("launchctl", "print", f"{domain}/{name}"), "").code != 0:
        run(("launchctl", "bootout", f"{domain}/{name}"), "")  # an older one, or none
        if _call(run, ("launchctl", "bootstrap", domain, text.path), done):
            done.did.append(f"loaded {name}")
    return done


def take_launchd(text: Text, call: Call, uid: int, run: Runner) -> Done:
    """Unload the agent and remove its file."""
    done = Done()
    if Path(text.path).exists():
        run(("launchctl", "bootout", f"gui/{uid}/{launchd.label(call)}"), "")
        _removed((text,), done)
    return done


def write(path: Path, content: str, mode: int = 0o644) -> None:
    """Whole or not at all. Raises DataProblem."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".agentos-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", errors="surrogateescape") as file:
                file.write(content)
                file.flush()
                os.fchmod(handle, mode)
                os.fsync(handle)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as problem:
        raise DataProblem(f"cannot write {path}: {problem.strerror}") from None


def _written(texts: Sequence[Text], done: Done) -> bool:
    """Write those that are not there as they should be; whether there was one."""
    changed = [text for text in texts if _content(Path(text.path)) != text.content]
    for text in changed:
        write(Path(text.path), text.content)
        done.did.append(f"wrote {text.path}")
    return bool(changed)


def _removed(texts: Sequence[Text], done: Done) -> None:
    for text in texts:
        path = Path(text.path)
        if path.exists():
            path.unlink()
            done.did.append(f"removed {path}")


def _content(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return None


def _crontab(run: Runner, change: Callable[[str], str], verb: str) -> Done:
    found = run(("crontab", "-l"), "")
    if found.code in (ABSENT, SILENT):
        raise DataProblem(
            f"there is no cron to be asked: {found.err}",
            fix="install cron; or --systemd; or agentos schedule run",
        )
    if found.code != 0 and "no crontab" not in found.err.lower():
        raise DataProblem(f"cannot read the crontab: {found.err.strip()[:200]}")
    old = found.out if found.code == 0 else ""
    new = change(old)
    if new == old:
        return Done()
    done = Done()
    if _call(run, ("crontab", "-"), done, new):
        done.did.append(f"lines {verb} the crontab")
    return done


def _call(run: Runner, words: Sequence[str], done: Done, stdin: str = "") -> bool:
    """Whether it went well; if not, that is missing."""
    ran = run(words, stdin)
    if ran.code != 0:
        told = (ran.err or ran.out).strip().splitlines()
        why = told[-1][:200] if told else f"exit code {ran.code}"
        done.missing.append(Lack(f"`{' '.join(words)}` failed: {why}", f"run it by hand: {' '.join(words)}"))
    return ran.code == 0
