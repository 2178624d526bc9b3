"""Reads the documents of each agent's workspace, and says of every other file there why it stays behind.

Only Markdown comes over: real workspaces held service accounts, `.env` files and whole source trees. What the
documents are for: https://docs.openclaw.ai/concepts/agent-workspace
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256

from agentos_cli.belongings import Document
from agentos_cli.importers.clawdbot.documents import odd_text
from agentos_cli.importers.clawdbot.rest.folders import is_custom
from agentos_cli.importers.clawdbot.settings.setup import Setup
from agentos_cli.importers.clawdbot.settings.shape import block, number
from agentos_cli.importers.piece import Piece, brought, failed, skipped
from agentos_cli.importers.secrets.redactor import Redactor
from agentos_cli.importers.source.decoding import decoded
from agentos_cli.importers.source.home import Entry, Home, Unreadable
from agentos_cli.store.documents import ROLES, role_of
from agentos_cli.store.values import clean

REGISTRIES = frozenset({".clawdhub", ".clawhub"})
INTAKE = "memory/idea-intake.md"
MARKDOWN = (".md", ".markdown")
READ_THERE = frozenset({*ROLES, "memory.md"})
"""What was read at the start of every conversation, up to so many characters."""
FIRST_RUN = "bootstrap.md"
UNFINISHED = "{} never finished its first run there, so its documents may be templates still"
CUT = 20_000
HEAD = re.compile(r"ref: refs/heads/(?P<branch>[\w./-]{1,200})")
COMMIT = re.compile(r"[0-9a-f]{40,64}")
BLANK = re.compile(r"^[ \t]*[-*][ \t]+\*\*[^*\n]{1,60}?:?\*\*:?[ \t]*(?P<value>.*)$", re.MULTILINE)
PLACEHOLDER = re.compile(r"[_*]*(?:\(.*\))?[_*]*")

SECRET = re.compile(
    r".*\.env(\..*)?|.*\.(pem|key|p12|pfx|jks|kdbx|keystore|ovpn|asc|gpg)|id_(rsa|dsa|ecdsa|ed25519).*"
    r"|.*(credential|secret|service.?account|client_secret|auth-profiles|passw).*|.*token.*\.(json|txt|ya?ml)"
    r"|\.(netrc|npmrc|pypirc|htpasswd|pgpass)",
    re.IGNORECASE,
)
KINDS: Mapping[str, str] = {
    "a picture": "png jpg jpeg gif webp svg heic bmp tiff ico",
    "a recording": "mp3 wav ogg opus m4a flac mp4 mov webm mkv avi",
    "an archive": "zip tar gz tgz bz2 xz 7z rar dmg iso jar",
    "code, which is never run here": (
        "py ipynb js mjs cjs ts tsx jsx sh bash zsh ps1 bat rb go rs c h cpp java kt swift php pl lua sql"
    ),
    "data": "json json5 jsonl ndjson csv tsv yaml yml toml xml ini conf cfg plist parquet lock",
    "a database": "sqlite sqlite3 db db-wal db-shm duckdb mdb",
    "a page": "html htm css",
    "an office document": "pdf doc docx xls xlsx ppt pptx odt ods odp rtf pages numbers key epub",
    "plain text": "txt text log org rst adoc",
    "a program": "exe dll so dylib wasm bin app apk deb rpm",
    "a message": "eml mbox ics vcf",
}
KIND_OF = {ending: kind for kind, endings in KINDS.items() for ending in endings.split()}


@dataclass(frozen=True, slots=True)
class Place:
    """A workspace: its label in the home, the agent that its files are imported for, who else works there."""

    label: str
    agent: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Taken:
    """A text of the home as it comes over: without secrets. `digest` is of the file as it is there."""

    text: str
    digest: str
    redacted: Mapping[str, int] = field(default_factory=dict)
    asks: tuple[str, ...] = ()


def owner(path: str) -> str:
    """Which reader takes a file of a workspace, by its path in the Home: `skills`, `ideas`, `custom`,
    `memory`, or `workspace`. Of the names that the program itself gave, upper and lower case are one, as on
    the disks of most who ran it."""
    *folders, name = path.split("/")[1:] or [""]
    top, within = (folders[0].lower(), folders[-1]) if folders else ("", "")
    if top == "skills" or top in REGISTRIES:
        return "skills"
    if is_custom(path):
        return "custom"
    of_dreams = within == "dreams" and top != "memory" and name.endswith(".md")
    of_vault = within == "idea-vault" and name.endswith(".json")
    if of_dreams or of_vault or name == "dreams.json" or "/".join((*folders, name)) == INTAKE:
        return "ideas"
    return "memory" if top == "memory" or (not folders and name.lower() == "memory.md") else "workspace"


def places(setup: Setup) -> list[Place]:
    """Every workspace once, for the default agent if it works there, else for the first that does."""
    found: dict[str, list[str]] = {}
    for agent in sorted(setup.agents, key=lambda agent: not agent.is_default):
        if agent.workspace is not None:
            found.setdefault(agent.workspace, []).append(agent.id)
    return [Place(label, first, tuple(rest)) for label, (first, *rest) in found.items()]


def of(home: Home, place: Place, reader: str) -> Iterator[Entry]:
    """The entries of a workspace that are this reader's."""
    for entry in home.all():
        if entry.path.startswith(f"{place.label}/") and owner(entry.path) == reader:
            yield entry


def take(home: Home, path: str, redactor: Redactor) -> Taken:
    """A text without its secrets, and what a person should look at in it. Raises Unreadable."""
    raw = home.read(path)
    read = decoded(raw)
    told = redactor.clean(clean(read.text))
    asks = [f"{flaw}: replaced in the copy" if read.replaced else flaw for flaw in read.flaws]
    asks += odd_text.findings(redactor.clean(path.partition("/")[2]).text, told.text)
    return Taken(told.text, sha256(raw).hexdigest(), told.found, tuple(asks))


def cut(setup: Setup, name: str, text: str) -> Iterator[str]:
    """That the program there read only a part of a document, if it did."""
    most = number(block(setup.raw, "agents", "defaults").get("bootstrapMaxChars"))
    most = int(most) if most and most > 0 else CUT
    if name.lower() in READ_THERE and len(text) > most:
        yield f"it has {len(text):,} characters; there, all beyond {most:,} was cut out before it was read"


def why_not(name: str) -> str:
    """Why a file that is no Markdown stays behind."""
    if SECRET.fullmatch(name):
        return "by its name it may hold keys or passwords: never copied"
    kind = KIND_OF.get(name.rpartition(".")[2].lower() if "." in name[1:] else "")
    return f"{kind or 'of a kind that is not known'}: only Markdown comes over from a workspace"


def behind(path: str, reason: str, redactor: Redactor) -> Piece:
    """A file that stays where it is. Its name may be a secret, as that of a key's file."""
    return skipped(path, reason, name=redactor.clean(clean(path)).text)


def broken(path: str, reason: str, redactor: Redactor) -> Piece:
    """The same of a file that could not be read."""
    return failed(path, reason, name=redactor.clean(clean(path)).text)


def read(home: Home, setup: Setup, redactor: Redactor) -> Iterator[Piece]:
    """The documents of every workspace."""
    for place in places(setup):
        found = list(of(home, place, "workspace"))
        for entry in found:
            yield _piece(home, setup, place, entry, redactor)
        for other in place.others:
            reason = f"it works in the workspace of {place.agent}, whose documents were imported once"
            yield skipped(found[0].path if found else place.label, reason, name=f"workspace of {other}")


def _piece(home: Home, setup: Setup, place: Place, entry: Entry, redactor: Redactor) -> Piece:
    name = entry.path.partition("/")[2]
    reason = _history(home, entry) if name == ".git" else entry.problem or _behind(name, entry.name)
    if reason is not None:
        asks = (UNFINISHED.format(place.agent),) if name.lower() == FIRST_RUN else ()
        return replace(behind(entry.path, reason, redactor), asks=asks)
    try:
        return _document(home, setup, place, entry, redactor)
    except Unreadable as problem:
        return broken(entry.path, problem.why, redactor)
    except (ValueError, RecursionError):
        return broken(entry.path, "cannot be understood", redactor)


def _behind(path: str, name: str) -> str | None:
    """Why a file stays behind; None for a document."""
    if path.lower() == FIRST_RUN:
        return "what was to be done on the first run"
    if path == ".openclaw/workspace-state.json":
        return "what the program noted about the workspace"
    return None if name.lower().endswith(MARKDOWN) else why_not(name)


def _document(home: Home, setup: Setup, place: Place, entry: Entry, redactor: Redactor) -> Piece:
    name = entry.path.partition("/")[2]
    taken = take(home, entry.path, redactor)
    if not taken.text.strip():
        return behind(entry.path, "empty", redactor)
    asks = [*taken.asks, *cut(setup, name, taken.text)]
    if name.lower() in {"identity.md", "user.md"} and unfilled(taken.text):
        asks.append("its fields were never filled in: it says nothing yet")
    named = name.lower()
    twin = next((other for other in _spellings(home, place, named) if other < name), None)
    role = role_of(name)
    if twin is not None and role != "notes":
        role, asks = "notes", [*asks, f"{twin} is there as well, and was the one that was read"]
    document = Document(place.agent, redactor.clean(clean(name)).text, role, taken.text)
    return brought(document, entry.path, taken.digest, redacted=taken.redacted, asks=asks)


def _spellings(home: Home, place: Place, named: str) -> Iterator[str]:
    """The names at the top of a workspace that differ from this one in their case alone."""
    if named in ROLES:
        for entry in home.under(place.label):
            name = entry.path.partition("/")[2]
            if name.lower() == named:
                yield name


def unfilled(text: str) -> bool:
    """Whether a document has fields (`- **Name:**`), and none of them has a value."""
    values = [match["value"].strip() for match in BLANK.finditer(text)]
    return len(values) > 1 and all(len(v) < 200 and PLACEHOLDER.fullmatch(v) for v in values)


def _history(home: Home, entry: Entry) -> str:
    """What is said of a workspace's git history: at which commit it stood, if that can be read."""
    reason = "only what the documents say now comes over, not their history in git"
    try:
        head = home.text(f"{entry.path}/HEAD", 1_000).strip()
        on = HEAD.fullmatch(head)
        commit = home.text(f"{entry.path}/refs/heads/{on['branch']}", 1_000).strip() if on else head
    except Unreadable:
        return reason
    if not COMMIT.fullmatch(commit):
        return reason
    return f"{reason} (it stood at {commit[:12]}{' on ' + on['branch'] if on else ''})"
