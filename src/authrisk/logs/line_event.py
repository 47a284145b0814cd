"""The event that one line of a log tells, from the words that stand in it."""

from __future__ import annotations

from typing import Any

from authrisk.event import LoginEvent, Outcome
from authrisk.logs.address import NOWHERE, port_of, read_origin
from authrisk.logs.parser import Line


def line_event(
    source_type: str,
    line: Line,
    timestamp_ns: int,
    user: str | None,
    outcome: Outcome,
    *,
    source: str | None = None,
    reason: str | None = None,
    src_host: str | None = None,
    src_port: str | int | None = None,
    **more: Any,
) -> LoginEvent:
    """An event whose id is the line's place, with user and source as the line writes them.

    `user` becomes both id and name, None when empty. `source` is an address or a host name, with
    its port or without; `src_host` and `src_port` are what stands elsewhere in the line. `more` are
    other fields of the event, as they are.
    """
    origin = read_origin(source) if source else NOWHERE
    name = user or None
    return LoginEvent(
        event_id=line.place,
        timestamp_ns=timestamp_ns,
        user_id=name,
        user_name=name,
        outcome=outcome,
        failure_reason=reason,
        src_ip=origin.ip,
        src_host=src_host or origin.host,
        src_port=port_of(src_port) or origin.port,
        source_type=source_type,
        **more,
    )
