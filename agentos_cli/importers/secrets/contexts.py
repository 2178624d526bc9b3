"""Finds secrets by what stands before them: `password: ...`, `API_KEY=...`, `Authorization: ...`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agentos_cli.importers.secrets.shapes import Span
from agentos_cli.importers.secrets.words import is_placeholder, is_random, kind_of_key, words_of

_PLAIN = bytes(
    58 if char in b"=|" else char + 32 if 65 <= char <= 90 else char for char in range(256)
)  # capitals become small; `=` and `|` become `:`
_DROPPED = b"\"'`*\\_- \t"
_TOLD = rb"[a-z0-9.]{0,14}?(?::|is)"
_HINTS = re.compile(  # every branch begins with a letter, which is what makes it quick
    rb"k(?:(?<=tok)en(?!s)|ennwort|(?<=ook)ies?|(?<=apik|essk|atek|untk|ingk|ionk|terk|redk|retk|icek|uthk|nsek)ey)"
    + _TOLD
    + rb"|p(?:wd|hrase|ass(?=:)|in(?:co[a-z]+|number)?(?=:|is))"
    + _TOLD
    + rb"|p(?:ass[wpc]|(?<=sshp)ass)|z(?<=authoriz)ation:"
)
_SECRET = re.compile(rb"secret" + _TOLD)
_CREDENTIAL = re.compile(rb"credential" + _TOLD)

_KEY = r"[ _.-]?key"
_BEFORE = re.compile(  # every branch begins with a letter, which is what makes it quick
    r"(?P<word>pass(?:word|wd|wort|code|phrase|(?<=_pass)(?![a-z]))|pwd|kennwort|wachtwoord|secret|token(?!s)"
    rf"|api{_KEY}|access{_KEY}|account{_KEY}|auth{_KEY}|private{_KEY}|signing{_KEY}|service{_KEY}|session{_KEY}"
    rf"|encryption{_KEY}|master{_KEY}|shared{_KEY}|license{_KEY}|key(?<=_key)(?![a-z])|credentials?|cookies?"
    r"|authorization)[\w.-]{0,24}[\"'`*_\\\])]{0,4}[ \t]{0,4}"
    r"(?P<by>=>|:=|={1,3}|[:|]|\bis\b(?: now| still)?:?)[*_]{0,2}[ \t]{0,4}(?P<open>\\?[\"'`]|\*{1,2}|)"
)
_LONGEST = 5000
"""Characters of a value that are looked at before it is known to be a secret."""
_NAME = re.compile(r"[\w-]{0,40}\Z")
_SCHEME = re.compile(r"(?:bearer|basic|token|bot|digest|apikey|negotiate)\s+", re.IGNORECASE)
_BARE = re.compile(r"(?:\\[^nrtbf\"'`]|[^\s\"'`\\])+")
_REST_OF_LINE = re.compile(r"[^\r\n\"`\\]+")
_CODE = re.compile(r"[A-Za-z_]\w*(?:\??\.[A-Za-z_]\w*)+[;,)]*|.*[({\[].*|[A-Za-z_$]+[;,)\]]*")
_LETTERS = re.compile(r"[^\W\d_]+(?:[-'][^\W\d_]+)*")

_SEED = re.compile(
    r"(?:seed|mnemonic|recovery|backup|secret)[ _-]?(?:phrase|words)?[\"'`*]{0,3}\s*"
    r"(?:[:=]|is|are)?[\s\"'`*]{0,6}"
    r"(?P<v>(?:\d{1,2}[.)]\s*)?[a-z]{3,8}(?:[\s,]+(?:\d{1,2}[.)]\s*)?[a-z]{3,8}){11,23})(?![a-z])"
)
_PIN = re.compile(
    r"pin(?<![a-z]pin)(?:[ _-]?(?:code|number))?[\"'`*_\\\])]{0,4}[ \t]{0,3}(?:[:=|]|is)[ \t\"'`*\\]{0,4}"
    r"(?P<v>\d{4,12})(?!\d)"
)
_ALONE = (  # each with a word that it has
    ("bearer", "token", re.compile(r"[bB](?i:earer)\s+(?P<v>[\w.~+/-]{8,}=*)")),
    ("sshpass", "password", re.compile(r"sshpass\s+-p\s*[\"']?(?P<v>[^\s\"']+)")),
    ("--pass", "password", re.compile(r"--pass(?:word|phrase|wd)?[ =][\"']?(?P<v>[^\s\"'-][^\s\"']*)")),
    ("--", "token", re.compile(r"--(?:token|api-?key|secret|auth-token)[ =][\"']?(?P<v>[^\s\"'-][^\s\"']*)")),
    ("login", "password", re.compile(r"login\s+\S+\s+password\s+(?P<v>\S+)")),
)
_STOP = words_of(
    """is was are the and or for from to in of on by as with field reset manager protected based
    stored see not using via when must should will can has have had been it its this that wrong
    correct incorrect invalid expired rejected set auth authentication login prompt hash hashing
    policy strength input only again too store file rotation check change changed"""
)


def may_hold(raw: bytes) -> bool:
    """Whether a text (its bytes) has any of the words by which `of_contexts` finds secrets: quick."""
    plain = raw.translate(_PLAIN, _DROPPED)
    return (
        _HINTS.search(plain) is not None
        or (b"secret" in plain and _SECRET.search(plain) is not None)
        or (b"credential" in plain and _CREDENTIAL.search(plain) is not None)
        or b"bearer" in plain
        or b"_KEY" in raw
        or b"--token" in raw
    )


def of_contexts(text: str) -> Iterator[Span]:
    """The values that stand behind a word such as `password`, but those that are obviously none."""
    low = text.lower()
    if len(low) != len(text):  # a few letters grow when they become small
        low = "".join(char.lower() if char.isascii() else char for char in text)
    end = 0
    for found in _BEFORE.finditer(low):
        span = _behind(text, found) if found.start() >= end else None
        if span:
            yield span
            end = span.end
    if any(word in low for word in ("phrase", "mnemonic", "seed ")):
        yield from (Span(*found.span("v"), "passphrase", 2) for found in _SEED.finditer(low))
    if "pin" in low:
        yield from (Span(*found.span("v"), "pin", 2) for found in _PIN.finditer(low))
    for word, kind, shape in _ALONE:
        for found in shape.finditer(text) if word in low else ():
            value = found["v"]
            if not is_placeholder(value) and (kind == "password" or is_random(value)):
                yield Span(*found.span("v"), kind, 2)


def _behind(text: str, found: re.Match[str]) -> Span | None:
    """The value behind one word, if it is a secret: in its quotes, else up to the next space."""
    before = _NAME.search(text, max(0, found.start() - 40), found.start())
    name = (before[0] if before else "") + text[found.start() : found.start("by")]
    told = kind_of_key(name)
    if told is None or not (told[1] or told[0] == "api-key"):
        return None
    kind, start, quote = told[0], found.end(), found["open"]
    scheme = _SCHEME.match(text, start)
    start = scheme.end() if scheme else start
    end = text.find(quote, start, start + _LONGEST) if quote else -1
    quoted = end >= 0 and "\n" not in text[start:end]
    if not quoted:
        end = _end_of_bare(text, start, kind)
    after = text[end : end + 3].strip(" \t\"'`*\\.,;")
    last = not after or after[0] in "\r\nnr}"
    if not _accepted(kind, text[start:end], name, found["by"], quoted=quoted, last=last):
        return None
    if end - start > _LONGEST - 20:
        whole = _BARE.match(text, start)
        end = max(end, whole.end() if whole else end)
    return Span(start, end, kind, 2)


def _end_of_bare(text: str, start: int, kind: str) -> int:
    """Where a value without quotes ends; that of a cookie has spaces and semicolons in it."""
    bare = (_REST_OF_LINE if kind == "cookie" else _BARE).match(text, start, start + _LONGEST)
    value = bare[0].rstrip(",;.)]}>|*") if bare else ""
    if kind not in ("password", "cookie"):
        value = re.split(r"[&,;]", value, maxsplit=1)[0]
    return start + len(value)


def _accepted(kind: str, value: str, name: str, by: str, *, quoted: bool, last: bool) -> bool:
    """Whether a value behind such a word is a secret and not prose or code."""
    if len(value) < 4 or is_placeholder(value):
        return False
    assigned = by == "=" and name.isupper() and not name[-1:].isspace()
    if kind in ("password", "passphrase"):
        return quoted or assigned or _is_password(value, by, last)
    if kind in ("cookie", "authorization"):
        return len(value) >= 6 and (quoted or _CODE.fullmatch(value) is None)
    if value.startswith(("/", "~/", "./", "../", "http://", "https://")):
        return False
    if quoted:
        return " " not in value and (is_random(value) or (kind == "secret" and len(value) >= 8))
    return len(value) >= 8 and (assigned or (is_random(value) and _CODE.fullmatch(value) is None))


def _is_password(value: str, by: str, last: bool) -> bool:
    if _LETTERS.fullmatch(value):
        return "is" not in by and ("=" in by or last) and len(value) >= 6 and value.lower() not in _STOP
    return _CODE.fullmatch(value) is None and not value.startswith(("/", "~/", "./"))
