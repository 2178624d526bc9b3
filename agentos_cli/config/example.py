"""The example file, made from the settings themselves: every key, its default and its docstring."""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from agentos_cli.config.model import SAMPLE, Settings

HEAD = """\
# agentos configuration. Every key is shown with its default; uncomment what you change.
# Copy to ~/.config/agentos/config.toml (yours) or ./agentos.toml (this project's).
# Check it with `agentos config validate`. Keys and passwords never go in here: see `agentos connect`.
"""


def example() -> str:
    """The text of `config.example.toml`. Commented out, it changes nothing."""
    return HEAD + "\n".join(_section("", Settings()))


def _section(name: str, value: Any) -> Iterator[str]:
    docs = docstrings(type(value))
    nested = [f.name for f in fields(value) if is_dataclass(getattr(value, f.name))]
    if name:
        yield f"\n# {' '.join((inspect.getdoc(type(value)) or '').split())}\n[{name}]"
    shown = [f for f in fields(value) if SAMPLE in f.metadata]
    for f in fields(value):
        if f.name not in nested and f not in shown:
            yield f"\n# {docs.get(f.name, '')}"
            yield f"# {f.name} = {toml(getattr(value, f.name))}"
    for part in nested:
        yield from _section(f"{name}.{part}" if name else part, getattr(value, part))
    for f in shown:
        yield f"\n# {docs.get(f.name, '')}"
        yield from (f"#   {line}" for line in f.metadata[SAMPLE].splitlines())
    if not name:
        yield ""


def docstrings(section: type) -> dict[str, str]:
    """The docstring under each field of a settings class."""
    body = ast.parse(inspect.getsource(section)).body[0]
    assert isinstance(body, ast.ClassDef)
    found = {}
    for node, after in zip(body.body, body.body[1:], strict=False):
        if isinstance(node, ast.AnnAssign) and isinstance(after, ast.Expr):
            assert isinstance(node.target, ast.Name) and isinstance(after.value, ast.Constant)
            found[node.target.id] = " ".join(str(after.value.value).split())
    return found


def toml(value: Any) -> str:
    """A plain value as TOML writes it."""
    match value:
        case None:
            return "...  (not set)"
        case bool():
            return "true" if value else "false"
        case dict() if not value:
            return "{}"
        case dict():
            return "{ " + ", ".join(f"{json.dumps(k)} = {toml(v)}" for k, v in value.items()) + " }"
        case str():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return repr(value)
