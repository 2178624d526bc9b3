"""What stands between `---` lines at the top of a document: as it is, and as fields.

It is YAML by name; of 285 real ones every thirtieth was none, mostly for a colon in a description. So each
field is read by itself: what is JSON5 as that, what is YAML as that, and what is neither as the text it is.
https://yaml.org/spec/1.2.2/ is the language; https://pyyaml.org/wiki/PyYAMLDocumentation its reader here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from agentos_cli.importers.source import lenient
from agentos_cli.importers.source.opening import Unreadable

MOST = 64_000
"""Characters of front matter; what is longer is taken for the document's own text."""
MOST_FIELDS = 200
DEEPEST = 30
KEY = re.compile(
    r"""(?P<quote>["']?)(?P<key>[A-Za-z_][\w .-]{0,99}?)(?P=quote)[ \t]*:(?:[ \t]+(?P<value>.*)|$)"""
)
FENCE = re.compile(r"---[ \t]*\r?\n")
CLOSING = re.compile(r"^---[ \t]*(?:\r?\n|$)", re.MULTILINE)
PLAIN = {
    "t": [("tag:yaml.org,2002:bool", re.compile(r"true|True|TRUE"))],
    "f": [("tag:yaml.org,2002:bool", re.compile(r"false|False|FALSE"))],
    "n": [("tag:yaml.org,2002:null", re.compile(r"null"))],
    "~": [("tag:yaml.org,2002:null", re.compile(r"~"))],
    "": [("tag:yaml.org,2002:null", re.compile(r""))],
}
"""What an unquoted word may mean beside itself: `no`, `1.10` and `2026-01-16` stay the words they are."""


def split(text: str) -> tuple[str | None, str]:
    """Front matter without its fences, None if there is none, and the text below it."""
    opened = FENCE.match(text)
    if opened is None:
        return None, text
    closed = CLOSING.search(text, opened.end(), opened.end() + MOST)
    if closed is None:
        return None, text
    return text[opened.end() : closed.start()], text[closed.end() :]


def fields(front: str) -> dict[str, object]:
    """The fields by name, in their order: text, true, false, None, lists and objects of these, and what
    JSON5 has beside them. Of a name that comes twice the last one counts. Raises nothing."""
    if len(front) > MOST:
        return {}
    found = {key: _value(key, lines) for key, lines in islice(_chunks(front), MOST_FIELDS)}
    if found:
        return found
    whole = _yaml(front)
    return {str(key): value for key, value in whole.items()} if isinstance(whole, dict) else {}


def _chunks(front: str) -> Iterator[tuple[str, list[str]]]:
    """Each field: its name, and its lines, the first without the name."""
    name, lines = "", list[str]()
    for line in front.splitlines():
        began = KEY.match(line)
        if began is None:
            lines.append(line)
            continue
        if name:
            yield name, lines
        name, lines = began["key"], [began["value"] or ""]
    if name:
        yield name, lines


def _value(key: str, lines: list[str]) -> object:
    text = "\n".join(lines).strip()
    if text.startswith(("{", "[")):
        try:
            return lenient.parse(text, key)
        except (Unreadable, ValueError, RecursionError):
            pass
    read = _yaml("\n".join([f"x: {lines[0]}", *lines[1:]]))
    if isinstance(read, dict) and set(read) == {"x"}:
        return read["x"]
    return " ".join(filter(None, (line.strip() for line in lines if not line.startswith("#"))))


def _yaml(text: str) -> object:
    """The value of a YAML text, None if it is none. One that repeats itself by alias is refused: a few lines
    of those are gigabytes."""
    import yaml

    try:
        depth = 0
        for event in yaml.parse(text, yaml.SafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            strange = isinstance(event, yaml.AliasEvent) or getattr(event, "tag", None)
            if strange or depth > DEEPEST:
                return None
        loader = yaml.SafeLoader(text)
        loader.yaml_implicit_resolvers = PLAIN
        return _kept(loader.get_single_data())
    except (yaml.YAMLError, ValueError, RecursionError):
        return None


def _kept(value: object) -> object:
    """The same, of nothing but what JSON can hold."""
    if isinstance(value, dict):
        return {str(key): _kept(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_kept(each) for each in value]
    return value if value is None or isinstance(value, bool) else str(value)
