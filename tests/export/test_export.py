"""Events in the words of ECS and OCSF."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authrisk.event import LoginEvent, Outcome
from authrisk.eventlog import EVENT_SCHEMA
from authrisk.export import from_ecs, from_ocsf, to_ecs, to_ocsf
from authrisk.export.ecs import ECS_PATHS
from authrisk.export.ocsf import OCSF_PATHS

TEXT = st.none() | st.text(max_size=6)
KINDS = {
    "String": TEXT,
    "Int64": st.none() | st.integers(0, 2**40),
    "Float64": st.none() | st.floats(allow_nan=False, allow_infinity=False),
    "Boolean": st.none() | st.booleans(),
}
FIXED = ("timestamp", "event_id", "count", "outcome", "src_ip", "logon_type")
EVENTS = st.builds(
    LoginEvent,
    **{name: KINDS[str(dtype)] for name, dtype in EVENT_SCHEMA.items() if name not in FIXED},
    event_id=st.text(min_size=1, max_size=6),
    timestamp_ns=st.integers(0, 2**62),
    outcome=st.sampled_from(Outcome),
    count=st.integers(1, 9),
    src_ip=st.sampled_from([None, "1.2.3.4", "2001:db8::1", "a", "", "999.1.1.1"]),
    logon_type=st.sampled_from([None, "network", "odd"]),
)

Out = Callable[[LoginEvent], dict[str, Any]]
Back = Callable[[dict[str, Any]], LoginEvent]


@pytest.mark.parametrize(("out", "back"), [(to_ecs, from_ecs), (to_ocsf, from_ocsf)])
def test_no_field_is_lost(out: Out, back: Back) -> None:
    """An event that leaves and comes back through JSON is the same event."""

    @settings(max_examples=100)
    @given(EVENTS)
    def check(event: LoginEvent) -> None:
        assert back(json.loads(json.dumps(out(event)))) == event

    check()


@pytest.mark.parametrize(("out", "back"), [(to_ecs, from_ecs), (to_ocsf, from_ocsf)])
def test_unknown_is_absent(out: Out, back: Back) -> None:
    """A field that is None is not in the document at all, and zero is."""
    text = json.dumps(out(LoginEvent(event_id="1", timestamp_ns=0, user_id=None)))
    assert "null" not in text
    event = LoginEvent(
        event_id="1", timestamp_ns=0, user_id="", src_latitude=0.0, src_longitude=0.0
    )
    assert back(out(event)).src_latitude == 0.0
    assert math.copysign(1, back(out(event)).src_longitude or 0) == 1


def test_paths_name_fields_once() -> None:
    """Each path belongs to one field of the event."""
    for paths in (ECS_PATHS, OCSF_PATHS):
        assert set(paths) <= set(LoginEvent.__struct_fields__)
        assert len(set(paths.values())) == len(paths)


def test_ecs_says_unknown_for_interrupted() -> None:
    """ECS has no word for interrupted: the outcome is unknown and the word is kept aside."""
    event = LoginEvent(event_id="1", timestamp_ns=0, user_id="7", outcome=Outcome.INTERRUPTED)
    document = to_ecs(event)
    assert document["event"]["outcome"] == "unknown"
    assert document["authrisk"]["outcome"] == "interrupted"
    assert document["event"]["category"] == ["authentication"]


def test_ecs_addresses_are_addresses() -> None:
    """ECS address fields hold addresses only; anything else stands under our own name."""
    bad = to_ecs(LoginEvent(event_id="1", timestamp_ns=0, user_id="7", src_ip="999.1.1.1"))
    assert "source" not in bad
    assert bad["authrisk"]["src_ip"] == "999.1.1.1"


def test_ocsf_ids_and_words() -> None:
    """OCSF's numbers follow its dictionary, and an unlisted word is Other."""
    event = LoginEvent(
        event_id="1",
        timestamp_ns=1_589_912_560_607_000_000,
        user_id="7",
        outcome=Outcome.FAILURE,
        failure_reason="bad_credentials",
        auth_method="password",
        auth_protocol="kerberos",
        logon_type="remote_interactive",
        account_kind="machine",
        os="iOS",
        mfa=True,
    )
    record = to_ocsf(event)
    assert record["time"] == 1_589_912_560_607
    assert (record["type_uid"], record["status_id"], record["is_mfa"]) == (300201, 2, True)
    assert (record["auth_protocol_id"], record["logon_type_id"]) == (2, 10)
    assert record["auth_factors"] == [{"factor_type_id": 11, "factor_type": "password"}]
    assert record["user"] == {"type_id": 99, "uid": "7"}
    assert record["src_endpoint"]["os"] == {"name": "iOS", "type_id": 301}
    assert to_ocsf(msgspec.structs.replace(event, outcome=Outcome.INTERRUPTED))["status_id"] == 99


@pytest.mark.parametrize(("out", "back"), [(to_ecs, from_ecs), (to_ocsf, from_ocsf)])
def test_documents_of_others_are_refused(out: Out, back: Back) -> None:
    """Without our id, without a time, or with a value of another type there is no event."""
    document = out(LoginEvent(event_id="1", timestamp_ns=0, user_id="7"))
    stamp = "@timestamp" if "@timestamp" in document else "time"
    for broken in ({}, document | {stamp: []}, document | {"user": {"id": 7, "uid": 7}}):
        with pytest.raises(msgspec.ValidationError):
            back(broken)
