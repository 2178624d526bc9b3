"""Figures whose past the records do not keep: they have a value now, and neither previous nor series."""

from __future__ import annotations

from dataclasses import replace

from agents.figures import Figure, Grade, Kinds, fine, metric
from agents.report import Good, Metric, Unit
from agents.snapshot import Snapshot


def undated_metric(
    snapshot: Snapshot,
    key: str,
    title: str,
    unit: Unit,
    now: Figure,
    *,
    reads: Kinds,
    good: Good = Good.UP,
    grade: Grade = fine,
) -> Metric:
    """The metric for `now` alone. "no data" when any of `reads` was never read."""
    known = metric(snapshot, key, title, unit, lambda at: now, reads=reads, good=good, grade=grade)
    return replace(known, previous=None, series=())
