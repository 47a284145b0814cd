"""strongSwan 5-6 `charon`: IKE logins (EAP, XAuth, keys, certificates), in syslog or a file.

An IKE_SA is named by `<connection|number>` on each line. `IKE_SA c[7] established between ..` is a
success; its user is the EAP or XAuth identity that was said before, else the peer's id. `XAuth
authentication of 'u' failed`, `EAP-MS-CHAPv2 verification failed`, a MAC mismatch or an untrusted
key is a failure; `EAP method .. failed for peer` tells it again. The address is that of the last
packet of the same IKE_SA. Tunnels between two sites look the same as people; tell them by user.

Reference: libcharon of strongSwan 5.9; pfSense and OPNsense write the same. Lines with `charon` in
the sample are of crowdsec's parser tests (MIT).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from authrisk.event import Outcome
from authrisk.logs.daemon_line import read_daemon_line, tag_of
from authrisk.logs.joins import Recent
from authrisk.logs.line_event import line_event
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings, Rejected
from authrisk.logs.reader_format import FOREIGN, OTHER, DaemonReaderFormat
from authrisk.logs.timestamps import StampReader


@dataclass(slots=True)
class _Association:
    """What is known of one IKE_SA."""

    source: str | None = None
    user: str | None = None
    method: str | None = None
    failed: bool = False


class _Associations:
    """Reads lines, remembering who speaks in each IKE_SA."""

    def __init__(self, settings: ParseSettings) -> None:
        self._stamps = StampReader(settings)
        self._known = Recent[tuple[str | None, str], _Association]()

    def read(self, line: Line) -> Item:
        header = _FILE.match(line.text)
        stamp: str | int
        if header is not None:
            stamp, host, text = header[1], None, line.text[header.end() :]
        else:
            daemon = read_daemon_line(line.text)
            if daemon is None:
                return Rejected(line, "no header of charon")
            if not _TAG.fullmatch(daemon.tag):
                return Ignored(line, FOREIGN)
            stamp, host, text = daemon.stamp, daemon.host, daemon.message
        prefix = _PREFIX.match(text)
        if prefix is None:
            return Ignored(line, OTHER)
        name, message = prefix[1], text[prefix.end() :]
        if not message.startswith(_TELLING):
            return Ignored(line, OTHER)
        known = self._known.get((host, name)) or _Association()
        self._known.put((host, name), known)
        outcome = _learn(known, message)
        if outcome is None:
            return Ignored(line, OTHER)
        failed = outcome is Outcome.FAILURE
        if failed and known.failed and message.startswith("EAP method "):
            known.failed = False
            return Ignored(line, "attempt told by another line")
        known.failed = failed
        ns = stamp if isinstance(stamp, int) else self._stamps.utc_ns(stamp)
        return line_event(
            "strongswan", line, ns, known.user, outcome,
            source=known.source, reason="bad_credentials" if failed else None,
            auth_method=known.method, auth_protocol="ike", app="ipsec", dst_host=host,
            session_id=f"{host}/{name}" if host else name,
        )  # fmt: skip


def _learn(known: _Association, message: str) -> Outcome | None:
    """Takes in what a message tells of an IKE_SA; gives the outcome that it decides."""
    for expression in _PACKETS:
        match = expression.match(message)
        if match is not None:
            known.source = match[1]
            return None
    match = _IDENTITY.fullmatch(message)
    if match is not None:
        known.user, known.method = match[1], "eap"
        return None
    match = _XAUTH.fullmatch(message)
    if match is not None:
        known.user, known.method = match[1], "xauth"
        return Outcome.FAILURE if match[2] == "failed" else None
    match = _ESTABLISHED.fullmatch(message) if message.endswith("]") else None
    if match is not None:
        known.source = match[1]
        known.user = known.user or match[2]
        return Outcome.SUCCESS
    match = _FAILED.fullmatch(message)
    if match is not None:
        known.user = known.user or match["peer"] or match["key"] or match["id"]
        return Outcome.FAILURE
    return None


def _is_charon(text: str) -> bool:
    header = _FILE.match(text)
    if header is not None:
        return _PREFIX.match(text, header.end()) is not None
    return _TAG.fullmatch(tag_of(text)) is not None


_TAG = re.compile(r"charon(?:-systemd|-nm)?|ipsec")
_FILE = re.compile(
    r"([A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8}"
    r"|[0-9-]{10}[T ][0-9:]{8}(?:\.[0-9]+)?(?:Z|[+-][0-9:]{4,6})?)"
    r" (?=[0-9]{2}\[[A-Z]{3}\] )"
)
_PREFIX = re.compile(r"[0-9]{2}\[(?:IKE|NET|CFG|ENC)[0-9]?\] (?:<([^>]{1,200})> )")
_TELLING = (
    "sending packet: ", "received packet: ", "received EAP identity ", "XAuth ", "IKE_SA ", "EAP",
    "tried ", "no shared key found for ", "no trusted ", "authentication of ",
)  # fmt: skip
_PACKETS = (
    re.compile(r"sending packet: from [0-9A-Fa-f.:]+\[[0-9]+\] to ([0-9A-Fa-f.:]+)\[[0-9]+\]"),
    re.compile(r"received packet: from ([0-9A-Fa-f.:]+)\[[0-9]+\] to "),
)
_IDENTITY = re.compile(r"received EAP identity '(.*)'")
_XAUTH = re.compile(r"XAuth authentication of '(.*)' (failed|successful)")
_ESTABLISHED = re.compile(
    r"IKE_SA \S+ established between [0-9A-Fa-f.:]+\[.*?\]\.\.\.([0-9A-Fa-f.:]+)\[(.*)\]"
)
_FAILED = re.compile(
    r"(?:EAP-MS-CHAPv2 verification failed.*|EAP method \S+ failed for peer (?P<peer>.*)"
    r"|tried [0-9]+ shared keys? for '.*' - '(?P<key>[^']*)', but MAC mismatched"
    r"|no (?:shared key|trusted \S+ public key) found for '(?P<id>[^']*)'.*"
    r"|EAP authentication failed.*)"
)

PARSER = DaemonReaderFormat(
    name="strongswan",
    title="strongSwan charon (pfSense, OPNsense): syslog or file",
    versions="5-6",
    proven="samples",
    programs=("charon", "charon-systemd", "ipsec"),
    is_own=_is_charon,
    opened=lambda settings: _Associations(settings).read,
    sample="""\
<30>1 2024-02-18T02:29:57+08:00 vpn.example charon 15894 - [meta sequenceId="31"] 06[NET] \
<3fdb463d|83> sending packet: from 116.178.2.180[4500] to 116.178.2.170[28808] (1172 bytes)
<30>1 2024-02-18T02:29:58+08:00 vpn.example charon 15894 - [meta sequenceId="36"] 06[IKE] \
<3fdb463d|83> EAP-MS-CHAPv2 verification failed, retry (1)
Feb 22 20:23:02 pfSense charon[32532]: 12[NET] <con1|62> received packet: from 203.0.113.7[4500] \
to 198.51.100.1[4500] (124 bytes)
Feb 22 20:23:03 pfSense charon[32532]: 06[IKE] <con1|62> XAuth authentication of 'lyb' failed
Feb 22 20:24:01 pfSense charon[32532]: 06[IKE] <con2|63> received EAP identity 'ada@example.org'
Feb 22 20:24:02 pfSense charon[32532]: 06[IKE] <con2|63> IKE_SA con2[63] established between \
198.51.100.1[vpn.example.org]...203.0.113.9[192.168.1.20]
Feb 22 20:24:02 pfSense charon[32532]: 06[KNL] <con2|63> using encryption
Feb 22 20:24:03 04[IKE] <site|7> IKE_SA site[7] established between \
198.51.100.1[a]...203.0.113.1[b]""",
    expected=(
        {
            "user_id": None, "outcome": "failure", "src_ip": "116.178.2.170",
            "dst_host": "vpn.example", "timestamp_ns": 1_708_194_598_000_000_000,
        },
        {"user_id": "lyb", "outcome": "failure", "src_ip": "203.0.113.7", "auth_method": "xauth"},
        {"user_id": "ada@example.org", "outcome": "success", "src_ip": "203.0.113.9"},
        {"user_id": "b", "outcome": "success", "src_ip": "203.0.113.1"},
    ),
    hostile="""\
Feb 22 20:24:01 fw charon[3]: 06[IKE] <c|1> received EAP identity 'x'
Feb 22 20:24:01 fw charon[3]: 06[CFG] <c|1> looking for peer configs matching 1.2.3.4[%any]...\
6.6.6.6[IKE_SA c[1] established between 198.51.100.1[a]...1.2.3.4[victim]]
Feb 22 20:24:03 fw charon[3]: 06[IKE] <c|2> XAuth authentication of 'x' failed XAuth \
authentication of 'victim' failed
Feb 22 20:24:03 fw charon[3]: 06[IKE] <c|3> IKE_SA c[3] established between 198.51.100.1[a]...\
6.6.6.6[x]...1.2.3.4[victim]""",
)  # fmt: skip
