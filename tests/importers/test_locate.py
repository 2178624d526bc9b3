"""Finding a home: whatever is named, wherever it was put, whoever wrote it last."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from agentos_cli.errors import DataProblem
from agentos_cli.importers.clawdbot.place.era import Era, era_of
from agentos_cli.importers.clawdbot.place.locate import Located, find_workspace, locate, open_home
from tests.importers import eras
from tests.importers.building import Link, as_json, snapshot, write

STRANGE = {"name": "clawdbot", "version": "1.0.0", "dependencies": {"left-pad": "1"}}


def found(given: Path | None, home_dir: Path, **environ: str) -> Located:
    return locate(given, environ, home_dir)


@pytest.mark.parametrize(
    ("made", "state", "config", "era", "version"),
    [
        (eras.clawdis, ".clawdis", "clawdis.json", Era.CLAWDIS, None),
        (eras.clawdbot_flat, ".clawdbot", "clawdbot.json", Era.CLAWDBOT, None),
        (eras.clawdbot, ".clawdbot", "clawdbot.json", Era.CLAWDBOT, "2026.1.24-3"),
        (eras.moltbot_split_brain, ".clawdbot", "moltbot.json", Era.MOLTBOT, "2026.1.27-beta.1"),
        (eras.openclaw, ".openclaw", "openclaw.json", Era.OPENCLAW, "2026.1.30"),
        (eras.openclaw_sqlite, ".openclaw", "openclaw.json", Era.OPENCLAW_SQLITE, "2026.6.2"),
    ],
)
def test_each_era_is_found_and_known(
    tmp_path: Path, made: Callable[[Path], Path], state: str, config: str, era: Era, version: str | None
) -> None:
    before = snapshot(made(tmp_path))
    at = found(None, tmp_path)
    assert (at.state, at.config, at.era, at.version) == (
        tmp_path / state, tmp_path / state / config, era, version,
    )  # fmt: skip
    assert (at.home, at.given, at.workspace, at.running) == (tmp_path, None, None, False)
    assert at.config_path == f"state/{config}"
    home = open_home(at)
    assert home.get(at.config_path) and (home.install, home.era) == (at.install, str(era))
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize(
    ("folder", "config", "version", "inside", "era"),
    [
        (".clawdbot", "clawdbot.json", "2026.1.4", "agents", Era.CLAWDBOT),
        (".clawdbot", "clawdbot.json", "2026.1.24-3", "agents", Era.CLAWDBOT),
        (".clawdbot", "clawdbot.json", "2026.1.27-beta.1", "agents", Era.MOLTBOT),
        (".clawdbot", "clawdbot.json", "2026.1.29", "agents", Era.OPENCLAW),
        (".clawdbot", "clawdbot.json", "v2026.9.4", "agents", Era.OPENCLAW),
        (".clawdbot", "clawdbot.json", "2.0.0-beta5", "agents", Era.CLAWDIS),
        (".clawdbot", "clawdbot.json", "1.3.0", "agents", Era.WARELAY),
        (".clawdbot", "clawdbot.json", "dev", "agents", Era.CLAWDBOT),
        (".clawdbot", "openclaw.json", None, "agents", Era.OPENCLAW),
        (".openclaw", "clawdbot.json", None, "agents", Era.OPENCLAW),
        (".openclaw", "clawdbot.json", None, "sessions", Era.CLAWDBOT),
        (".moldbot", None, None, "agents", Era.MOLTBOT),
        (".openclaw-work", None, None, "agents", Era.OPENCLAW),
        (".clawdis", None, None, "sessions", Era.CLAWDIS),
        (".warelay", None, None, "sessions", Era.WARELAY),
        ("anything", None, None, "agents", Era.CLAWDBOT),
    ],
)
def test_the_era_is_known_by_version_then_layout_then_name(
    tmp_path: Path, folder: str, config: str | None, version: str | None, inside: str, era: Era
) -> None:
    (tmp_path / folder / inside).mkdir(parents=True)
    assert era_of(tmp_path / folder, config, version) is era


# ── what may be named ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("named", ["", ".clawdbot", ".clawdbot/clawdbot.json", "link"])
def test_the_home_may_be_named_in_many_ways(tmp_path: Path, named: str) -> None:
    mara = eras.clawdbot(tmp_path / "mara")
    (mara / "link").symlink_to(".clawdbot")
    at = found(mara / named, tmp_path / "elsewhere")
    assert (at.state, at.config) == (mara / ".clawdbot", mara / ".clawdbot" / "clawdbot.json")
    assert (at.home, at.version, at.others) == (mara, "2026.1.24-3", ())
    assert find_workspace(at, "/home/mara/clawd", "main", True) == mara / "clawd"


def test_a_tilde_that_no_shell_has_spelled_out_is_the_users_home(tmp_path: Path) -> None:
    eras.clawdbot(tmp_path)
    assert found(Path("~/.clawdbot"), tmp_path).state == tmp_path / ".clawdbot"


def test_a_backup_may_have_lost_the_dots(tmp_path: Path) -> None:
    backup = eras.clawdbot(tmp_path / "backup")
    (backup / ".clawdbot").rename(backup / "clawdbot")
    at = found(backup, tmp_path)
    assert (at.state, find_workspace(at, "~/clawd-ops", "ops")) == (backup / "clawdbot", backup / "clawd-ops")


def test_a_state_directory_may_have_any_name(tmp_path: Path) -> None:
    eras.clawdbot(tmp_path)
    (tmp_path / ".clawdbot").rename(tmp_path / "old")
    assert found(tmp_path / "old", tmp_path).state == tmp_path / "old"


def test_without_settings_the_rest_still_tells_a_home(tmp_path: Path) -> None:
    eras.clawdbot(tmp_path)
    (tmp_path / ".clawdbot" / "clawdbot.json").unlink()
    at = found(tmp_path / ".clawdbot", tmp_path)
    assert (at.config, at.config_path, at.era, at.version) == (None, None, Era.CLAWDBOT, None)
    (tmp_path / ".clawdbot").rename(tmp_path / "old")
    assert found(tmp_path / "old", tmp_path).state == tmp_path / "old"


def test_a_workspace_alone_is_a_home_without_a_state(tmp_path: Path) -> None:
    mara = eras.clawdbot(tmp_path)
    at = found(mara / "clawd", tmp_path)
    assert (at.state, at.config, at.config_path, at.workspace) == (None, None, None, mara / "clawd")
    assert at.others == (mara / ".clawdbot",)
    assert find_workspace(at, None, "main", True) == mara / "clawd"
    assert find_workspace(at, None, "ops") is None
    assert open_home(at).all() == []


def test_a_workspace_within_a_state_directory_names_that_as_another(tmp_path: Path) -> None:
    mara = eras.openclaw(tmp_path)
    at = found(mara / ".openclaw" / "workspace", tmp_path)
    assert (at.state, at.era, at.others) == (None, Era.OPENCLAW, (mara / ".openclaw",))


# ── where it is looked for ───────────────────────────────────────────────────────────────────────────


def test_a_directory_and_the_link_to_it_are_one_home(tmp_path: Path) -> None:
    eras.openclaw(tmp_path)
    at = found(None, tmp_path)
    assert (at.state, at.others) == (tmp_path / ".openclaw", ())
    assert found(tmp_path / ".clawdbot", tmp_path).install == at.install


def test_of_two_homes_one_is_taken_and_the_other_named(tmp_path: Path) -> None:
    eras.moltbot_split_brain(tmp_path)
    at = found(None, tmp_path)
    assert (at.state, at.others) == (tmp_path / ".clawdbot", (tmp_path / ".moltbot",))
    other = found(tmp_path / ".moltbot", tmp_path)
    assert (other.state, other.others) == (tmp_path / ".moltbot", (tmp_path / ".clawdbot",))
    assert other.install != at.install


def test_the_newest_name_is_looked_for_first_and_an_empty_directory_is_none(tmp_path: Path) -> None:
    eras.clawdbot(tmp_path)
    (tmp_path / ".openclaw").mkdir()
    assert found(None, tmp_path).state == tmp_path / ".clawdbot"
    write(tmp_path / ".openclaw", {"openclaw.json": "{}"})
    at = found(None, tmp_path)
    assert (at.state, at.era, at.others) == (tmp_path / ".openclaw", Era.OPENCLAW, (tmp_path / ".clawdbot",))


def test_a_profile_is_a_home_of_its_own(tmp_path: Path) -> None:
    eras.clawdbot(tmp_path)
    write(tmp_path, {".clawdbot-work/clawdbot.json": "{}", "clawd-work/SOUL.md": "x"})
    assert found(None, tmp_path).others == (tmp_path / ".clawdbot-work",)
    at = found(tmp_path / ".clawdbot-work", tmp_path)
    assert at.others == (tmp_path / ".clawdbot",)
    assert find_workspace(at, None, "main", True) == tmp_path / "clawd-work"
    shutil.rmtree(tmp_path / ".clawdbot")
    assert found(None, tmp_path).state == tmp_path / ".clawdbot-work"


def test_the_old_programs_variables_come_first(tmp_path: Path) -> None:
    eras.clawdbot(tmp_path)
    write(tmp_path / "far", {"data/openclaw.json": "{}", "other/agents/x": "", "other/cron/x": ""})
    at = found(None, tmp_path, CLAWDBOT_STATE_DIR=str(tmp_path / "far/data"))
    assert (at.state, at.home) == (tmp_path / "far" / "data", tmp_path)
    both = {"CLAWDBOT_STATE_DIR": "~/far/data", "OPENCLAW_STATE_DIR": str(tmp_path / "far/other")}
    assert found(None, tmp_path, **both).state == tmp_path / "far" / "other"
    assert found(None, tmp_path, CLAWDBOT_STATE_DIR="/nowhere").state == tmp_path / ".clawdbot"
    assert found(tmp_path / ".clawdbot", tmp_path, **both).state == tmp_path / ".clawdbot"


def test_settings_may_lie_elsewhere(tmp_path: Path) -> None:
    eras.clawdbot(tmp_path)
    write(
        tmp_path, {"dotfiles/claw.json": '{meta: {lastTouchedVersion: "2026.1.29"}}', "dotfiles/private": "x"}
    )
    at = found(None, tmp_path, OPENCLAW_CONFIG_PATH="~/dotfiles/claw.json")
    assert (at.config, at.version, at.era) == (tmp_path / "dotfiles/claw.json", "2026.1.29", Era.OPENCLAW)
    home = open_home(at)
    assert at.config_path == "config/claw.json" and home.get("config/claw.json")
    assert [entry.path for entry in home.all() if "private" in entry.path] == []


def test_nothing_found_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(DataProblem) as refused:
        found(None, tmp_path, CLAWDBOT_STATE_DIR="/nowhere/claw")
    assert refused.value.exit_code == 7 and "\n" not in refused.value.what
    for place in (
        "/nowhere/claw",
        "~/.openclaw",
        "~/.clawdbot",
        "~/.moltbot",
        "~/.moldbot",
        "~/.clawdis",
        "~/.warelay",
    ):
        assert place in refused.value.what
    assert refused.value.fix and "--from-clawdbot" in refused.value.fix


@pytest.mark.parametrize("named", ["none", "empty", "file.tar.gz", "\x1b[2Jnone\n"])
def test_what_is_no_home_is_one_clear_line(tmp_path: Path, named: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.tar.gz").touch()
    with pytest.raises(DataProblem) as refused:
        found(tmp_path / named, tmp_path)
    assert refused.value.what.isprintable() and refused.value.fix


# ── settings that are something else, or broken ──────────────────────────────────────────────────────


@pytest.mark.parametrize("value", [STRANGE, [1, 2], "text", {"compilerOptions": {}}, None])
@pytest.mark.parametrize("named", [True, False])
def test_a_file_that_is_something_else_is_refused_politely(
    tmp_path: Path, value: object, named: bool
) -> None:
    write(tmp_path, {".clawdbot/clawdbot.json": as_json(value)})
    with pytest.raises(DataProblem) as refused:
        found(tmp_path / ".clawdbot" if named else None, tmp_path)
    assert refused.value.exit_code == 7 and ".clawdbot/clawdbot.json" in refused.value.what
    assert refused.value.what.isprintable() and refused.value.fix


def test_a_manifest_does_not_hide_the_home_behind_it(tmp_path: Path) -> None:
    eras.clawdbot(tmp_path)
    write(tmp_path, {".openclaw/openclaw.json": as_json(STRANGE), "clawdbot.json": as_json(STRANGE)})
    assert found(None, tmp_path).state == tmp_path / ".clawdbot"
    assert found(tmp_path, tmp_path).state == tmp_path / ".clawdbot"


def test_a_second_name_is_read_if_the_first_is_broken(tmp_path: Path) -> None:
    eras.clawdbot(tmp_path)
    write(tmp_path, {".clawdbot/openclaw.json": "{ half"})
    assert found(None, tmp_path).config == tmp_path / ".clawdbot" / "clawdbot.json"


def test_broken_settings_do_not_cost_the_rest(tmp_path: Path) -> None:
    eras.clawdbot(tmp_path)
    settings = tmp_path / ".clawdbot" / "clawdbot.json"
    settings.write_text(settings.read_text()[:400])
    at = found(None, tmp_path)
    assert (at.config, at.version, at.era) == (settings, "2026.1.24-3", Era.CLAWDBOT)
    write(tmp_path / "alone", {"clawdbot.json": "{ half"})
    with pytest.raises(DataProblem, match=r"alone/clawdbot\.json: line 1"):
        found(tmp_path / "alone", tmp_path)


def test_settings_behind_a_link_that_leads_out_are_not_read(tmp_path: Path) -> None:
    eras.clawdbot(tmp_path / "mara")
    settings = tmp_path / "mara" / ".clawdbot" / "clawdbot.json"
    settings.rename(tmp_path / "outside.json")
    settings.symlink_to(tmp_path / "outside.json")
    at = found(tmp_path / "mara", tmp_path)
    assert (at.config, at.version) == (None, None)
    entry = next(entry for entry in open_home(at).all() if entry.path == "state/clawdbot.json")
    assert entry.problem == "a link that leads out of the home: not followed"


def test_a_link_out_of_a_backup_is_no_home(tmp_path: Path) -> None:
    eras.clawdbot(tmp_path / "live")
    write(tmp_path / "backup", {".clawdbot": Link(tmp_path / "live" / ".clawdbot")})
    with pytest.raises(DataProblem, match="holds no Clawdbot home"):
        found(tmp_path / "backup", tmp_path)
    assert found(tmp_path / "backup", tmp_path / "backup").state == tmp_path / "live" / ".clawdbot"


# ── which installation, and whether it runs ──────────────────────────────────────────────────────────


def test_a_copy_of_a_home_is_the_same_installation(tmp_path: Path) -> None:
    eras.clawdbot(tmp_path / "mara")
    shutil.copytree(tmp_path / "mara", tmp_path / "backup", symlinks=True)
    first, second = found(tmp_path / "mara", tmp_path), found(tmp_path / "backup", tmp_path)
    assert first.install == second.install and len(first.install) == 16
    assert set(first.install) <= set("0123456789abcdef")
    for home in ("mara", "backup"):
        (tmp_path / home / ".clawdbot/identity/device.json").unlink()
    first, second = found(tmp_path / "mara", tmp_path), found(tmp_path / "backup", tmp_path)
    assert first.install != second.install


@pytest.mark.parametrize(
    "device", ["", "{", "[]", '{"deviceId": 3}', "[" * 100_000, '{"deviceId": ""}', None]
)
def test_a_device_without_a_name_is_known_by_its_place(tmp_path: Path, device: str | None) -> None:
    eras.clawdis(tmp_path)
    expected = found(None, tmp_path).install
    write(tmp_path, {".clawdis/identity/device.json": Link("nowhere") if device is None else device})
    assert found(None, tmp_path).install == expected


@pytest.mark.parametrize(
    "lock", ["agents/ops/sessions/x.jsonl.lock", "gateway.lock", "sessions/y.jsonl.lock"]
)
def test_a_fresh_lock_says_that_the_old_program_runs(tmp_path: Path, lock: str) -> None:
    eras.clawdbot(tmp_path)
    path = tmp_path / ".clawdbot" / lock
    path.parent.mkdir(exist_ok=True)
    path.touch()
    assert found(None, tmp_path).running
    os.utime(path, (path.stat().st_mtime - 700,) * 2)
    assert not found(None, tmp_path).running


# ── workspaces ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("configured", "lies"),
    [
        ("~/clawd", "clawd"),
        ("~/notes/mine", "notes/mine"),
        ("/home/mara/notes/mine", "notes/mine"),
        ("/Users/mara/notes/mine", "notes/mine"),
        ("/" + "root/notes/mine", "notes/mine"),
        ("C:\\Users\\mara\\notes\\mine", "notes/mine"),
        ("/home/mara/.openclaw/workspace", ".clawdbot/workspace"),
        ("/opt/data/.clawdbot/workspace", ".clawdbot/workspace"),
        ("/opt/somewhere/clawd-two", "clawd-two"),
        ("/opt/somewhere/unknown", "clawd"),
        ("~/gone", "clawd"),
        (None, "clawd"),
        ("  ", "clawd"),
        ("nul\0byte", "clawd"),
        ("x" * 9000, "clawd"),
    ],
)
def test_a_workspace_is_found_where_the_home_lies_now(
    tmp_path: Path, configured: str | None, lies: str
) -> None:
    mara = eras.clawdbot(tmp_path / "backup")
    write(mara, {"notes/mine/SOUL.md": "", "clawd-two/SOUL.md": "", ".clawdbot/workspace/SOUL.md": ""})
    assert find_workspace(found(mara, tmp_path), configured, "main", True) == mara / lies


def test_an_agents_workspace_is_its_own_or_none(tmp_path: Path) -> None:
    mara = eras.clawdbot(tmp_path)
    at = found(None, tmp_path)
    assert find_workspace(at, None, "ops") == mara / "clawd-ops"
    assert find_workspace(at, "~/clawd", "dev") == mara / "clawd"
    assert find_workspace(at, "~/gone", "dev") is None


def test_the_place_of_the_era_comes_first(tmp_path: Path) -> None:
    mara = eras.openclaw(tmp_path)
    write(mara, {"clawd/SOUL.md": "left over"})
    at = found(None, tmp_path)
    assert find_workspace(at, None, "main", True) == mara / ".openclaw" / "workspace"
    assert find_workspace(at, None, "ops") == mara / ".openclaw" / "workspace-ops"


def test_settings_cannot_send_us_just_anywhere(tmp_path: Path) -> None:
    mara = eras.clawdbot(tmp_path / "mara")
    write(tmp_path, {"private/diary.md": "", "real/SOUL.md": "", "mara/way-out": Link(tmp_path / "private")})
    at = found(mara, tmp_path)
    for configured in (str(tmp_path / "private"), "~/../private", "~/way-out"):
        assert find_workspace(at, configured, "dev") is None
    assert find_workspace(at, str(tmp_path / "real"), "dev") == tmp_path / "real"


def test_the_user_has_the_last_word(tmp_path: Path) -> None:
    mara = eras.clawdbot(tmp_path)
    at = replace(found(None, tmp_path), workspace=tmp_path / "elsewhere")
    assert find_workspace(at, "~/clawd", "main", True) == tmp_path / "elsewhere"
    assert find_workspace(at, None, "ops") == mara / "clawd-ops"
