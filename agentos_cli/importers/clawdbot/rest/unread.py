"""Why the rest of a home stays behind: one table, read from the top; the first line that fits counts.

What each of these is: https://docs.openclaw.ai/gateway/security and https://docs.openclaw.ai/concepts/memory.
"""

from __future__ import annotations

import re

REBUILT = "an index for searching: it is made anew here from what it indexed"
KEYS = "it holds keys or tokens: never read"
CODE = "code is never run or copied"
LOCK = "a lock"
TABLE: tuple[tuple[str, str], ...] = (
    (r".*/(\.DS_Store|Thumbs\.db|desktop\.ini)", "a note of the file system's own"),
    (r".*(\.lock|\.pid|\.sock)", LOCK),
    (r".*/node_modules(/.*)?|.*/__pycache__(/.*)?|.*/\.venv(/.*)?", "packages of programs: " + CODE),
    (r".*/\.git(/.*)?", "the history that git keeps: it stays where it is"),
    (r".*(~|\.swp|\.tmp|\.bak(\.\d+)?|\.orig)", "a copy that was made in passing"),
    (r".*\.(sqlite3?|db)-(wal|shm|journal)", "belongs to the database beside it"),
    (r"state/memory/.*\.sqlite", REBUILT),
    (r"state/(openclaw|clawdbot|moltbot|moldbot|clawdis|warelay)\.json.*", "settings that were not in use"),
    (r"state/agents/[^/]+/agent/models\.json", "a catalogue of models, made from the settings; repeats keys"),
    (r"state/(agents/[^/]+/agent|agent|credentials|identity|devices|nodes|oauth)/.*", KEYS),
    (r"state/(exec-approvals|node)\.json|state/gateway/.*|state/tls/.*", KEYS),
    (r"(.*/)?\.env(\..*)?", KEYS),
    (r"state/agents/[^/]+/sessions/.*|state/sessions/.*", "no transcript and no index of any"),
    (r"state/(agents|cron|subagents)/.*", "no file that this part is known to have"),
    (r"state/media/.*", "media that came or went by messages: not copied"),
    (r"state/browser/.*|state/browser-profiles/.*", "a browser's profile: cookies are never copied"),
    (r"state/logs/.*|state/.*\.log(\.\d+)?", "logs"),
    (r"state/(tools|bin|sandbox|sandboxes|completions)(/.*)?", "programs and their boxes: " + CODE),
    (r"state/(hooks|extensions|plugins|plugin-skills|mpm)(/.*)?", CODE),
    (r"state/settings/.*|state/voice/.*", "settings of speech: nothing here speaks"),
    (r"state/(telegram|whatsapp|wacli|discord|slack|signal|imessage|qqbot)/.*", "what a channel remembers"),
    (
        r"state/(delivery-queue|outbox|inbox|flows|tasks|presence)/.*",
        "messages on their way, never sent anew",
    ),
    (r"state/(cache|tmp|temp|run|locks|remote-cache|skills-cache)(/.*)?", "passing data"),
    (r"state/restart-sentinel\.json", "a note for the next start of the old program"),
    (r"state/(update-check|version-check)\.json", "when updates were last looked for"),
    (r"state/dns/.*", "records for finding it on a network"),
    (r"state/state/.*", "the old program's own database, of which what can be read was"),
    (r"(state|workspace[^/]*)/canvas/.*", "pages of a window that is not here"),
    (r"state/workspace[^/]*/.*", "a workspace of no agent that is set up: --workspace names it"),
    (r"[^/]+/memory/.*", "memory that is no Markdown"),
    (r"[^/]+/\.(openclaw|clawdbot|moltbot)/.*", "what the program noted about the workspace"),
    (r"workspace[^/]*/.*", "your own file: only documents, memory, skills and ideas come over"),
    (r"skills-[^/]*/.*", "lies among skills, and belongs to none"),
)
_TABLE = tuple((re.compile(pattern, re.IGNORECASE | re.DOTALL), reason) for pattern, reason in TABLE)


def reason(path: str) -> str | None:
    """Why a file of the home stays behind; None for one that nothing is known of."""
    return next((why for pattern, why in _TABLE if pattern.fullmatch(path)), None)
