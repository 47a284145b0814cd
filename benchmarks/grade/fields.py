"""One field of a sample's expectation against the event that a format gave."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from authrisk.event import LoginEvent, format_time_ns, parse_time_ns
from authrisk.logs.address import canonical_ip


def disagreements(event: LoginEvent, expect: Mapping[str, Any], raw: str) -> Iterator[str]:
    """A line per graded field that differs: `field: got ..., expected ...`."""
    for field, wanted in expect.items():
        if field not in GRADED or _same(field, event, wanted, raw):
            continue
        yield f"{field}: got {_shown(field, event)!r}, expected {wanted!r}"


def graded(expect: Mapping[str, Any]) -> int:
    """How many fields of an expectation are graded."""
    return sum(field in GRADED for field in expect)


def _same(field: str, event: LoginEvent, wanted: Any, raw: str) -> bool:
    if field == "timestamp":
        return _same_time(event.timestamp_ns, str(wanted), raw)
    if field in ("user", "user_any"):
        names = wanted if isinstance(wanted, list) else [wanted]
        return any(_same_user(event, name) for name in names)
    if field == "machine_account":
        return (event.account_kind == "machine") is bool(wanted)
    return _plain(field, getattr(event, _OF_EVENT.get(field, field))) == _plain(field, wanted)


def _same_time(ns: int, wanted: str, raw: str) -> bool:
    """Equal in as many digits as the expectation has; without the year where the line has none."""
    try:
        expected_ns = parse_time_ns(wanted)
    except ValueError:
        return False
    digits = len(match[1]) if (match := _FRACTION.search(wanted)) else 0
    unit = 10 ** (9 - min(digits, 9))
    if ns // unit == expected_ns // unit:
        return True
    if not _YEARLESS.match(raw):
        return False
    # Yearless stamps are given to the second.
    return format_time_ns(ns)[4:19] == format_time_ns(expected_ns)[4:19]


def _same_user(event: LoginEvent, wanted: object) -> bool:
    name, domain = event.user_name, event.user_domain
    said = {event.user_id, name}
    if name and domain:
        said |= {f"{name}@{domain}", f"{domain}\\{name}"}
    if wanted in _UNSAID:
        return said <= {None}
    folded = {text.strip().casefold() for text in said if text}
    text = str(wanted).strip().casefold()
    return bool(folded & {text, text.rpartition("\\")[2], text.partition("@")[0]})


def _plain(field: str, value: Any) -> Any:
    if value in _UNSAID:
        return None
    if field in ("src_ip", "dst_ip"):
        text = canonical_ip(str(value)) or str(value)
        return None if text in _NOWHERE else text
    if field == "logon_type":
        return LOGON_TYPES.get(str(value), str(value).casefold())
    if field == "src_port":
        return int(value)
    return str(value).strip().casefold()


def _shown(field: str, event: LoginEvent) -> object:
    if field == "timestamp":
        return format_time_ns(event.timestamp_ns)
    if field in ("user", "user_any"):
        return (
            event.user_id if event.user_id == event.user_name else (event.user_id, event.user_name)
        )
    return getattr(event, _OF_EVENT.get(field, field))


GRADED = frozenset(
    (
        "timestamp", "user", "user_any", "user_id", "user_domain", "src_ip", "src_port",
        "src_host", "dst_host", "dst_ip", "outcome", "reason", "user_agent", "app", "method",
        "country", "city", "logon_type", "machine_account",
    )
)  # fmt: skip
"""Other keys of an expectation (`service`, `log_type`, `status`, ...) name no field of an event."""

LOGON_TYPES = {
    "0": "system", "2": "interactive", "3": "network", "4": "batch", "5": "service",
    "7": "unlock", "8": "network_cleartext", "9": "new_credentials", "10": "remote_interactive",
    "11": "cached_interactive", "12": "cached_remote_interactive", "13": "cached_unlock",
}  # fmt: skip

_OF_EVENT = {
    "reason": "failure_reason",
    "method": "auth_method",
    "country": "src_country",
    "city": "src_city",
    "machine_account": "account_kind",
}
_UNSAID = (None, "", "-", "null", "N/A", "NOT_AVAILABLE")
_NOWHERE = frozenset(("0.0.0.0", "::", "LOCAL", "local"))
_FRACTION = re.compile(r"\.([0-9]+)")
_YEARLESS = re.compile(r"(?:<[0-9]{1,3}>)?[A-Z][a-z]{2} [ 0-9]?[0-9] [0-9]{2}:")
