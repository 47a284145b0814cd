r"""FreeRADIUS 2-3.2 `radius.log` (`auth = yes`): `Login OK`, `Login incorrect`, `Invalid user`.

`Mon Jan  5 14:20:00 2026 : Auth: (7) Login incorrect (reason): [user/<via Auth-Type = EAP>]
(from client nas port 0 cli 02-00-00-00-00-01 via TLS tunnel)`. With `auth_badpass` or
`auth_goodpass` the password stands in clear after the user's slash: it is dropped, and as user and
password are parted by nothing but a slash, the user ends at the first one. `cli` is where the user
sits: an address becomes the source, a MAC address or a telephone number the device. The NAS is
`dst_host`. A login within a tunnel (`via TLS tunnel`: who) and the outer one (often `anonymous`:
from where) are one attempt: the inner line's event, with the device of the outer line that follows
within two seconds. `Invalid user` and `Login incorrect` of one request are one.

Reference: src/main/auth.c of FreeRADIUS 3.2. The sample's lines are of FreeRADIUS 3.2.1, but for
the syslog one (names changed).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec.structs

from authrisk.event import NS_PER_S, LoginEvent, Outcome
from authrisk.logs.address import canonical_ip
from authrisk.logs.daemon_line import read_daemon_line, tag_of
from authrisk.logs.holding_format import Hold, HoldingFormat
from authrisk.logs.line_event import line_event
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings
from authrisk.logs.reader_format import FOREIGN, OTHER
from authrisk.logs.timestamps import StampReader

_Session = tuple[str, bool, int]
"""NAS, whether it was let in, number of the request."""


class _Tunnels:
    """Reads lines, holding what was told within a tunnel until the outer line says from where."""

    def __init__(self, settings: ParseSettings) -> None:
        self._stamps = StampReader(settings)
        self._hold = Hold[_Session](_TUNNEL_NS, capacity=256)
        self._invalid: tuple[str | None, str] | None = None
        """Request and user of the last `Invalid user`."""

    def read(self, line: Line) -> Iterator[Item]:
        parts = _split(line.text)
        if isinstance(parts, str):
            yield Ignored(line, parts)
            return
        stamp, text = parts
        match = _LOGIN.fullmatch(text)
        if match is None:
            yield Ignored(line, OTHER)
            return
        request, verb = match["request"], match["verb"]
        invalid, self._invalid = self._invalid, None
        if verb == "Invalid user":
            self._invalid = request, match["user"]
        elif verb == "Login incorrect" and invalid == (request, match["user"]) and request:
            yield Ignored(line, TOLD)
            return
        ns = stamp if isinstance(stamp, int) else self._stamps.utc_ns(stamp)
        event = _event(line, match, ns)
        yield from self._hold.due(ns)
        session = (match["client"], verb == "Login OK", int(request or 0))
        if match["tunnel"] is not None:
            before = self._hold.pop(session)
            if before is not None:
                yield before
            self._hold.put(session, event)
            return
        inner = self._inner(session, event) if event.auth_method == "eap" else None
        if inner is None:
            yield event
            return
        yield msgspec.structs.replace(
            inner,
            src_ip=event.src_ip or inner.src_ip,
            device_id=event.device_id or inner.device_id,
        )
        yield Ignored(line, TOLD)

    def rest(self) -> Iterator[Item]:
        yield from self._hold.rest()

    def _inner(self, session: _Session, outer: LoginEvent) -> LoginEvent | None:
        """The login within the tunnel that an outer line of the same NAS and verdict closes."""
        client, good, request = session
        found = [key for key in self._hold if key[:2] == (client, good) and key[2] < request]
        if not found:
            return None
        same = [key for key in found if _is_of(self._hold.get(key), outer)]
        return self._hold.pop(max(same or found, key=lambda key: key[2]))


def _is_of(inner: LoginEvent | None, outer: LoginEvent) -> bool:
    return inner is not None and inner.user_id == outer.user_id


def _event(line: Line, match: re.Match[str], ns: int) -> LoginEvent:
    good, station = match["verb"] == "Login OK", match["cli"] or ""
    address = canonical_ip(station)
    user, method = _user(match["user"])
    return line_event(
        "freeradius", line, ns, user, Outcome.SUCCESS if good else Outcome.FAILURE,
        source=address, reason=None if good else _reason(match["verb"], match["why"] or ""),
        auth_method=method, auth_protocol="radius", app="radius", dst_host=match["client"],
        device_id=station if station and address is None else None,
        account_kind="machine" if user.startswith("host/") else None,
    )  # fmt: skip


def _split(text: str) -> tuple[str | int, str] | str:
    """Stamp and message, or why the line is none of this server's; raises ValueError."""
    header = _HEADER.match(text)
    if header is not None:
        month, day, time, year, kind = header.groups()
        return (f"{month} {day} {year} {time}", text[header.end() :]) if kind == "Auth" else OTHER
    daemon = read_daemon_line(text)
    if daemon is None:
        raise ValueError("no header of FreeRADIUS")
    return (daemon.stamp, daemon.message) if daemon.tag in _TAGS else FOREIGN


def _user(name: str) -> tuple[str, str | None]:
    """The user of `user/<via Auth-Type = eap>`, `user/password` or `user`, and how it was proven.

    A machine is called `host/pc.example.org`, and that slash parts no password.
    """
    match = _PLACEHOLDER.search(name)
    if match is not None:
        return name[: match.start()], match[1].casefold() if match[1] else None
    machine = _MACHINE.match(name)
    return machine[0] if machine is not None else name.partition("/")[0], "password"


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
    return tag_of(text) in _TAGS


TOLD = "attempt told by another line"
_TUNNEL_NS = 2 * NS_PER_S
_TAGS = frozenset(("radiusd", "freeradius"))
_HEADER = re.compile(
    r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ 0-9][0-9]) ([0-9:]{8}) ([0-9]{4}) : ([A-Z][a-z]+) ?: "
)
_PLACEHOLDER = re.compile(
    r"/<(?:via Auth-Type = ([\w-]+)|CHAP-Password|no User-Password attribute)>\Z"
)
_MACHINE = re.compile(r"host/[\w-]+(?:\.[\w-]+)+(?=/|\Z)")
_LOGIN = re.compile(
    r"(?:\((?P<request>[0-9]{1,18})\) +)?(?P<verb>Login OK|Login incorrect|Invalid user)"
    r"(?: \((?P<why>[^\[]*)\))?: "
    r"\[(?P<user>.*)\] \(from client (?P<client>\S+) port \S+(?: cli (?P<cli>\S+))?"
    r"(?P<tunnel> via (?:TLS|proxy) tunnel| via proxy to virtual server)?\)"
)

PARSER = HoldingFormat(
    name="freeradius",
    title="FreeRADIUS: radius.log, syslog",
    versions="2-3.2",
    proven="samples",
    programs=("radiusd", "freeradius"),
    is_own=_is_radius,
    opened=_Tunnels,
    sample="""\
Tue Nov 24 14:07:13 2026 : Auth: (0) Login OK: [ada/pw] (from client localhost port 3 cli \
02-00-00-00-00-01)
Tue Nov 24 14:07:13 2026 : Auth: (1) Login incorrect (pap: Cleartext password does not match \
"known good" password): [ada/hunter2/x] (from client localhost port 0 cli 203.0.113.7)
Tue Nov 24 14:07:15 2026 : Auth: (3) Invalid user (Rejected: User-Name contains whitespace): \
[a b/x] (from client localhost port 0)
Tue Nov 24 14:07:15 2026 : Auth: (3) Login incorrect (Rejected: User-Name contains whitespace): \
[a b/x] (from client localhost port 0)
Tue Nov 24 14:07:16 2026 : Auth: (4) Login incorrect (No Auth-Type found: rejecting the user via \
Post-Auth-Type = Reject): [host/pc1.example.org/x] (from client localhost port 0)
Tue Nov 24 14:07:20 2026 : Auth: (8) Login OK: [ada/<CHAP-Password>] (from client localhost port 0)
Tue Nov 24 14:07:20 2026 : Auth: (17)   Login OK: [eve/<via Auth-Type = eap>] (from client \
localhost port 0 via TLS tunnel)
Tue Nov 24 14:07:20 2026 : Auth: (18) Login OK: [anonymous/<via Auth-Type = eap>] (from client \
localhost port 0 cli 02-00-00-00-00-01)
Tue Nov 24 14:07:20 2026 : Info: Ready to process requests
Jan  5 14:20:03 rad1 radiusd[812]: Login incorrect: [dis/pw] (from client vpn1 port 0)""",
    expected=(
        {
            "user_id": "ada", "outcome": "success", "dst_host": "localhost", "src_ip": None,
            "device_id": "02-00-00-00-00-01", "timestamp_ns": 1_795_529_233_000_000_000,
        },
        {"user_id": "ada", "failure_reason": "bad_credentials", "src_ip": "203.0.113.7"},
        {"user_id": "a b", "failure_reason": "unknown_user"},
        {"user_id": "host/pc1.example.org", "account_kind": "machine"},
        {"user_id": "ada", "outcome": "success", "auth_method": None},
        {
            "user_id": "eve", "outcome": "success", "auth_method": "eap",
            "device_id": "02-00-00-00-00-01",
        },
        {"user_id": "dis", "outcome": "failure", "dst_host": "vpn1"},
    ),
    hostile="""\
Mon Jan  5 14:20:01 2026 : Auth: (1) Login incorrect: [x/] (from client a port 0): [victim/y] \
(from \
client vpn1 port 0 cli 203.0.113.7)
Mon Jan  5 14:20:01 2026 : Info: (1) Login OK: [victim] (from client vpn1 port 0 cli 1.2.3.4)
Jan  5 14:20:03 rad1 sshd[812]: Login OK: [victim] (from client vpn1 port 0)""",
)  # fmt: skip
