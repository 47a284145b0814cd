r"""FreeRADIUS 2-3.2 `radius.log` (`auth = yes`): `Login OK`, `Login incorrect`, `Invalid user`.

`Mon Jan  5 14:20:00 2026 : Auth: (7) Login incorrect (reason): [user/<via Auth-Type = EAP>]
(from client nas port 0 cli 02-00-00-00-00-01 via TLS tunnel)`. With `auth_badpass` or
`auth_goodpass` the password stands in clear after the user's slash: it is dropped, and as user and
password are parted by nothing but a slash, the user ends at the first one. `cli` is where the user
sits: an address becomes the source, a MAC address or a telephone number the device. The NAS is
`dst_host`. A tunnel's inner login (`via TLS tunnel`) and its outer one (often `anonymous`) are told
by two lines: within two seconds of one client and device the second is not a second event.

Reference: src/main/auth.c of FreeRADIUS 3.2; tried on 3.2.1. Syslog and file lines alike.
"""

from __future__ import annotations

import re

from authrisk.event import NS_PER_S, Outcome
from authrisk.logs.address import canonical_ip
from authrisk.logs.daemon_line import read_daemon_line
from authrisk.logs.line_event import line_event
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings, Rejected
from authrisk.logs.reader_format import FOREIGN, OTHER, Reader, ReaderFormat
from authrisk.logs.recent import Recent
from authrisk.logs.timestamps import StampReader


def _opened(settings: ParseSettings) -> Reader:
    stamps = StampReader(settings)
    tunnels = Recent[tuple[str, str, bool], int]()

    def read(line: Line) -> Item:
        header = _HEADER.match(line.text)
        stamp: str | int
        if header is not None:
            month, day, time, year, kind = header.groups()
            stamp, host, text = f"{month} {day} {year} {time}", None, line.text[header.end() :]
            if kind != "Auth":
                return Ignored(line, OTHER)
        else:
            daemon = read_daemon_line(line.text)
            if daemon is None:
                return Rejected(line, "no header of FreeRADIUS")
            if daemon.tag not in _TAGS:
                return Ignored(line, FOREIGN)
            stamp, host, text = daemon.stamp, daemon.host, daemon.message
        match = _LOGIN.fullmatch(text)
        if match is None:
            return Ignored(line, OTHER)
        good, ns = match["verb"] == "Login OK", _time_ns(stamp, stamps)
        station, client, tunnel = match["cli"] or "", match["client"], match["tunnel"] is not None
        if station:
            inner_ns = tunnels.pop((client, station, good))
            if not tunnel and inner_ns is not None and 0 <= ns - inner_ns <= _TUNNEL_NS:
                return Ignored(line, "attempt told by another line")
            if tunnel:
                tunnels.put((client, station, good), ns)
        address = canonical_ip(station)
        user, method = _user(match["user"])
        return line_event(
            "freeradius", line, ns, user,
            Outcome.SUCCESS if good else Outcome.FAILURE,
            source=address, reason=None if good else _reason(match["verb"], match["why"] or ""),
            auth_method=method, auth_protocol="radius", app="radius",
            device_id=station if station and address is None else None, dst_host=client,
            account_kind="machine" if user.startswith("host/") else None, correlation_id=host,
        )  # fmt: skip

    return read


def _time_ns(stamp: str | int, stamps: StampReader) -> int:
    return stamp if isinstance(stamp, int) else stamps.utc_ns(stamp)


def _user(name: str) -> tuple[str, str | None]:
    """The user of `user/<via Auth-Type = eap>`, `user/password` or `user`, and how it was proven.

    A machine is called `host/pc.example.org`, and that slash parts no password.
    """
    match = _PLACEHOLDER.search(name)
    if match is not None:
        return name[: match.start()], match[1].casefold() if match[1] else None
    return name if _MACHINE.fullmatch(name) else name.partition("/")[0], "password"


def _reason(verb: str, why: str) -> str:
    why = why.casefold()
    if verb == "Invalid user" or "no such" in why or "not found" in why or "unknown user" in why:
        return "unknown_user"
    if "disabled" in why or "locked" in why:
        return "locked" if "locked" in why else "disabled"
    if "expired" in why:
        return "expired_password" if "password" in why else "expired_account"
    return (
        "policy_denied"
        if "rejected in post-auth" in why or "huntgroup" in why
        else "bad_credentials"
    )


def _is_radius(text: str) -> bool:
    header = _HEADER.match(text)
    if header is not None:
        return header[5] in {"Auth", "Info", "Error", "Warn", "Proxy", "Debug"}
    try:
        daemon = read_daemon_line(text)
    except ValueError:
        return False
    return daemon is not None and daemon.tag in _TAGS


_TUNNEL_NS = 2 * NS_PER_S
_TAGS = frozenset(("radiusd", "freeradius"))
_HEADER = re.compile(
    r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ 0-9][0-9]) ([0-9:]{8}) ([0-9]{4}) : ([A-Z][a-z]+) ?: "
)
_PLACEHOLDER = re.compile(
    r"/<(?:via Auth-Type = ([\w-]+)|CHAP-Password|no User-Password attribute)>\Z"
)
_MACHINE = re.compile(r"host/[\w-]+(?:\.[\w-]+)+")
_LOGIN = re.compile(
    r"(?:\([0-9]+\) +)?(?P<verb>Login OK|Login incorrect|Invalid user)(?: \((?P<why>[^\[]*)\))?: "
    r"\[(?P<user>.*)\] \(from client (?P<client>\S+) port \S+(?: cli (?P<cli>\S+))?"
    r"(?P<tunnel> via (?:TLS|proxy) tunnel| via proxy to virtual server)?\)"
)

PARSER = ReaderFormat(
    name="freeradius",
    title="FreeRADIUS: radius.log, syslog",
    versions="2-3.2",
    proven="documentation",
    programs=("radiusd", "freeradius"),
    is_own=_is_radius,
    opened=_opened,
    sample="""\
Mon Jan  5 14:20:00 2026 : Auth: (0) Login OK: [ada] (from client wlc1 port 13 cli \
02-00-00-00-00-01)
Mon Jan  5 14:20:01 2026 : Auth: (1) Login incorrect (pap: Cleartext password does not match \
"known good" password): [bo/hunter2/x] (from client vpn1 port 0 cli 203.0.113.7)
Mon Jan  5 14:20:02 2026 : Auth: (2)   Login OK: [eve@example.org/<via Auth-Type = eap>] (from \
client \
wlc1 port 0 cli 02-00-00-00-00-02 via TLS tunnel)
Mon Jan  5 14:20:02 2026 : Auth: (3) Login OK: [anonymous@example.org/<via Auth-Type = eap>] (from \
client wlc1 port 13 cli 02-00-00-00-00-02)
Jan  5 14:20:03 rad1 radiusd[812]: Invalid user (Rejected: User-Name contains whitespace): [a b] \
(from client vpn1 port 0)
Mon Jan  5 14:20:04 2026 : Info: Ready to process requests""",
    expected=(
        {
            "user_id": "ada", "outcome": "success", "dst_host": "wlc1", "src_ip": None,
            "device_id": "02-00-00-00-00-01", "timestamp_ns": 1_767_622_800_000_000_000,
        },
        {"user_id": "bo", "failure_reason": "bad_credentials", "src_ip": "203.0.113.7"},
        {"user_id": "eve@example.org", "outcome": "success", "auth_method": "eap"},
        {"user_id": "a b", "failure_reason": "unknown_user", "dst_host": "vpn1"},
    ),
    hostile="""\
Mon Jan  5 14:20:01 2026 : Auth: (1) Login incorrect: [x/] (from client a port 0): [victim/y] \
(from \
client vpn1 port 0 cli 203.0.113.7)
Mon Jan  5 14:20:01 2026 : Info: (1) Login OK: [victim] (from client vpn1 port 0 cli 1.2.3.4)
Jan  5 14:20:03 rad1 sshd[812]: Login OK: [victim] (from client vpn1 port 0)""",
)  # fmt: skip
