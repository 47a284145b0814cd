"""Fortinet FortiGate, FortiOS 5.6-7.6: SSL VPN, IPsec VPN, administrators and firewall users.

`key=value` pairs, in a file, behind a syslog header, or with commas. The time is `eventtime` (ns
from 6.2, seconds before), else `date`, `time` and `tz`. What is a login:

- `action="ssl-login-fail"`, and of `tunnel-up` (`ssl-web`, `ssl-tunnel`) the first within a minute
  of a user and address: the web login and its tunnel are one.
- `action="login"` with `logdesc="Admin login ..."`, `logid` 0100032001/32002.
- `action="authentication"` of `subtype="user"` with `status`.
- IPsec `action="negotiate"` with an XAuth user (`xauthuser`), by `xauthresult` or `status`.

`N/A` is unknown. A pair said twice, as by a user name with a quote, is rejected.

Reference: FortiOS 7.4 Log Reference. The first line of the sample is of crowdsec's parser tests
(MIT), the others after the reference.
"""

from __future__ import annotations

import re

from authrisk.event import NS_PER_S, Outcome
from authrisk.logs.daemon_line import without_header
from authrisk.logs.joins import Recent
from authrisk.logs.key_values import read_pairs
from authrisk.logs.line_event import line_event
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings, Rejected
from authrisk.logs.reader_format import OTHER, Reader, ReaderFormat
from authrisk.logs.timestamps import StampReader, epoch_to_ns


def _opened(settings: ParseSettings) -> Reader:
    stamps = StampReader(settings)
    ups = Recent[tuple[str, str], int]()

    def read(line: Line) -> Item:
        text = without_header(line.text)
        if not _START.match(text):
            return Rejected(line, "no line of FortiOS")
        fields = read_pairs(text, "," if _COMMAS.match(text) else " ")
        told = _read_vpn(fields) or _read_user(fields)
        if told is None:
            return Ignored(line, OTHER)
        outcome, source, method, app = told
        user = next((fields[key] for key in _USERS if fields.get(key, "N/A") not in _UNKNOWN), None)
        ns = _time_ns(fields, stamps)
        if fields.get("action") == "tunnel-up":
            before_ns = ups.get((user or "", source))
            ups.put((user or "", source), ns)
            if before_ns is not None and 0 <= ns - before_ns <= _TUNNEL_NS:
                return Ignored(line, "attempt told by another line")
        failed = outcome is Outcome.FAILURE
        why = fields.get("reason", "")
        return line_event(
            "fortigate", line, ns, user, outcome,
            source=source, reason=_reason(why, fields) if failed else None,
            failure_code=why if failed and why not in _UNKNOWN else None,
            auth_method=method, app=app, dst_host=fields.get("devname"),
            session_id=None if fields.get("tunnelid") in {None, "0"} else fields["tunnelid"],
            raw_event_id=fields.get("logid"), tenant=fields.get("vd"),
        )  # fmt: skip

    return read


_Told = tuple[Outcome, str, str | None, str]


def _read_vpn(fields: dict[str, str]) -> _Told | None:
    if fields.get("subtype") != "vpn":
        return None
    action, source = fields.get("action"), fields.get("remip", "")
    if action == "ssl-login-fail":
        return Outcome.FAILURE, source, "password", "ssl-vpn"
    if action == "tunnel-up" and fields.get("tunneltype", "").startswith("ssl"):
        return Outcome.SUCCESS, source, None, "ssl-vpn"
    if action == "negotiate" and fields.get("xauthuser", "N/A") not in _UNKNOWN:
        result = fields.get("xauthresult") or fields.get("status") or ""
        outcome = _RESULTS.get(result.casefold())
        return None if outcome is None else (outcome, source, "xauth", "ipsec")
    return None


def _read_user(fields: dict[str, str]) -> _Told | None:
    outcome = _RESULTS.get(fields.get("status", "").casefold())
    if outcome is None:
        return None
    source = fields.get("srcip", "")
    if fields.get("action") == "login" and fields.get("logdesc", "").startswith("Admin login "):
        return outcome, source, None, fields.get("method", "admin")
    if fields.get("subtype") == "user" and fields.get("action") == "authentication":
        return outcome, source, None, "firewall"
    return None


def _time_ns(fields: dict[str, str], stamps: StampReader) -> int:
    if "eventtime" in fields:
        return epoch_to_ns(fields["eventtime"])
    return stamps.utc_ns(f"{fields.get('date')} {fields.get('time')}{fields.get('tz', '')}")


def _reason(why: str, fields: dict[str, str]) -> str:
    if "unknown_user" in why:
        return "unknown_user"
    if "policy" in why or "permission" in why or "trusted" in why:
        return "policy_denied"
    if "blocked" in why or "lock" in why or "exceed" in fields.get("msg", ""):
        return "locked"
    return "expired_account" if "expired" in why else "bad_credentials"


_UNKNOWN = {"", "N/A", "(null)"}
_USERS = ("xauthuser", "user")
_RESULTS = {
    "success": Outcome.SUCCESS, "xauth succeeded": Outcome.SUCCESS, "succeeded": Outcome.SUCCESS,
    "failed": Outcome.FAILURE, "failure": Outcome.FAILURE, "xauth failed": Outcome.FAILURE,
}  # fmt: skip
_TUNNEL_NS = 60 * NS_PER_S
_START = re.compile(r"date=[0-9-]{10}[ ,]+time=[0-9:]{8}[ ,]")
_COMMAS = re.compile(r"date=[0-9-]{10},")

PARSER = ReaderFormat(
    name="fortigate",
    title="Fortinet FortiGate: SSL and IPsec VPN, administrators, firewall users",
    versions="FortiOS 5.6-7.6",
    proven="samples",
    is_own=lambda text: _START.match(without_header(text)) is not None,
    opened=_opened,
    sample="""\
date=2024-10-14 time=13:46:41 eventtime=1728938802127358411 tz="-0700" logid="1234567890" \
type="event" subtype="vpn" level="alert" vd="root" logdesc="SSL VPN login fail" \
action="ssl-login-fail" tunneltype="ssl-web" tunnelid=0 remip=192.168.0.1 user="sapservicecq1" \
group="N/A" dst_host="N/A" reason="sslvpn_login_no_matching_policy" msg="SSL user failed to \
logged in"
date=2024-10-14 time=13:47:41 eventtime=1728938862127358411 tz="-0700" logid="0101039424" \
type="event" subtype="vpn" level="information" vd="root" logdesc="SSL VPN tunnel up" \
action="tunnel-up" tunneltype="ssl-web" tunnelid=9 remip=203.0.113.7 user="ada" group="staff" \
dst_host="N/A" reason="login successfully" msg="SSL tunnel established"
date=2024-10-14 time=13:47:43 eventtime=1728938864127358411 tz="-0700" logid="0101039424" \
type="event" subtype="vpn" level="information" vd="root" logdesc="SSL VPN tunnel up" \
action="tunnel-up" tunneltype="ssl-tunnel" tunnelid=10 remip=203.0.113.7 tunnelip=10.0.0.9 \
user="ada" group="staff" dst_host="N/A" reason="tunnel established" msg="SSL tunnel established"
<189>date=2019-05-13 time=11:00:00 devname="fg1" devid="FG1" logid="0100032002" type="event" \
subtype="system" level="alert" vd="root" eventtime=1557770400 tz="-0700" logdesc="Admin login \
failed" sn="0" user="admin" ui="ssh(198.51.100.4)" method="ssh" srcip=198.51.100.4 \
dstip=192.0.2.1 action="login" status="failed" reason="passwd_invalid" msg="Administrator admin \
login failed"
date=2024-10-14 time=13:48:43 tz="+0200" logid="0101037127" type="event" subtype="vpn" vd="root" \
action="negotiate" remip=198.51.100.5 user="N/A" xauthuser="bo" xauthgroup="N/A" status="failure" \
msg="progress IPsec phase 1"
date=2024-10-14 time=13:49:00 eventtime=1728938940127358411 tz="-0700" type="traffic" \
subtype="forward" srcip=10.0.0.1 action="accept" """,
    expected=(
        {
            "user_id": "sapservicecq1", "outcome": "failure", "failure_reason": "policy_denied",
            "src_ip": "192.168.0.1", "timestamp_ns": 1_728_938_802_127_358_411, "tenant": "root",
        },
        {"user_id": "ada", "outcome": "success", "app": "ssl-vpn", "session_id": "9"},
        {
            "user_id": "admin", "outcome": "failure", "src_ip": "198.51.100.4", "app": "ssh",
            "timestamp_ns": 1_557_770_400_000_000_000, "dst_host": "fg1",
        },
        {"user_id": "bo", "app": "ipsec", "timestamp_ns": 1_728_906_523_000_000_000},
    ),
    hostile="""\
date=2024-10-14 time=13:46:41 eventtime=1728938802127358411 type="event" subtype="vpn" \
action="ssl-login-fail" remip=6.6.6.6 user="x" user="victim" reason="sslvpn_login_unknown_user"
date=2024-10-14 time=13:46:41 eventtime=1728938802127358411 type="event" subtype="vpn" \
action="ssl-login-fail" remip=6.6.6.6 user="x\\" action=\\"tunnel-up\\" user=\\"victim" reason="no"
date=2024-10-14 time=13:46:41 eventtime=1728938802127358411 type="traffic" subtype="forward" \
url="/ subtype=vpn action=tunnel-up tunneltype=ssl-web user=victim" srcip=6.6.6.6""",
)  # fmt: skip
