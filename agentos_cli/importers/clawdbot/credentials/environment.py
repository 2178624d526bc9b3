"""Reads `.env` files: names and values of variables, as the shell and the usual libraries understand them."""

from __future__ import annotations

import re
from collections.abc import Iterator

_LINE = re.compile(
    r"^[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][A-Za-z0-9_.-]{0,99})[ \t]*[=:][ \t]*"
    r"(?:\"(?P<double>(?:\\.|[^\"\\])*)\"|'(?P<single>[^']*)'|`(?P<back>[^`]*)`|(?P<bare>[^\r\n]*))",
    re.MULTILINE | re.ASCII,
)
_COMMENT = re.compile(r"\s+#.*")


def variables(text: str) -> Iterator[tuple[str, str]]:
    """Each variable that is set, with its value; a value in quotes may have several lines."""
    for found in _LINE.finditer(text):
        if found["bare"] is not None:
            yield found["name"], _COMMENT.sub("", found["bare"]).strip()
        else:
            value = found["double"] or found["single"] or found["back"] or ""
            yield found["name"], value.replace("\\n", "\n") if found["double"] else value
