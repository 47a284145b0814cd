"""When browsers and operating systems came out: versions as a function of the calendar.

Dates of major releases are public (vendors' release notes), those between are interpolated.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache

import numpy as np

from authrisk.simulate.draws import Floats, Ints

_EPOCH = dt.date(1970, 1, 1)
_REDUCED_SINCE = 107  # Chromium freezes minor versions in its user agent from here on


@dataclass(frozen=True, eq=False)
class ReleaseLine:
    """Versions of one product, oldest first, with their day of release since 1970."""

    days: Floats
    versions: tuple[str, ...]

    def at(self, day: Floats) -> Ints:
        """Index of the newest version on each day; the oldest before all of them."""
        found = np.searchsorted(self.days, day, side="right") - 1
        return np.maximum(found, 0).astype(np.int64)


@cache
def release_line(product: str) -> ReleaseLine:
    """The line of `chromium`, `firefox`, `samsung`, `apple`, `android`, `frozen` or an app.

    >>> line = release_line("apple")
    >>> line.versions[int(line.at(np.array([19_000.0]))[0])]
    '15.2'
    """
    if product == "chromium":
        return _chromium()
    if product in _MAJORS:
        return _by_major(_MAJORS[product])
    if product in _DATED:
        pairs = [entry.split("=") for entry in _DATED[product].split()]
        days = np.array([float((dt.date.fromisoformat(d) - _EPOCH).days) for _, d in pairs])
        return ReleaseLine(days, tuple(version for version, _ in pairs))
    return ReleaseLine(np.array([0.0]), ("",))


def _day(text: str) -> float:
    return float((dt.date.fromisoformat(text) - _EPOCH).days)


def _major_days(anchors: str) -> list[tuple[int, float]]:
    points = [entry.split("=") for entry in anchors.split()]
    majors = [int(major) for major, _ in points]
    days = [_day(date) for _, date in points]
    step = (days[-1] - days[-2]) / (majors[-1] - majors[-2])
    known = [(m, float(np.interp(m, majors, days))) for m in range(majors[0], majors[-1])]
    return known + [(majors[-1] + k, days[-1] + k * step) for k in range(60)]


def _by_major(anchors: str) -> ReleaseLine:
    pairs = _major_days(anchors)
    return ReleaseLine(np.array([day for _, day in pairs]), tuple(f"{m}.0" for m, _ in pairs))


def _chromium() -> ReleaseLine:
    days: list[float] = []
    versions: list[str] = []
    for major, day in _major_days(_CHROMIUM):
        if major >= _REDUCED_SINCE:
            days.append(day)
            versions.append(f"{major}.0.0.0")
            continue
        build = 3987 + round((major - 80) * 77.5)
        for patch, later in ((87 + major % 7, 0.0), (140 + major % 11, 16.0)):
            days.append(day + later)
            versions.append(f"{major}.0.{build}.{patch}")
    return ReleaseLine(np.array(days), tuple(versions))


_CHROMIUM = (
    "70=2018-10-16 79=2019-12-10 80=2020-02-04 87=2020-11-17 94=2021-09-21 106=2022-09-27 "
    "118=2023-10-10 130=2024-10-15 142=2025-10-28"
)
_MAJORS = {
    "firefox": "62=2018-09-05 72=2020-01-07 85=2021-01-26 95=2021-12-07 108=2022-12-13 "
    "121=2023-12-19 133=2024-11-26 146=2025-12-09",
    "samsung": "8=2018-09-01 10=2019-11-01 13=2020-11-15 17=2022-04-15 23=2023-10-15 "
    "27=2024-11-15 29=2025-10-15",
}
_DATED = {
    "apple": "12.0=2018-09-17 12.1=2018-10-30 12.2=2019-03-25 12.4=2019-07-22 13.0=2019-09-19 "
    "13.1=2019-09-24 13.2=2019-10-28 13.3=2019-12-10 13.4=2020-03-24 13.5=2020-05-20 "
    "13.6=2020-07-15 14.0=2020-09-16 14.1=2020-10-20 14.2=2020-11-05 14.3=2020-12-14 "
    "14.4=2021-01-26 14.5=2021-04-26 14.6=2021-05-24 14.7=2021-07-19 15.0=2021-09-20 "
    "15.1=2021-10-25 15.2=2021-12-13 15.3=2022-01-26 15.4=2022-03-14 15.5=2022-05-16 "
    "15.6=2022-07-20 16.0=2022-09-12 16.1=2022-10-24 16.2=2022-12-13 16.3=2023-01-23 "
    "16.4=2023-03-27 16.5=2023-05-18 16.6=2023-07-24 17.0=2023-09-18 17.1=2023-10-25 "
    "17.2=2023-12-11 17.3=2024-01-22 17.4=2024-03-05 17.5=2024-05-13 17.6=2024-07-29 "
    "18.0=2024-09-16 18.1=2024-10-28 18.2=2024-12-11 18.3=2025-01-27 18.4=2025-03-31 "
    "18.5=2025-05-12 18.6=2025-07-29 26.0=2025-09-15 26.1=2025-11-03 26.2=2025-12-12",
    "android": "8=2017-08-21 9=2018-08-06 10=2019-09-03 11=2020-09-08 12=2021-10-04 "
    "13=2022-08-15 14=2023-10-04 15=2024-10-15 16=2025-06-10",
    "app": "4.0=2018-06-01 4.4=2019-03-01 4.9=2020-01-20 4.10=2020-06-15 4.11=2021-02-01 "
    "4.12=2022-06-01 5.0=2023-10-01 5.1=2025-07-01",
    "script": "2.18=2018-01-01 2.22=2019-05-15 2.25=2021-01-05 2.28=2022-06-29 2.31=2023-05-22 "
    "2.32=2024-05-20",
}
