r"""Looks through the text of a skill for what a person should see before it is used. Nothing is run.

A skill is a stranger's instructions, and some were made to do harm: they have the reader unpack an archive
with a password, or paste a line that fetches a program and runs it.
https://docs.openclaw.ai/tools/clawhub tells of the registry; https://attack.mitre.org/techniques/T1059/004/
and https://attack.mitre.org/techniques/T1140/ of the lines. What is found is a place to look at, and no
verdict; a finding names the line and never quotes it, so that nothing secret is carried on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

LONGEST = 4_000
"""Characters of a line beyond which nobody reads it to its end."""
MOST = 20
"""Findings that are told of one skill."""
ENOUGH = 1_000_000
"""Characters of one skill that are looked through."""
SHELL = r"(?:sudo\s+(?:-\S+\s+)*)?(?:/usr)?(?:/bin/)?(?:env\s+)?(?:ba|z|da|k|fi)?sh\b(?!\.)"
RUNS = rf"(?:{SHELL}|(?:sudo\s+)?(?:python[\d.]*|node|perl|ruby|osascript|php)\b)"
FETCH = r"\b(?:curl|wget|fetch|aria2c)\b"
UNBASE = r"\b(?:base64\s+(?:-\w*[dD]\w*|--decode)|openssl\s+(?:base64|enc)\s+[^|]{0,80}-d\b|xxd\s+-r)"

_LINE: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (what, re.compile(pattern, re.IGNORECASE))
    for what, pattern in (
        (
            "runs what was hidden in base64",
            rf"{UNBASE}[^|\n]{{0,200}}\|\s*{RUNS}|(?:\beval\b|\bsource\b|{SHELL}\s+-c)\s*[\"']?\s*(?:\$\(|`|<\()"
            rf"[^\n]{{0,500}}{UNBASE}|{SHELL}\s+<\([^\n]{{0,500}}{UNBASE}"
            r"|\b(?:exec|eval|system)\s*\(\s*[^\n]{0,80}(?:b64decode|atob|base64_decode|'base64')"
            r"|\bpowershell(?:\.exe)?\b[^\n]{0,120}\s-e(?:nc(?:odedcommand)?)?\s",
        ),
        (
            "fetches a program and runs it at once",
            rf"{FETCH}[^|;\n]{{0,500}}\|\s*(?:tee\s[^|]{{0,80}}\|\s*)?{RUNS}"
            rf"|(?:\beval\b|\bsource\b|{SHELL}(?:\s+-\w+)*)\s*[\"']?\s*(?:\$\(|`|<\()\s*{FETCH}"
            r"|\b(?:iwr|irm|invoke-webrequest|invoke-restmethod)\b[^\n]{0,300}\|\s*(?:iex|invoke-expression)\b"
            r"|\b(?:iex|invoke-expression)\b[^\n]{0,80}\b(?:iwr|irm|downloadstring|invoke-webrequest)\b",
        ),
        (
            "unpacks an archive with a password, which hides it from virus scanners",
            r"\bunzip\s+(?:-\w+\s+)*-P\s*\S|\b7za?\s+[xe]\s[^\n]{0,200}-p\S|\bunrar\s+[xe]\s[^\n]{0,200}-p\S"
            r"|(?:\b(?:zip|rar|7z|archive|installer)\b|\.zip|\.rar|\.7z)[^.\n]{0,80}\b(?:password|passphrase|"
            r"pass)\b\s*(?::|=|is\b|[\"'`])"
            r"|\b(?:unzip|extract|unpack|decompress)\w*\b[^.\n]{0,80}\b(?:with|using)\b[^.\n]{0,40}\bpass(?:word|phrase)?\b",
        ),
        (
            "names where keys and passwords are kept",
            r"(?:~|\$\{?HOME\}?|/root|/(?:home|Users)/[^/\s]{1,64})/\.(?:ssh|aws|gnupg|kube|azure|docker/config"
            r"|netrc|npmrc|pypirc|config/(?:gcloud|gh)|git-credentials|password-store)\b"
            r"|\.ssh/id_\w+|\.aws/credentials\b|/etc/shadow\b|auth-profiles\.json|(?:login|System)\.keychain"
            r"|\.(?:clawdbot|moltbot|openclaw)/(?:credentials|identity|\.env)\b",
        ),
        (
            "asks a keychain or a browser for passwords",
            r"\bsecurity\s+(?:dump-keychain|find-(?:generic|internet)-password|unlock-keychain)\b"
            r"|\bsecret-tool\s+(?:lookup|search)\b|\bkwallet-query\b|\bcmdkey\s+/list\b"
            r"|\b(?:Chrome|Chromium|Brave|Edge|Firefox)\b[^\n]{0,120}(?:Login Data|Cookies|logins\.json"
            r"|key4\.db)"
            r"|\bwallet\.dat\b|\bseed phrase\b",
        ),
        (
            "sends to an address that takes anything from anybody",
            r"\b(?:webhook\.site|requestbin\.\w+|pipedream\.net|\w+\.m\.pipedream\.net|beeceptor\.com"
            r"|burpcollaborator\.net|oastify\.com|interact\.sh|oast\.(?:fun|live|me|online|pro|site)"
            r"|transfer\.sh|file\.io|0x0\.st|ngrok(?:-free)?\.(?:io|app|dev)|requestcatcher\.com)\b"
            r"|discord(?:app)?\.com/api/webhooks/\d|api\.telegram\.org/bot\d",
        ),
        (
            "sends files or the output of commands away",
            rf"{FETCH}[^\n]{{0,300}}\s(?:-d|-F|-T|--data(?:-\w+)?|--form|--upload-file|--post-file)[\s=]*"
            r"[\"']?[^\s\"'@$`]{0,80}(?:@\s*(?:~|/|\.env|\$HOME)|\$\(\s*(?:cat|env|printenv|whoami|history|base64|ls|"
            r"tar)\b|`\s*(?:cat|env|printenv|history|base64|tar)\b|~/|/etc/)"
            rf"|\b(?:cat|env|printenv|tar|history)\b[^|\n]{{0,200}}\|[^\n]{{0,200}}{FETCH}[^\n]{{0,200}}\s(?:-d|-F|-T|"
            r"--data(?:-\w+)?|--upload-file|--post-file)[\s=]*[\"']?\w{0,40}=?@-"
            r"|\b(?:nc|ncat|netcat)\b[^\n]{0,120}\s-e\b|/dev/(?:tcp|udp)/",
        ),
        (
            "tells whoever reads it to leave other instructions aside",
            r"\b(?:ignore|disregard|forget|override|bypass)\b[^.\n]{0,30}\b(?:previous|prior|earlier|above|"
            r"preceding|existing|other|system|all|your|safety)\b[^.\n]{0,30}\b(?:instruction|rule|prompt|"
            r"guideline|guardrail|polic(?:y|ies)|direction|restriction)",
        ),
        (
            "asks to keep something from the user",
            r"\b(?:do\s*n[o']t|never|without|avoid)\s+(?:ever\s+)?(?:tell|telling|inform|informing|mention|"
            r"mentioning|reveal|revealing|show|showing|alert|alerting|notify|notifying|ask|asking)\w*\s+"
            r"(?:(?:this|it|that|anything)\s+to\s+)?(?:the\s+|your\s+)?(?:user|owner|human|operator)\b"
            r"|\b(?:secretly|covertly|silently)\s+(?:send|upload|run|execute|install|copy|read|collect)\b",
        ),
        (
            "asks for what the model was told",
            r"\b(?:reveal|print|output|repeat|send|leak)\b[^.\n]{0,40}\b(?:system prompt|hidden instructions|"
            r"api keys?|environment variables|credentials)\b"
            r"|\byou are (?:now )?in (?:developer|god|dan) mode\b",
        ),
    )
)  # fmt: skip
_SAVED = re.compile(
    rf"{FETCH}[^\n]{{0,500}}(?:\s-o|\s-O|\s--output(?:-document)?|>)[\s=]*[\"']?(?P<file>[\w./~${{}}-]{{1,200}})",
    re.IGNORECASE,
)
_HIDDEN = re.compile(
    "[\u202a-\u202e\u2066-\u2069]|[\u200b\u2060-\u2064\U000e0100-\U000e01ef]"
    "|(?<=[ -~])[\u200c\u200d](?=[ -~])"
    "|(?<!^)\ufeff|(?<![\U0001f3f4\U000e0020-\U000e007f])[\U000e0000-\U000e007f]",
    re.MULTILINE,
)
_BLOB = re.compile(r"[A-Za-z0-9+/]{600,}={0,2}|(?:\\x[0-9a-fA-F]{2}){60,}")


def findings(texts: list[tuple[str, str]]) -> tuple[str, ...]:
    """What is odd in the files of a skill, each `(path, text)`: one line for each kind of thing in each file,
    with the lines of it (from 1): `SKILL.md:12,40 fetches a program and runs it at once`."""
    told: list[str] = []
    left = ENOUGH
    for path, text in texts:
        lines: dict[str, list[int]] = {}
        if len(text) > left:
            told.append(f"{path} was not looked through to its end: it is too long")
        looked, left = text[:left], max(0, left - len(text))
        for number, what in _odd(looked):
            if number not in lines.setdefault(what, []):
                lines[what].append(number)
        told += [f"{path}:{_numbers(found)} {what}" for what, found in lines.items()]
    more = len(told) - MOST
    return tuple(told[:MOST]) + ((f"and {more} more things to look at",) if more > 0 else ())


def _odd(text: str) -> Iterator[tuple[int, str]]:
    saved: list[tuple[int, str]] = []
    for number, line in _lines(text):
        if len(line) > LONGEST:
            yield number, f"is longer than {LONGEST} characters"
        for window in _windows(line):
            yield from ((number, what) for what, pattern in _LINE if pattern.search(window))
            if _HIDDEN.search(window):
                yield number, "has characters that nobody sees"
            if _BLOB.search(window):
                yield number, "holds a long stretch of encoded data"
            yield from _run_later(number, window, saved)


def _run_later(number: int, line: str, saved: list[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """A file that was fetched in this line, or the ten before it, is made a program or run."""
    saved[:] = [(at, file) for at, file in saved if number - at <= 10][-20:]
    saved += [(number, found["file"].rpartition("/")[2]) for found in _SAVED.finditer(line)]
    for _, file in saved:
        if len(file) > 1 and re.search(_runs(file), line):
            yield number, "fetches a file and runs it"


def _runs(file: str) -> str:
    name = rf"[\"']?(?:[\w.~${{}}/-]{{0,200}}/)?{re.escape(file)}(?![\w-])"
    whole = rf"{re.escape(file)}(?![\w-])"
    begun = r"(?:^|&&|;|`)\s*"
    return (
        rf"\bchmod\s+[\w+=,]*[x157][\w,]*\s+{name}|{begun}{RUNS}\s+{name}"
        rf"|{begun}(?:sudo\s+)?\.?/[\w./-]{{0,200}}{whole}"
    )


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their numbers; those that a backslash joins are one."""
    joined, begun = "", 0
    for number, line in enumerate(text.split("\n"), 1):
        if not line and not begun:
            continue  # nothing is odd in nothing, and texts may be mostly that
        whole = line.rstrip("\r")
        if whole.endswith("\\") and len(joined) < LONGEST:
            joined, begun = joined + whole[:-1] + " ", begun or number
            continue
        yield begun or number, joined + whole
        joined, begun = "", 0
    if joined:
        yield begun, joined


def _windows(line: str) -> Iterator[str]:
    """A long line in parts that overlap, so that no pattern has to go far."""
    yield line[:LONGEST]
    for start in range(LONGEST - 600, len(line) - 600, LONGEST - 600):
        if start + 600 < len(line):
            yield line[start : start + LONGEST]


def _numbers(found: list[int]) -> str:
    return ",".join(map(str, found[:5])) + (",..." if len(found) > 5 else "")
