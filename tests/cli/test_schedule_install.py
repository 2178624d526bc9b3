"""`agentos schedule install`: real files in a real home; systemctl, loginctl and crontab are stand-ins."""

from __future__ import annotations

import os
import plistlib
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from tests.cli.program import AGENTOS, Program

SYSTEMCTL = """\
#!/bin/sh
echo "systemctl $*" >> "$CALLS"
case "$2" in
  is-system-running) echo "${MANAGER:-running}" ;;
  is-enabled|is-active) test -e "$CALLS.on" ;;
  restart) touch "$CALLS.on" ;;
  disable) rm -f "$CALLS.on" ;;
esac
"""
LOGINCTL = """\
#!/bin/sh
echo "loginctl $*" >> "$CALLS"
echo "Linger=${LINGER:-yes}"
"""
CRONTAB = """\
#!/bin/sh
echo "crontab $*" >> "$CALLS"
case "$1" in
  -l) cat "$CALLS.tab" 2>/dev/null || { echo "no crontab for ada" >&2; exit 1; } ;;
  -) cat > "$CALLS.tab" ;;
esac
"""
LAUNCHCTL = """\
#!/bin/sh
echo "launchctl $*" >> "$CALLS"
case "$1" in
  print) test -e "$CALLS.loaded" ;;
  bootstrap) touch "$CALLS.loaded" ;;
  bootout) rm -f "$CALLS.loaded" ;;
esac
"""
SYSTEM = {"systemctl": SYSTEMCTL, "loginctl": LOGINCTL, "crontab": CRONTAB, "launchctl": LAUNCHCTL}
MINE = "MAILTO=ada@example.com\n0 5 * * * /usr/bin/true 50\\%\n"


@pytest.fixture
def machine(tmp_path: Path) -> Program:
    """A home with an awkward name, on a machine that has everything."""
    home = tmp_path / "Ada's 100% home"
    home.mkdir()
    return having(Program(home), *SYSTEM)


def having(program: Program, *names: str) -> Program:
    """The program with these stand-ins and no others on its PATH."""
    folder = program.home.parent / "bin"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for tool in ("sh", "cat", "touch", "rm", "test", "env"):
        (folder / tool).symlink_to(shutil.which(tool) or f"/bin/{tool}")
    for name in names:
        (folder / name).write_text(SYSTEM[name])
        (folder / name).chmod(0o755)
    return program.having(PATH=str(folder), CALLS=str(program.home.parent / "calls"))


def calls(program: Program) -> list[str]:
    path = program.home.parent / "calls"
    return path.read_text().splitlines() if path.exists() else []


def crontab(program: Program) -> Path:
    return program.home.parent / "calls.tab"


def test_systemd_gets_its_units_and_is_told_once(machine: Program) -> None:
    units = machine.home / ".config/systemd/user"
    first = machine("schedule", "install", "--systemd", "--json")
    assert (first.code, first.json()["missing"]) == (0, [])
    assert {text["path"]: text["lines"] for text in first.json()["texts"]} == {
        str(path): path.read_text().splitlines() for path in units.iterdir()
    }
    assert "systemctl --user enable agentos-tick.timer" in calls(machine)
    assert "systemctl --user restart agentos-tick.timer" in calls(machine)
    assert f'ExecStart=:"{AGENTOS}" "tick" "--by" "systemd"\n' in (units / "agentos-tick.service").read_text()
    before = len(calls(machine))
    again = machine("schedule", "install", "--systemd", "--json")
    assert (again.code, again.json()["did"]) == (0, [])
    assert not [line for line in calls(machine)[before:] if "enable " in line or "reload" in line]


def test_what_is_written_is_what_a_dry_run_prints(machine: Program) -> None:
    for waker in ("--systemd", "--cron", "--launchd"):
        printed = machine("schedule", "install", waker, "--dry-run")
        assert calls(machine) == []
        assert not machine.database.exists()
        told = machine("schedule", "install", waker, "--dry-run", "--json").json()
        assert told["dry_run"] is True
        lines = [line.strip() for line in printed.out.splitlines() if line.strip()]
        listed = [line for text in told["texts"] for line in (f"# {text['path']}", *text["lines"]) if line]
        assert lines == listed
    assert list(machine.home.rglob("*.timer")) == []


def test_lingering_that_is_off_is_said_and_what_mends_it(machine: Program) -> None:
    ran = machine("schedule", "install", "--systemd", env={"LINGER": "no"})
    assert ran.code == 3
    assert "missing: lingering is off" in ran.out
    assert "loginctl enable-linger" in ran.out
    doctor = machine("doctor", "--json", env={"LINGER": "no"})
    (check,) = [c for c in doctor.json()["checks"] if c["name"] == "lingering"]
    assert check["status"] == "warn"


def test_units_are_written_though_no_manager_answers_and_that_is_said(machine: Program) -> None:
    ran = machine("schedule", "install", "--systemd", env={"MANAGER": "offline"})
    assert ran.code == 3
    assert "no systemd of this user answers" in ran.out
    assert (machine.home / ".config/systemd/user/agentos-tick.timer").exists()


def test_removing_takes_the_units_away(machine: Program) -> None:
    machine("schedule", "install", "--systemd")
    ran = machine("schedule", "install", "--remove")
    assert ran.code == 0
    assert list((machine.home / ".config/systemd/user").glob("agentos*")) == []
    assert "systemctl --user disable --now agentos-tick.timer" in calls(machine)
    assert machine("schedule", "install", "--systemd", "--remove").out == "nothing to change for systemd\n"


def test_a_crontab_gets_our_lines_once_and_is_as_before_without_them(machine: Program) -> None:
    crontab(machine).write_text(MINE)
    assert machine("schedule", "install", "--cron").code == 0
    once = crontab(machine).read_text()
    assert once.startswith(MINE)
    assert machine("schedule", "install", "--cron").out == "nothing to change for cron\n"
    assert crontab(machine).read_text() == once
    assert calls(machine).count("crontab -") == 1
    assert machine("schedule", "install", "--cron", "--remove").code == 0
    assert crontab(machine).read_text() == MINE


def test_a_crontab_that_is_not_there_yet_is_made(machine: Program) -> None:
    assert machine("schedule", "install", "--cron").code == 0
    assert "tick --by cron" in crontab(machine).read_text()


def test_the_line_in_the_crontab_wakes_this_house(machine: Program) -> None:
    """As cron would: a bare environment, /bin/sh, and `%` unescaped."""
    machine("schedule", "install", "--cron")
    line = crontab(machine).read_text().splitlines()[1].removeprefix("* * * * * ").replace("\\%", "%")
    bare = {"HOME": "/", "PATH": "/usr/bin:/bin"}
    subprocess.run(["/bin/sh", "-c", line], env=bare, cwd="/", check=True, timeout=60)
    woken = machine("status", "--json").json()
    assert woken["woken_by"] == "cron"


def test_launchd_gets_an_agent_that_it_is_told_to_load(machine: Program) -> None:
    assert machine("schedule", "install", "--launchd").code == 0
    path = machine.home / "Library/LaunchAgents/io.agentos.agentos-tick.plist"
    read = plistlib.loads(path.read_bytes())
    assert read["ProgramArguments"][-4:] == [str(AGENTOS), "tick", "--by", "launchd"]
    assert f"launchctl bootstrap gui/{os.getuid()} {path}" in calls(machine)
    assert machine("schedule", "install", "--launchd").out == "nothing to change for launchd\n"
    assert machine("schedule", "install", "--remove").code == 0
    assert not path.exists()


def test_it_chooses_what_the_machine_has(machine: Program) -> None:
    for names, env, chosen in (
        (("systemctl", "loginctl", "crontab"), {}, "systemd"),
        (("systemctl", "loginctl", "crontab"), {"MANAGER": "offline"}, "cron"),
        (("crontab",), {}, "cron"),
    ):
        ran = having(machine, *names)("schedule", "install", "--json", env=env)
        assert ran.json()["waker"] == chosen
    neither = having(machine)("schedule", "install")
    assert neither.code == 7
    assert "agentos schedule run" in neither.err


def test_without_cron_nothing_is_written_and_it_is_said(machine: Program) -> None:
    ran = having(machine)("schedule", "install", "--cron")
    assert (ran.code, ran.out) == (7, "")
    assert "crontab is not installed" in ran.err


def test_no_key_is_in_what_is_written_and_the_file_for_keys_is_the_users_alone(machine: Program) -> None:
    with_key = machine.having(STRIPE_KEY="sk_live_abcdefghijkl", AGENTOS_COMPANY__NAME="Fernwick")
    with_key("init", "--company", "Fernwick", "--yes")
    odd = with_key("schedule", "install", "--cron", env={"AGENTOS_COMPANY__NAME": "sk_live_abcdefghijkl"})
    assert "AGENTOS_COMPANY__NAME holds a secret" in odd.out
    assert "sk_live" not in crontab(machine).read_text()
    linked = with_key("connect", "stripe", "--from", "env:STRIPE_KEY", "--no-check")
    assert linked.code == 0, linked.err
    for waker in ("--systemd", "--cron", "--launchd"):
        ran = with_key("schedule", "install", waker, "--json")
        texts = str(ran.json()["texts"])
        assert "sk_live" not in texts
        assert "Fernwick" in texts
        assert ran.code == 3
        assert any("env:STRIPE_KEY" in lack["says"] for lack in ran.json()["missing"])
    file = machine.home / ".config/agentos/waker.env"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.write_text("STRIPE_KEY=sk_live_abcdefghijkl\n")
    assert with_key("schedule", "install", "--systemd", "--json").json()["missing"] == []
    assert file.read_text() == "STRIPE_KEY=sk_live_abcdefghijkl\n"


def test_a_key_that_systemd_hands_over_is_named_once_its_file_is_there(machine: Program) -> None:
    (machine.home / "stripe_key").write_text("sk_live_abcdefghijkl")
    handed = {"CREDENTIALS_DIRECTORY": str(machine.home)}
    linked = machine("connect", "stripe", "--from", "credential:stripe_key", "--no-check", env=handed)
    assert linked.code == 0, linked.err
    without = machine("schedule", "install", "--systemd")
    assert without.code == 3
    assert "credstore/stripe_key" in without.out
    service = machine.home / ".config/systemd/user/agentos-tick.service"
    assert "LoadCredential" not in service.read_text()
    key = machine.home / ".config/credstore/stripe_key"
    key.parent.mkdir()
    key.write_text("sk_live_abcdefghijkl")
    assert machine("schedule", "install", "--systemd").code == 0
    escaped = str(key).replace("%", "%%")
    assert f"\nLoadCredential=stripe_key:{escaped}\n" in service.read_text()


def test_an_environment_file_of_ones_own_must_be_there_and_private(machine: Program) -> None:
    file = machine.home / "my keys.env"
    missing = machine("schedule", "install", "--cron", "--env-file", str(file))
    assert missing.code == 7
    file.touch(0o644)
    file.chmod(0o644)
    open_ = machine("schedule", "install", "--cron", "--env-file", str(file))
    assert open_.code == 3
    assert "chmod 600" in open_.out
    assert "my keys.env" in crontab(machine).read_text()
    assert not (machine.home / ".config/agentos/waker.env").exists()


def test_another_tenant_gets_units_of_its_own(machine: Program) -> None:
    machine("schedule", "install", "--systemd")
    assert machine("schedule", "install", "--systemd", "--tenant", "acme").code == 0
    units = machine.home / ".config/systemd/user"
    assert 'Environment="AGENTOS_TENANT=acme"' in (units / "agentos-tick-acme.service").read_text()
    machine("schedule", "install", "--systemd", "--tenant", "acme", "--remove")
    assert sorted(path.name for path in units.glob("*.timer")) == ["agentos-tick.timer"]


def test_only_one_at_a_time_can_be_asked_for(machine: Program) -> None:
    assert machine("schedule", "install", "--cron", "--systemd").code == 2


def test_doctor_says_when_nothing_wakes_what_is_scheduled(machine: Program) -> None:
    def said() -> list[tuple[str, str]]:
        checks = machine("doctor", "--json").json()["checks"]
        return [(c["status"], c["fix"] or "") for c in checks if c["name"] == "schedule"]

    machine("init", "--company", "Fernwick", "--yes")
    assert said() == []
    assert machine("schedule", "add", "brief", "--at", "07:00").code == 0
    assert said() == [("warn", "agentos schedule install")]
    machine("tick")
    assert said() == [("warn", "agentos schedule install")]
    machine("tick", "--by", "cron")
    assert said() == [("ok", "")]
