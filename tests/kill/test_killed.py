"""A worker that is killed at any moment loses nothing, doubles nothing, and leaves the store in order."""

from __future__ import annotations

from tests.kill.runs import KILLS, killed

EVERYWHERE = {"changing", "claiming", "sending", "marking"}
"""What workers were at when they were killed; the moment of an acknowledgement is too short to count on."""


def test_six_hundred_kills_lose_nothing_and_double_nothing() -> None:
    report = killed("Worker")
    assert report["problems"] == [], report
    assert report["kills"] == KILLS and report["stages"].keys() >= EVERYWHERE, report
    assert report["states"] == {"done": report["changes"]}, report
    assert report["effects"] == report["changes"] > 0, report
    assert 0 < report["redelivered"] <= KILLS, report


def test_what_cannot_be_confirmed_is_never_sent_twice() -> None:
    report = killed("Unconfirmed", kills=150)
    assert report["problems"] == [], report
    assert report["kills"] == 150 and report["redelivered"] == 0, report
    assert report["states"].keys() == {"done", "in_doubt"}, report
    assert report["states"]["done"] <= report["calls"] == report["effects"], report
    assert sum(report["states"].values()) == report["changes"], report


def test_who_slept_past_its_claim_finishes_nothing() -> None:
    report = killed("Worker", "--pauses", "2", kills=40)
    assert report["problems"] == [], report
    assert report["pauses"] > 10 and report["refused"] >= report["pauses"] // 2, report
    assert report["effects"] == report["changes"], report
