"""Conversations as homes keep them: transcripts, their index, who sent which sub-agent. All invented."""

from __future__ import annotations

from tests.importers.building import Content, Files, as_json, as_lines, below
from tests.importers.era_parts import HOUR, NINE, SESSION

RESEARCH = "2c000000-0000-4000-8000-000000000002"
FORGOTTEN = "5e000000-0000-4000-8000-000000000003"


USAGE = {
    "input": 12, "output": 40, "cacheRead": 9000, "cacheWrite": 300, "totalTokens": 9352,
    "cost": {"input": 0.000036, "output": 0.0006, "cacheRead": 0.0027, "cacheWrite": 0.001125,
             "total": 0.004461},
}  # fmt: skip
NOTHING = {"input": 0, "output": 0, "totalTokens": 0}
SONNET = {"api": "anthropic-messages", "provider": "anthropic", "model": "claude-sonnet-4-5", "usage": USAGE}
MIRROR = {"provider": "clawdbot", "model": "delivery-mirror", "usage": NOTHING}
LOOKED = [
    {"type": "thinking", "thinking": "look"},
    {"type": "toolCall", "id": "call_1", "name": "exec", "arguments": {"command": "ls invoices"}},
]


def transcript(session: str = SESSION, text: str = "list invoices") -> str:
    """A conversation: a question, a tool, its result, a compaction, a line of the gateway, a mirror."""
    header = {"type": "session", "version": 3, "id": session, "timestamp": "2026-01-26T09:00:00.000Z"}
    result = {"toolCallId": "call_1", "toolName": "exec", "isError": False}
    summary = {"summary": "Asked about invoices", "tokensBefore": 150000, "firstKeptEntryId": "aa000003"}
    changed = {"provider": "anthropic", "modelId": "claude-sonnet-4-5"}
    found = "One invoice: a.pdf"
    gateway = _message(7, None, 50, "assistant", "status ok", stopReason="injected", usage=NOTHING)
    del gateway["parentId"]
    return as_lines([
        {**header, "cwd": "/home/mara/clawd"},
        {**_entry("model_change", 1, None, 0), **changed},
        _message(2, 1, 1, "user", text),
        _message(3, 2, 2, "assistant", LOOKED, **SONNET, stopReason="toolUse"),
        _message(4, 3, 3, "toolResult", "a.pdf", **result),
        _message(5, 4, 4, "assistant", found, **SONNET, stopReason="stop"),
        {**_entry("compaction", 6, 5, 40), **summary},
        gateway,
        _message(8, 6, 51, "assistant", found, **MIRROR, stopReason="stop"),
    ])  # fmt: skip


def _entry(kind: str, number: int, parent: int | None, minute: int) -> dict[str, object]:
    before = None if parent is None else f"aa00000{parent}"
    when = f"2026-01-26T09:{minute:02}:00.000Z"
    return {"type": kind, "id": f"aa00000{number}", "parentId": before, "timestamp": when}


def _message(
    number: int, parent: int | None, minute: int, role: str, content: object, **more: object
) -> dict[str, object]:  # fmt: skip
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    said = {"role": role, "content": blocks, "timestamp": NINE + minute * 60_000, **more}
    return {**_entry("message", number, parent, minute), "message": said}


def of(agent: str, session: str) -> str:
    """The id of an agent's session; each agent has its own."""
    return session if agent == "main" else f"0b{session[2:]}"


def sessions(agent: str = "main", folder: str | None = None) -> dict[str, Content]:
    """A folder of conversations: one that the index knows, one of a sub-agent, one that it has forgotten."""
    session, research, forgotten = (of(agent, each) for each in (SESSION, RESEARCH, FORGOTTEN))
    index = {
        f"agent:{agent}:main": {
            "sessionId": session,
            "updatedAt": NINE + HOUR,
            "chatType": "direct",
            "model": "claude-sonnet-4-5",
            "sessionFile": f"/home/mara/.clawdbot/agents/{agent}/sessions/{session}.jsonl",
            "modelProvider": "anthropic",
            "inputTokens": 24,
            "outputTokens": 80,
            "totalTokens": 18704,
            "compactionCount": 1,
            "lastChannel": "telegram",
        },
        f"agent:{agent}:subagent:{research}": {
            "sessionId": research,
            "updatedAt": NINE + HOUR,
            "spawnedBy": f"agent:{agent}:main",
            "label": "research",
        },
    }
    return below(
        folder or f"agents/{agent}/sessions",
        {
            "sessions.json": as_json(index),
            f"{session}.jsonl": transcript(session),
            f"{session}.jsonl.lock": as_json({"pid": 4242, "createdAt": "2026-01-26T09:51:00.000Z"}),
            f"{research}.jsonl": transcript(research, "find three suppliers of rye"),
            f"{forgotten}.jsonl": transcript(forgotten, "what is the oven's model?"),
        },
    )


def subagents() -> Files:
    """`subagents/runs.json`: who sent whom."""
    return {
        "subagents/runs.json": as_json(
            {
                "version": 2,
                "runs": {
                    "r1": {
                        "runId": "r1",
                        "childSessionKey": f"agent:main:subagent:{RESEARCH}",
                        "requesterSessionKey": "agent:main:main",
                        "requesterDisplayKey": "main",
                        "task": "find three suppliers of rye",
                        "cleanup": "keep",
                        "label": "research",
                        "createdAt": NINE,
                        "startedAt": NINE + 500,
                        "endedAt": NINE + 60_000,
                        "outcome": {"status": "ok"},
                    }
                },
            }
        )
    }
