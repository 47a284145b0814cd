"""Times of logs become exact nanoseconds in UTC."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authrisk.errors import InputError
from authrisk.event import NS_PER_S, format_time_ns
from authrisk.logs.parser import ParseSettings
from authrisk.logs.timestamps import StampReader, epoch_to_ns, zone_of

MOMENTS = st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2100, 1, 1))  # noqa: DTZ001 - the zone is put on afterwards


def reader(reference: str = "2024-03-05T12:00:00+00:00", zone: str = "UTC") -> StampReader:
    return StampReader(ParseSettings(dt.datetime.fromisoformat(reference), zone))


def read(stamp: str, **settings: str) -> str:
    return format_time_ns(reader(**settings).utc_ns(stamp))


@settings(max_examples=100)
@given(moment=MOMENTS, minutes=st.integers(-14 * 60, 14 * 60))
def test_rfc3339_reads_as_python_reads_it(moment: dt.datetime, minutes: int) -> None:
    """Any moment with any offset gives the instant that datetime gives."""
    aware = moment.replace(tzinfo=dt.timezone(dt.timedelta(minutes=minutes)))
    delta = aware - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    ns = (delta.days * 86_400 + delta.seconds) * NS_PER_S + delta.microseconds * 1000
    assert reader().utc_ns(aware.isoformat()) == ns


@settings(max_examples=100)
@given(reference=MOMENTS, back_s=st.integers(0, 300 * 86_400))
def test_yearless_stamps_within_a_year_of_the_reference_come_back(
    reference: dt.datetime, back_s: int
) -> None:
    """A stamp whose year was dropped gets its own year back, in every zone rule of the year."""
    moment = (reference - dt.timedelta(seconds=back_s)).replace(microsecond=0)
    settings_ = ParseSettings(reference.replace(tzinfo=dt.UTC))
    stamp = f"{moment:%b} {moment.day:2d} {moment:%H:%M:%S}"
    assert format_time_ns(StampReader(settings_).utc_ns(stamp)) == f"{moment.isoformat()}Z"


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("Mar  6 11:59:00", "2024-03-06T11:59:00Z"),  # clocks differ: up to a day ahead
        ("Mar  6 12:01:00", "2023-03-06T12:01:00Z"),
        ("Dec 31 23:59:59", "2023-12-31T23:59:59Z"),
        ("Feb 29 00:00:00", "2024-02-29T00:00:00Z"),
        ("Nov 2 15:40:14", "2023-11-02T15:40:14Z"),
        ("Jun 30 23:59:60", "2023-07-01T00:00:00Z"),  # a leap second
        ("Feb  9 2019 11:44:56", "2019-02-09T11:44:56Z"),
    ],
)
def test_yearless_rules(stamp: str, expected: str) -> None:
    """The latest year that puts the stamp no more than a day ahead."""
    assert read(stamp) == expected


def test_29_february_belongs_to_a_leap_year() -> None:
    """Seen from 2023, 29 Feb was in 2020."""
    assert read("Feb 29 10:00:00", reference="2023-03-01T00:00:00+00:00").startswith("2020-02-29")


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("2024-03-31 01:59:59", "2024-03-31T00:59:59Z"),
        ("2024-03-31 02:30:00", "2024-03-31T01:30:00Z"),  # the clock never showed it
        ("2024-03-31 03:00:00", "2024-03-31T01:00:00Z"),
        ("2024-10-27 02:30:00", "2024-10-27T00:30:00Z"),  # shown twice: the first
        ("2024-10-27 03:00:00,5", "2024-10-27T02:00:00.500Z"),
        ("2024-10-27T02:30:00+01:00", "2024-10-27T01:30:00Z"),
    ],
)
def test_wall_clocks_of_a_zone(stamp: str, expected: str) -> None:
    """Folds and gaps of summer time have one documented reading; an offset in the stamp wins."""
    assert read(stamp, zone="Europe/Berlin") == expected


@pytest.mark.parametrize(
    "stamp",
    ["", "Feb 30 10:00:00", "Foo  1 10:00:00", "2024-13-01T00:00:00Z", "2024-01-01T24:00:00Z",
     "2024-01-01T00:00:61Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00",
     "１２３４-01-01T00:00:00Z", "Feb 29 25:00:00", "1969-12-31T23:59:59Z"],
)  # fmt: skip
def test_what_is_no_time_is_refused(stamp: str) -> None:
    """A stamp that no clock shows raises ValueError and nothing else."""
    with pytest.raises(ValueError, match="time"):
        reader().utc_ns(stamp)


@given(st.integers(1_000_000_000, 4_000_000_000), st.integers(0, 999_999_999))
def test_epoch_units_are_told_by_magnitude(seconds: int, ns: int) -> None:
    """s, ms, us and ns of one moment agree as far as their digits go."""
    exact = seconds * NS_PER_S + ns
    assert epoch_to_ns(str(exact)) == exact
    assert epoch_to_ns(exact // 1000) == exact // 1000 * 1000
    assert epoch_to_ns(exact // 10**6) == exact // 10**6 * 10**6
    assert epoch_to_ns(f"{seconds}.{ns:09d}") == exact


@pytest.mark.parametrize("value", ["", "-1", "1e400", "nan", "9" * 30, "１２３", "0x10", -5, "1_0"])
def test_what_is_no_epoch_is_refused(value: str | int) -> None:
    """Signs, exponents out of range, other digits: ValueError."""
    with pytest.raises(ValueError, match=r"time"):
        epoch_to_ns(value)


@pytest.mark.parametrize("name", ["Mars/Olympus", "../../etc/passwd", "", "Europe"])
def test_an_unknown_zone_says_what_to_write(name: str) -> None:
    """The operator reads which name failed and an example."""
    with pytest.raises(InputError, match="IANA"):
        zone_of(name)


def test_the_reference_of_a_followed_log_goes_on() -> None:
    """Reading that lasts for years gives each yearless stamp the year it is written in."""
    now = dt.datetime(2024, 12, 30, 12, tzinfo=dt.UTC)
    reader = StampReader(ParseSettings(now, clock=lambda: now))
    years = []
    for day in range(0, 800, 5):
        now = dt.datetime(2024, 12, 30, 12, tzinfo=dt.UTC) + dt.timedelta(days=day)
        ns = reader.utc_ns(now.strftime("%b %e %H:%M:%S"))
        years.append(dt.datetime.fromtimestamp(ns / 1e9, dt.UTC).year - now.year)
    assert set(years) == {0}
