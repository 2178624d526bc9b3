"""Keys that come over because the user asked for it: noted while the source is read, kept in the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from agentos_cli.vault import Vault


class Keys:
    """Takes keys for the vault's files, or with `takes` off only knows those that an earlier import put
    there. A key that is in the vault is left alone: its owner may have changed it since."""

    def __init__(self, vault: Vault, *, takes: bool) -> None:
        self._vault, self._takes = vault, takes
        self._noted: dict[str, str] = {}

    @property
    def new(self) -> list[str]:
        """The references of those that `kept` puts into the vault."""
        return [f"file:{name}" for name in sorted(self._noted)]

    def put(self, name: str, secret: str) -> str | None:
        """Note a key; gives the reference that it has, or will have."""
        reference = f"file:{name}"
        if self._vault.exists(reference):
            return reference
        if not self._takes:
            return None
        self._noted[name] = secret
        return reference

    @contextmanager
    def kept(self) -> Iterator[None]:
        """For the block that writes the import: the keys are in the vault, and stay there if it succeeds. One
        that is killed leaves keys under names that the next import finds again."""
        try:
            for name, secret in sorted(self._noted.items()):
                self._vault.keep(name, secret, "file")
            yield
        except BaseException:
            for reference in self.new:
                self._vault.forget(reference)
            raise
