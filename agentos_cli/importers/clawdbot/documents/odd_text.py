"""Looks through documents and memory as `skill_scan` does through skills, where there may be much more of it.

Each of its patterns needs one of these words, so a line without any is not looked at: that is most lines, and
a hundredth of the time. A test holds the words to the patterns.
"""

from __future__ import annotations

import re

from agentos_cli.importers.clawdbot.skills import scan as skill_scan

FETCHES = ("curl", "wget", "fetch", "aria2c")
"""What is fetched may be run a few lines below."""
BELOW = 10
WORDS = (
    *FETCHES, "base64", "b64decode", "atob", "openssl", "xxd", "powershell", "iex", "invoke-expression",
    "unzip", "7z", "unrar", "passw", "passphrase", "pass ", "pass:", ".ssh", ".aws", ".gnupg", ".kube",
    ".azure", ".docker", ".netrc", ".npmrc", ".pypirc", "gcloud", ".config/gh", "git-credentials",
    "/etc/shadow",
    "auth-profiles", "keychain", ".clawdbot", ".moltbot", ".openclaw", "security ", "secret-tool", "kwallet",
    "cmdkey", "login data", "cookies", "logins.json", "key4.db", "wallet.dat", "seed phrase", "webhook",
    "requestbin", "pipedream", "beeceptor", "burpcollaborator", "oastify", "interact.sh", "oast.",
    "transfer.sh", "file.io", "0x0.st", "ngrok", "requestcatcher", "api.telegram.org", " -e", "/dev/tcp",
    "/dev/udp", "ignore", "disregard", "forget", "override", "bypass", "user", "owner", "human", "operator",
    "secretly", "covertly", "silently", "system prompt", "hidden instructions", "api key",
    "environment variable", "credentials", "you are", "\\x",
)  # fmt: skip
UNSEEN = re.compile("[\u200b-\u200d\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e01ef]")
BLOB = 500
"""Characters of a line from which on it may be encoded data."""


def findings(path: str, text: str) -> tuple[str, ...]:
    """What is odd in a text, one line for each kind of thing: `SOUL.md:12,40 fetches a program ...`."""
    small = text.lower()
    present = [word for word in WORDS if word in small]
    unseen = not text.isascii() and UNSEEN.search(text) is not None
    kept, until = [], 0
    for number, line in enumerate(text.split("\n")):
        small = line.lower() if present else ""
        odd = any(word in small for word in present) or (unseen and UNSEEN.search(line) is not None)
        if odd and any(word in small for word in FETCHES):
            until = number + BELOW + 1
        kept.append(line if odd or number < until or len(line) > BLOB else "")
    return skill_scan.findings([(path, "\n".join(kept))]) if any(kept) else ()
