"""Samba: authentication audit, as text and as JSON, in log.smbd or syslog.

Versions: 4.7 to 4.21 with `log level = auth_audit:3` (text) or `auth_json_audit:3` (JSON).
Assumptions: only one of the two is switched on, else each attempt is told twice. The zone of a text
line counts when it is UTC or GMT, else it is the setting. An attempt at a domain controller counts,
`Authorization` (a session built on it) does not. A user or workstation with a bracket in its name
makes a text line unreadable, and it is rejected.

Reference: Samba wiki, "Setting up Audit Logging"; `auth/auth_log.c`. The sample holds lines of
crowdsec (MIT).
"""

from __future__ import annotations

import re
from typing import Any

from authrisk.event import Outcome
from authrisk.logs.json_object import read_object
from authrisk.logs.line_format import DaemonFormat, LineLogin, Said
from authrisk.logs.timestamps import MONTHS
from authrisk.logs.windows_account import account_kind
from authrisk.logs.windows_status import named_reason

SAMPLE = r"""
[2021/10/14 15:24:12.023984,  2] ../../auth/auth_log.c:635(log_authentication_event_human_readable)
  Auth: [SMB2,(null)] user [WORKGROUP]\[root] at [Thu, 14 Oct 2021 15:24:12.023984 UTC] with [NTLMv2] status [NT_STATUS_NO_SUCH_USER] workstation [MANTIS] remote host [ipv4:172.17.0.1:44890] mapped to [WORKGROUP]\[root]. local host [ipv4:172.17.0.2:445] 
Auth: [SMB2,(null)] user [CORP]\[ann] at [Thu, 14 Oct 2021 15:25:00.000000 CEST] with [NTLMv2] status [NT_STATUS_OK] workstation [WS5] remote host [ipv6:2001:db8::9:44890] became [CORP]\[ann] [S-1-5-21-1-2-3-1104]. local host [ipv4:172.17.0.2:445]
{"timestamp":"2021-10-14T15:26:00.123456+0200","type":"Authentication","Authentication":{"version":{"major":1,"minor":2},"eventId":4625,"logonType":3,"status":"NT_STATUS_WRONG_PASSWORD","localAddress":"ipv4:172.17.0.2:445","remoteAddress":"ipv4:172.17.0.1:44896","serviceDescription":"SMB2","authDescription":null,"clientDomain":"CORP","clientAccount":"bo","workstation":"WS6","passwordType":"NTLMv2","duration":1234}}
{"timestamp":"2021-10-14T15:26:01.123456+0200","type":"Authorization","Authorization":{"account":"ann"}}
"""  # noqa: E501, W291 - lines as the log has them

EXPECTED: tuple[dict[str, object], ...] = (
    {
        "user_id": "root@WORKGROUP", "user_name": "root", "user_domain": "WORKGROUP",
        "outcome": "failure", "failure_reason": "unknown_user", "src_ip": "172.17.0.1",
        "src_port": 44890, "src_host": "MANTIS", "timestamp_ns": 1_634_225_052_023_984_000,
        "failure_code": "NT_STATUS_NO_SUCH_USER", "auth_method": "ntlm", "app": "smb2",
    },
    {"user_id": "ann@CORP", "outcome": "success", "src_ip": "2001:db8::9", "src_port": 44890},
    {
        "user_id": "bo@CORP", "failure_reason": "bad_credentials", "src_host": "WS6",
        "timestamp_ns": 1_634_217_960_123_456_000,
    },
)  # fmt: skip

HOSTILE = r"""
Auth: [SMB2,(null)] user [W]\[x] at [Thu, 14 Oct 2021 15:24:12.023984 UTC] with [NTLMv2] status [NT_STATUS_OK] workstation [A] remote host [ipv4:6.6.6.6:1] became [W]\[victim]. user [W]\[victim] at [Thu, 14 Oct 2021 15:24:12.023984 UTC] with [NTLMv2] status [NT_STATUS_OK] workstation [A] remote host [ipv4:1.2.3.4:1] mapped to [W]\[x]. local host [ipv4:172.17.0.2:445]
Auth: [SMB2,(null)] user [W]\[x]y] at [Thu, 14 Oct 2021 15:24:12.023984 UTC] with [NTLMv2] status [NT_STATUS_OK] workstation [victim] remote host [ipv4:6.6.6.6:1]
{"timestamp":"2021-10-14T15:26:00.123456+0200","type":"Authorization","Authentication":{"status":"NT_STATUS_OK","clientAccount":"victim","remoteAddress":"ipv4:1.2.3.4:1"}}
{"timestamp":"2021-10-14T15:26:00.123456+0200","type":"Authentication","Authentication":{"status":"NT_STATUS_OK","clientAccount":"x","clientAccount":"victim","remoteAddress":"ipv4:1.2.3.4:1"}}
Oct 14 15:24:12 h httpd: Auth: [SMB2,(null)] user [W]\[victim] at [Thu, 14 Oct 2021 15:24:12.023984 UTC] with [NTLMv2] status [NT_STATUS_OK] workstation [A] remote host [ipv4:1.2.3.4:1]
"""  # noqa: E501 - lines as the log has them


def _read(text: str) -> Said:
    start = _START.match(text)
    if start is not None:
        return _of_text(text[start.end() :])
    json = _JSON.match(text)
    if json is not None:
        return _of_json(text[json.end() - 1 :])
    return "the head of a message" if _HEAD.match(text) else None


def _of_text(said: str) -> Said:
    match = _AUTH.match(said)
    stamp = _STAMP.fullmatch(match["stamp"]) if match else None
    if match is None or stamp is None:
        raise ValueError("an audit whose fields are not in their places")
    day, month, year, clock, zone = stamp.groups()
    if zone in ("UTC", "GMT"):
        when = f"{year}-{MONTHS.index(month) + 1:02d}-{day}T{clock}Z"
    else:
        when = f"{month} {day} {year} {clock}"  # an abbreviation names no one zone
    return _login(when, match.groupdict())


def _of_json(text: str) -> Said:
    fields = read_object(text)
    kind, when = fields.get("type"), fields.get("timestamp")
    if kind != "Authentication":
        return "no authentication" if kind in _OTHER_KINDS else None
    said = fields.get("Authentication")
    if not isinstance(said, dict) or not isinstance(when, str):
        raise ValueError("an audit without its fields")
    parts: dict[str, Any] = {
        name: value if isinstance(value := said.get(key), str) else ""
        for name, key in _KEYS.items()
    }
    return _login(when, parts)


def _login(when: str, parts: dict[str, Any]) -> LineLogin:
    user, domain = parts["user"], _said(parts["domain"])
    failed = parts["status"] != "NT_STATUS_OK"
    remote = _REMOTE.fullmatch(parts["remote"])
    method = parts["kind"].lower()
    return LineLogin(
        when=when,
        user=f"{user}@{domain}" if user and domain and "@" not in user else user,
        name=user,
        domain=domain,
        account_kind=account_kind(user, domain),
        outcome=Outcome.FAILURE if failed else Outcome.SUCCESS,
        reason=named_reason(parts["status"]) if failed else None,
        code=parts["status"] if failed else None,
        source=remote[1] if remote else "",
        port=remote[2] if remote else None,
        method="ntlm" if method.startswith("ntlm") else method or None,
        app=_said(parts["service"].partition(",")[0].lower()),
        src_host=_said(parts["station"]),
    )


def _said(text: str) -> str | None:
    return None if text in ("", "(null)", "(NULL)") else text


_OTHER_KINDS = (
    "Authorization", "KDC Authorization", "dsdbChange", "dsdbTransaction", "passwordChange",
    "groupChange", "replicatedUpdate",
)  # fmt: skip
_HEAD = re.compile(
    r"\[[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9:]{8}\.[0-9]{6}, {1,2}[0-9]{1,2}[^\]]{0,80}\]"
)
_START = re.compile(r"\s{0,4}Auth: (?=\[)")
_JSON = re.compile(r"\s{0,4}(?:JSON Authentication: )?\{(?=.{0,200}\"type\")")
_AUTH = re.compile(
    r"\[(?P<service>[^\]]*)\] user \[(?P<domain>[^\]]*)\]\\\[(?P<user>[^\]]*)\]"
    r" at \[(?P<stamp>[^\]]*)\] with \[(?P<kind>[^\]]*)\] status \[(?P<status>[A-Z0-9_x]*)\]"
    r" workstation \[(?P<station>[^\]]*)\] remote host \[(?P<remote>[^\]]*)\]"
)
_STAMP = re.compile(
    r"[A-Z][a-z]{2}, ([0-9]{2}) (" + "|".join(MONTHS) + r") ([0-9]{4}) ([0-9:]{8}\.[0-9]{6})"
    r" ([A-Za-z0-9+-]{1,8})"
)
_REMOTE = re.compile(r"ipv[46]:([0-9A-Fa-f.:]{2,45}?)(?::([0-9]{1,5}))?")
_KEYS = {
    "service": "serviceDescription", "domain": "clientDomain", "user": "clientAccount",
    "kind": "passwordType", "status": "status", "station": "workstation",
    "remote": "remoteAddress",
}  # fmt: skip

PARSER = DaemonFormat(
    name="samba",
    title="Samba: authentication audit, text and JSON",
    versions="4.7 to 4.21",
    proven="samples",
    sample=SAMPLE,
    expected=EXPECTED,
    hostile=HOSTILE,
    read=_read,
    programs=("smbd*", "samba*"),
)
