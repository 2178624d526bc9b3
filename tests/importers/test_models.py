"""Providers, chains and aliases come over without any key; the rest of the settings into the archive."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentos_cli.belongings import Archive, ModelProvider, ModelRoute
from agentos_cli.importers.clawdbot.settings import leftovers, models
from agentos_cli.importers.clawdbot.settings.shape import plain_url
from agentos_cli.importers.piece import Piece
from agentos_cli.importers.secrets.redactor import Redactor
from tests.importers import eras
from tests.importers.building import Content, as_json
from tests.importers.settings_samples import home_of, read

SECRET = "Inv3ntedAndNowhereElse"


def pieces(home: Path) -> list[Piece]:
    found = read(home)
    return list(models.read(found.home, found.setup, Redactor()))


def rest(home: Path) -> list[Piece]:
    found = read(home)
    return list(leftovers.read(found.home, found.setup, Redactor()))


def providers(home: Path) -> dict[str, ModelProvider]:
    things = [piece.thing for piece in pieces(home)]
    return {thing.name: thing for thing in things if isinstance(thing, ModelProvider)}


def routes(home: Path) -> dict[str, ModelRoute]:
    things = [piece.thing for piece in pieces(home)]
    return {thing.key: thing for thing in things if isinstance(thing, ModelRoute)}


def defaults(**said: object) -> dict[str, object]:
    return {"agents": {"defaults": said}}


def test_a_provider_comes_with_a_reference_in_place_of_its_key(tmp_path: Path) -> None:
    found = providers(eras.clawdbot(tmp_path))
    cost = {"input": 0.1, "output": 0.3, "cacheRead": 0, "cacheWrite": 0}
    model = {
        "id": "qwen3-32b",
        "name": "Qwen3 32B",
        "reasoning": False,
        "input": ["text"],
        "context_window": 131072,
        "max_tokens": 8192,
        "cost": cost,
    }
    assert found["litellm"] == ModelProvider(
        "litellm", "http://127.0.0.1:4000/v1", "openai-completions", "env:LITELLM_KEY", (model,)
    )
    assert found["anthropic"] == ModelProvider("anthropic", credential="env:ANTHROPIC_API_KEY")
    assert found["openai"].credential == "env:OPENAI_API_KEY"


def test_no_key_of_any_kind_comes_over(tmp_path: Path) -> None:
    provider = {
        "baseUrl": f"https://user:{SECRET}@models.test/v1",
        "apiKey": SECRET,
        "headers": {"X-Anything": SECRET},
        "models": [{"id": "m", "headers": {"a": SECRET}, "cost": {"input": 1, "note": SECRET}}],
    }
    found = pieces(home_of(tmp_path, {"models": {"providers": {"mine": provider}}}))
    assert SECRET not in repr(found)
    assert providers(tmp_path / "mara")["mine"].credential == "env:MINE_API_KEY"


@pytest.mark.parametrize(
    ("address", "plain"),
    [
        ("http://127.0.0.1:4000/v1", "http://127.0.0.1:4000/v1"),
        ("https://u:p@m.test/v1", "https://m.test/v1"),
        ("https://u:p@x@m.test", "https://m.test"),
        ("https://m.test/a@b?key=abc&v=1", "https://m.test/a@b?key=[REDACTED:url]&v=1"),
        ("https://m.test?key=${GOOGLE_KEY}&flag", "https://m.test?key=${GOOGLE_KEY}&flag"),
        ("${BASE_URL}", "${BASE_URL}"),
        ("nonsense", "nonsense"),
    ],
)
def test_an_address_keeps_where_it_leads_and_nothing_that_may_be_a_key(address: str, plain: str) -> None:
    assert plain_url(address) == plain and plain_url(plain) == plain


def test_chains_of_the_defaults_and_of_agents(tmp_path: Path) -> None:
    said = {
        "agents": {
            "defaults": {
                "model": {"primary": "a/one", "fallbacks": ["b/two", "b/two"]},
                "imageModel": "c/see",
                "heartbeat": {"model": "a/small"},
                "subagents": {"model": {"primary": "a/sub", "fallbacks": ["b/sub"]}},
            },
            "list": [
                {"id": "main"},
                {"id": "ops", "model": "c/three", "heartbeat": {"model": "c/tiny"}},
                {"id": "lab", "model": {"primary": "c/four", "fallbacks": []}},
                {"id": "odd", "model": {"fallbacks": ["c/five"]}},
            ],
        },
        "auth": {"order": {"anthropic": ["anthropic:work", "anthropic:default"], "empty": []}},
    }
    found = {key: route.models for key, route in routes(home_of(tmp_path, said)).items()}
    assert found == {
        "chain:default": ("a/one", "b/two"),
        "chain:image:default": ("c/see",),
        "chain:heartbeat:default": ("a/small",),
        "chain:subagents:default": ("a/sub", "b/sub"),
        "chain:ops": ("c/three", "b/two"),  # what it does not say is as in the defaults
        "chain:lab": ("c/four",),
        "chain:odd": ("a/one", "c/five"),
        "chain:heartbeat:ops": ("c/tiny",),
        "order:anthropic": ("anthropic:work", "anthropic:default"),
    }


def test_fallbacks_that_were_silently_dropped_there_come_over_with_a_word(tmp_path: Path) -> None:
    home = home_of(
        tmp_path,
        defaults(
            model={"primary": "x/first", "fallbacks": ["Claude-Haiku-4-5", "fast", "openai/gpt-5.2"]},
            models={"anthropic/claude-haiku-4-5": {}, "groq/llama": {"alias": "fast"}},
        ),
    )
    piece = next(piece for piece in pieces(home) if piece.name == "chain:default")
    assert isinstance(piece.thing, ModelRoute)
    assert piece.thing.models == ("x/first", "Claude-Haiku-4-5", "fast", "openai/gpt-5.2")
    assert piece.thing.note == "not among the allowed models there, so never tried: openai/gpt-5.2"
    assert piece.asks == ("chain default: openai/gpt-5.2 was never tried there; it would be here",)
    assert routes(home)["alias:fast"].models == ("groq/llama",)


def test_without_a_list_of_allowed_models_nothing_was_dropped(tmp_path: Path) -> None:
    found = routes(home_of(tmp_path, defaults(model={"primary": "a/b", "fallbacks": ["c/d"]})))
    assert found["chain:default"].note is None


def test_a_generated_catalogue_is_skipped_unless_it_alone_knows_a_provider(tmp_path: Path) -> None:
    settings = {"models": {"providers": {"litellm": {"baseUrl": "http://127.0.0.1:4000"}}}}
    known = {"litellm": {"baseUrl": "http://127.0.0.1:4000", "apiKey": SECRET}}
    alone = {**known, "venice": {"baseUrl": "https://venice.test", "apiKey": "VENICE_API_KEY"}}
    files: dict[str, Content] = {
        "agents/main/agent/models.json": as_json({"providers": known}),
        "agents/ops/agent/models.json": as_json({"providers": alone}),
        "agents/lab/agent/models.json": as_json({"providers": alone}),
        "agents/bad/agent/models.json": "{ broken",
    }
    found = pieces(home_of(tmp_path, settings, files))
    told = {piece.path: piece for piece in found if piece.path.endswith("models.json")}
    assert {path.split("/")[2]: piece.outcome for path, piece in told.items()} == {
        "bad": "failed",
        "lab": None,
        "main": "skipped",
        "ops": "skipped",
    }
    assert told["state/agents/lab/agent/models.json"].thing == ModelProvider(
        "venice", "https://venice.test", None, "env:VENICE_API_KEY"
    )
    assert SECRET not in repr(found)


def test_no_settings_and_no_catalogue_give_no_models(tmp_path: Path) -> None:
    assert [piece for piece in pieces(home_of(tmp_path, {"meta": {}})) if piece.thing] == []


# ── what has no place ────────────────────────────────────────────────────────────────────────────


def test_all_settings_are_kept_redacted_and_the_same_each_time(tmp_path: Path) -> None:
    one, two = (
        next(piece for piece in rest(eras.clawdbot(tmp_path / name)) if piece.kind == "archive")
        for name in "ab"
    )
    assert isinstance(one.thing, Archive) and one.thing.name == "source-config.redacted.json"
    assert (one.thing, one.digest) == (two.thing, two.digest)
    kept = json.loads(one.thing.text)
    assert kept["gateway"]["port"] == 18789 and kept["myOwnKey"] == 1
    assert kept["models"]["providers"]["litellm"]["apiKey"] == "${LITELLM_KEY}"
    assert kept["env"]["vars"] == {"GROQ_API_KEY": "[REDACTED:env]"} and one.redacted["env"] == 1
    assert one.outcome == "archived" and one.path == "state/clawdbot.json"


def test_values_of_variables_and_headers_are_taken_out_whatever_they_look_like(tmp_path: Path) -> None:
    settings = {
        "env": {"PLAIN": SECRET, "vars": {"B": SECRET}, "shellEnv": {"enabled": True}, "KEPT": "${OTHER}"},
        "skills": {"entries": {"notion": {"env": {"NOTION_DB": SECRET}, "enabled": True}}},
        "models": {"providers": {"mine": {"headers": {"X-Anything": SECRET}, "api": "x"}}},
    }
    found = rest(home_of(tmp_path, settings))
    archive = next(piece.thing for piece in found if isinstance(piece.thing, Archive))
    assert SECRET not in repr(found)
    kept = json.loads(archive.text)
    assert kept["env"]["shellEnv"] == {"enabled": True} and kept["env"]["KEPT"] == "${OTHER}"
    assert kept["skills"]["entries"]["notion"]["enabled"] is True
    assert kept["models"]["providers"]["mine"]["api"] == "x"


def test_every_key_that_nothing_brings_over_is_named_with_a_reason(tmp_path: Path) -> None:
    found = {piece.name: piece for piece in rest(eras.clawdbot(tmp_path)) if piece.kind == "setting"}
    assert set(found) == {"env", "bindings", "channels", "gateway", "myOwnKey"}
    assert {piece.outcome for piece in found.values()} == {"archived"}
    assert {piece.path for piece in found.values()} == {"state/clawdbot.json"}
    assert "not a key of the source program" in str(found["myOwnKey"].reason)
    assert "notify add" in str(found["channels"].reason)
    assert all(piece.digest for piece in found.values())


def test_code_and_older_copies_are_named_and_left_where_they_are(tmp_path: Path) -> None:
    found = {piece.path: str(piece.reason) for piece in rest(eras.clawdbot(tmp_path)) if piece.kind == "file"}
    assert found == {
        "state/clawdbot.json.bak": "an older copy of the settings",
        "state/hooks/greet/HOOK.md": "code is never run or copied",
        "state/hooks/greet/handler.ts": "code is never run or copied",
        "state/extensions/weather/index.js": "code is never run or copied",
    }


def test_a_home_without_settings_has_nothing_left_over(tmp_path: Path) -> None:
    home = home_of(tmp_path, "{ broken")
    assert rest(home) == []
