"""A chain of records, a JSON object a line, in which no line can be changed unseen.

Each line ends with `mac`, an HMAC-SHA256 over the line before it, its own number and its own text.
Whoever lacks the key cannot make a line that fits; an edit, a deletion, an insertion or an exchange
breaks the chain where it happens. What is cut off at the end breaks nothing: that is found against
a checkpoint, the number and mac of a line, kept elsewhere (after Schneier and Kelsey, "Secure audit
logs to support computer forensics", 1999).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from authrisk.errors import InputError
from authrisk.private_file import read_private, write_new

PATTERN = "decisions-*.ndjson"
KEY_BYTES = 32
_MAC = b',"mac":"'
_TAIL = len(_MAC) + 64 + 2


class Position(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of the chain: its number from 1, and its mac. Number 0 is the beginning."""

    number: int
    mac: str


BEGINNING = Position(0, "0" * 64)


class Broken(NamedTuple):
    """Where a chain does not hold, and why."""

    where: str
    """File and line."""
    what: str


class ChainKey:
    """The secret of a chain: it seals lines, and gives people and logins names of its own."""

    def __init__(self, secret: bytes) -> None:
        self._seal = hmac.digest(secret, b"authrisk decisions: chain", "sha256")
        self._name = hmac.digest(secret, b"authrisk decisions: names", "sha256")

    def mac(self, before: Position, text: bytes) -> str:
        """Of the line after `before` with that text (the object without its mac)."""
        head = f"{before.number + 1}:{before.mac}:".encode()
        return hmac.new(self._seal, head + text, hashlib.sha256).hexdigest()

    def pseudonym(self, kind: str, value: str) -> str:
        """What stands for a user or an event id: 128 bits that say nothing without the key.

        >>> key = ChainKey(bytes(32))
        >>> key.pseudonym("user", "alice") == key.pseudonym("event", "alice")
        False
        """
        text = f"{kind}:{value}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._name, text, "sha256").hex()[:32]


def read_key(path: Path) -> ChainKey:
    """The key of a file; raises InputError where it is none, or others may read it."""
    secret = read_private(path)
    if len(secret) != KEY_BYTES:
        raise InputError(f"is no key of {KEY_BYTES} bytes", where=str(path))
    return ChainKey(secret)


def make_key(path: Path) -> None:
    """A new key, readable by its owner alone. Raises InputError where there is a file already."""
    write_new(path, secrets.token_bytes(KEY_BYTES))


def sealed(key: ChainKey, before: Position, record: dict[str, Any]) -> tuple[bytes, Position]:
    """The line of a record, newline included, and its position."""
    text = msgspec.json.encode({"number": before.number + 1, **record})
    mac = key.mac(before, text)
    line = text[:-1] + _MAC + mac.encode() + b'"}\n'
    return line, Position(before.number + 1, mac)


def text_of(line: bytes) -> tuple[bytes, str] | None:
    """A line's text without its mac, and the mac; None when it has none where one must be.

    line: without its newline.
    """
    if len(line) <= _TAIL or line[-_TAIL : -_TAIL + len(_MAC)] != _MAC or line[-2:] != b'"}':
        return None
    mac = line[-_TAIL + len(_MAC) : -2]
    return (line[:-_TAIL] + b"}", mac.decode()) if mac.isascii() else None


def files_of(folder: Path) -> list[Path]:
    """The files of a log, oldest first."""
    return sorted(folder.glob(PATTERN))


def lines_of(folder: Path) -> Iterator[tuple[str, bytes]]:
    """(file:line, line without its newline) in the order of the chain."""
    for path in files_of(folder):
        with path.open("rb") as file:
            for n, line in enumerate(file, 1):
                yield f"{path.name}:{n}", line


def verify(
    folder: Path, key: ChainKey, checkpoint: Position | None = None
) -> tuple[Position, Broken | None]:
    """The last position up to which the chain holds, and where it breaks, None when nowhere.

    checkpoint: a position that must be part of it.
    """
    at, met = BEGINNING, checkpoint in {None, BEGINNING}
    for where, line in lines_of(folder):
        if not line.endswith(b"\n"):
            return at, Broken(where, "ends in the middle of a line")
        parts = text_of(line[:-1])
        if parts is None:
            return at, Broken(where, "is no line of a chain")
        text, mac = parts
        if not hmac.compare_digest(mac, key.mac(at, text)):
            return at, Broken(where, "was changed, or a line before it is missing or another")
        at = Position(at.number + 1, mac)
        if checkpoint is not None and at.number == checkpoint.number:
            if at != checkpoint:
                return at, Broken(where, "is not the line of the checkpoint")
            met = True
    if not met:
        assert checkpoint is not None
        return at, Broken(
            "the end", f"line {checkpoint.number} of the checkpoint is missing, {at.number} is the "
            "last"
        )  # fmt: skip
    return at, None
