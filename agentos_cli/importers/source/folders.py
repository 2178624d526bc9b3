"""Which folders of a home are not looked into, and which files not read, each with the reason."""

from __future__ import annotations

import re

_PACKAGES = "installed packages, which nobody here wrote"
_CACHE = "a cache of tools"
_HISTORY = "the history of versions; the files themselves are read"
_ANYWHERE = {
    ".git": _HISTORY,
    ".hg": _HISTORY,
    ".svn": _HISTORY,
    "node_modules": _PACKAGES,
    ".venv": _PACKAGES,
    "venv": _PACKAGES,
    "__pycache__": _CACHE,
    ".mypy_cache": _CACHE,
    ".pytest_cache": _CACHE,
    ".ruff_cache": _CACHE,
    ".tox": _CACHE,
}
"""By name, wherever they are. Nothing else of a workspace is left out, since notes may be anywhere in it."""
_OF_STATE = {
    "browser": "a browser with its logins, which is never read",
    "media": "pictures and recordings, which do not come over",
    "logs": "logs of the old program",
    "sandbox": "what the old program noted about its sandboxes",
    "sandboxes": "working copies within sandboxes",
    "tools": "installed programs",
    "canvas": "pages that the old program made",
    "dns": "settings of the old program's name server",
    "gateway/tls": "keys of the old gateway, which are never read",
}
"""By path within the state directory."""
_INDEX = re.compile(r"memory/[^/]+\.sqlite(-wal|-shm|-journal)?")


def left_out(label: str, path: str) -> str | None:
    """Why the folder `path` below the root `label` is not looked into; None if it is."""
    name = path.rpartition("/")[2]
    return _ANYWHERE.get(name) or (_OF_STATE.get(path) if label == "state" else None)


def unread(label: str, path: str) -> str | None:
    """Why the file `path` below the root `label` is not read; None if it is."""
    is_index = label == "state" and _INDEX.fullmatch(path)
    return "an index for searching, which is made anew here" if is_index else None
