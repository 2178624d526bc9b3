"""Where keys are kept, and who may not read them."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

import pytest

from agentos_cli.errors import CredentialProblem, DataProblem, UsageProblem
from agentos_cli.redaction import redact
from agentos_cli.vault import Vault

KEY = "canary-0123456789-key"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "config" / "credentials"


def vault(folder: Path, tenant: str = "default", **environ: str) -> Vault:
    return Vault(folder, tenant, environ)


# ── files ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_kept_key_comes_back_and_is_its_owners_alone(folder: Path) -> None:
    before = os.umask(0o000)
    try:
        reference = vault(folder).keep("stripe", KEY + "\n", "file")
    finally:
        os.umask(before)
    assert reference == "file:stripe"
    assert vault(folder).resolve(reference) == KEY
    path = folder / "default" / "stripe"
    modes = [oct(each.stat().st_mode & 0o777) for each in (path, path.parent, folder)]
    assert modes == ["0o600", "0o700", "0o700"]
    assert [each.name for each in path.parent.iterdir()] == ["stripe"]


def test_a_key_can_be_replaced_and_forgotten(folder: Path) -> None:
    safe = vault(folder)
    safe.keep("stripe", KEY, "file")
    safe.keep("stripe", "another-key", "file")
    assert safe.resolve("file:stripe") == "another-key"
    assert safe.exists("file:stripe")
    safe.forget("file:stripe")
    safe.forget("file:stripe")
    assert not safe.exists("file:stripe")
    with pytest.raises(CredentialProblem, match="there is no key") as caught:
        safe.resolve("file:stripe")
    assert caught.value.fix


def test_one_tenant_does_not_find_anothers_key(folder: Path) -> None:
    vault(folder, "alice").keep("stripe", KEY, "file")
    assert not vault(folder, "charlie").exists("file:stripe")
    with pytest.raises(CredentialProblem):
        vault(folder, "charlie").resolve("file:stripe")


@pytest.mark.parametrize("name", ["../alice/stripe", "/etc/passwd", "a/b", "", ".hidden", "-x", "a\n", "é"])
def test_a_name_cannot_leave_the_folder(folder: Path, name: str) -> None:
    with pytest.raises(CredentialProblem):
        vault(folder).resolve(f"file:{name}")
    with pytest.raises(UsageProblem):
        vault(folder).keep(name, KEY, "file")
    with pytest.raises(UsageProblem):
        vault(folder, tenant=name)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_file_that_others_may_open_is_refused(folder: Path, mode: int) -> None:
    safe = vault(folder)
    safe.keep("stripe", KEY, "file")
    path = folder / "default" / "stripe"
    path.chmod(mode)
    with pytest.raises(CredentialProblem, match="other users") as caught:
        safe.resolve("file:stripe")
    assert caught.value.fix == f"chmod 600 {path}"


def test_a_folder_that_others_may_open_is_refused_until_a_key_is_kept_again(folder: Path) -> None:
    safe = vault(folder)
    safe.keep("stripe", KEY, "file")
    (folder / "default").chmod(0o755)
    with pytest.raises(CredentialProblem, match="other users") as caught:
        safe.resolve("file:stripe")
    assert caught.value.fix == f"chmod 700 {folder / 'default'}"
    safe.keep("stripe", KEY, "file")
    assert safe.resolve("file:stripe") == KEY


def test_links_pipes_and_large_files_are_no_keys(folder: Path, tmp_path: Path) -> None:
    safe = vault(folder)
    safe.keep("stripe", KEY, "file")
    home = folder / "default"
    (home / "link").symlink_to(home / "stripe")
    os.mkfifo(home / "pipe", 0o600)
    (home / "large").write_bytes(b"x" * 70_000)
    (home / "large").chmod(0o600)
    (home / "binary").write_bytes(b"\xff\xfe")
    (home / "binary").chmod(0o600)
    for name in ("link", "pipe", "large", "binary"):
        with pytest.raises(CredentialProblem):
            safe.resolve(f"file:{name}")


def test_a_key_that_cannot_be_written_is_told_and_the_old_one_stays(folder: Path) -> None:
    safe = vault(folder)
    safe.keep("stripe", KEY, "file")
    (folder / "default" / "hubspot").mkdir()
    with pytest.raises(DataProblem, match="cannot keep the key") as caught:
        safe.keep("hubspot", "another-key", "file")
    assert caught.value.fix
    assert sorted(each.name for each in (folder / "default").iterdir()) == ["hubspot", "stripe"]
    blocked = folder.parent / "plain"
    blocked.write_text("a file where a folder should be")
    with pytest.raises(DataProblem):
        vault(blocked).keep("stripe", KEY, "file")


# ── the environment and systemd ─────────────────────────────────────────────────────────────────────


def test_a_key_from_the_environment(folder: Path) -> None:
    safe = vault(folder, STRIPE_KEY=KEY)
    assert safe.resolve("env:STRIPE_KEY") == KEY
    assert safe.exists("env:STRIPE_KEY")
    safe.forget("env:STRIPE_KEY")
    assert safe.resolve("env:STRIPE_KEY") == KEY
    assert not safe.exists("env:OTHER")
    with pytest.raises(CredentialProblem, match="OTHER is not set") as caught:
        safe.resolve("env:OTHER")
    assert caught.value.fix


def test_a_key_from_systemd(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "stripe").write_text(KEY + "\n")
    (tmp_path / "stripe").chmod(0o440)  # as systemd shows it where it works with access lists
    safe = vault(folder, CREDENTIALS_DIRECTORY=str(tmp_path))
    assert safe.resolve("credential:stripe") == KEY
    assert safe.exists("credential:stripe")
    assert not safe.exists("credential:other")
    with pytest.raises(CredentialProblem, match="other"):
        safe.resolve("credential:other")
    with pytest.raises(CredentialProblem, match="systemd unit"):
        vault(folder).resolve("credential:stripe")


# ── the keyring ─────────────────────────────────────────────────────────────────────────────────────

KEYRING = """
import json, pathlib
FILE = pathlib.Path({path!r})

class PasswordDeleteError(Exception): ...

def _all():
    return json.loads(FILE.read_text()) if FILE.exists() else {{}}

def set_password(service, name, secret):
    FILE.write_text(json.dumps({{**_all(), service + " " + name: secret}}))

def get_password(service, name):
    if {locked}:
        raise RuntimeError("locked, and here is a secret: canary")
    return _all().get(service + " " + name)

def delete_password(service, name):
    kept = _all()
    if service + " " + name not in kept:
        raise PasswordDeleteError(name)
    kept.pop(service + " " + name)
    FILE.write_text(json.dumps(kept))
"""


def install_keyring(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, locked: bool = False) -> None:
    """The optional package, as a module on the path that keeps entries in a file."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "keyring.py").write_text(KEYRING.format(path=str(tmp_path / "ring.json"), locked=locked))
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.delitem(sys.modules, "keyring", raising=False)


def test_a_key_in_the_keyring(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_keyring(monkeypatch, tmp_path)
    safe = vault(folder)
    assert safe.keep("stripe", KEY, "keyring") == "keyring:stripe"
    assert safe.resolve("keyring:stripe") == KEY
    assert not vault(folder, "charlie").exists("keyring:stripe")
    safe.forget("keyring:stripe")
    safe.forget("keyring:stripe")
    assert not safe.exists("keyring:stripe")
    with pytest.raises(CredentialProblem, match="no entry"):
        safe.resolve("keyring:stripe")


def test_a_locked_keyring_is_told_in_our_words(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_keyring(monkeypatch, tmp_path, locked=True)
    with pytest.raises(CredentialProblem, match=r"cannot be used here \(RuntimeError\)") as caught:
        vault(folder).resolve("keyring:stripe")
    assert "canary" not in caught.value.what
    assert caught.value.fix is not None
    assert "env:NAME" in caught.value.fix


def test_without_the_keyring_package_the_fix_names_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(CredentialProblem, match="not installed") as caught:
        vault(folder).keep("stripe", KEY, "keyring")
    assert caught.value.fix is not None
    assert "agentos-cli[keyring]" in caught.value.fix


# ── what a key may look like ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "key"), [(KEY, KEY), (KEY + "\n", KEY), (KEY + "\r\n", KEY), ("pass wörd", "pass wörd")]
)
def test_one_line_end_is_not_part_of_a_key(folder: Path, text: str, key: str) -> None:
    assert vault(folder, KEY=text).resolve("env:KEY") == key


@pytest.mark.parametrize(
    "text", ["", "\n", "   ", KEY + "\n\n", "a\nb", "a\tb", "a\0b", "a\x1b[0m", "a\u200bb", "a\udcffb"]
)
def test_what_is_no_key_is_refused_and_not_shown(folder: Path, text: str) -> None:
    with pytest.raises(CredentialProblem) as caught:
        vault(folder, KEY=text).resolve("env:KEY")
    assert "canary" not in "".join(traceback.format_exception(caught.value))
    with pytest.raises(CredentialProblem):
        vault(folder).keep("stripe", text, "file")


@pytest.mark.parametrize("reference", ["sk_live_canary123456", "env", "plain:canary-x", "env:canary key", ""])
def test_a_key_given_for_a_reference_is_not_shown(folder: Path, reference: str) -> None:
    for act in (vault(folder).resolve, vault(folder).exists, vault(folder).forget):
        with pytest.raises(CredentialProblem, match="referred to") as caught:
            act(reference)
        assert "canary" not in caught.value.what + (caught.value.fix or "")


def test_a_place_that_does_not_exist_is_a_usage_problem(folder: Path) -> None:
    with pytest.raises(UsageProblem):
        vault(folder).keep("stripe", KEY, "cloud")


def test_every_key_that_was_read_or_kept_is_masked_from_then_on(folder: Path) -> None:
    vault(folder, ONE="first-canary-key").resolve("env:ONE")
    vault(folder).keep("two", "second-canary-key", "file")
    assert redact("first-canary-key, second-canary-key") == "[secret], [secret]"
