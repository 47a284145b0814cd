"""The time of JSON records: RFC 3339 and its looser spellings, epoch numbers, or none at all."""

from __future__ import annotations

import datetime as dt
import re

from authrisk.event import NS_PER_S
from authrisk.logs.parser import ParseSettings
from authrisk.logs.scalars import Scalar
from authrisk.logs.timestamps import StampReader, epoch_to_ns


class RecordClock:
    """Reads the times of services that write UTC: a stamp without a zone is UTC.

    A record in which no time stands at all is taken as of `settings.reference`, the time of the
    file or of arrival, as a syslog relay does (RFC 3164, 4.3.2). A time that stands there and
    cannot be read is an error.

    >>> clock = RecordClock(ParseSettings(dt.datetime(2024, 1, 1, tzinfo=dt.UTC)))
    >>> [clock.ns(v) for v in ("2023-11-14T22:13:20.1234567Z", 1700000000000, "1700000000", None)]
    [1700000000123456700, 1700000000000000000, 1700000000000000000, 1704067200000000000]
    """

    def __init__(self, settings: ParseSettings) -> None:
        self._stamps = StampReader(ParseSettings(settings.reference))
        since = settings.reference - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
        self._reference_ns = (since.days * 86_400 + since.seconds) * NS_PER_S
        self._minutes: dict[str, int] = {}
        """Start of the minute by its text, UTC."""

    def ns(self, *values: Scalar) -> int:
        """Nanoseconds since the epoch of the first value that is there.

        Raises ValueError when it is no time between 1970 and 2260, or a number of less than
        1e8 (a year, a version).
        """
        for value in values:
            if type(value) is str:
                if value:
                    return self._text_ns(value)
            elif type(value) is int or type(value) is float:
                return _epoch_ns(value)
            elif value is not None:
                raise ValueError("not a time")
        return self._reference_ns

    def _text_ns(self, text: str) -> int:
        start = self._minutes.get(text[:16])
        if start is not None:
            match = _REST.fullmatch(text, 16)
            if match is not None:
                second, fraction = match.groups()
                ns = int(fraction[:9].ljust(9, "0")) if fraction else 0
                return start + int(second) * NS_PER_S + ns
        if text.isascii() and text.replace(".", "", 1).isdigit():
            return _epoch_ns(text)
        text = text.strip().removesuffix(" UTC")
        ns = self._stamps.utc_ns(text)
        if _REST.fullmatch(text, 16):
            if len(self._minutes) >= _CACHED_MINUTES:
                self._minutes.clear()
            self._minutes[text[:16]] = ns - ns % (60 * NS_PER_S)
        return ns


def _epoch_ns(value: float | str) -> int:
    ns = epoch_to_ns(value)
    if ns < _EARLIEST_NS:
        raise ValueError("not an epoch time")
    return ns


_EARLIEST_NS = 10**17
_CACHED_MINUTES = 4096
_REST = re.compile(r":([0-5][0-9])(?:\.([0-9]{1,12}))?Z?")
"""What follows the minute of a UTC stamp."""
