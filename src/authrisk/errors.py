"""The errors that authrisk raises: each says what is wrong, where, and what to do."""

from __future__ import annotations


class AuthriskError(Exception):
    """Base of every error that authrisk raises on purpose.

    >>> str(AuthriskError("no such file", where="auth.log", remedy="check the path"))
    'auth.log: no such file (check the path)'
    """

    def __init__(self, what: str, *, where: str | None = None, remedy: str | None = None) -> None:
        self.what, self.where, self.remedy = what, where, remedy
        prefix = f"{where}: " if where else ""
        suffix = f" ({remedy})" if remedy else ""
        super().__init__(f"{prefix}{what}{suffix}")


class InputError(AuthriskError):
    """A file, a log or an option of the user's cannot be used as it is (exit code 2)."""


class FormatError(InputError):
    """No log format, or more than one, claims a file; or a format description is wrong."""


class BundleError(AuthriskError):
    """A model bundle is damaged, foreign or too new (exit code 78); it is never half loaded."""


class StoreError(AuthriskError):
    """The history store cannot be read or written."""


class ScoringError(AuthriskError):
    """A login got no finite score; whoever asked must fall back to a cautious one."""
