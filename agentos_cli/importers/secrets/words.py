"""Says of a key's name whether it holds a secret, and of a value whether it can be one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_STRONG = {
    "password": "password", "passwd": "password", "passwort": "password", "kennwort": "password",
    "pwd": "password", "pass": "password", "passphrase": "passphrase", "passcode": "password",
    "pin": "pin", "secret": "secret", "secrets": "secret", "token": "token", "apikey": "api-key",
    "apitoken": "token", "authtoken": "token", "accesstoken": "token", "privatekey": "private-key",
    "cookie": "cookie", "cookies": "cookie", "credential": "credential", "credentials": "credential",
    "authorization": "authorization", "bearer": "token", "mnemonic": "passphrase",
}  # fmt: skip
_BEFORE_KEY = {
    "api": "api-key", "private": "private-key", "access": "api-key", "account": "api-key",
    "signing": "secret", "encryption": "secret", "master": "secret", "shared": "secret", "auth": "api-key",
    "service": "api-key", "secret": "secret", "license": "secret",
}  # fmt: skip
_WEAK = {
    "auth": "token", "access": "token", "refresh": "token", "private": "private-key", "key": "api-key",
    "tokens": "token", "keys": "api-key", "pem": "private-key", "jwt": "token", "session": "token",
    "signature": "signature", "seed": "passphrase", "hash": "secret", "salt": "secret", "nonce": "secret",
}  # fmt: skip


def words_of(words: str) -> frozenset[str]:
    """A list of words as a set."""
    return frozenset(words.split())


_NO_SECRET_BEFORE = words_of(
    """max min total input output context reserve soft num count cache prompt completion public"""
)
_NO_SECRET_AFTER = words_of(
    """file files path paths dir env var name names id ids type mode kind count limit field url uri
    endpoint expires expiry expiration at ms provider providers order profile profiles header prefix
    floor usage budget threshold length size scope scopes status format version enabled required
    hint source method algorithm policy label email user username before after strategy rotation ttl
    days"""
)
_REFERENCE = re.compile(
    r"\$\{[^{}]{1,80}\}|\$[A-Z_][A-Z0-9_]*|\{\{[^{}]{1,80}\}\}|%[A-Z_]+%|<[^<>]{1,60}>"
    r"|(?:env|vault|file|keyring|credential|secretref-env|op):[\w./-]{1,120}|secretref-managed"
    r"|\[(?:REDACTED|redacted)(?::[a-z-]{0,24})?\]"
    r"|agent:[\w.@+-]{1,64}(?::[\w.@+-]{1,80}){1,8}"  # what a conversation is called there
)
_EMPTY_WORDS = words_of(
    """none null nil true false undefined string str int bool number required optional todo tbd n/a
    changeme change-me change_me placeholder secret password passwort token apikey api-key api_key
    hidden redacted masked empty missing unset default example disabled enabled oauth bearer basic
    self this auto yes no on off off. here ... 1password bitwarden keychain telegram discord slack
    whatsapp anthropic openai"""
)
_PATH = re.compile(r"(?:~|\.{1,2})?/[^\s:]*|[A-Za-z]:\\.*|[\w.-]+/[\w./-]+")
_URL = re.compile(r"[a-zA-Z][\w+.-]*://[^\s@?]*")
_WORDY = re.compile(r"[^\W\d_]+(?:[-_. ,/:]+(?:[^\W\d_]+|\d{1,4}))*[.!?]?|\d[\d.,:/_ +()-]*")
_MAIL = re.compile(r"[^\s@:]+@[\w-]+(?:\.[\w-]+)+")


@lru_cache(4096)
def kind_of_key(key: str) -> tuple[str, bool] | None:
    """What type of secret a setting of this name holds, and whether surely (`password`) or only if its value
    looks like one (`auth`, `key`). None for any other, such as `maxTokens`, `tokenFile`, `mode`."""
    words = [word.lower() for word in _WORDS.findall(key[:200])]
    if not words or words[-1] in _NO_SECRET_AFTER or _NO_SECRET_BEFORE & set(words[:-1]):
        return None
    for before, word in zip(["", *words], words, strict=False):
        kind = _STRONG.get(word) or (_BEFORE_KEY.get(before) if word == "key" else None)
        if kind:
            return kind, True
    return next(((_WEAK[word], False) for word in words if word in _WEAK), None)


def is_reference(value: object) -> bool:
    """Whether a setting only says where the secret is: `${NAME}`, `env:NAME`, `{source, id}`."""
    if isinstance(value, Mapping):
        return value.get("source") in ("env", "file", "exec") and "id" in value
    return isinstance(value, str) and _REFERENCE.fullmatch(value.strip()) is not None


def is_placeholder(value: str) -> bool:
    """Whether nobody could take this for a secret: `<your key>`, `${VAR}`, `xxxx`, `none`."""
    text = value.strip().strip("\"'`").lower()
    if not text or text in _EMPTY_WORDS or is_reference(value):
        return True
    return (
        (len(set(text)) <= 2 and not text.isdigit())
        or text.startswith(("your-", "your_", "your ", "${", "{{", "process.env", "os.environ", "os.getenv"))
        or text.startswith(("$(", "...", "***"))
    )


def looks_secret(value: str) -> bool:
    """Whether a value that nothing says anything of can be a secret: no number, path, address, name or words
    with a number or two between them, but letters and digits mixed, of some length."""
    text = value.strip()
    if len(text) < 8 or is_placeholder(text):
        return False
    if any(plain.fullmatch(text) for plain in (_URL, _PATH, _MAIL, _WORDY)):
        return False
    return is_random(text)


def is_random(text: str) -> bool:
    """Letters and digits mixed, or long and in both cases: what no one writes by hand."""
    digits = any(char.isdigit() for char in text)
    letters = any(char.isalpha() for char in text)
    if digits and letters:
        return True
    return len(text) >= 16 and text.lower() != text and text.upper() != text and not text.isalpha()


def is_likely(value: str) -> bool:
    """Whether what stands under a key such as `auth` is the secret itself."""
    return len(value) >= 8 and " " not in value and is_random(value) and not _URL.fullmatch(value)
