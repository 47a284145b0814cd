import datetime as dt

import polars as pl
import pytest

from authrisk.enrich.enricher import default_enricher
from authrisk.errors import InputError
from authrisk.event import LoginEvent
from authrisk.eventlog import to_frame
from authrisk.logs.discovery import format_named
from authrisk.logs.parser import Line, ParseSettings, Rejected
from authrisk.simulate.logs import log_lines
from authrisk.simulate.profile import CONSUMER, ENTERPRISE
from authrisk.simulate.world import simulate

SETTINGS = ParseSettings(reference=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))


def read_back(lines, name):
    """The frame of a log's events by time; no line may be rejected."""
    parser = format_named(name)
    assert parser.claims(lines[:20])
    items = list(parser.parse((Line("log", n, text) for n, text in enumerate(lines, 1)), SETTINGS))
    assert not [item for item in items if isinstance(item, Rejected)]
    frame = to_frame(item for item in items if isinstance(item, LoginEvent))
    return frame.sort("timestamp", maintain_order=True)


@pytest.fixture(scope="module")
def worlds():
    return [
        simulate(CONSUMER, users=400, seed=3),
        simulate(ENTERPRISE, users=12, seed=4, days=60),
    ]


def test_rba_csv_reads_back_to_the_same_events(worlds):
    """Everything that the data set has columns for comes back, id and labels included."""
    for world in worlds:
        back = read_back(log_lines(world.events, "rba_csv", world.labels), "rba_csv")
        for name in (
            "event_id", "timestamp", "user_id", "outcome", "rtt_ms", "src_ip", "src_country",
            "src_region", "src_city", "src_asn", "user_agent", "browser", "browser_version",
            "os", "os_version", "device_type",
        ):  # fmt: skip
            assert back[name].equals(world.events[name]), name


def test_rba_labels_are_the_two_columns(worlds):
    """Blocklist hits and takeovers are written apart, as the data set has them."""
    world = worlds[0]
    lines = log_lines(world.events, "rba_csv", world.labels)
    table = pl.read_csv("\n".join(lines).encode(), infer_schema=False)
    for column, name in (
        ("Is Attack IP", "is_attack_ip"), ("Is Account Takeover", "is_account_takeover"),
    ):  # fmt: skip
        assert (table[column] == "True").to_list() == world.labels[name].to_list()


def test_sshd_log_reads_back_to_the_same_attempts(worlds):
    """Time, account, address, outcome and reason survive a log of sshd."""
    for world in worlds:
        back = read_back(log_lines(world.events, "sshd"), "sshd")
        for name in ("timestamp", "user_id", "outcome", "src_ip", "failure_reason"):
            assert back[name].equals(world.events[name]), name


def test_an_sshd_log_enriches_back_to_country_and_system(worlds):
    """The addresses alone say where the simulated users were."""
    world = worlds[0]
    back = read_back(log_lines(world.events, "sshd"), "sshd")
    found = default_enricher().enrich_frame(back)
    for name in ("src_country", "src_asn", "src_network"):
        assert found[name].equals(world.events[name]), name


def test_wso2_log_reads_back_to_the_same_attempts(worlds):
    """Time, account, address, application, method and the agents of successes survive WSO2."""
    for world in worlds:
        back = read_back(log_lines(world.events, "wso2_is"), "wso2_is")
        for name in ("timestamp", "user_id", "outcome", "src_ip", "app", "auth_method"):
            assert back[name].equals(world.events[name]), name
        success = world.events["outcome"] == "success"
        for name in ("user_agent", "mfa"):
            assert back.filter(success)[name].equals(world.events.filter(success)[name]), name


def test_what_a_format_cannot_say_is_refused(worlds):
    """An event without address or verdict is an error, never left out silently."""
    events = worlds[0].events
    with pytest.raises(InputError):
        log_lines(events, "no_such_format")
    with pytest.raises(InputError):
        log_lines(events.with_columns(src_ip=pl.lit(None, pl.String)), "sshd")
    with pytest.raises(InputError):
        log_lines(events.with_columns(outcome=pl.lit("interrupted")), "wso2_is")
