"""Installs what wakes the house: finds out how this program is called, and what would be missing."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import sys
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from agentos_cli import telemetry
from agentos_cli.errors import AgentosError, DataProblem
from agentos_cli.redaction import redact
from agentos_cli.scheduler.install import cron, launchd, place, systemd
from agentos_cli.scheduler.install.call import LONGEST, Call, Text
from agentos_cli.scheduler.install.place import Done, Lack, Runner

if TYPE_CHECKING:
    from agentos_cli.app import App
    from agentos_cli.renderers.listings import CheckItem
    from agentos_cli.renderers.wakers import WakerDocument

MARGIN = timedelta(minutes=20)
"""For what a tick does beside its jobs, and for its begin of them: ten minutes at most."""
WAKERS = ("systemd", "cron", "launchd")
FINDING = ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "AGENTOS_CONFIG", "TZ")
"""Variables by which the same house is found again; the settings among `AGENTOS_...__...` come along."""
ENV_FILE = """\
# Read by what wakes agentos (systemd, cron, launchd) before it calls it: NAME=value, one a line.
# Here belong the keys that agentos knows as env:NAME, and a PATH if Singer taps are to be found.
# Nobody else may read this file: chmod 600.
"""


def install(
    house: App,
    waker: str | None,
    *,
    dry_run: bool,
    remove: bool,
    env_file: Path | None,
    run: Runner = place.run,
) -> WakerDocument:
    """Write what makes `waker` (the one that suits this machine, if None) call `agentos tick` every minute,
    or with `remove` take it away; with `dry_run` only say what would be written, and run nothing.

    Raises DataProblem where the machine has no such waker, or something cannot be written.
    """
    chosen = waker or (placed(house) if remove else suited(run, looking_only=dry_run))
    call = called(house, env_file or house.places.config / "waker.env", list(credentials(house)))
    done = Done()
    if not dry_run:
        done = _removed(house, chosen, call, run) if remove else _put(house, chosen, call, run)
        if not remove:
            done.missing += lacking(house, chosen, Path(call.env_file))
    return {
        "schema": "agentos.waker/1",
        "waker": chosen,
        "tenant": call.tenant,
        "dry_run": dry_run,
        "texts": [
            {"path": text.path, "lines": text.content.splitlines()} for text in texts(house, chosen, call)
        ],
        "did": done.did,
        "missing": [{"says": lack.says, "fix": lack.fix} for lack in done.missing],
    }


def suited(run: Runner, *, looking_only: bool) -> str:
    """The waker for this machine: launchd on a Mac, systemd where one of the user's answers (or at least is
    there, if nothing may be run), else cron."""
    if sys.platform == "darwin":
        return "launchd"
    if shutil.which("systemctl") and (looking_only or place.manager_answers(run)):
        return "systemd"
    if shutil.which("crontab"):
        return "cron"
    raise DataProblem("this machine has neither systemd for users nor cron", fix="agentos schedule run")


def placed(house: App) -> str:
    """The waker that seems to be installed: one whose file is there, else cron, which alone knows."""
    call = called(house, house.places.config / "waker.env", [])
    files = {name: texts(house, name, call)[0].path for name in ("systemd", "launchd")}
    return next((name for name, path in files.items() if Path(path).exists()), "cron")


def called(house: App, env_file: Path, references: list[str]) -> Call:
    """How this program is called from elsewhere so that it finds this house."""
    names = [reference.removeprefix("credential:") for reference in references]
    kept = [(name, house.places.config.parent / "credstore" / name) for name in sorted(set(names))]
    project = (Path.cwd() / "agentos.toml").is_file()
    return Call(
        program(sys.argv[0]),
        house.loaded.settings.tenant,
        str(Path.cwd()) if project else house.environ.get("HOME") or str(Path.home()),
        str(env_file.absolute()),
        str(house.places.state / "logs" / "launchd.log"),
        surroundings(house.environ, house.loaded.settings.tenant),
        tuple((name, str(path)) for name, path in kept if path.exists()),  # a missing one stops the unit
        max(LONGEST, int(patience(house))),
    )


def patience(house: App) -> float:
    """Seconds that a tick may take because of the most patient schedule; 0 where that cannot be found out."""
    try:
        if house.store.check_schema() != "current":
            return 0.0
        longest = max((each.patience for each in house.store.schedules().all()), default=timedelta())
    except AgentosError:
        return 0.0
    return (longest + MARGIN).total_seconds()


def program(started_as: str) -> tuple[str, ...]:
    """The absolute path of the program as it was started; where that was a module, through its Python."""
    path = Path(started_as).absolute()
    if path.name == "agentos" and os.access(path, os.X_OK):
        return (str(path),)  # a link stays a link: it outlives the next upgrade
    return (sys.executable, "-m", "agentos_cli")


def surroundings(environ: Mapping[str, str], tenant: str) -> dict[str, str]:
    """The variables that lead to this house. One that looks as if it held a secret stays where it is."""
    found = {name: environ[name] for name in FINDING if environ.get(name)}
    found |= {k: v for k, v in environ.items() if k.startswith("AGENTOS_") and "__" in k}
    if tenant != "default":
        found["AGENTOS_TENANT"] = tenant
    if "AGENTOS_CONFIG" in found:
        found["AGENTOS_CONFIG"] = str(Path(found["AGENTOS_CONFIG"]).absolute())
    home = environ.get("HOME")
    if home and home != _account().pw_dir:
        found["HOME"] = home
    return {name: value for name, value in found.items() if redact(value) == value}


def texts(house: App, waker: str, call: Call) -> tuple[Text, ...]:
    """What is written for a waker."""
    if waker == "cron":
        return (Text("crontab", cron.block(call)),)
    if waker == "launchd":
        return (launchd.agent(call, str(Path(house.environ["HOME"]) / "Library" / "LaunchAgents")),)
    return systemd.units(call, str(house.places.config.parent / "systemd" / "user"))


def credentials(house: App) -> Iterator[str]:
    """The references to keys that systemd is to hand over: `credential:NAME`."""
    return (reference for reference in references(house) if reference.startswith("credential:"))


def references(house: App) -> Iterator[str]:
    """All references to keys in this house: of sources, of channels, of the settings."""
    settings = house.loaded.settings
    yield from filter(None, (settings.store.password, settings.events.redis_password))
    try:
        if house.store.check_schema() != "current":
            return
        yield from (each.credential for each in house.store.connections() if each.credential)
        with house.store.outbox() as outbox:
            consumers = outbox.consumers()
        yield from (each.credential for each in consumers if each.credential)
    except AgentosError as problem:
        telemetry.notice(f"the keys that are in use could not be looked up: {problem.what}")


def lacking(house: App, waker: str, env_file: Path) -> Iterator[Lack]:
    """What would be missing when the waker calls: keys, and a file that keeps them to itself."""
    if env_file.exists() and stat.S_IMODE(env_file.stat().st_mode) & 0o077:
        yield Lack(f"{env_file} can be opened by other users", f"chmod 600 {env_file}")
    given = _names(env_file)
    for name, value in sorted(house.environ.items()):
        if name.startswith("AGENTOS_") and name not in given and redact(value) != value:
            yield Lack(f"{name} holds a secret, so it was left out", f"add {name}=... to {env_file}")
    folder = house.places.config.parent / "credstore"
    for reference in sorted(set(references(house))):
        kind, _, name = reference.partition(":")
        if kind == "env" and name not in given:
            yield Lack(
                f"{reference} is not in {env_file}, so the key will not be found", f"add {name}=... to it"
            )
        if kind == "credential" and waker != "systemd":
            yield Lack(f"{reference} can be read under systemd only", "--systemd, or keep that key elsewhere")
        elif kind == "credential" and not (folder / name).exists():
            yield Lack(f"{reference} has no file", f"put the key into {folder / name}, and install again")


def _put(house: App, waker: str, call: Call, run: Runner) -> Done:
    ours = house.places.config / "waker.env"
    fresh = Path(call.env_file) == ours and not ours.exists()
    if not fresh and not Path(call.env_file).exists():
        raise DataProblem(f"there is no {call.env_file}", fix="--env-file with a file that is there")
    if waker == "cron":
        done = place.put_cron(call, run)
    elif waker == "launchd":
        done = place.put_launchd(texts(house, waker, call)[0], call, os.getuid(), run)
    else:
        done = place.put_systemd(texts(house, waker, call), call.name, _account().pw_name, run)
    if fresh:
        place.write(ours, ENV_FILE, 0o600)
        done.did.append(f"wrote {ours}, for keys that come from the environment")
    return done


def _removed(house: App, waker: str, call: Call, run: Runner) -> Done:
    if waker == "cron":
        return place.take_cron(call, run)
    if waker == "launchd":
        return place.take_launchd(texts(house, waker, call)[0], call, os.getuid(), run)
    return place.take_systemd(texts(house, waker, call), call.name, run)


def _names(env_file: Path) -> set[str]:
    """The variables that a file sets. Their values are not looked at."""
    try:
        lines = env_file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return set()
    plain = (line.strip().removeprefix("export ") for line in lines)
    return {line.partition("=")[0].strip() for line in plain if "=" in line and not line.startswith("#")}


def _account() -> pwd.struct_passwd:
    return pwd.getpwuid(os.getuid())


def checks(house: App, run: Runner = place.run) -> Iterator[CheckItem]:
    """For `agentos doctor`: whether the house is woken, if there is anything to wake it for."""
    from agentos_cli import doctor

    try:
        if house.store.check_schema() != "current":
            return
        schedules = house.store.schedules()
        yield from doctor.schedule(
            sum(not s.rests for s in schedules.all()), schedules.wakers(), house.present()
        )
    except AgentosError as problem:
        yield doctor.fail("schedule", problem.what, problem.fix)
    timers = (house.places.config.parent / "systemd" / "user").glob("agentos-tick*.timer")
    if any(timers):
        user = _account().pw_name
        yield doctor.lingering(place.lingers(user, run), user)


def tell_failure(house: App, unit: str, run: Runner = place.run) -> bool:
    """Tell the dead-man's switch of a unit that failed, with the last it said. Whether it was heard."""
    from agentos_cli.duties.ping import report_failure

    said = run(("journalctl", "--user", "--unit", unit, "--lines", "50", "--output", "cat", "--quiet"), "")
    return report_failure(house, [f"{unit} failed", *said.out.splitlines()])
