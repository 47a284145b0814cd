"""Times as logs write them -> nanoseconds since 1970-01-01 UTC."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from authrisk.errors import InputError
from authrisk.event import NS_PER_S
from authrisk.logs.parser import ParseSettings

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def zone_of(name: str) -> dt.tzinfo:
    """The zone of that IANA name; raises InputError when there is none.

    >>> str(zone_of("Europe/Berlin"))
    'Europe/Berlin'
    """
    if name == "UTC":
        return dt.UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(
            f"no time zone is called {name!r}", remedy="give an IANA name such as Europe/Berlin"
        ) from None


def naive_to_ns(naive: dt.datetime, zone: dt.tzinfo) -> int:
    """The UTC time of a wall clock reading in that zone, nanoseconds.

    A reading that the clock showed twice (end of summer time) is the first of the two; one that
    it never showed (start of summer time) is taken with the offset from before the jump
    (PEP 495, fold=0).

    >>> berlin = zone_of("Europe/Berlin")
    >>> naive_to_ns(dt.datetime(2024, 10, 27, 2, 30), berlin) // NS_PER_S
    1729989000
    """
    delta = naive.replace(tzinfo=zone) - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * NS_PER_S + delta.microseconds * 1000


def epoch_to_ns(value: float | str) -> int:
    """An epoch number in s, ms, us or ns, the unit told by its magnitude.

    Below 1e11 it is seconds (until the year 5138), below 1e14 milliseconds, below 1e17
    microseconds, else nanoseconds. Text is read digit for digit, fractions included. Raises
    ValueError when it is no plain number, negative, or later than 2260.

    >>> [epoch_to_ns(v) for v in (1589912560, "1589912560607", 1589912560607000, "1589912560.5")]
    [1589912560000000000, 1589912560607000000, 1589912560607000000, 1589912560500000000]
    """
    text = value if isinstance(value, str) else repr(value)
    if len(text) > 32 or not _NUMBER.fullmatch(text):
        raise ValueError("not an epoch time")
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError("not an epoch time") from None
    if number < 100_000_000_000:
        scale = NS_PER_S
    elif number < 100_000_000_000_000:
        scale = 1_000_000
    elif number < 100_000_000_000_000_000:
        scale = 1000
    else:
        scale = 1
    ns = int(number * scale)
    if ns >= _LATEST_NS:
        raise ValueError("a time after 2260")
    return ns


class StampReader:
    """Reads the stamps of one log: RFC 3339 and its looser spellings, and yearless syslog.

    A stamp without a zone is in `settings.timezone`. A yearless stamp gets the latest year that
    puts it no more than a day after `settings.reference`; so December and January of one file
    fall into two years, and 29 Feb into a leap year. (A file that spans more than a year without
    naming years cannot be told from one that does not.)

    >>> reader = StampReader(ParseSettings(dt.datetime(2024, 1, 5, tzinfo=dt.UTC)))
    >>> [dt.datetime.fromtimestamp(reader.utc_ns(s) / 1e9, dt.UTC).date().isoformat()
    ...  for s in ("Dec 31 23:59:59", "Jan  5 10:00:00", "2023-11-14T00:20:42.738197+01:00")]
    ['2023-12-31', '2024-01-05', '2023-11-13']
    """

    def __init__(self, settings: ParseSettings) -> None:
        self._zone = zone_of(settings.timezone)
        self._clock = settings.clock
        self._set_reference(settings.reference)
        self._last: tuple[str | None, int] = (None, 0)
        self._minutes: dict[str, int] = {}
        """Start of the minute by its text: successive lines share it, and zones change only at
        whole minutes."""

    def utc_ns(self, stamp: str) -> int:
        """Nanoseconds since the epoch; raises ValueError when the stamp is no time."""
        if stamp == self._last[0]:  # a burst of attempts
            return self._last[1]
        match = _ISO.fullmatch(stamp) if stamp[:1].isdigit() else _YEARLESS.fullmatch(stamp)
        if match is None:
            raise ValueError("not a time")
        minute, second, fraction, offset = match.groups()
        key = minute + (offset or "")
        start = self._minutes.get(key)
        if start is None:
            try:
                start = self._minute_ns(minute, offset)
            except (ValueError, OverflowError):
                raise ValueError("not a time") from None
            if not 0 <= start < _LATEST_NS:
                raise ValueError("a time before 1970 or after 2260")
            if len(self._minutes) >= _CACHED_MINUTES:
                self._minutes.clear()
            self._minutes[key] = start
        if second > "60":
            raise ValueError("not a time")
        ns = int(fraction[:9].ljust(9, "0")) if fraction else 0
        ns += start + int(second) * NS_PER_S
        self._last = (stamp, ns)
        return ns

    def _minute_ns(self, minute: str, offset: str | None) -> int:
        if not minute[:1].isdigit():
            month = MONTHS.index(minute[:3]) + 1
            parts = minute[3:].replace(":", " ").split()
            day, hour, minutes = int(parts[0]), int(parts[-2]), int(parts[-1])
            if len(parts) == 4:
                year = int(parts[1])
                naive = dt.datetime(year, month, day, hour, minutes)  # noqa: DTZ001 - the zone is put on afterwards
                return naive_to_ns(naive, self._zone)
            return self._yearless_ns(month, day, hour, minutes)
        naive = dt.datetime.fromisoformat(minute)  # zone-free by its pattern
        if not offset:
            return naive_to_ns(naive, self._zone)
        if offset in "Zz":
            return naive_to_ns(naive, dt.UTC)
        hours, minutes = int(offset[1:3]), int(offset[-2:]) if len(offset) > 3 else 0
        if hours > 23 or minutes > 59:
            raise ValueError("not a time")
        shift = (hours * 60 + minutes) * 60 * NS_PER_S
        utc_ns = naive_to_ns(naive, dt.UTC)
        return utc_ns + shift if offset[0] == "-" else utc_ns - shift

    def _set_reference(self, reference: dt.datetime) -> None:
        utc = reference.astimezone(dt.UTC)
        self._latest_ns = naive_to_ns(utc.replace(tzinfo=None), dt.UTC) + 86_400 * NS_PER_S
        self._year = utc.year + 1

    def _yearless_ns(self, month: int, day: int, hour: int, minutes: int) -> int:
        if self._clock is not None:
            before_ns = self._latest_ns
            self._set_reference(self._clock())
            if self._latest_ns - before_ns > 3600 * NS_PER_S:
                self._minutes.clear()  # their texts may come again in another year
        for year in range(self._year, max(self._year - 10, 1), -1):
            try:
                naive = dt.datetime(year, month, day, hour, minutes)  # noqa: DTZ001 - the zone is put on afterwards
            except ValueError:
                if (month, day) == (2, 29) and hour < 24 and minutes < 60:
                    continue
                raise
            ns = naive_to_ns(naive, self._zone)
            if ns <= self._latest_ns:
                return ns
        raise ValueError("not a time")


_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_LATEST_NS = 9_183_110_400_000_000_000
_CACHED_MINUTES = 4096
_NUMBER = re.compile(r"[0-9]{1,20}(?:\.[0-9]{0,20})?(?:e\+[0-9]{1,2})?")
_ISO = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}):([0-9]{2})(?:[.,]([0-9]{1,12}))?"
    r" ?([Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?"
)
_YEARLESS = re.compile(
    r"((?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ 0-9]?[0-9](?: [0-9]{4})?"
    r" [0-9]{2}:[0-9]{2}):([0-9]{2})(?:[.,]([0-9]{1,12}))?()"
)
