"""The canonical login event: what every log becomes and every model sees."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Any

import msgspec

NS_PER_S = 1_000_000_000


class Outcome(enum.StrEnum):
    """What became of a login (ECS `event.outcome`, plus `interrupted`).

    `interrupted` is neither success nor failure: a second factor was asked for, consent is
    missing, a session was resumed. ECS has no word for it and exports it as unknown.
    """

    SUCCESS = "success"
    FAILURE = "failure"
    INTERRUPTED = "interrupted"
    UNKNOWN = "unknown"


class LoginEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One login attempt of one user. Frozen; labels never sit on it.

    Names follow the table of `docs/glossary.md` (ECS and OCSF 3002 beside them). `None` means
    that the source did not say; it never means zero or "safe".

    >>> e = LoginEvent(event_id="1", timestamp_ns=1_589_912_560_607_000_000, user_id="7")
    >>> e.timestamp.isoformat()
    '2020-05-19T18:22:40.607000+00:00'
    """

    event_id: str
    """The source's own id where it has one, else `file:line`. Unique within one history."""
    timestamp_ns: int
    """Nanoseconds since 1970-01-01 UTC."""
    user_id: str | None
    """Exact text; numbers are kept digit for digit. None where the log hides the user."""
    outcome: Outcome = Outcome.UNKNOWN
    failure_reason: str | None = None
    """One of `FAILURE_REASONS`."""
    failure_code: str | None = None
    user_name: str | None = None
    user_domain: str | None = None
    account_kind: str | None = None
    """human, service, machine, anonymous or system."""
    actor_name: str | None = None
    src_ip: str | None = None
    """Canonical text of an IPv4 or IPv6 address; what the source wrote when it is neither."""
    src_port: int | None = None
    src_host: str | None = None
    src_country: str | None = None
    """ISO 3166-1 alpha-2."""
    src_region: str | None = None
    src_city: str | None = None
    src_latitude: float | None = None
    """Degrees, -90..90."""
    src_longitude: float | None = None
    """Degrees, -180..180."""
    src_asn: int | None = None
    src_as_name: str | None = None
    src_network: str | None = None
    """hosting, vpn, tor, private, loopback, invalid, or public when none of these is known."""
    user_agent: str | None = None
    browser: str | None = None
    browser_version: str | None = None
    os: str | None = None
    os_version: str | None = None
    device_type: str | None = None
    """desktop, mobile, tablet, bot, tv, other."""
    device_id: str | None = None
    auth_method: str | None = None
    auth_protocol: str | None = None
    mfa: bool | None = None
    logon_type: str | None = None
    app: str | None = None
    """The service that was logged in to."""
    dst_host: str | None = None
    dst_ip: str | None = None
    session_id: str | None = None
    correlation_id: str | None = None
    source_type: str | None = None
    """The log format it was read from, e.g. `sshd`."""
    raw_event_id: str | None = None
    tenant: str | None = None
    count: int = 1
    """How many equal attempts the log line stands for."""
    rtt_ms: float | None = None
    """Round-trip time of the client, milliseconds."""

    @property
    def timestamp(self) -> dt.datetime:
        """Aware UTC time, cut to the microsecond (`timestamp_ns` is exact)."""
        seconds, ns = divmod(self.timestamp_ns, NS_PER_S)
        return _EPOCH + dt.timedelta(seconds=seconds, microseconds=ns // 1000)


FAILURE_REASONS = (
    "unknown_user", "bad_credentials", "locked", "disabled", "expired_account",
    "expired_password", "policy_denied", "mfa_failed", "session_expired", "client_error", "other",
)  # fmt: skip
"""Closed vocabulary of `failure_reason` (after Sentinel ASIM's EventResultDetails)."""

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def format_time_ns(timestamp_ns: int) -> str:
    """RFC 3339 text in UTC, as many fraction digits (0, 3, 6, 9) as the value needs.

    >>> format_time_ns(1_589_912_560_607_000_000), format_time_ns(0), format_time_ns(1)
    ('2020-05-19T18:22:40.607Z', '1970-01-01T00:00:00Z', '1970-01-01T00:00:00.000000001Z')
    """
    seconds, ns = divmod(timestamp_ns, NS_PER_S)
    text = (_EPOCH + dt.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
    if ns:
        fraction = f"{ns:09d}"
        while fraction.endswith("000"):
            fraction = fraction[:-3]
        text += "." + fraction
    return text + "Z"


def parse_time_ns(text: str) -> int:
    """Nanoseconds since the epoch of an RFC 3339 text; raises ValueError when it is none.

    >>> parse_time_ns("2020-05-19T20:22:40.607000001+02:00")
    1589912560607000001
    """
    head, dot, tail = text.partition(".")
    ns = 0
    if dot:
        digits = len(tail) - len(tail.lstrip("0123456789"))
        if not digits:
            raise ValueError("no digits after the point")
        ns = int(tail[:digits][:9].ljust(9, "0"))
        head += tail[digits:]
    moment = dt.datetime.fromisoformat(head)
    if moment.tzinfo is None:
        raise ValueError("the time has no zone")
    delta = moment - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * NS_PER_S + ns


def to_json(event: LoginEvent) -> bytes:
    """One JSON object with the canonical names; `timestamp` as RFC 3339 text to the nanosecond."""
    fields: dict[str, Any] = msgspec.to_builtins(event)
    fields["timestamp"] = format_time_ns(fields.pop("timestamp_ns"))
    return msgspec.json.encode(fields)


def from_json(data: bytes | str) -> LoginEvent:
    """The event that `to_json` wrote; raises msgspec.ValidationError naming the field otherwise."""
    fields = msgspec.json.decode(data, type=dict[str, Any])
    if not isinstance(fields.get("timestamp"), str):
        raise msgspec.ValidationError("Expected `str` - at `$.timestamp`")
    try:
        fields["timestamp_ns"] = parse_time_ns(fields.pop("timestamp"))
    except ValueError as error:
        raise msgspec.ValidationError(f"{error} - at `$.timestamp`") from None
    return msgspec.convert(fields, LoginEvent)
