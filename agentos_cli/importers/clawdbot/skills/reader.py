"""Reads skills: what each says, its further files, where it came from, and what is odd about it. Runs none.

Nothing here lets a model follow a skill yet; `enabled` says that a person lets it be used. One from a
registry arrives disabled, whatever it was there, and so does one in which something odd was found; a local
one is what it was there. https://docs.openclaw.ai/tools/skills tells of the format.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from agentos_cli.belongings import Skill, SkillFile
from agentos_cli.errors import DataProblem
from agentos_cli.importers.clawdbot.documents import front_matter
from agentos_cli.importers.clawdbot.settings.setup import Setup
from agentos_cli.importers.clawdbot.skills import registry as skill_registry
from agentos_cli.importers.clawdbot.skills.folders import Named, SkillFolder, look, named, shadows
from agentos_cli.importers.clawdbot.skills.scan import findings
from agentos_cli.importers.piece import Piece, brought, failed, part, skipped
from agentos_cli.importers.secrets.redactor import Redactor
from agentos_cli.importers.source import lenient
from agentos_cli.importers.source.home import Entry, Home, Unreadable
from agentos_cli.store.values import clean

NAMESPACES = ("clawdis", "clawdbot", "moltbot", "openclaw")
"""Under which the program has kept its own part of `metadata`, oldest first; the newest wins."""
MOST = 1_000_000
"""Bytes of a file that is copied."""
MOST_IN_ALL, MOST_FILES = 8_000_000, 500
"""Of one skill."""
SECRETS = re.compile(
    r"\.env(\..*)?|.*\.(pem|key|p12|pfx|jks|keystore|kdbx)|id_(rsa|dsa|ecdsa|ed25519)|\.netrc|\.npmrc|\.pypirc"
    r"|.*(credential|service[-_]?account|client[-_]?secret|token)s?\.(json|ya?ml|txt)",
    re.IGNORECASE,
)
"""Names of files that hold secrets; none of them is read."""


@dataclass(frozen=True, slots=True)
class _Document:
    """A skill's document, read: its raw text and its front matter."""

    text: str
    fields: Mapping[str, object]


def read(home: Home, setup: Setup, redactor: Redactor) -> Iterator[Piece]:
    """Every skill of the home and every file among them. `skills.entries` of the settings counts for whether
    a local one is enabled; keys and variables in it are never looked at."""
    looked = look(home, setup)
    registry = skill_registry.read_registry(home, looked.registry)
    documents: dict[str, _Document] = {}
    loaded: list[tuple[SkillFolder, str]] = []
    for skill in looked.skills:
        told = _document(home, skill)
        if isinstance(told, _Document):
            documents[skill.document.path] = told
            loaded.append((skill, redactor.clean(_name(told, skill)).text))
        else:
            yield told
            yield from _without(skill)
    found = named(loaded)
    shadowed = shadows(found, setup)
    for each in found:
        maker = _Maker(home, setup, redactor, registry, shadowed.get(each.key))
        try:
            yield from maker.pieces(each, documents.pop(each.skill.document.path))
        except (ValueError, RecursionError, OverflowError):
            yield failed(each.skill.document.path, "cannot be understood", kind="skill", name=each.key)
            yield from _without(each.skill)
    for entry, why in looked.strays:
        if not SECRETS.fullmatch(entry.name):
            yield skipped(entry.path, why, kind="skill-file")
    yield from skill_registry.pieces(registry, looked.skills)


def _without(skill: SkillFolder) -> Iterator[Piece]:
    """The files of a skill that does not come over."""
    for entry in skill.files:
        if not SECRETS.fullmatch(entry.name):
            yield skipped(entry.path, entry.problem or "its skill does not come over", kind="skill-file")


def _document(home: Home, skill: SkillFolder) -> _Document | Piece:
    """A document that is a skill's, else why it is none."""
    path = skill.document.path
    if skill.document.size > MOST:
        return skipped(path, "larger than 1 MB, which no skill is", kind="skill-file")
    try:
        text = home.text(path, MOST)
    except DataProblem as problem:
        return failed(path, problem.why if isinstance(problem, Unreadable) else problem.what)
    front, _ = front_matter.split(text)
    told = front_matter.fields(front) if front is not None else {}
    description = told.get("description")
    if not isinstance(description, str) or not description.strip():
        return skipped(path, "has no description, so it was not loaded there either", kind="skill-file")
    return _Document(text, told)


def _name(document: _Document, skill: SkillFolder) -> str:
    name = document.fields.get("name")
    told = name.strip() if isinstance(name, str) else ""
    return clean(" ".join((told or skill.slug).split()))[:120] or "unnamed"


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes the pieces of one skill."""

    home: Home
    setup: Setup
    redactor: Redactor
    registry: skill_registry.Registry
    shadowed_by: str | None

    def pieces(self, each: Named, document: _Document) -> Iterator[Piece]:
        skill, path = each.skill, each.skill.document.path
        redacted: dict[str, int] = {}
        about = _about(document.fields)
        configured = self._configured(about, each.name)
        source = self.registry.of(skill)
        raw = [(skill.document.name, document.text.encode("utf-8", "surrogateescape"))]
        files, more = self._files(skill, each.key, raw)
        odd = findings([(name, content.decode("utf-8", "replace")) for name, content in raw])
        odd += _downloads(about)
        thing = Skill(
            agent=skill.root.agent,
            place=skill.root.place,
            name=self._clean(each.shown, redacted),
            description=self._clean(str(document.fields["description"]).strip(), redacted),
            text=self._clean(document.text, redacted),
            path=clean(path),
            metadata=self._tree({**about, **({"configured": configured} if configured else {})}, redacted),
            files=tuple(files),
            trust="local" if source is None else "registry",
            source={} if source is None else self._source(source, raw, redacted),
            enabled=source is None and configured.get("enabled") is not False and not odd,
            shadowed_by=self.shadowed_by,
            findings=tuple(self._clean(clean(line), redacted) for line in odd),
        )
        asks = [f"something in it is odd: agentos skills show {each.key}"] if odd else []
        known = (source, configured, self.shadowed_by)
        yield brought(thing, path, _digest(raw, skill, known), name=each.key, redacted=redacted, asks=asks)
        yield from more

    def _files(
        self, skill: SkillFolder, key: str, raw: list[tuple[str, bytes]]
    ) -> tuple[list[SkillFile], list[Piece]]:
        """The further files, redacted, and a piece for each; what is text of them is added to `raw`. A file
        whose name says that it holds secrets is listed, and left to the reader of such."""
        files, told, left = list[SkillFile](), list[Piece](), MOST_IN_ALL
        for entry in skill.files:
            name = entry.path.removeprefix(f"{skill.folder}/")
            content, why = self._content(entry, left, len(files))
            if content is None:
                files.append(SkillFile(clean(name), entry.size, None, why))
                if not SECRETS.fullmatch(entry.name):
                    told.append(skipped(entry.path, why, kind="skill-file"))
                continue
            left -= len(content)
            raw.append((name, content))
            found: dict[str, int] = {}
            text = self._clean(content.decode("utf-8-sig"), found)
            files.append(SkillFile(clean(name), entry.size, text))
            digest = sha256(content).hexdigest()
            of = f"with the skill {key}, never run"
            told.append(part(entry.path, of, kind="skill-file", digest=digest, redacted=found))
        return files, told

    def _content(self, entry: Entry, left: int, count: int) -> tuple[bytes | None, str]:
        """The bytes of a text file, else why it is not copied."""
        too_much = entry.size > left or count >= MOST_FILES
        refused = {
            entry.problem: entry.problem is not None,
            "by its name it holds secrets": SECRETS.fullmatch(entry.name) is not None,
            "larger than 1 MB": entry.size > MOST,
            "the skill is larger than what is kept of one": too_much,
        }
        for why, holds in refused.items():
            if holds:
                return None, why or ""
        try:
            content = self.home.read(entry.path, MOST)
            content.decode("utf-8")
        except UnicodeDecodeError:
            return None, "not text"
        except DataProblem as problem:
            return None, problem.why if isinstance(problem, Unreadable) else problem.what
        return (None, "not text") if b"\0" in content else (content, "")

    def _configured(self, about: Mapping[str, object], name: str) -> dict[str, object]:
        """What the settings say of it, without its key and its variables."""
        key = about.get("skillKey")
        entries = self.setup.skill_entries
        told = entries.get(key if isinstance(key, str) and key in entries else name, {})
        return {word: told[word] for word in ("enabled", "config") if word in told}

    def _source(
        self, source: Mapping[str, object], raw: Sequence[tuple[str, bytes]], redacted: dict[str, int]
    ) -> dict[str, object]:
        return {**self._tree(source, redacted), "fingerprint": skill_registry.fingerprint(raw)}

    def _clean(self, text: str, redacted: dict[str, int]) -> str:
        told = self.redactor.clean(text)
        for kind, count in told.found.items():
            redacted[kind] = redacted.get(kind, 0) + count
        return told.text

    def _tree(self, value: Mapping[str, object], redacted: dict[str, int]) -> dict[str, object]:
        told = self.redactor.tree(dict(value), redacted)
        return told if isinstance(told, dict) else {}


def _about(fields: Mapping[str, object]) -> dict[str, object]:
    """The front matter beside name and description, as data: what the program kept of its own (`requires`,
    `primaryEnv`, `os`, `install` ...) beside the rest."""
    rest = {key: value for key, value in fields.items() if key not in ("name", "description", "metadata")}
    own = fields.get("metadata")
    if isinstance(own, str) and own.strip().startswith("{"):
        try:
            own = lenient.parse(own, "metadata")
        except (DataProblem, ValueError, RecursionError):
            return {**rest, "metadata": own}
    if not isinstance(own, Mapping):
        return rest if own in (None, "") else {**rest, "metadata": own}
    found: dict[str, object] = {}
    for namespace in NAMESPACES:
        part = own.get(namespace)
        found.update(part if isinstance(part, Mapping) else {})
    others = {str(key): value for key, value in own.items() if key not in NAMESPACES}
    return {**rest, **found, **({"metadata": others} if others else {})}


def _downloads(about: Mapping[str, object]) -> tuple[str, ...]:
    specs = about.get("install")
    kinds = (
        [spec.get("kind") for spec in specs if isinstance(spec, Mapping)] if isinstance(specs, list) else []
    )
    return ("its installation downloads a program from an address",) if "download" in kinds else ()


def _digest(raw: Sequence[tuple[str, bytes]], skill: SkillFolder, known: tuple[object, ...]) -> str:
    """Of everything that the skill is made of, however the folder is walked."""
    texts = sorted([name, sha256(content).hexdigest()] for name, content in raw)
    files = sorted([entry.path, entry.size, entry.problem] for entry in skill.files)
    told = json.dumps([texts, files, *known], sort_keys=True, ensure_ascii=True, default=str)
    return sha256(told.encode()).hexdigest()
