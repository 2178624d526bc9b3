"""Settings: which one wins, where it came from, and a mistake named by file, line and nearest key."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.cli.program import Program

MISTAKES = {
    '[company]\nnmae = "X"\n': ("line 2", "did you mean `name`?"),
    '[compny]\nname = "X"\n': ("line 1", "did you mean `company`?"),
    "# mine\n[policy]\n# a goal\nmrr_gaol = 5\n": ("line 4", "did you mean `mrr_goal`?"),
    "[policy.weights]\nurgancy = 0.2\n": ("line 2", "did you mean `urgency`?"),
    "[sync.life]\nstirpe = 5\n": ("line 2", "did you mean `stripe`?"),
    "[sync.life]\npaypal = 5\n": ("line 2", "choose from stripe, hubspot, linear, files"),
    "[sync.rate]\nstirpe = 5\n": ("line 2", "did you mean `stripe`?"),
    "[sync.rate]\nstripe = 0\n": ("line 2", "must be from 0.01 to 10000 calls a second"),
    'company = "X"\n': ("line 1", "is a section, written as [company]"),
    "[company]\nname = 3\n": ("line 2", "company.name: must be a valid string"),
    '[sync]\ndeadline = "soon"\n': ("line 2", "sync.deadline: must be a valid number"),
    "[sync]\ndeadline = -1\n": ("line 2", "must be more than 0 seconds"),
    '[sync.life]\nstripe = "x"\n': ("line 2", "must be a valid integer"),
    "[policy]\ngross_margin = 80\n": ("line 2", "must be a fraction above 0, up to 1"),
    "[policy.weights]\nurgency = 0.9\n": ("policy.weights", "must sum to 1"),
    '[energy]\ncurve = { "25:00" = 5 }\n': ("line 2", "must map times to levels"),
    '[company]\ntimezone = "Mars/Olympus"\n': ("line 2", "is no time zone"),
    '[company]\ncurrency = "usd"\n': ("line 2", "three capital letters"),
    '[store]\nurl = "postgresql://me:hunter2@host/x"\n': ("line 2", "must not hold the password"),
    '[store]\npassword = "hunter2hunter2"\n': ("line 2", "must be a reference"),
    '[company\nname = "X"\n': ("at line 1", "not valid TOML"),
    '[company]\nname = "A"\nname = "B"\n': ("at line 3", "not valid TOML"),
}
"""A file, and what its error says: where, and what would be right."""


@pytest.fixture
def program(fresh: Program) -> Program:
    """Here it is the first start that is looked at, and what may not be written by it."""
    return fresh


def settings(program: Program, **environment: str) -> dict[str, Any]:
    ran = program("config", "show", "--json", env=environment)
    assert ran.code == 0, ran.err
    return {item["key"]: (item["value"], item["origin"]) for item in ran.json()["settings"]}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_is_named_by_file_line_and_what_would_be_right(program: Program, text: str) -> None:
    program.configure(text)
    for words in (("config", "validate"), ("brief",), ("status", "--json")):
        ran = program(*words)
        assert (ran.code, ran.raw) == (7, b"")
        assert ran.said_plainly()
        for part in (str(program.config), *MISTAKES[text]):
            assert part in ran.err, ran.err
        assert "hunter2" not in ran.err
        assert sum(line.startswith(("error: ", "{")) for line in ran.err.splitlines()) == 1
    assert not program.database.exists()


def test_all_mistakes_of_a_file_are_told(program: Program) -> None:
    program.configure('[company]\nnmae = "X"\n\n[sync]\ndeadine = 3\n')
    ran = program("config", "validate")
    assert ran.code == 7
    assert "line 2" in ran.err
    assert "line 5" in ran.err


def test_a_file_that_is_no_text_is_named(program: Program) -> None:
    program.configure("")
    program.config.write_bytes(b"\xff\xfe[company]")
    ran = program("brief")
    assert (ran.code, ran.raw) == (7, b"")
    assert str(program.config) in ran.err
    assert ran.said_plainly()


def test_a_mistake_in_the_environment_is_named(program: Program) -> None:
    for name, value, words in (
        ("AGENTOS_COMPANY__NMAE", "X", "did you mean `name`?"),
        ("AGENTOS_SYNC__DEADLINE", "soon", "sync.deadline: must be a valid number"),
        ("AGENTOS_SYNC__LIFE", '{"stripe":', "sync.life"),
        ("AGENTOS_TENANT", "Not.One", "lower-case"),
    ):
        ran = program("config", "validate", env={name: value})
        assert (ran.code, ran.raw) == (7, b"")
        assert "environment: " in ran.err
        assert words in ran.err


# ── which one wins ───────────────────────────────────────────────────────────────────────────────


def test_the_nearer_layer_wins_and_says_so(program: Program) -> None:
    assert settings(program)["company.name"] == ("My company", "default")
    program.configure('[company]\nname = "User"\ncurrency = "EUR"\n[sync]\ndeadline = 30\n')
    user = str(program.config)
    assert settings(program)["company.name"] == ("User", user)
    project = program.home / "agentos.toml"
    project.write_text('[company]\nname = "Project"\n', encoding="utf-8")
    found = settings(program)
    assert found["company.name"] == ("Project", str(project))
    assert found["company.currency"] == ("EUR", user)
    found = settings(program, AGENTOS_COMPANY__NAME="Environment")
    assert found["company.name"] == ("Environment", "environment")
    assert found["sync.deadline"] == (30.0, user)
    assert found["display.ascii"] == (False, "default")
    shown = program("config", "show", "--origin", "--changed").out
    assert re.search(rf'company\.name +"Project" +{re.escape(str(project))}', shown)
    assert "display.ascii" not in shown


def test_a_flag_wins_over_everything(program: Program) -> None:
    program.configure('tenant = "from-file"\n')
    assert program("status", "--json").json()["tenant"] == "from-file"
    env = {"AGENTOS_TENANT": "from-environment"}
    assert program("status", "--json", env=env).json()["tenant"] == "from-environment"
    assert program("status", "--tenant", "from-flag", "--json", env=env).json()["tenant"] == "from-flag"


def test_one_file_can_be_named_instead_of_both(program: Program, tmp_path: Path) -> None:
    program.configure('[company]\nname = "User"\n')
    (program.home / "agentos.toml").write_text("[sync]\ndeadline = 5\n", encoding="utf-8")
    only = tmp_path / "only.toml"
    only.write_text('[company]\ncurrency = "GBP"\n', encoding="utf-8")
    found = settings(program, AGENTOS_CONFIG=str(only))
    assert found["company.currency"] == ("GBP", str(only))
    assert found["company.name"] == ("My company", "default")
    assert found["sync.deadline"] == (60.0, "default")
    ran = program("brief", env={"AGENTOS_CONFIG": str(tmp_path / "none.toml")})
    assert (ran.code, ran.raw) == (7, b"")
    assert "none.toml" in ran.err


def test_a_project_file_counts_only_in_its_folder(program: Program, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "agentos.toml").write_text('[company]\nname = "Project"\n', encoding="utf-8")
    inside = program("config", "show", "--json", cwd=folder).json()["settings"]
    assert next(item["value"] for item in inside if item["key"] == "company.name") == "Project"
    assert settings(program)["company.name"][0] == "My company"


def test_a_change_is_seen_at_once_though_settings_are_remembered(program: Program) -> None:
    for name in ("First", "Other", "First"):
        program.configure(f'[company]\nname = "{name}"\n')
        for _ in range(2):
            assert settings(program)["company.name"] == (name, str(program.config))
    assert settings(program, AGENTOS_COMPANY__NAME="Third")["company.name"][0] == "Third"
    assert settings(program)["company.name"][0] == "First"
    program.config.unlink()
    assert settings(program)["company.name"] == ("My company", "default")


def test_what_is_remembered_may_be_spoiled(program: Program) -> None:
    program.configure('[company]\nname = "Mine"\n')
    assert settings(program)["company.name"][0] == "Mine"
    (kept,) = (program.home / ".cache/agentos").glob("settings.json")
    for spoiled in ("{}", "not json", '{"key": 1}', ""):
        kept.write_text(spoiled, encoding="utf-8")
        assert settings(program)["company.name"][0] == "Mine"


def test_settings_shape_the_brief(program: Program) -> None:
    program.configure('[company]\nname = "Acme Söhne"\ncurrency = "EUR"\ntimezone = "Asia/Tokyo"\n')
    brief = program("brief", "--cached", "--json").json()
    assert (brief["company"], brief["currency"], brief["zone"]) == ("Acme Söhne", "EUR", "Asia/Tokyo")
    assert brief["as_of"].endswith("+09:00")


# ── the example ──────────────────────────────────────────────────────────────────────────────────


def uncommented(text: str) -> str:
    """The example with every setting in force; those that have no default stay out."""
    lines = (re.sub(r"^# ([a-z_]+ = )", r"\1", line) for line in text.splitlines())
    return "\n".join(line for line in lines if not line.endswith("(not set)"))


def test_the_example_shows_every_setting_with_its_default(program: Program) -> None:
    text = program("config", "example").out
    assert all(isinstance(value, dict) for value in tomllib.loads(text).values()), (
        "as printed it sets nothing"
    )
    defaults = settings(program)
    program.configure(uncommented(text))
    applied = settings(program)
    assert {key: value for key, (value, _) in applied.items()} == {k: v for k, (v, _) in defaults.items()}
    unset = {"policy.mrr_goal", "policy.quarter_target", "policy.cac_goal"}
    assert {key for key, (_, origin) in applied.items() if origin == "default"} == unset
    assert all(key.split(".")[-1] in text for key in unset)


def test_the_example_is_never_written_over_a_file(program: Program) -> None:
    program.configure("# mine\n")
    ran = program("config", "example", "--write", str(program.config))
    assert (ran.code, ran.raw) == (2, b"")
    assert program.config.read_text(encoding="utf-8") == "# mine\n"
    ran = program("config", "example", "--write", "new.toml")
    assert ran.code == 0
    assert (program.home / "new.toml").read_text(encoding="utf-8") == program("config", "example").out
