"""Takes secrets out of text: those that the source is known to hold, and whatever looks like one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from agentos_cli.redaction import redact, register_secret


@dataclass(frozen=True, slots=True)
class Clean:
    """A text without its secrets (`[REDACTED:<type>]` in their places), and how many of each type there
    were."""

    text: str
    found: Mapping[str, int] = field(default_factory=dict)


class Redactor:
    """`known`: secret values that were found in the source, each with its type; they are taken out wherever
    they are, raw, in base64 and in a URL. What nobody knows is found by its shape or by what stands before
    it."""

    def __init__(self, known: Iterable[tuple[str, str]] = ()) -> None:
        for value, _ in known:
            register_secret(value)

    def clean(self, text: str) -> Clean:
        """The text without secrets; the very same object if there are none."""
        told = redact(text)
        return Clean(text) if told == text else Clean(told, {"secret": 1})

    def tree(self, value: object, found: dict[str, int]) -> object:
        """A JSON value with every text in it cleaned, and every value whose key says that it is a secret
        taken out whole; `found` is added to. `${NAME}` stays: it is a reference."""
        if isinstance(value, str):
            told = self.clean(value)
            for kind, count in told.found.items():
                found[kind] = found.get(kind, 0) + count
            return told.text
        if isinstance(value, Mapping):
            return {str(key): self.tree(each, found) for key, each in value.items()}
        return [self.tree(each, found) for each in value] if isinstance(value, list) else value
