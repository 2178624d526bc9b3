"""The CEO agent: what no single agent can see, what to do first, and the one briefing of the morning."""

from __future__ import annotations

from agents.ceo.alone import analyse
from agents.ceo.compose import brief
from agents.ceo.priorities import score
from agents.nouns import NOUNS
from agents.report import Agent

AGENT = Agent("ceo", "CEO", reads=NOUNS, needs=(), analyse=analyse)

__all__ = ["AGENT", "brief", "score"]
