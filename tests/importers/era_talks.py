"""Conversations as homes keep them: transcripts, their index, who sent which sub-agent. All invented."""

from __future__ import annotations

from tests.importers.building import Content, Files, as_json, as_lines, below
from tests.importers.era_parts import HOUR, NINE, SESSION

RESEARCH = "2c000000-0000-4000-8000-000000000002"
FORGOTTEN = "5e000000-0000-4000-8000-000000000003"


def transcript(session: str = SESSION, text: str = "list invoices") -> str:
    """A conversation: a question, a tool, its result, a compaction, a line of the gateway, a mirror."""

    def entry(kind: str, id: str, parent: str | None, minute: int, **more: object) -> dict[str, object]:  # noqa: A002
        when = f"2026-01-26T09:{minute:02}:00.000Z"
        return {"type": kind, "id": id, "parentId": parent, "timestamp": when, **more}

    def said(role: str, content: object, minute: int, **more: object) -> dict[str, object]:
        return {"role": role, "content": content, "timestamp": NINE + minute * 60_000, **more}

    usage = {
        "input": 12,
        "output": 40,
        "cacheRead": 9000,
        "cacheWrite": 300,
        "totalTokens": 9352,
        "cost": {
            "input": 0.000036,
            "output": 0.0006,
            "cacheRead": 0.0027,
            "cacheWrite": 0.001125,
            "total": 0.004461,
        },
    }
    nothing = {"input": 0, "output": 0, "totalTokens": 0}
    call = {"type": "toolCall", "id": "call_1", "name": "exec", "arguments": {"command": "ls invoices"}}
    gateway = entry(
        "message",
        "aa000007",
        None,
        50,
        message=said(
            "assistant", [{"type": "text", "text": "status ok"}], 50, stopReason="injected", usage=nothing
        ),
    )
    del gateway["parentId"]
    return as_lines(
        [
            {
                "type": "session",
                "version": 3,
                "id": session,
                "timestamp": "2026-01-26T09:00:00.000Z",
                "cwd": "/home/mara/clawd",
            },
            entry("model_change", "aa000001", None, 0, provider="anthropic", modelId="claude-sonnet-4-5"),
            entry(
                "message",
                "aa000002",
                "aa000001",
                1,
                message=said("user", [{"type": "text", "text": text}], 1),
            ),
            entry(
                "message",
                "aa000003",
                "aa000002",
                2,
                message=said(
                    "assistant",
                    [{"type": "thinking", "thinking": "look"}, call],
                    2,
                    api="anthropic-messages",
                    provider="anthropic",
                    model="claude-sonnet-4-5",
                    usage=usage,
                    stopReason="toolUse",
                ),
            ),
            entry(
                "message",
                "aa000004",
                "aa000003",
                3,
                message=said(
                    "toolResult",
                    [{"type": "text", "text": "a.pdf"}],
                    3,
                    toolCallId="call_1",
                    toolName="exec",
                    isError=False,
                ),
            ),
            entry(
                "message",
                "aa000005",
                "aa000004",
                4,
                message=said(
                    "assistant",
                    [{"type": "text", "text": "One invoice: a.pdf"}],
                    4,
                    api="anthropic-messages",
                    provider="anthropic",
                    model="claude-sonnet-4-5",
                    usage=usage,
                    stopReason="stop",
                ),
            ),
            entry(
                "compaction",
                "aa000006",
                "aa000005",
                40,
                summary="Asked about invoices",
                tokensBefore=150000,
                firstKeptEntryId="aa000003",
            ),
            gateway,
            entry(
                "message",
                "aa000008",
                "aa000006",
                51,
                message=said(
                    "assistant",
                    [{"type": "text", "text": "One invoice: a.pdf"}],
                    51,
                    provider="clawdbot",
                    model="delivery-mirror",
                    usage=nothing,
                    stopReason="stop",
                ),
            ),
        ]
    )


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
