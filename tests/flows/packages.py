"""Packages as pip would leave them: a module, and the metadata that names its source, in a folder."""

from __future__ import annotations

from pathlib import Path

SPEC = """
SPEC = {
    "title": "Acme",
    "kinds": ["invoice"],
    "life_minutes": 30,
    "asks": "key",
    "base_url": "https://api.acme.example",
    "help": "an API key (Settings > API)",
    "pages": {"invoice": "https://acme.example/invoices/{id}"},
}
"""


def install(folder: Path, name: str, code: str) -> Path:
    """Put the package that offers the source `name` into `folder`; gives the folder, for PYTHONPATH."""
    module = f"{name}_agentos"
    about = folder / f"{module}-1.0.dist-info"
    about.mkdir(parents=True, exist_ok=True)
    (folder / f"{module}.py").write_text(code, encoding="utf-8")
    (about / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n", encoding="utf-8"
    )
    (about / "entry_points.txt").write_text(f"[agentos.connectors]\n{name} = {module}\n", encoding="utf-8")
    return folder
