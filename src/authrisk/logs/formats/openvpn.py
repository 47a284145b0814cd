r"""OpenVPN 2.3-2.6 server, as a file, through syslog or of the Access Server: one event a peer.

Each line names its peer, `203.0.113.7:5678` or `name/203.0.113.7:5678`. `[name] Peer Connection
Initiated` is a success, unless the password was refused before (the server says it all the same)
or is still being checked (`authentication deferred`): then the address that the client is given,
or PUSH_REPLY, is the success and `AUTH_FAILED` the failure. The user is that of `TLS:
Username/Password authentication .. for username 'u'`, else the certificate's name.

Failures: `TLS Auth Error`, `VERIFY ERROR` (the name of the refused certificate), `AUTH_FAILED`, and
without a name packets of the wrong tls-auth or tls-crypt key and broken handshakes. What one peer
does within two minutes is one attempt. `AUTH-PAM: BACKGROUND: user 'u' failed to authenticate` has
no peer; it names the next refusal. Handshakes that time out are mostly scans and give nothing.

Reference: ssl.c, ssl_verify.c, multi.c of OpenVPN 2.6; tried on 2.6.14. The sample's first four
lines are of crowdsec's parser tests (MIT).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from authrisk.event import NS_PER_S, Outcome
from authrisk.logs.daemon_line import read_daemon_line
from authrisk.logs.joins import Recent
from authrisk.logs.line_event import line_event
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings, Rejected
from authrisk.logs.reader_format import FOREIGN, OTHER, DaemonReaderFormat
from authrisk.logs.timestamps import StampReader


@dataclass(slots=True)
class _Peer:
    """What is known of one peer, an address and port."""

    user: str | None = None
    deferred: bool = False
    told_ns: int | None = None
    """When its attempt was decided."""
    outcome: Outcome | None = None


class _Peers:
    """Reads lines, remembering each peer's attempt."""

    def __init__(self, settings: ParseSettings) -> None:
        self._stamps = StampReader(settings)
        self._peers = Recent[tuple[str | None, str], _Peer]()
        self._refused: tuple[str, int] | None = None
        """Of the last user that PAM refused: its name and when."""

    def read(self, line: Line) -> Item:
        parts = _split(line.text)
        if parts is None:
            return Rejected(line, "no header of OpenVPN")
        stamp, host, message = parts
        if stamp == "":
            return Ignored(line, FOREIGN)
        head = _PEER.match(message) or _ASSIGNED.fullmatch(message)
        if head is None:
            pam = _PAM.fullmatch(message)
            if pam is not None:
                self._refused = pam[1], self._time_ns(stamp)
            return Ignored(line, OTHER)
        name, address = head.groups()
        text = message[head.end() :] or message
        key = (host, address)
        if text.startswith("TLS: Initial packet from "):
            self._peers.pop(key)
            return Ignored(line, OTHER)
        peer = self._peers.get(key) or _Peer()
        verdict = self._verdict(peer, text, name)
        self._peers.put(key, peer)
        if verdict is None:
            return Ignored(line, OTHER)
        outcome, reason = verdict
        ns = self._time_ns(stamp)
        recent = peer.told_ns is not None and 0 <= ns - peer.told_ns <= _ATTEMPT_NS
        if recent and (peer.outcome is outcome or peer.outcome is Outcome.FAILURE):
            return Ignored(line, "attempt told by another line")
        peer.told_ns, peer.outcome = ns, outcome
        failed = outcome is Outcome.FAILURE
        user = peer.user
        if failed and user is None and self._refused is not None:
            named, when_ns = self._refused
            user = named if 0 <= ns - when_ns <= _PAM_NS else None
            self._refused = None
        return line_event(
            "openvpn", line, ns, user, outcome,
            source=address, reason=reason if failed else None, app="openvpn", dst_host=host,
        )  # fmt: skip

    def _time_ns(self, stamp: str | int) -> int:
        return stamp if isinstance(stamp, int) else self._stamps.utc_ns(stamp)

    def _verdict(
        self, peer: _Peer, text: str, name: str | None
    ) -> tuple[Outcome, str | None] | None:
        """What a peer's line decides; takes in what it says of the user."""
        password = _PASSWORD.fullmatch(text)
        if password is not None:
            peer.user, peer.deferred = password[2], password[1] == "deferred"
            return None
        initiated = _INITIATED.match(text)
        if initiated is not None:
            peer.user = peer.user or initiated[1] or None
            return None if peer.deferred else (Outcome.SUCCESS, None)
        if text.startswith(_GIVEN) or _PUSHED.match(text):
            peer.user = peer.user or name
            return (Outcome.SUCCESS, None) if peer.deferred else None
        certificate = _CERTIFICATE.match(text)
        if certificate is not None:
            found = _COMMON_NAME.search(text)
            peer.user = peer.user or (found[1] if found is not None else None)
            expired = "expired" in (certificate[1] or "")
            return Outcome.FAILURE, "expired_account" if expired else "bad_credentials"
        if text.startswith(_REFUSALS) or _REFUSAL.match(text):
            peer.user = peer.user or name
            return Outcome.FAILURE, "bad_credentials"
        if text.startswith(_BROKEN):
            return Outcome.FAILURE, "client_error"
        return None


def _split(text: str) -> tuple[str | int, str | None, str] | None:
    """Stamp, host and message; the stamp is empty for another program's line."""
    server = _ACCESS_SERVER.fullmatch(text)
    if server is not None:
        text = server[1]
    own = _OWN.match(text)
    if own is not None:
        return (
            own["iso"] or "{month} {day} {year} {time}".format(**own.groupdict()),
            None,
            text[own.end() :],
        )
    daemon = read_daemon_line(text)
    if daemon is None:
        return None
    if not _TAG.fullmatch(daemon.tag):
        return "", None, ""
    return daemon.stamp, daemon.host, daemon.message


def _is_openvpn(text: str) -> bool:
    try:
        parts = _split(text)
    except ValueError:
        return False
    if parts is None or parts[0] == "":
        return False
    return parts[1] is not None or _PEER.match(parts[2]) is not None


_ATTEMPT_NS = 120 * NS_PER_S
_PAM_NS = 5 * NS_PER_S
_TAG = re.compile(r"openvpn[\w@.-]*|ovpn-[\w.-]+")
_ACCESS_SERVER = re.compile(
    r"[0-9-]{10}T[0-9:]{8}[+-][0-9]{4} \[stdout#\w+\] \[OVPN [0-9]+\] OUT: ['\"](.*)['\"]"
)
_OWN = re.compile(
    r"(?:(?P<iso>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8})"
    r"|[A-Z][a-z]{2} (?P<month>[A-Z][a-z]{2}) (?P<day>[ 0-9][0-9]) (?P<time>[0-9:]{8}) "
    r"(?P<year>[0-9]{4}))(?: us=[0-9]{1,6})? "
)
_PEER = re.compile(
    r"(?:([\w.@:/=+-]{1,128}?)/)?"
    r"((?:[0-9]{1,3}\.){3}[0-9]{1,3}:[0-9]{1,5}"
    r"|\[?[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]{1,40}\]?(?::[0-9]{1,5})?):? "
)
_ASSIGNED = re.compile(
    r"MULTI: (?:Learn: \S{1,64} -> |primary virtual IP for )"
    r"([\w.@:/=+-]{1,128}?)/((?:[0-9]{1,3}\.){3}[0-9]{1,3}:[0-9]{1,5})(?:: \S{1,64})?"
)
"""Of a client whose password was being checked this stands without its prefix."""
_PAM = re.compile(
    r"(?:AUTH-PAM: BACKGROUND: )?user '(.*)' (?:failed to authenticate: .*"
    r"|could not authenticate\.)"
)
_PASSWORD = re.compile(
    r"TLS: Username/Password authentication (succeeded|deferred) for username '(.*)'"
    r"(?: \[CN SET\])?\s*"
)
_INITIATED = re.compile(r"\[([^\]]*)\] Peer Connection Initiated with ")
_PUSHED = re.compile(r"SENT CONTROL \[[^\]]*\]: 'PUSH_REPLY[,']")
_REFUSAL = re.compile(
    r"SENT CONTROL \[[^\]]*\]: 'AUTH_FAILED"
    r"|OpenSSL: error:[^ ]{1,80}.{0,200}:certificate verify failed"
)
_GIVEN = ("MULTI_sva: pool returned ", "MULTI: Learn: ", "MULTI: primary virtual IP for ")
_CERTIFICATE = re.compile(
    r"VERIFY ERROR: depth=0, error=([^:]*): |CRL CHECK FAILED: (?=.{0,400}REVOKED)"
)
_COMMON_NAME = re.compile(r"\bCN=([^,/]{1,128}?)(?:,|/|\Z| is REVOKED)")
_REFUSALS = (
    "TLS Auth Error: ", "AUTH: Received control message: AUTH_FAILED",
)  # fmt: skip
_BROKEN = (
    "TLS Error: tls-crypt unwrapping failed ", "TLS Error: incoming packet authentication failed ",
    "TLS Error: TLS handshake failed from ", "TLS Error: cannot locate HMAC in incoming packet ",
)  # fmt: skip

PARSER = DaemonReaderFormat(
    name="openvpn",
    title="OpenVPN server: file, syslog, Access Server",
    versions="2.3-2.6",
    proven="samples",
    programs=("openvpn*", "ovpn-*"),
    is_own=_is_openvpn,
    opened=lambda settings: _Peers(settings).read,
    sample="""\
2024-12-15 14:11:27 192.168.1.30:52234 TLS Error: tls-crypt unwrapping failed from \
[AF_INET]192.168.1.30:52234
2024-12-15 14:14:22 192.168.1.33:54321 VERIFY ERROR: depth=0, error=certificate signature \
failure: CN=malicious-client
2024-12-15 14:14:22 192.168.1.33:54321 OpenSSL: error:1417C086:SSL \
routines:tls_process_client_certificate:certificate verify failed
2024-12-15 14:14:22 192.168.1.33:54321 TLS Auth Error: Auth Certificate verification failed for peer
Thu Dec 15 14:15:21 2016 203.0.113.7:54321 TLS: Username/Password authentication succeeded for \
username 'ada' [CN SET]
Thu Dec 15 14:15:21 2016 203.0.113.7:54321 [ada] Peer Connection Initiated with \
[AF_INET]203.0.113.7:54321
Thu Dec 15 14:15:21 2016 ada/203.0.113.7:54321 MULTI_sva: pool returned IPv4=10.8.0.6, IPv6=(Not \
enabled)
Feb  9 11:44:56 gw openvpn[71]: 198.51.100.4:1194 TLS: Username/Password authentication deferred \
for username 'bo' [CN SET]
Feb  9 11:44:56 gw openvpn[71]: 198.51.100.4:1194 [bo] Peer Connection Initiated with \
[AF_INET]198.51.100.4:1194
Feb  9 11:44:57 gw openvpn[71]: bo/198.51.100.4:1194 SENT CONTROL [bo]: 'AUTH_FAILED' (status=1)
2026-11-24 14:27:34 127.0.0.1:41194 TLS: Username/Password authentication deferred for username \
'dbo'
2026-11-24 14:27:34 127.0.0.1:41194 [client] Peer Connection Initiated with [AF_INET]127.0.0.1:41194
2026-11-24 14:27:36 MULTI: Learn: 10.99.0.2 -> client/127.0.0.1:41194
2026-11-24 14:27:36 MULTI: primary virtual IP for client/127.0.0.1:41194: 10.99.0.2
Feb  9 11:45:56 gw openvpn[71]: AUTH-PAM: BACKGROUND: user 'eve' failed to authenticate: \
Authentication failure
Feb  9 11:45:56 gw openvpn[71]: 198.51.100.5:1194 TLS Auth Error: Auth Username/Password \
verification failed for peer
Feb  9 11:45:56 gw openvpn[71]: 198.51.100.5:1194 [client] Peer Connection Initiated with \
[AF_INET]198.51.100.5:1194""",
    expected=(
        {
            "user_id": None, "outcome": "failure", "src_ip": "192.168.1.30", "src_port": 52234,
            "failure_reason": "client_error", "timestamp_ns": 1_734_271_887_000_000_000,
        },
        {"user_id": "malicious-client", "outcome": "failure", "src_ip": "192.168.1.33"},
        {
            "user_id": "ada", "outcome": "success", "src_ip": "203.0.113.7",
            "timestamp_ns": 1_481_811_321_000_000_000,
        },
        {"user_id": "bo", "outcome": "failure", "dst_host": "gw"},
        {"user_id": "dbo", "outcome": "success", "src_port": 41194},
        {"user_id": "eve", "outcome": "failure", "src_ip": "198.51.100.5"},
    ),
    hostile="""\
2024-12-15 14:11:27 6.6.6.6:52234 TLS: Username/Password authentication succeeded for username \
'x' for username 'victim'
2024-12-15 14:11:27 6.6.6.6:52234 [x] Peer Connection Initiated with [AF_INET]6.6.6.6:52234 \
[victim] Peer Connection Initiated
2024-12-15 14:11:28 6.6.6.7:52234 peer info: IV_PLAT=1.2.3.4:1 [victim] Peer Connection Initiated \
with [AF_INET]1.2.3.4:1
Feb  9 11:44:56 gw cron[71]: 198.51.100.4:1194 [victim] Peer Connection Initiated with \
[AF_INET]198.51.100.4:1194""",
)  # fmt: skip
