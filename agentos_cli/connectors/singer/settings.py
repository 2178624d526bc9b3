"""A tap's settings as they are kept: one JSON object, whose secrets are masked in all output."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from agentos_cli.errors import CredentialProblem
from agentos_cli.redaction import register_secret

LARGEST = 60 * 1024
SMELLS = re.compile(
    r"key|token|secret|pass|pwd|auth|credential|private|signature|bearer|cookie|session", re.IGNORECASE
)
SHORTEST = 6
AGAIN = "agentos connect singer TAP --config FILE"


def settings(text: str, name: str) -> Mapping[str, object]:
    """The settings in a JSON text. Raises CredentialProblem, which quotes nothing of it."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise CredentialProblem(f"the settings of {name} are not JSON", fix=AGAIN) from None
    if not isinstance(found, dict):
        raise CredentialProblem(f"the settings of {name} are no JSON object", fix=AGAIN)
    return found


def kept(found: Mapping[str, object], name: str) -> str:
    """Settings as one printable line for the vault. Raises CredentialProblem for more than 60 KB."""
    text = json.dumps(found, ensure_ascii=True, separators=(",", ":"))
    if len(text) > LARGEST:
        raise CredentialProblem(f"the settings of {name} are larger than 60 KB")
    return text


def hide(found: object, *, smelly: bool = False) -> None:
    """From now on mask every text whose key, or the key of an object around it, smells of a secret."""
    for value in _secret_texts(found, smelly):
        register_secret(value)


def _secret_texts(found: object, smelly: bool) -> Iterator[str]:
    if isinstance(found, dict):
        for key, value in found.items():
            yield from _secret_texts(value, smelly or bool(SMELLS.search(str(key))))
    elif isinstance(found, list):
        for value in found:
            yield from _secret_texts(value, smelly)
    elif isinstance(found, str) and smelly and len(found) >= SHORTEST:
        yield found
