"""Under which sources a login is found again: its address, its prefix, its AS."""

from __future__ import annotations

from typing import NamedTuple

from authrisk.enrich.address import prefix_of
from authrisk.event import LoginEvent


class Sources(NamedTuple):
    """The three names of where a login came from; None where the event does not say."""

    address: str | None
    prefix: str | None
    asn: str | None


def sources_of(event: LoginEvent) -> Sources:
    """The sources of an event, as `HistoryStore.recent_from` looks them up.

    >>> sources_of(LoginEvent(event_id="1", timestamp_ns=0, user_id="7", src_ip="8.8.8.8"))
    Sources(address='8.8.8.8', prefix='8.8.8.0/24', asn=None)
    """
    ip = event.src_ip
    return Sources(
        event.src_host if ip is None else ip,
        None if ip is None else prefix_of(ip),
        None if event.src_asn is None else str(event.src_asn),
    )
