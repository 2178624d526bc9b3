"""The fields that a connector reads of a vendor's records: they are kept, the rest is dropped.

A declaration follows the shape of the record:

    CUSTOMER = {
        "id": "text",
        "created": "instant",
        "email?": "text",                            may be missing, null or empty
        "status": ("draft", "open", "paid"),         one of these words
        "metadata?": {"domain?": "text"},            an object
        "items": {"data": [{"id": "text"}]},         a list of objects
    }

The words are `text`, `number`, `flag`, `instant` and `any`; each takes what its reader in `reading` takes.
A record keeps a field that is not of the declared type, without what is
inside, so that reading it can say what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from agentos_cli.contract import Fields, Raw

Keeper = Callable[[object], object]


def keeper(fields: Fields) -> Callable[[Raw], dict[str, object]]:
    """What takes the declared fields out of a record. Made once for a declaration and quick after that."""
    parts = tuple((name.rstrip("?"), _keeper(spec)) for name, spec in fields.items())

    def keep(raw: Raw) -> dict[str, object]:
        return {
            name: raw[name] if inner is None else inner(raw[name]) for name, inner in parts if name in raw
        }

    return keep


def _keeper(spec: object) -> Keeper | None:
    """What takes the declared part out of a value; None where the whole of it is declared."""
    if isinstance(spec, Mapping):
        inside = keeper(spec)
        return lambda value: inside(value) if isinstance(value, dict) else _plain(value)
    if isinstance(spec, list):
        (item,) = spec
        each = _keeper(item) or _plain
        return lambda value: [each(one) for one in value] if isinstance(value, list) else _plain(value)
    return None if spec == "any" else _plain


def _plain(value: object) -> object:
    """A value that should hold nothing: of a container only its kind is kept."""
    kind = type(value)
    return {} if kind is dict else [] if kind is list else value
