"""Times of day that a log writes without a date."""

from __future__ import annotations

import datetime as dt

from authrisk.logs.parser import ParseSettings
from authrisk.logs.timestamps import zone_of


def last_day_of(time: str, settings: ParseSettings) -> str:
    """The last day, `YYYY-MM-DD`, on which `HH:MM:SS` is not after `settings.reference`.

    >>> settings = ParseSettings(dt.datetime(2024, 3, 1, 12, tzinfo=dt.UTC))
    >>> last_day_of("11:59:00", settings), last_day_of("23:00:00", settings)
    ('2024-03-01', '2024-02-29')
    """
    reference = settings.reference.astimezone(zone_of(settings.timezone))
    late = time[:8] > reference.strftime("%H:%M:%S")
    return str(reference.date() - dt.timedelta(days=1 if late else 0))
