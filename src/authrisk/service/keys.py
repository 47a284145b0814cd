"""Keys that callers show, and the file that they are kept in: hashes, scopes, times, no secret.

A key is 256 random bits. SHA-256 without salt or slow function is right for it: nobody can try
2^256 of them, and a slow one would cost each login what a password check costs.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import tempfile
from pathlib import Path
from typing import Literal

import msgspec

from authrisk.errors import InputError
from authrisk.private_file import read_private

Scope = Literal["score", "outcome", "feedback", "admin", "metrics"]
SCOPES: tuple[Scope, ...] = ("score", "outcome", "feedback", "admin", "metrics")
PREFIX = "ark_"
"""Tells our keys from other text, for people and for scanners of leaked secrets."""
MOST = 1_000
_TOKEN = re.compile(r"ark_([0-9a-f]{8})_[A-Za-z0-9_-]{43}")
_NAME = re.compile(r"[A-Za-z0-9._@-]{1,64}")


class Key(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One key without its secret. Times are seconds since 1970."""

    id: str
    name: str
    scopes: tuple[Scope, ...]
    sha256: str
    """Of the whole key, hexadecimal."""
    created: int
    expires: int | None = None

    def valid(self, now_s: float) -> bool:
        """Whether it has not expired."""
        return self.expires is None or now_s < self.expires


class Keys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All keys of an installation."""

    keys: tuple[Key, ...] = ()

    def named(self, name: str) -> list[Key]:
        """Those of a name: more than one while a rotation overlaps."""
        return [key for key in self.keys if key.name == name]


def make_key(
    name: str, scopes: tuple[Scope, ...], now_s: int, expires: int | None = None
) -> tuple[Key, str]:
    """A new key and its text, which nothing keeps. Raises InputError for a bad name or no scope.

    >>> key, text = make_key("login-server", ("score",), 1_700_000_000)
    >>> text.startswith("ark_"), text in repr(key)
    (True, False)
    """
    if not _NAME.fullmatch(name):
        raise InputError(f"{name!r} is no name of a key", remedy="1-64 of A-Z a-z 0-9 . _ @ -")
    if not scopes:
        raise InputError("a key needs a scope", remedy=f"one or more of {', '.join(SCOPES)}")
    own = secrets.token_hex(4)
    text = f"{PREFIX}{own}_{secrets.token_urlsafe(32)}"
    return Key(own, name, scopes, _digest(text), now_s, expires), text


def read_keys(path: Path) -> Keys:
    """The keys of a file. Raises InputError where it cannot be read, is no file of keys, or may
    be read or written by others."""
    where, raw = str(path), read_private(path, remedy="authrisk keys create")
    try:
        keys = msgspec.json.decode(raw, type=Keys)
    except msgspec.DecodeError as error:
        raise InputError(f"is no file of keys: {error}", where=where) from None
    if len(keys.keys) > MOST or len({key.id for key in keys.keys}) != len(keys.keys):
        raise InputError(f"holds an id twice, or more than {MOST} keys", where=where)
    return keys


def write_keys(path: Path, keys: Keys) -> None:
    """Replace the file whole, readable by its owner alone. Raises InputError."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mode 0600
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(msgspec.json.format(msgspec.json.encode(keys), indent=2) + b"\n")
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", where=str(path)) from None


class KeyRing:
    """The keys of a file as the service asks for them; a changed file is read again.

    What cannot be read later leaves the keys that were read before, and is told by `fault`.
    """

    def __init__(self, path: Path) -> None:
        """Raises InputError where the file cannot be used."""
        self._path = path
        self._mark = _mark(path)
        self._take(read_keys(path))
        self.fault: str | None = None

    def refresh(self) -> bool:
        """Read the file again if it has changed; whether it had."""
        mark = _mark(self._path)
        if mark == self._mark:
            return False
        self._mark = mark
        try:
            self._take(read_keys(self._path))
            self.fault = None
        except InputError as error:
            self.fault = str(error)
        return True

    @property
    def names(self) -> frozenset[str]:
        """`id name scopes` of each key in force."""
        return self._names

    def _take(self, keys: Keys) -> None:
        self._by_id = {key.id: key for key in keys.keys}
        self._names = frozenset(f"{k.id} {k.name} {'+'.join(k.scopes)}" for k in keys.keys)

    def find(self, text: str, now_s: float) -> Key | None:
        """The key that a caller shows; None for one that is unknown, wrong or expired."""
        match = _TOKEN.fullmatch(text)
        key = self._by_id.get(match[1]) if match else None
        known = "0" * 64 if key is None else key.sha256
        same = hmac.compare_digest(_digest(text), known)  # as long for an unknown id
        return key if key is not None and same and key.valid(now_s) else None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _mark(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
