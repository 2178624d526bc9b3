"""The documents of a workspace; whose part each of its files is."""

from __future__ import annotations

CUSTOM = frozenset({"pulse-v3", "heartbeat-v2", "enriched-spawn"})
REGISTRIES = frozenset({".clawdhub", ".clawhub"})


def owner(path: str) -> str:
    """Which reader takes a file of a workspace, by its path in the Home: `skills`, `ideas`, `custom`,
    `memory`, or `workspace`. Upper and lower case are one, as on the disks of most who ran it."""
    *folders, name = path.casefold().split("/")[1:] or [""]
    top = folders[0] if folders else ""
    if top == "skills" or top in REGISTRIES:
        return "skills"
    if any(folder in CUSTOM or folder.startswith("bot:") for folder in folders):
        return "custom"
    if "idea-vault" in folders or top == "dreams" or (*folders, name) == ("memory", "idea-intake.md"):
        return "ideas"
    if name == "dreams.json" and folders in ([], ["state"]):
        return "ideas"
    return "memory" if top == "memory" or (*folders, name) == ("memory.md",) else "workspace"
