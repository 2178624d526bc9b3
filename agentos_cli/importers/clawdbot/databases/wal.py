"""A SQLite database with its write-ahead log worked in, in memory: the newest that was committed, unopened.

Opening a database that another program uses would make files beside it or lock it. So its bytes are read, the
committed pages of the log are put in their places, as a checkpoint would do, and the result says of itself
that it has no log. Format: https://www.sqlite.org/fileformat2.html#the_write_ahead_log.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

MAGIC = b"SQLite format 3\0"
LITTLE, BIG = 0x377F0682, 0x377F0683
"""First word of a log: in which order the words of its checksums are read."""
VERSION = 3_007_000
HEAD, FRAME = 32, 24
"""Bytes of the log's header, and of the one before each page."""
WORD = 0xFFFFFFFF
SIZES = frozenset(2**n for n in range(9, 17))


class NoDatabaseError(ValueError):
    """The bytes are no database, or cannot be put together with their log."""


@dataclass(frozen=True, slots=True)
class Log:
    """What was committed in a log: the newest content of each page, by its number from 1, and how many pages
    the database has then. `torn`: bytes at the end that belong to nothing committed."""

    page_size: int
    pages: dict[int, bytes]
    count: int
    torn: int = 0


def whole(main: bytes, log: bytes = b"", most: int = 512_000_000) -> bytearray:
    """The database with its log worked in, as one that keeps none, of `most` bytes at most. Raises
    NoDatabaseError."""
    told = read_log(log)
    data = bytearray(main)
    if told is not None and told.count:
        if len(data) >= 100 and _page_size(data) != told.page_size:
            raise NoDatabaseError("its log has pages of another size")
        length = told.count * told.page_size
        if length > most:
            raise NoDatabaseError(f"is larger than {most // 1_000_000} MB")
        del data[length:]
        data.extend(bytes(length - len(data)))
        for number, page in told.pages.items():
            if number <= told.count:
                data[(number - 1) * told.page_size : number * told.page_size] = page
    if len(data) < 100 or not data.startswith(MAGIC) or _page_size(data) not in SIZES:
        raise NoDatabaseError("it is no SQLite database")
    data[18:20] = b"\1\1"  # how it is written and read: 2 is with a log beside it
    data[28:32] = struct.pack(">I", len(data) // _page_size(data))
    data[92:96] = data[24:28]  # so that the number of pages just said is believed
    return data


def salts(log: bytes) -> bytes:
    """What a log has new whenever it begins anew; b"" for one that has no header."""
    return log[16:24] if len(log) >= HEAD else b""


def read_log(log: bytes) -> Log | None:
    """What was committed; None for what is no log, or an empty one."""
    if len(log) < HEAD:
        return None
    magic, version, size, _, *salted = struct.unpack(">6I", log[:24])
    size = 65_536 if size == 1 else size
    if magic not in (LITTLE, BIG) or version != VERSION or size not in SIZES:
        return None
    order = "<" if magic == LITTLE else ">"
    sums = _checksum(order, log[:24], (0, 0))
    if sums != struct.unpack(">2I", log[24:HEAD]):
        return None
    return _frames(log, size, order, tuple(salted), sums)


def _frames(log: bytes, size: int, order: str, salted: tuple[int, ...], sums: tuple[int, int]) -> Log:
    """Frames count up to the last that ends a transaction; the first that does not fit ends them all: it is
    torn, or left over from before the log began anew."""
    pages: dict[int, bytes] = {}
    pending: dict[int, bytes] = {}
    count, at, ends = 0, HEAD, HEAD
    while at + FRAME + size <= len(log):
        number, commit, *rest = struct.unpack(">6I", log[at : at + FRAME])
        page = log[at + FRAME : at + FRAME + size]
        if tuple(rest[:2]) != salted or not number:
            break
        sums = _checksum(order, page, _checksum(order, log[at : at + 8], sums))
        if sums != tuple(rest[2:]):
            break
        pending[number] = page
        at += FRAME + size
        if commit:
            pages.update(pending)
            pending, count, ends = {}, commit, at
    return Log(size, pages, count, len(log) - ends)


def _checksum(order: str, data: bytes, sums: tuple[int, int]) -> tuple[int, int]:
    first, second = sums
    for one, other in struct.iter_unpack(f"{order}2I", data):
        first = (first + one + second) & WORD
        second = (second + other + first) & WORD
    return first, second


def _page_size(data: bytes | bytearray) -> int:
    size = int.from_bytes(data[16:18], "big")
    return 65_536 if size == 1 else size
