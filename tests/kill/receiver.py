"""The other side: a receiver in a process and a database of its own, which counts calls and effects.

It is never killed. It honours keys: of calls with one key the first has an effect. A forgetful one replaces
what it knows of a key, and so does again what it has done.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sqlite3

from tests.kill.board import Place

SCHEMA = """
CREATE TABLE call (number INTEGER PRIMARY KEY, key TEXT NOT NULL, event TEXT NOT NULL);
CREATE INDEX call_key ON call (key);
CREATE TABLE known (key TEXT PRIMARY KEY);
CREATE TABLE effect (number INTEGER PRIMARY KEY, event TEXT NOT NULL, aggregate TEXT NOT NULL, place INTEGER);
CREATE INDEX effect_event ON effect (event);
"""
HONOUR = "INSERT INTO known VALUES (?) ON CONFLICT DO NOTHING"
FORGET = "INSERT OR REPLACE INTO known VALUES (?)"


class Receiver:
    """Listens from its making on; `serve` answers, in a process of its own, until its parent is gone."""

    def __init__(self, place: Place, *, forgetful: bool = False) -> None:
        self._file = place.remote
        self._remember = FORGET if forgetful else HONOUR
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(place.socket)
        self._listener.listen(64)

    def serve(self) -> None:
        """One connection a call, one after the other; a caller that died is no matter."""
        parent = os.getppid()
        database = sqlite3.connect(self._file, isolation_level=None)
        database.executescript(f"PRAGMA synchronous=OFF; PRAGMA busy_timeout=10000; {SCHEMA}")
        self._listener.settimeout(1.0)
        while os.getppid() == parent:
            with contextlib.suppress(TimeoutError, OSError, ValueError):
                connection, _ = self._listener.accept()
                with connection, connection.makefile("rw") as stream:
                    self._take(database, json.loads(stream.readline()))
                    stream.write("taken\n")

    def close(self) -> None:
        """The process that does not serve lets go."""
        self._listener.close()

    def _take(self, database: sqlite3.Connection, call: dict[str, object]) -> None:
        key, event = call["key"], call["event"]
        database.execute("BEGIN IMMEDIATE")
        database.execute("INSERT INTO call (key, event) VALUES (?, ?)", (key, event))
        if database.execute(self._remember, (key,)).rowcount:
            effect = (event, call["aggregate"], call["place"])
            database.execute("INSERT INTO effect (event, aggregate, place) VALUES (?, ?, ?)", effect)
        database.execute("COMMIT")


def call(place: Place, key: str, event: str, aggregate: str, number: int) -> None:
    """Ask the receiver for the effect of an event. Raises OSError if no answer came."""
    with socket.socket(socket.AF_UNIX) as link:
        link.connect(place.socket)
        with link.makefile("rw") as stream:
            stream.write(json.dumps({"key": key, "event": event, "aggregate": aggregate, "place": number}))
            stream.write("\n")
            stream.flush()
            if stream.readline() != "taken\n":
                raise ConnectionError("no answer")
