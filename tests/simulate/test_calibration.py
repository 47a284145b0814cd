import pytest

from authrisk.simulate.calibration import GAP_NAMES, HOURS, calibration_report


@pytest.fixture(scope="module")
def figures(consumer):
    report = calibration_report(consumer.events)
    return {name: (published, simulated) for name, published, simulated in report.iter_rows()}


def test_logins_per_user(figures):
    """40 % log in once, 52 % two to nine times, 8.5 % more often."""
    for name in ("users with one login", "users with 2-9 logins", "users with 10 or more logins"):
        published, simulated = figures[name]
        assert simulated == pytest.approx(published, abs=0.01), name


def test_success_share(figures):
    """About 73 % of attempts succeed, attacks included."""
    assert figures["success share of attempts"][1] == pytest.approx(0.73, abs=0.02)


@pytest.mark.parametrize("gap", GAP_NAMES)
def test_gaps_since_the_last_success(figures, gap):
    """Each bin of the gap has its published share within 1.5 points."""
    published, simulated = figures[f"gap {gap}"]
    assert simulated == pytest.approx(published, abs=0.015)


@pytest.mark.parametrize("gap", GAP_NAMES)
def test_new_addresses_by_gap(figures, gap):
    """The chance of a new address grows with the gap as published, within 5 points."""
    published, simulated = figures[f"new address after {gap}"]
    assert simulated == pytest.approx(published, abs=0.05)


def test_hours_and_weekdays(figures):
    """Hours within 0.5 points of the published ones, weekdays within 1 point."""
    for hour in range(24):
        published, simulated = figures[f"hour {hour:02d}"]
        assert published == HOURS[hour] / 100
        assert simulated == pytest.approx(published, abs=0.005), hour
    for day in ("Monday", "Friday", "Saturday", "Sunday"):
        published, simulated = figures[day]
        assert simulated == pytest.approx(published, abs=0.01), day


def test_devices(figures):
    """Kinds of device within 1 point."""
    for kind in ("mobile", "desktop", "bot", "other", "tablet"):
        published, simulated = figures[f"device {kind}"]
        assert simulated == pytest.approx(published, abs=0.01), kind


def test_surprise_of_the_network(figures):
    """-ln p(AS) at the median, p95 and p99 within 0.5."""
    for level in ("median", "p95", "p99"):
        published, simulated = figures[f"-ln p(AS), {level}"]
        assert simulated == pytest.approx(published, abs=0.5), level


def test_round_trip_times(figures):
    """Present on 4 % of events, quartiles within 5 %."""
    assert figures["round-trip time present"][1] == pytest.approx(0.04, abs=0.005)
    for level in ("q0.25", "q0.50", "q0.75"):
        published, simulated = figures[f"round-trip time {level}, ms"]
        assert simulated == pytest.approx(published, rel=0.05), level


def test_new_countries_and_systems(figures):
    """First logins alone exceed the published 16 % and 23 %; returning users add little."""
    first = figures["first logins"][1]
    assert first == pytest.approx(0.25, abs=0.02)
    assert figures["new country, first logins counted"][1] < first + 0.03
    assert figures["new AS, first logins counted"][1] < first + 0.08
