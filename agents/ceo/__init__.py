"""The CEO: what no single agent can see, what to do first, and the one briefing of the morning.

`compose` puts the briefing together: `rules` finds risks across teams, `candidates` and `priorities` rank
what there is to decide, `blindness` says what could not be seen, `verdict` sums it up.
"""

from __future__ import annotations

from collections.abc import Mapping

from agents.briefing import Briefing
from agents.nouns import NOUNS
from agents.report import Agent, Report
from agents.snapshot import Snapshot


def brief(snapshot: Snapshot, reports: Mapping[str, Report]) -> Briefing:
    """The briefing of one morning, see `compose.brief`. The rest of the room is loaded only here."""
    from agents.ceo import compose

    return compose.brief(snapshot, reports)


def analyse(snapshot: Snapshot) -> Report:
    """The whole company as one report, see `alone.analyse`. The rest of the room is loaded only here."""
    from agents.ceo import alone

    return alone.analyse(snapshot)


AGENT = Agent("ceo", "CEO", reads=NOUNS, needs=(), analyse=analyse)
