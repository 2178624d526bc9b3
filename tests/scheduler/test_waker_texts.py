"""Units, crontab lines and the plist: they call what they should, whatever the paths look like."""

from __future__ import annotations

import os
import plistlib
import shutil
import subprocess
from pathlib import Path

import pytest

from agentos_cli.errors import DataProblem
from agentos_cli.scheduler.install import cron, launchd, systemd
from agentos_cli.scheduler.install.call import Call

PLACES = (
    "plain",
    "with space",
    'it\'s "quoted"',
    "100%",
    "%h and $HOME",
    "back\\%slash",
    "two\\\\%",
    "a;b|c&d #e",
    "[x]*",
    "a=b",
    "Zürich",
)
RECORDER = """\
#!/bin/sh
printf '%s\\n' "$PWD" "$MARK" "$FROM_FILE" "$@" > "$OUT"
"""


def call(home: Path, *, tenant: str = "default", **environment: str) -> Call:
    """How a recorder in `home` would be called: a script that writes down how it was."""
    home.mkdir(parents=True, exist_ok=True)
    program = home / "agentos"
    program.write_text(RECORDER)
    program.chmod(0o755)
    file = home / "waker.env"
    file.write_text("FROM_FILE='from the file'\n")
    return Call((str(program),), tenant, str(home), str(file), str(home / "log"), environment)


def recorded(home: Path) -> list[str]:
    return (home / "out").read_text().splitlines()


def as_cron_reads(line: str) -> str:
    """What cron hands to the shell: up to the first `%` without a backslash, and those with one bare."""
    command, escaped = "", False
    for sign in line.split(None, 5)[5]:
        if escaped and sign == "%":
            command = command[:-1] + sign
        elif sign == "%":
            break
        else:
            command += sign
        escaped = sign == "\\" and not escaped
    return command


@pytest.mark.parametrize("name", PLACES)
def test_the_crontab_line_calls_the_program_in_its_folder_with_its_environment(
    tmp_path: Path, name: str
) -> None:
    home = tmp_path / name
    text = cron.block(call(home, MARK=name, OUT=str(home / "out")))
    begin, line, end = text.splitlines()
    assert (begin[0], end[0]) == ("#", "#")
    assert line.startswith("* * * * * ")
    bare = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    subprocess.run(["/bin/sh", "-c", as_cron_reads(line)], env=bare, cwd="/", check=True)
    assert recorded(home) == [str(home), name, "from the file", "tick", "--by", "cron"]


@pytest.mark.parametrize("name", PLACES)
def test_the_plist_calls_the_program_in_its_folder_with_its_environment(tmp_path: Path, name: str) -> None:
    home = tmp_path / name
    text = launchd.agent(call(home, MARK=name, OUT=str(home / "out")), str(home))
    read = plistlib.loads(text.content.encode())
    assert text.path == f"{home}/io.agentos.agentos-tick.plist"
    assert (read["Label"], read["StartInterval"], read["RunAtLoad"]) == ("io.agentos.agentos-tick", 60, True)
    assert read["StartCalendarInterval"][1] == {"Minute": 5}
    subprocess.run(
        read["ProgramArguments"],
        env={"PATH": "/usr/bin:/bin", **read["EnvironmentVariables"]},
        cwd=read["WorkingDirectory"],
        check=True,
    )
    assert recorded(home) == [str(home), name, "from the file", "tick", "--by", "launchd"]


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd here")
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "units"
    folder.mkdir()
    for text in systemd.units(call(tmp_path / name, MARK=name), str(folder)):
        Path(text.path).write_text(text.content)
    ran = subprocess.run(
        ["systemd-analyze", "verify", "--user", "--man=no", *map(str, sorted(folder.iterdir()))],
        env={"HOME": str(tmp_path), "PATH": os.environ["PATH"], "XDG_RUNTIME_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stderr.replace("\n", "")) == (0, "")


def unquoted(line: str) -> list[str]:
    """The words of a line as systemd.syntax(7) has it: double quotes, C escapes, then specifiers."""
    words, rest = [], line
    while rest:
        assert rest[0] == '"'
        word, at = "", 1
        while rest[at] != '"':
            at += rest[at] == "\\"
            word += rest[at]
            at += 1
        words.append(word.replace("%%", "%"))
        rest = rest[at + 1 :].lstrip()
    return words


@pytest.mark.parametrize("name", PLACES)
def test_the_service_names_program_folder_and_environment_so_that_they_come_out_right(
    tmp_path: Path, name: str
) -> None:
    made = call(tmp_path / name, MARK=name)
    lines = systemd.service(made).splitlines()
    given = dict(line.split("=", 1) for line in lines if "=" in line)
    assert given["ExecStart"][0] == ":"
    words = unquoted(given["ExecStart"][1:])
    if words[:2] == ["/bin/sh", "-c"]:
        words = words[3:]
    assert words == [*made.program, "tick", "--by", "systemd"]
    assert given["WorkingDirectory"].replace("%%", "%") == made.folder
    assert unquoted(given["Environment"]) == [f"MARK={name}"]
    assert given["EnvironmentFile"][0] == "-"


def test_the_units_are_as_the_design_asks(tmp_path: Path) -> None:
    made = Call(
        ("/opt/agentos",), "acme", "/home/ada", "/home/ada/waker.env", "/log", {},
        (("stripe", "/home/ada/my keys/stripe"),),
    )  # fmt: skip
    service, timer, failed = systemd.units(made, "/units")
    assert [service.path, timer.path] == [
        "/units/agentos-tick-acme.service",
        "/units/agentos-tick-acme.timer",
    ]
    for line in (
        "Type=oneshot", "TimeoutStartSec=10800s", "KillMode=mixed",
        "OnFailure=agentos-tick-acme-failed.service",
        "LoadCredential=stripe:/home/ada/my keys/stripe",
    ):  # fmt: skip
        assert f"\n{line}\n" in service.content
    for line in ("OnCalendar=*-*-* *:*:00", "Persistent=true", "AccuracySec=1s", "WantedBy=timers.target"):
        assert f"\n{line}\n" in timer.content
    assert '"schedule" "failed-unit" "agentos-tick-acme.service"' in failed.content
    assert "OnFailure" not in failed.content


MINE = "MAILTO=ada@example.com\n# mine\n0 5 * * * /usr/bin/true 50\\%\n"


@pytest.mark.parametrize("before", ["", MINE, MINE.rstrip("\n")])
def test_the_block_goes_in_once_and_comes_out_exactly(before: str, tmp_path: Path) -> None:
    block = cron.block(call(tmp_path))
    once = cron.with_block(before, block, "default")
    assert once.endswith(block)
    assert cron.with_block(once, block, "default") == once
    left = cron.without_block(once, "default")
    assert left == (before + "\n" if before and not before.endswith("\n") else before)


def test_a_block_stays_in_its_place_among_other_lines_and_those_of_other_tenants(tmp_path: Path) -> None:
    ours, theirs = cron.block(call(tmp_path)), cron.block(call(tmp_path, tenant="acme"))
    crontab = MINE + ours + "@daily /usr/bin/false\n" + theirs
    newer = cron.block(call(tmp_path, MARK="new"))
    assert cron.with_block(crontab, newer, "default") == crontab.replace(ours, newer)
    assert cron.without_block(crontab, "acme") == MINE + ours + "@daily /usr/bin/false\n"


def test_marks_that_were_changed_are_not_guessed_at(tmp_path: Path) -> None:
    block = cron.block(call(tmp_path))
    torn = block.replace("# agentos end (default)\n", "")
    with pytest.raises(DataProblem, match="marks"):
        cron.without_block(torn, "default")
    with pytest.raises(DataProblem, match="marks"):
        cron.with_block(block + block, block, "default")


@pytest.mark.parametrize("bad", ["two\nlines", "end ", "end\\", "tab\there"])
def test_a_path_that_cannot_be_written_down_is_refused(bad: str) -> None:
    with pytest.raises(DataProblem, match="cannot be written"):
        Call(("/agentos",), "default", f"/home/{bad}", "/e", "/l")


def test_a_line_that_cron_would_cut_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataProblem, match="too long"):
        cron.block(call(tmp_path, AGENTOS_COMPANY__NAME="x" * 1000))
