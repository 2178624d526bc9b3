"""Where skills are kept: what each says, its further files, and whether a person lets it be used."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from agentos_cli.belongings import Belonging, Skill, SkillFile
from agentos_cli.store.link import Database, Link, transaction
from agentos_cli.store.passages import Passages
from agentos_cli.store.values import READ, Kind, Primitive, Stored, clean

ABOUT = (
    "id, agent, place, name, description, path, about, trust, source, enabled, shadowed_by, findings,"
    " origin, created_at"
)
PUT = f"""
INSERT INTO skill (tenant_id, {ABOUT}, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""  # noqa: S608
PUT_FILE = "INSERT INTO skill_file (tenant_id, skill, path, size, text, why) VALUES (?, ?, ?, ?, ?, ?)"
GET = f"SELECT {ABOUT}, text FROM skill WHERE tenant_id = ? AND id = ?"  # noqa: S608
FILES = "SELECT path, size, text, why FROM skill_file WHERE tenant_id = ? AND skill = ? ORDER BY path"
ROOM = str(Belonging.SKILL)


@dataclass(frozen=True, slots=True)
class KeptSkill:
    """A skill as it is kept, and where it came from; `origin` None if it was made here."""

    skill: Skill
    origin: str | None
    at: datetime


class SkillShelf:
    """Puts skills away within one transaction; see `store.shelves`."""

    def __init__(self, link: Link, tenant: str) -> None:
        self._link, self._tenant = link, tenant
        self._passages = Passages(link, tenant)

    def put(self, thing: Skill, origin: str, at: datetime) -> None:
        """Keep a skill with its files, in place of the one of its key."""
        key = clean(thing.key)
        self.remove(key)
        self._link.run(PUT, self._tenant, key, *_row(thing), clean(origin), at, clean(thing.text))
        for file in thing.files:
            self._link.run(PUT_FILE, self._tenant, key, *_file_row(file))
        texts = [(0, clean(thing.name), clean(f"{thing.description}\n\n{thing.text}"))]
        texts += [(n, clean(f.path), clean(f.text)) for n, f in enumerate(thing.files, 1) if f.text]
        self._passages.put(ROOM, key, texts)

    def digest(self, key: str) -> str | None:
        """Of all that it says and of whether it is enabled."""
        row = self._link.one(GET, self._tenant, clean(key))
        if row is None:
            return None
        files = self._link.rows(FILES, self._tenant, clean(key))
        told = [*row[:9], bool(row[9]), *row[10:12], row[14], *map(list, files)]
        return sha256(json.dumps(told, ensure_ascii=True).encode()).hexdigest()

    def remove(self, key: str) -> None:
        """Take away a skill, its files and what finds them."""
        told = clean(key)
        self._passages.remove(ROOM, told)
        self._link.run("DELETE FROM skill_file WHERE tenant_id = ? AND skill = ?", self._tenant, told)
        self._link.run("DELETE FROM skill WHERE tenant_id = ? AND id = ?", self._tenant, told)


class StoredSkills:
    """The skills of one tenant. Every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tenant = database.tenant

    def all(self) -> list[KeptSkill]:
        """Every skill by name, the one of the highest precedence first; without their texts and files."""
        sql = f"SELECT {ABOUT}, '' FROM skill WHERE tenant_id = ?"  # noqa: S608
        with transaction(self._database) as link:
            found = [self._skill(row) for row in link.rows(sql, self._tenant)]
        return sorted(found, key=lambda kept: (kept.skill.name, _rank(kept.skill.place), kept.skill.key))

    def get(self, key: str) -> KeptSkill | None:
        """The skill of this key, with its text and its files."""
        with transaction(self._database) as link:
            row = link.one(GET, self._tenant, clean(key))
            if row is None:
                return None
            files = link.rows(FILES, self._tenant, row[0])
            return self._skill(row, [SkillFile(path, size, text, why) for path, size, text, why in files])

    def enable(self, key: str, enabled: bool) -> bool:
        """Let it be used, or not. False if there is none of this key."""
        sql = "UPDATE skill SET enabled = ? WHERE tenant_id = ? AND id = ?"
        with transaction(self._database, write=True) as link:
            return bool(link.run(sql, enabled, self._tenant, clean(key)))

    def _skill(self, row: Sequence[Stored], files: Sequence[SkillFile] = ()) -> KeptSkill:
        skill = Skill(
            agent=row[1],
            place=row[2],
            name=row[3],
            description=row[4],
            text=row[14],
            path=row[5],
            metadata=json.loads(row[6]),
            files=tuple(files),
            trust=row[7],
            source=json.loads(row[8]),
            enabled=bool(row[9]),
            shadowed_by=row[10],
            findings=tuple(json.loads(row[11])),
        )
        return KeptSkill(skill, row[12], READ[self._database.dialect][Kind.INSTANT](row[13]))


def _rank(place: str) -> int:
    places = ("workspace", "managed", "plugin", "extra")
    return places.index(place) if place in places else len(places)


def _row(skill: Skill) -> tuple[Primitive, ...]:
    told = (skill.agent, skill.place, skill.name, skill.description, skill.path)
    shadow = None if skill.shadowed_by is None else clean(skill.shadowed_by)
    known = (_json(skill.metadata), clean(skill.trust), _json(skill.source))
    return (*map(clean, told), *known, skill.enabled, shadow, _json(list(skill.findings)))


def _file_row(file: SkillFile) -> tuple[Primitive, ...]:
    text, why = (None if each is None else clean(each) for each in (file.text, file.why))
    return clean(file.path), file.size, text, why


def _json(value: Mapping[str, object] | list[str]) -> str:
    whole = dict(value) if isinstance(value, Mapping) else value
    return clean(json.dumps(whole, ensure_ascii=False, sort_keys=True, default=str))
