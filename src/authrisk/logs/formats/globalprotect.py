"""Palo Alto Networks GlobalProtect, PAN-OS 9.1-11: CSV, CEF and LEEF of the log GLOBALPROTECT.

A login is the event `portal-auth` or `gateway-auth` (or `clientlessvpn-login`) with status success
or failure; an agent asks the portal and then the gateway, so an answer that repeats the one for the
same user and address within a minute is no second event. Prelogin, configuration, connection and
logout are none, nor is anything of other log types (USERID logins are mappings of addresses).

CSV: columns are counted from the log type, which PAN-OS 9.1.0-9.1.2 writes two columns later. The
address is `public_ip`, IPv6 when that is 0.0.0.0. Times are the firewall's local time.

Reference: "GlobalProtect Log Fields" and "Common Event Format Configuration Guides" of PAN-OS
9.1, 10.2 and 11.0.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping

import msgspec.structs

from authrisk.event import NS_PER_S, Outcome
from authrisk.logs.cef import read_cef
from authrisk.logs.daemon_line import without_header
from authrisk.logs.joins import Recent
from authrisk.logs.line_event import line_event
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings, Rejected
from authrisk.logs.reader_format import OTHER, Reader, ReaderFormat
from authrisk.logs.timestamps import StampReader


def _opened(settings: ParseSettings) -> Reader:
    stamps = StampReader(settings)
    told = Recent[tuple[str, str, str], tuple[int, str]]()

    def read(line: Line) -> Item:
        fields = _fields(line.text)
        if fields is None:
            return Rejected(line, "no log line of PAN-OS")
        event, status = fields.get("eventid", ""), fields.get("status", "").casefold()
        outcome = _RESULTS.get(status)
        if event not in _LOGINS or outcome is None:
            return Ignored(line, OTHER)
        user, source = fields.get("srcuser", ""), fields.get("public_ip", "")
        if source in {"", "0.0.0.0"}:  # noqa: S104 - PAN-OS writes this for "none"
            source = fields.get("public_ipv6", "")
        ns = stamps.utc_ns(fields.get("time_generated", "").replace("/", "-"))
        before_ns, before = told.get((user, source, status)) or (0, event)
        told.put((user, source, status), (ns, event))
        if before != event and 0 <= ns - before_ns <= _GATEWAY_NS:
            return Ignored(line, "attempt told by another line")
        domain, _, name = user.rpartition("\\")
        failed = outcome is Outcome.FAILURE
        said = line_event(
            "globalprotect", line, ns, user, outcome,
            source=source, reason=_reason(fields) if failed else None,
            failure_code=(fields.get("error") or None) if failed else None,
            user_domain=domain or None,
            auth_method=fields.get("auth_method", "").casefold() or None,
            src_country=_country(fields.get("srcregion", "")), os=fields.get("client_os") or None,
            device_id=fields.get("hostid") or None, app="globalprotect",
            dst_host=fields.get("portal") or None, tenant=fields.get("vsys") or None,
        )  # fmt: skip
        return said if not domain else msgspec.structs.replace(said, user_name=name)

    return read


def _fields(text: str) -> Mapping[str, str] | None:
    """The fields by the vendor's names; empty for another log type."""
    text = without_header(text)
    record = read_cef(text)
    if record is not None:
        if record.header[:1] != ["Palo Alto Networks"]:
            return None
        return {_NAMES.get(name, name.casefold()): value for name, value in record.fields.items()}
    if not _CSV.match(text):
        return None
    try:
        row = next(csv.reader([text], strict=True))
    except csv.Error:
        raise ValueError("damaged CSV") from None
    kinds = [at for at in (3, 5) if len(row) > at and row[at] == "GLOBALPROTECT"]
    return dict(zip(_COLUMNS, row[kinds[0] :], strict=False)) if kinds else {}


def _reason(fields: Mapping[str, str]) -> str:
    why = " ".join(fields.get(name, "") for name in ("reason", "error", "opaque")).casefold()
    if "locked" in why:
        return "locked"
    if "not in allow list" in why or "not allowed" in why or "client cert" in why:
        return "policy_denied"
    return "expired_password" if "expired" in why else "bad_credentials"


def _country(region: str) -> str | None:
    return region if _COUNTRY.fullmatch(region) else None


def _is_globalprotect(text: str) -> bool:
    text = without_header(text)
    if text.startswith(("CEF:", "LEEF:")):
        return "|Palo Alto Networks|" in text[:40] and "GLOBALPROTECT" in text
    return _CSV.match(text) is not None and ",GLOBALPROTECT," in text[:200]


_GATEWAY_NS = 60 * NS_PER_S
_LOGINS = frozenset(("portal-auth", "gateway-auth", "clientlessvpn-login"))
_RESULTS = {"success": Outcome.SUCCESS, "failure": Outcome.FAILURE}
_COUNTRY = re.compile(r"[A-Z]{2}")
_CSV = re.compile(r"[0-9]*,[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9:]{8},[0-9A-Z]{0,20},")
_COLUMNS = (
    "type", "subtype", "config_ver", "time_generated", "vsys", "eventid", "stage", "auth_method",
    "tunnel_type", "srcuser", "srcregion", "machinename", "public_ip", "public_ipv6", "private_ip",
    "private_ipv6", "hostid", "serialnumber", "client_ver", "client_os", "client_os_ver",
    "repeatcnt", "reason", "error", "opaque", "status", "location", "login_duration",
    "connect_method", "error_code", "portal",
)  # fmt: skip
_NAMES = {
    "PanOSEventID": "eventid", "PanOSEventStatus": "status", "PanOSSourceUserName": "srcuser",
    "PanOSPublicIPv4": "public_ip", "PanOSPublicIPv6": "public_ipv6", "PanOSPortal": "portal",
    "PanOSLogTimeStamp": "time_generated", "PanOSAuthMethod": "auth_method",
    "PanOSSourceRegion": "srcregion", "PanOSEndpointOSType": "client_os", "PanOSHostID": "hostid",
    "PanOSConnectionError": "error", "PanOSQuarantineReason": "reason",
    "PanOSDescription": "opaque",
    "PanOSVirtualSystem": "vsys", "EventID": "eventid", "EventStatus": "status",
    "SourceUser": "srcuser", "usrName": "srcuser", "SourceRegion": "srcregion",
    "PublicIPv4": "public_ip", "PublicIPv6": "public_ipv6", "src": "public_ip",
    "AuthMethod": "auth_method", "TimeGenerated": "time_generated", "devTime": "time_generated",
    "EndpointOSType": "client_os", "HostID": "hostid", "Portal": "portal",
}  # fmt: skip

PARSER = ReaderFormat(
    name="globalprotect",
    title="Palo Alto Networks GlobalProtect: CSV, CEF, LEEF",
    versions="PAN-OS 9.1-11",
    proven="documentation",
    is_own=_is_globalprotect,
    opened=_opened,
    sample="""\
<14>Feb 28 15:12:50 fw1 1,2021/02/28 15:12:50,012345678901234,GLOBALPROTECT,0,2305,2021/02/28 \
15:12:50,vsys1,portal-auth,login,LDAP,,corp\\ada,NO,PC7,203.0.113.7,0.0.0.0,0.0.0.0,0.0.0.0,h-1,S\
1,5.2.1,Windows,"Microsoft Windows 10 Pro, 64-bit",1,,,,success,,0,user-logon,0,vpn.example.org,1\
,0x0
<14>Feb 28 15:12:52 fw1 1,2021/02/28 15:12:52,012345678901234,GLOBALPROTECT,0,2305,2021/02/28 \
15:12:52,vsys1,gateway-auth,login,LDAP,,corp\\ada,NO,PC7,203.0.113.7,0.0.0.0,0.0.0.0,0.0.0.0,h-1,\
S1,5.2.1,Windows,"Microsoft Windows 10 Pro, 64-bit",1,,,,success,,0,user-logon,0,gw1,2,0x0
1,2021/02/28 15:13:50,012345678901234,123,0x0,GLOBALPROTECT,0,2305,2021/02/28 \
15:13:50,vsys1,gateway-auth,login,LDAP,,eve,192.168.0.0-192.168.255.255,PC8,0.0.0.0,2001:db8::9,0\
.0.0.0,0.0.0.0,h-2,S2,5.2.1,Linux,"",1,,Authentication failed: Invalid username or \
password,,failure,,0,,0,gw1
1,2021/02/28 15:13:51,012345678901234,GLOBALPROTECT,0,2305,2021/02/28 \
15:13:51,vsys1,gateway-connected,connected,,IPSec,corp\\ada,NO,PC7,203.0.113.7,0.0.0.0,10.0.0.9,0\
.0.0.0,h-1,S1,5.2.1,Windows,"",1,,,,success,,0,,0,gw1
CEF:0|Palo Alto Networks|PAN-OS|10.0.0|GLOBALPROTECT|globalprotect|3|rt=Feb 28 2021 15:14:50 \
PanOSLogTimeStamp=2021/02/28 15:14:50 PanOSVirtualSystem=vsys1 PanOSEventID=gateway-auth \
PanOSAuthMethod=SAML PanOSSourceUserName=bo@example.org PanOSSourceRegion=SE \
PanOSPublicIPv4=198.51.100.4 PanOSPublicIPv6=0.0.0.0 PanOSEndpointOSType=Mac PanOSHostID=h-3 \
PanOSEventStatus=success PanOSPortal=gw1
LEEF:2.0|Palo Alto Networks|PAN-OS Syslog Integration|10.0|gateway-auth|^|cat=GLOBALPROTECT^Event\
ID=portal-auth^EventStatus=failure^TimeGenerated=2021/02/28 15:15:50^usrName=kim^PublicIPv4=198.5\
1.100.5
1,2021/02/28 15:13:52,012345678901234,USERID,login,2305,2021/02/28 \
15:13:52,vsys1,10.0.0.9,corp\\ada,DC1,0,1,10800""",
    expected=(
        {
            "user_id": "corp\\ada", "user_name": "ada", "user_domain": "corp", "outcome": "success",
            "src_ip": "203.0.113.7", "src_country": "NO", "auth_method": "ldap",
            "timestamp_ns": 1_614_525_170_000_000_000,
        },
        {"user_id": "eve", "outcome": "failure", "src_ip": "2001:db8::9", "src_country": None},
        {"user_id": "bo@example.org", "outcome": "success", "src_ip": "198.51.100.4"},
        {"user_id": "kim", "outcome": "failure", "src_ip": "198.51.100.5"},
    ),
    hostile="""\
1,2021/02/28 15:13:50,012345678901234,GLOBALPROTECT,0,2305,2021/02/28 \
15:13:50,vsys1,gateway-auth,login,LDAP,,"x,NO,PC,1.2.3.4,victim",NO,PC8,6.6.6.6,0.0.0.0,0.0.0.0,0\
.0.0.0,h-2,S2,5.2.1,Linux,"",1,,,,failure,,0,,0,gw1
CEF:0|Palo Alto Networks|PAN-OS|10.0.0|GLOBALPROTECT|globalprotect|3|PanOSLogTimeStamp=2021/02/28 \
15:14:50 PanOSEventID=gateway-auth PanOSSourceUserName=x PanOSSourceUserName=victim \
PanOSPublicIPv4=6.6.6.6 PanOSEventStatus=success
CEF:0|Palo Alto Networks|PAN-OS|10.0.0|GLOBALPROTECT|globalprotect|3|PanOSLogTimeStamp=2021/02/28 \
15:14:50 PanOSEventID=gateway-auth PanOSSourceUserName=x PanOSSourceUserName\\=victim \
PanOSPublicIPv4=6.6.6.6 PanOSEventStatus=success
CEF:0|Other|Product|1|GLOBALPROTECT|x|3|PanOSLogTimeStamp=2021/02/28 15:14:50 \
PanOSEventID=gateway-auth PanOSSourceUserName=victim PanOSEventStatus=success""",
)  # fmt: skip
