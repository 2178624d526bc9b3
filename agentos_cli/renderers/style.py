"""How the reader wants it: width, colour, character set, linear or not, everything or the first few."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Style:
    """`width` is in terminal cells. `accessible` turns the text form into the linear one for screen
    readers; `everything` (`--all`) lifts the limits on decisions, numbers, risks and blind spots; a page
    that is `tall` need not fit a screen."""

    width: int = 80
    color: bool = False
    ascii: bool = False
    accessible: bool = False
    everything: bool = False
    tall: bool = False
