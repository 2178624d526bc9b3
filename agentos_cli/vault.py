"""Where secrets are kept: environment, 0600 file, keyring, systemd. The store knows references only."""

from __future__ import annotations

import os
import re
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from agentos_cli.errors import CredentialProblem, DataProblem, UsageProblem
from agentos_cli.redaction import register_secret

LARGEST = 64 * 1024
KINDS = "env:NAME, file:NAME, keyring:NAME or credential:NAME"

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}", re.ASCII)


class _Reference(NamedTuple):
    kind: str
    name: str


class Vault:
    """The secrets of one tenant.

    `env:NAME` is an environment variable; `file:NAME` the file `directory/tenant/NAME`, readable by its
    owner alone; `keyring:NAME` an entry of the desktop's keyring (optional package); `credential:NAME`
    what systemd's LoadCredential put into $CREDENTIALS_DIRECTORY. A file protects against other users
    and against copies of the database, not against programs of the same user.
    """

    def __init__(self, directory: Path, tenant: str, environ: Mapping[str, str]) -> None:
        self._folder = directory / _checked_name(tenant)
        self._service = f"agentos/{tenant}"
        self._environ = environ

    def resolve(self, reference: str) -> str:
        """The secret, from now on masked in all output. Raises CredentialProblem, with what mends it."""
        found = _parsed(reference)
        match found.kind:
            case "env":
                text = self._from_environment(found.name)
            case "file":
                text = self._from_file(found.name)
            case "keyring":
                text = self._from_keyring(found.name)
            case _:
                text = self._from_systemd(found.name)
        return _checked_secret(text, f"{found.kind}:{found.name}")

    def keep(self, name: str, secret: str, where: str) -> str:
        """Keeps `secret` in a `file` or the `keyring`, replacing what was there; gives its reference.

        Raises CredentialProblem for an empty or damaged secret or a keyring that cannot keep it,
        DataProblem when the file cannot be written. A crash leaves the old secret or the new one.
        """
        name = _checked_name(name)
        secret = _checked_secret(secret, "the secret")
        if where == "keyring":
            _keyring_call("set_password", self._service, name, secret)
        elif where == "file":
            self._write(name, secret)
        else:
            raise UsageProblem("a secret can be kept in `file` or `keyring`")
        return f"{where}:{name}"

    def has_keyring(self) -> bool:
        """Whether the keyring would keep a secret: the package is there, and a desktop's keyring is open."""
        try:
            _keyring_call("get_password", self._service, "agentos")
        except CredentialProblem:
            return False
        return True

    def forget(self, reference: str) -> None:
        """Removes a secret that `keep` put away. What others keep (`env:`, `credential:`) is left alone."""
        found = _parsed(reference)
        if found.kind == "file":
            try:
                self._path(found.name).unlink(missing_ok=True)
            except OSError as problem:
                raise DataProblem(f"cannot remove {self._path(found.name)}: {problem.strerror}") from None
        elif found.kind == "keyring" and self.exists(reference):
            _keyring_call("delete_password", self._service, found.name)

    def exists(self, reference: str) -> bool:
        """Whether there is something at the reference, usable or not. Raises as `resolve` does."""
        found = _parsed(reference)
        match found.kind:
            case "env":
                return found.name in self._environ
            case "file":
                return os.path.lexists(self._path(found.name))
            case "keyring":
                return _keyring_call("get_password", self._service, found.name) is not None
            case _:
                folder = self._environ.get("CREDENTIALS_DIRECTORY")
                return folder is not None and (Path(folder) / found.name).exists()

    def _path(self, name: str) -> Path:
        return self._folder / name

    def _from_environment(self, name: str) -> str:
        if name not in self._environ:
            raise CredentialProblem(
                f"the environment variable {name} is not set", fix=f"export {name}=... where agentos runs"
            )
        return self._environ[name]

    def _from_file(self, name: str) -> str:
        path = self._path(name)
        try:
            _refuse_open(self._folder, self._folder.stat(follow_symlinks=False))
            return _read(path, private=True)
        except FileNotFoundError:
            raise CredentialProblem(f"there is no key in {path}", fix="agentos connect SOURCE") from None
        except OSError as problem:
            raise CredentialProblem(f"cannot read {path}: {problem.strerror}") from None

    def _from_keyring(self, name: str) -> str:
        text = _keyring_call("get_password", self._service, name)
        if text is None:
            raise CredentialProblem(f"the keyring has no entry {name}", fix="agentos connect SOURCE")
        return text

    def _from_systemd(self, name: str) -> str:
        folder = self._environ.get("CREDENTIALS_DIRECTORY")
        if folder is None:
            raise CredentialProblem(
                f"credential:{name} can only be read inside a systemd unit",
                fix=f"LoadCredential={name}:/path/of/the/key in the unit, or env:{name}",
            )
        try:
            return _read(Path(folder) / name, private=False)  # systemd guards it, by means modes do not show
        except OSError as problem:
            raise CredentialProblem(
                f"cannot read the credential {name}: {problem.strerror}",
                fix=f"LoadCredential={name}:/path/of/the/key in the unit",
            ) from None

    def _write(self, name: str, secret: str) -> None:
        temporary = self._folder / f".{name}.{secrets.token_hex(4)}.tmp"
        try:
            for folder in (self._folder.parent, self._folder):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                folder.chmod(0o700)
            try:
                _write_through(temporary, secret)
                temporary.replace(self._path(name))
                _sync_folder(self._folder)
            finally:
                temporary.unlink(missing_ok=True)
        except OSError as problem:
            raise DataProblem(
                f"cannot keep the key in {self._folder}: {problem.strerror}",
                fix="keep it elsewhere and refer to it: agentos connect SOURCE with env:NAME",
            ) from None


def _parsed(reference: str) -> _Reference:
    """Never quotes what it refuses: it may be the secret itself, given by mistake."""
    kind, colon, name = reference.partition(":")
    if not colon or kind not in ("env", "file", "keyring", "credential") or not _NAME.fullmatch(name):
        raise CredentialProblem("a key is referred to, not written down", fix=f"give {KINDS}")
    return _Reference(kind, name)


def _checked_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise UsageProblem("a name here has letters, digits and . _ - only, 64 at most")
    return name


def _checked_secret(text: str, what: str) -> str:
    """Without the one line end that editors and `echo` add. Refuses what no key contains."""
    secret = text[:-1] if text.endswith("\n") else text
    secret = secret[:-1] if secret.endswith("\r") else secret
    register_secret(secret)
    if not secret.strip():
        raise CredentialProblem(f"{what} is empty", fix="agentos connect SOURCE")
    if not secret.isprintable():
        raise CredentialProblem(
            f"{what} contains a line break or an invisible character", fix="copy the key again, alone"
        )
    return secret


def _read(path: Path, *, private: bool) -> str:
    """The text of a small regular file; no link, no pipe. `private` refuses one that others may open."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode) or about.st_size > LARGEST:
            raise CredentialProblem(f"{path} is not a small plain file")
        if private:
            _refuse_open(path, about)
        try:
            return file.read(LARGEST).decode("utf-8")
        except UnicodeDecodeError:
            raise CredentialProblem(f"{path} is not text") from None


def _refuse_open(path: Path, about: os.stat_result) -> None:
    if stat.S_IMODE(about.st_mode) & 0o077:
        mode = "700" if stat.S_ISDIR(about.st_mode) else "600"
        raise CredentialProblem(f"{path} can be opened by other users", fix=f"chmod {mode} {path}")
    if about.st_uid not in (os.geteuid(), 0):
        raise CredentialProblem(f"{path} belongs to another user", fix=f"chown it, or remove {path}")


def _write_through(path: Path, secret: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(secret + "\n")
        file.flush()
        os.fsync(handle)


def _sync_folder(folder: Path) -> None:
    """A rename is on the disk only when its folder is."""
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _keyring_call(act: str, *arguments: str) -> str | None:
    """One call on the keyring. Raises CredentialProblem without the package or an open keyring."""
    try:
        import keyring  # optional, and slow to import
    except ImportError:
        raise CredentialProblem(
            "the keyring package is not installed", fix="pip install 'agentos-cli[keyring]', or use env:NAME"
        ) from None
    return _guarded(keyring, act, arguments)


def _guarded(keyring: ModuleType, act: str, arguments: tuple[str, ...]) -> str | None:
    try:
        answer = getattr(keyring, act)(*arguments)
    except Exception as problem:  # backends raise what their desktop raises
        raise CredentialProblem(
            f"the keyring cannot be used here ({type(problem).__name__})",
            fix="keep the key in a file (agentos connect SOURCE) or refer to env:NAME",
        ) from None
    return None if answer is None else str(answer)
