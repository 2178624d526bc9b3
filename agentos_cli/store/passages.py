"""Search: every text that is kept is a passage too, found by its words on either database.

On SQLite an FTS5 index stands beside the table (https://sqlite.org/fts5.html); on PostgreSQL each passage
carries a tsvector (https://www.postgresql.org/docs/current/textsearch-controls.html), made of the text
as `folded` has it, so that both find the same: accents and case do not matter, every sign is a gap. Who
searches writes words, never a query: nothing of what was typed reaches either query language unquoted.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from agentos_cli.store.link import Database, Link, marks, transaction
from agentos_cli.store.values import Dialect, Primitive, clean

Part = tuple[int, str, str]
"""Its number within the thing, its title, its text."""
MOST_TERMS = 32
LONGEST = 100_000
"""Characters of a passage that PostgreSQL indexes: a tsvector holds a megabyte at most."""
ROWS, CHARACTERS = 1_000, 4_000_000
"""Of passages that are written at once: so much is in memory, however long the thing is."""

ASKED = re.compile(r'(?P<no>-?)"(?P<phrase>[^"]*)"?|(?P<word>\S+)')
GAP = re.compile(r"[\W_]+")
MARK = re.compile("[\u0300-\u036f]+")
UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]"
)
"""Scripts that write no gaps between words, as Thai, Chinese and Japanese do: looked for as they stand."""

PUT = "INSERT INTO passage (tenant_id, room, thing, part, number, title, text) VALUES (?, ?, ?, ?, ?, ?, ?)"
PUT_WORDS = (
    "INSERT INTO passage (tenant_id, room, thing, part, number, title, text, words)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, setweight(to_tsvector('simple', CAST(? AS text)), 'A')"
    " || CAST('''_'':1' AS tsvector) || to_tsvector('simple', CAST(? AS text)))"
)
"""A sign that nobody can ask for stands between, so that no phrase spans title and text."""
INDEX = "INSERT INTO passage_words (rowid, title, text) VALUES (?, ?, ?)"
UNINDEX = (
    "INSERT INTO passage_words (passage_words, rowid, title, text)"
    " SELECT 'delete', number, title, text FROM passage WHERE "
)
"""By hand, not by triggers: SQLite refuses those on a virtual table where the schema is not trusted."""
OF_THING = "tenant_id = ? AND room = ? AND thing = ?"
SOURCE = {
    Dialect.SQLITE: "passage_words CROSS JOIN passage p ON p.number = passage_words.rowid",
    Dialect.POSTGRES: "passage p CROSS JOIN (SELECT to_tsquery('simple', ?) AS asked) q",
}
MATCHES = {Dialect.SQLITE: "passage_words MATCH ?", Dialect.POSTGRES: "p.words @@ q.asked"}
SCORE = {
    Dialect.SQLITE: "-bm25(passage_words, 4.0, 1.0)",
    Dialect.POSTGRES: "ts_rank_cd('{0.25, 0.25, 0.25, 1.0}', p.words, q.asked, 1)",
}
"""A word in the title counts for four. Both are greater the better, and comparable within one answer only."""
HOLDS = {Dialect.SQLITE: "instr", Dialect.POSTGRES: "strpos"}
LIKE = {Dialect.SQLITE: "GLOB ?", Dialect.POSTGRES: "LIKE ?"}


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that was found; the higher the score, the better."""

    room: str
    thing: str
    part: int
    title: str
    text: str
    score: float


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that is looked for: a word, or several that stand together. `raw` is what was typed,
    `words` the same folded; `wanted` False where it must not be there; `begins`: any word that begins so."""

    raw: str
    words: tuple[str, ...]
    wanted: bool = True
    begins: bool = False

    @property
    def unspaced(self) -> bool:
        return UNSPACED.search(self.raw) is not None


class Passages:
    """The passages of one tenant, within one transaction. A room is what `Belonging` calls it."""

    def __init__(self, link: Link, tenant: str) -> None:
        self._link, self._tenant = link, tenant
        self._postgres = link.dialect is Dialect.POSTGRES

    def put(self, room: str, thing: str, parts: Iterable[Part]) -> int:
        """The passages of a thing, in place of those it had; how many. They are drawn from `parts` as they
        are written, so there may be hundreds of megabytes."""
        self.remove(room, thing)
        row = self._link.one("SELECT coalesce(max(number), 0) FROM passage")
        before = int(row[0]) if row else 0
        sql, of = PUT_WORDS if self._postgres else PUT, (self._tenant, clean(room), clean(thing))
        number = before
        for some in _lots(parts):
            rows: list[tuple[Primitive, ...]] = []
            for part, title, text in some:
                number += 1
                told = clean(title), clean(text)
                words = map(folded, told) if self._postgres else ()
                rows.append((*of, part, number, *told, *words))
            self._link.many(sql, rows)
            if not self._postgres:
                self._link.many(INDEX, [row[4:] for row in rows])
        return number - before

    def remove(self, room: str, thing: str) -> None:
        """Forget a thing's passages."""
        of = (self._tenant, clean(room), clean(thing))
        if not self._postgres:
            self._link.run(UNINDEX + OF_THING, *of)
        self._link.run(f"DELETE FROM passage WHERE {OF_THING}", *of)  # noqa: S608

    def texts(self, room: str, thing: str, parts: Collection[int] | None = None) -> dict[int, str]:
        """The texts of a thing by part, of all or of the named ones."""
        sql = f"SELECT part, text FROM passage WHERE {OF_THING}"  # noqa: S608
        of = (self._tenant, clean(room), clean(thing))
        if parts is None:
            return {int(part): str(text) for part, text in self._link.rows(f"{sql} ORDER BY part", *of)}
        wanted, found = sorted(set(parts)), {}
        for some in (wanted[at : at + 500] for at in range(0, len(wanted), 500)):
            rows = self._link.rows(f"{sql} AND part IN ({marks(some)}) ORDER BY part", *of, *some)
            found.update({int(part): str(text) for part, text in rows})
        return found

    def search(
        self, words: str, rooms: Collection[str] = (), limit: int = 20, things_like: str | None = None
    ) -> list[Found]:
        """The best so many passages in which all the words are, best first; of these rooms (all, if none is
        named) and of things whose key is like `main/%`. `"two words"` stand together, `-word` must not be
        there, the last word may go on. Nothing that can be typed is refused."""
        asked = terms(words)
        if not any(term.wanted for term in asked):
            return []
        sql, values = self._query(asked, rooms, things_like)
        found = self._link.rows(sql, *values, limit, self._tenant)
        return [Found(r[0], r[1], int(r[2]), r[3], r[4], float(r[5])) for r in found]

    def _query(
        self, asked: Sequence[Term], rooms: Collection[str], like: str | None
    ) -> tuple[str, list[Primitive]]:
        """The statement; its limit and the tenant again are still to come. Texts are only read for what is
        answered."""
        dialect = self._link.dialect
        indexed = [term for term in asked if not term.unspaced]
        if not any(term.wanted for term in indexed):  # an index cannot tell what lacks a word
            indexed = []
        source, score, where = "passage p", "0.0", ["p.tenant_id = ?"]
        values: list[Primitive] = [self._tenant]
        if indexed:
            source, score = SOURCE[dialect], SCORE[dialect]
            where.insert(0, MATCHES[dialect])
            values.insert(0, (_tsquery if self._postgres else _fts5)(indexed))
        for term in (term for term in asked if term not in indexed):
            # a column at a time: to join them would copy every text
            holds = " OR ".join(f"{HOLDS[dialect]}(lower(p.{column}), ?) > 0" for column in ("title", "text"))
            where.append(f"({holds})" if term.wanted else f"NOT ({holds})")
            values += [clean(term.raw.lower())] * 2
        if rooms:
            where.append(f"p.room IN ({marks(rooms)})")
            values += rooms
        if like is not None:
            where.append(f"p.thing {LIKE[dialect]}")
            values.append(_pattern(clean(like), dialect))
        order = "ORDER BY score DESC, room, thing, part"
        best = (
            f"SELECT p.number, p.room, p.thing, p.part, {score} AS score FROM {source}"  # noqa: S608
            f" WHERE {' AND '.join(where)} {order} LIMIT ?"
        )
        texts = "JOIN passage t ON t.number = best.number AND t.tenant_id = ?"
        sql = (
            "SELECT best.room, best.thing, best.part, t.title, t.text, best.score"  # noqa: S608
            f" FROM ({best}) best {texts} ORDER BY best.score DESC, best.room, best.thing, best.part"
        )
        return sql, values


def search(
    database: Database,
    words: str,
    rooms: Collection[str] = (),
    limit: int = 20,
    things_like: str | None = None,
) -> list[Found]:
    """The same in a transaction of its own."""
    with transaction(database) as link:
        return Passages(link, database.tenant).search(words, rooms, limit, things_like)


def terms(words: str) -> list[Term]:
    """What is looked for, of the first 32 words and phrases; signs alone are nothing."""
    found: list[Term] = []
    for match in ASKED.finditer(clean(words)):
        word, phrase = match["word"], match["phrase"]
        if phrase is not None:
            term = Term(phrase.strip(), _words(phrase), not match["no"])
        else:
            no = word.startswith("-") and not word.startswith("--")
            term = Term(word.strip('"-') or word, _words(word), not no, begins=not no)
        if term.words:
            found.append(term)
        if len(found) == MOST_TERMS:
            break
    return [replace(term, begins=False) for term in found[:-1]] + found[-1:]


def folded(text: str) -> str:
    """The words of a text with a blank between them: lower case, without accents, every sign a blank; of its
    first 100,000 characters. What FTS5's tokenizer makes of it, for the database that has another."""
    text = text[:LONGEST].lower()
    if not text.isascii():
        text = unicodedata.normalize("NFC", MARK.sub("", unicodedata.normalize("NFD", text)))
    return GAP.sub(" ", text)


def _words(text: str) -> tuple[str, ...]:
    return tuple(folded(text).split())


def _fts5(asked: Sequence[Term]) -> str:
    phrases = [f'"{" ".join(term.words)}"' + "*" * term.begins for term in asked]
    wanted = " AND ".join(said for said, term in zip(phrases, asked, strict=True) if term.wanted)
    unwanted = [said for said, term in zip(phrases, asked, strict=True) if not term.wanted]
    return f"({wanted})" + "".join(f" NOT {said}" for said in unwanted)


def _tsquery(asked: Sequence[Term]) -> str:
    def said(term: Term) -> str:
        words = [f"'{word}'" for word in term.words]
        words[-1] += ":*" * term.begins
        return ("" if term.wanted else "!") + f"({' <-> '.join(words)})"

    return " & ".join(map(said, asked))


def _pattern(like: str, dialect: Dialect) -> str:
    """`%` is anything; every other sign is itself, and upper case is not lower case."""
    if dialect is Dialect.SQLITE:
        return "*".join(re.sub(r"([*?[])", r"[\1]", part) for part in like.split("%"))
    return "%".join(re.sub(r"([\\_])", r"\\\1", part) for part in like.split("%"))


def _lots(parts: Iterable[Part]) -> Iterator[list[Part]]:
    lot: list[Part] = []
    size = 0
    for part in parts:
        lot.append(part)
        size += len(part[2])
        if len(lot) == ROWS or size >= CHARACTERS:
            yield lot
            lot, size = [], 0
    if lot:
        yield lot
