"""The beginnings of a connector of one's own: a package that works, with a contract test that is green."""

from __future__ import annotations

import re
from importlib.resources import files

from agentos_cli.errors import UsageProblem

NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")


def package(name: str, *, parts: bool) -> dict[str, str]:
    """Path in the package to text. `parts`: for a source that is read in parts, else one read whole.

    Raises UsageProblem for a name that no source can have.
    """
    if not NAME.fullmatch(name):
        raise UsageProblem(
            f"`{name[:40]}` cannot be the name of a source", fix="lower-case letters, digits and -: acme"
        )
    module = f"{name.replace('-', '_')}_agentos"
    words = {
        "name": name,
        "module": module,
        "package": f"agentos-{name}",
        "title": name.replace("-", " ").title(),
        "host": f"{name}.example",
    }
    return {
        "pyproject.toml": _filled("pyproject.toml.txt", words),
        "README.md": _filled("README.md.txt", words),
        f"{module}.py": _filled("parts.py.txt" if parts else "fetch.py.txt", words),
        f"tests/test_{module}.py": _filled("test.py.txt", words),
        "tests/invoices.json": _filled("invoices.json", words),
    }


def _filled(template: str, words: dict[str, str]) -> str:
    text = files(__package__).joinpath(template).read_text(encoding="utf-8")
    return re.sub(r"@([a-z]+)@", lambda found: words[found[1]], text)
