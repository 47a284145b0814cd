"""Fields of records in JSON lines, addressed by path, with what stands there made plain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from authrisk.event import parse_time_ns
from authrisk.export.document import pick
from authrisk.logs.timestamps import epoch_to_ns


class Fields:
    """A record of nested or dotted keys; what is empty, `-` or of another kind is None.

    >>> fields = Fields({"user": {"name": "ann", "uid": 7, "mfa": False}, "src.port": "22"})
    >>> fields.text("user.uid"), fields.text("user.email", "user.name"), fields.whole("src.port")
    ('7', 'ann', 22)
    >>> fields.flag("user.mfa"), fields.flag("user.name")
    (False, None)
    """

    def __init__(self, record: Mapping[str, Any]) -> None:
        self._record = record

    def text(self, *paths: str) -> str | None:
        """The first of the paths at which a text or a whole number stands."""
        for path in paths:
            value = pick(self._record, path)
            if isinstance(value, int) and not isinstance(value, bool):
                return str(value)
            if isinstance(value, str) and value.strip() not in _UNSAID:
                return value.strip()
        return None

    def whole(self, *paths: str) -> int | None:
        """The first number that is whole, below 2**63 and not negative, also as text."""
        text = self.text(*paths)
        good = text is not None and text.isascii() and text.isdigit() and len(text) < 19
        return int(text) if text is not None and good else None

    def degrees(self, path: str, limit: int) -> float | None:
        """A coordinate within its limit."""
        value = pick(self._record, path)
        if isinstance(value, str) and len(value) < 32:
            try:
                value = float(value)
            except ValueError:
                return None
        good = isinstance(value, int | float) and not isinstance(value, bool)
        return float(value) if good and abs(value) <= limit else None

    def flag(self, path: str) -> bool | None:
        """True or False, None for anything else."""
        value = pick(self._record, path)
        return value if isinstance(value, bool) else None

    def time_ns(self, *paths: str) -> int:
        """Nanoseconds since 1970 of the first path that says a time: RFC 3339 or an epoch number.

        Raises ValueError when there is none, or one that is no time between 1970 and 2260.
        """
        for path in paths:
            value = pick(self._record, path)
            if isinstance(value, str) and value[4:5] == "-":
                try:
                    ns = parse_time_ns(value)
                except (ValueError, OverflowError):
                    raise ValueError("a time that is none") from None
            elif isinstance(value, int | float | str) and not isinstance(value, bool):
                ns = epoch_to_ns(value)
            else:
                continue
            if not 0 <= ns < _LATEST_NS:
                raise ValueError("a time that is none")
            return ns
        raise ValueError("no time")


_UNSAID = frozenset(("", "-", "N/A", "null"))
_LATEST_NS = 9_183_110_400_000_000_000
