"""Writing a file in one step: to a sibling first, then renamed into place."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from authrisk.errors import InputError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A sibling to write to; it becomes `path` when the block ends well, else it is removed.

    Readers see the old file or the whole new one, never half. Raises InputError when the folder
    is missing or `path` is a folder.
    """
    if not path.parent.is_dir():
        what = f"the folder {path.parent} does not exist"
        raise InputError(what, where=str(path), remedy="make the folder, or name another place")
    if path.is_dir():
        raise InputError("is a folder", where=str(path), remedy="name a file")
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    remedy = "see that the folder may be written and has room"
    try:
        partial.touch()
    except OSError as error:
        raise InputError(f"cannot be written: {error}", where=str(path), remedy=remedy) from error
    try:
        yield partial
        try:
            partial.replace(path)
        except OSError as error:
            what = f"cannot be replaced: {error}"
            raise InputError(what, where=str(path), remedy=remedy) from error
    finally:
        partial.unlink(missing_ok=True)
