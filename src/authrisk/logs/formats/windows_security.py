"""Windows Security log: logons, Kerberos tickets, NTLM checks, AD FS.

Versions: Windows Vista and Server 2008 to Windows 11 and Server 2025; AD FS 2.0 to 2022.
Shapes: EVTX files (the reader makes JSON of them, `authrisk.logs.binary_log`), XML of wevtutil and
Get-WinEvent and JSON of evtx_dump (a record of both may span lines), winlogbeat 6 and 7+, NXLog,
Sentinel's SecurityEvent, plain JSON with the same names. Not: JSON behind a syslog header, Snare
and other text in the language of the system.

What counts: 4624 success, 4625 failure, 4768 and 4771 (Kerberos) and 4776 (NTLM) at a domain
controller, 4648 where the credentials were used at another computer (outcome unknown, the subject
is the actor), AD FS 1202, 1203 and 411. Not: 4769 and 1200 (use of an earlier login), 4648 at the
same computer (4624 or 4625 tells it), log-offs, privileges, reconnects.

Assumptions. Batch, service and boot logons (types 4, 5, 0) come out like all others, marked in
`account_kind`, as machine accounts are: whoever learns of people leaves those kinds out. One
attempt told by a domain controller and a member (same user, same address or computer, same outcome,
within 2 s) gives the first of the two; so do the two tokens of one elevated logon. The address of
4648 is that of its target and is left out. The user is `name@domain` as Windows wrote it: the
domain may be its short or its full name.

References: Microsoft, "Appendix L: Events to Monitor" and the pages of each event; [MS-ERREF];
RFC 4120. The sample holds records of the projects evtx (MIT or Apache-2.0) and Mordor (MIT).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from authrisk.event import NS_PER_S, LoginEvent, Outcome
from authrisk.logs.address import port_of
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings, Proven, Rejected
from authrisk.logs.timestamps import StampReader
from authrisk.logs.windows_account import account_kind
from authrisk.logs.windows_logon import (
    LOGIN_CODES,
    Decision,
    decide,
    joined_name,
    short_host,
    why_no_login,
)
from authrisk.logs.windows_record import WindowsRecord, read_json, told_code
from authrisk.logs.windows_xml import closes_xml, opens_xml, read_xml, split_xml

SAMPLE = r"""
{"Event":{"#attributes":{"xmlns":"http://schemas.microsoft.com/win/2004/08/events/event"},"System":{"Provider":{"#attributes":{"Name":"Microsoft-Windows-Security-Auditing"}},"EventID":4625,"TimeCreated":{"#attributes":{"SystemTime":"2016-06-29T15:24:36.686000Z"}},"EventRecordID":319457832,"Channel":"Security","Computer":"temporal"},"EventData":{"SubjectUserName":"TEMPORAL$","TargetUserSid":"S-1-0-0","TargetUserName":"Administrator","TargetDomainName":"TEMPORAL","Status":"0xc000006d","FailureReason":"%%2313","SubStatus":"0xC000006A","LogonType":10,"AuthenticationPackageName":"Negotiate","WorkstationName":"TEMPORAL","LmPackageName":"-","IpAddress":"23.94.153.202","IpPort":"60167"}}}
{"@timestamp":"2020-10-22T08:29:53.908Z","LmPackageName":"-","EventTime":"2020-10-22 04:29:53","WorkstationName":"-","TargetUserName":"pgustavo","RecordNumber":537141,"TargetDomainName":"THESHIRE.LOCAL","IpPort":"58179","TargetLogonId":"0x211ec28","LogonType":"3","SourceName":"Microsoft-Windows-Security-Auditing","Channel":"Security","SubjectUserName":"-","AuthenticationPackageName":"Kerberos","EventID":4624,"LogonGuid":"{0b7b79f1-4636-8816-40ac-9868da3dee65}","IpAddress":"172.18.39.5","Hostname":"MORDORDC.theshire.local"}
{"@timestamp":"2020-09-04T07:08:01.945Z","EventID":4768,"SourceName":"Microsoft-Windows-Security-Auditing","Channel":"Security","Hostname":"MORDORDC.theshire.local","TargetUserName":"WORKSTATION5$","TargetDomainName":"THESHIRE.LOCAL","Status":"0x0","PreAuthType":"2","IpAddress":"::ffff:172.18.39.5","IpPort":"49679"}
{"@timestamp":"2019-04-03T17:40:18.531Z","event_id":4634,"event_data":{"TargetUserName":"HFDC01$","TargetDomainName":"SHIRE","LogonType":"3"},"log_name":"Security","source_name":"Microsoft-Windows-Security-Auditing","computer_name":"HFDC01.shire.com","record_number":"8792635"}
{"@timestamp":"2024-05-02T09:00:00.000Z","winlog":{"event_id":"4776","channel":"Security","provider_name":"Microsoft-Windows-Security-Auditing","computer_name":"dc1.corp.example","record_id":7,"event_data":{"PackageName":"MICROSOFT_AUTHENTICATION_PACKAGE_V1_0","TargetUserName":"lrodriguez","Workstation":"\\\\WS5","Status":"0xc0000234"}}}
{"TimeGenerated":"2024-05-02T09:00:01.1234567Z","EventID":4771,"Computer":"dc1.corp.example","TargetUserName":"ann","Status":"0x18","IpAddress":"::ffff:10.0.0.9","IpPort":"51111","EventSourceName":"Microsoft-Windows-Security-Auditing"}
<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System><Provider Name="Microsoft-Windows-Security-Auditing"/><EventID>4648</EventID><TimeCreated SystemTime="2024-05-02T09:00:02.000000000Z"/><EventRecordID>8</EventRecordID><Channel>Security</Channel><Computer>ws5.corp.example</Computer></System><EventData><Data Name="SubjectUserName">ann</Data><Data Name="SubjectDomainName">CORP</Data><Data Name="TargetUserName">adm-ann</Data><Data Name="TargetDomainName">CORP</Data><Data Name="TargetServerName">srv9.corp.example</Data><Data Name="IpAddress">-</Data></EventData></Event>
<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System><Provider Name="AD FS Auditing"/><EventID Qualifiers="0">1203</EventID>
<TimeCreated SystemTime="2024-05-02T09:00:03Z"/><Channel>Security</Channel><Computer>sts.corp.example</Computer></System><EventData><Data>00000000-0000-0000-0000-000000000001</Data>
<Data>&lt;?xml version="1.0" encoding="utf-16"?&gt;&lt;AuditBase&gt;&lt;AuditType&gt;FreshCredentials&lt;/AuditType&gt;&lt;AuditResult&gt;Failure&lt;/AuditResult&gt;&lt;FailureType&gt;CredentialValidationError&lt;/FailureType&gt;&lt;ErrorCode&gt;N/A&lt;/ErrorCode&gt;&lt;ContextComponents&gt;&lt;Component&gt;&lt;RelyingParty&gt;urn:federation:MicrosoftOnline&lt;/RelyingParty&gt;&lt;UserId&gt;bo@corp.example&lt;/UserId&gt;&lt;/Component&gt;&lt;Component&gt;&lt;AuthProtocol&gt;OAuth&lt;/AuthProtocol&gt;&lt;IpAddress&gt;203.0.113.7,10.0.0.2&lt;/IpAddress&gt;&lt;UserAgentString&gt;Mozilla/5.0&lt;/UserAgentString&gt;&lt;/Component&gt;&lt;/ContextComponents&gt;&lt;/AuditBase&gt;</Data></EventData></Event>
{"@timestamp":"2024-05-02T09:00:04Z","EventID":411,"SourceName":"AD FS Auditing","Channel":"Security","Hostname":"sts.corp.example","Message":"Token validation failed.\r\n\r\nToken Type: \r\nhttp://schemas.microsoft.com/ws/2006/05/identitymodel/tokens/UserName \r\n\r\nError message: \r\ncy@corp.example-The user name or password is incorrect \r\n\r\nClient IP: 203.0.113.8,10.0.0.2"}
"""  # noqa: E501 - lines as the log has them

EXPECTED: tuple[dict[str, object], ...] = (
    {
        "timestamp_ns": 1_467_213_876_686_000_000, "user_id": "Administrator@TEMPORAL",
        "user_name": "Administrator", "outcome": "failure", "failure_reason": "bad_credentials",
        "failure_code": "0xc000006a", "src_ip": "23.94.153.202", "src_port": 60167,
        "src_host": "TEMPORAL", "dst_host": "temporal", "logon_type": "remote_interactive",
        "auth_method": "negotiate", "raw_event_id": "319457832", "actor_name": None,
    },
    {
        "user_id": "pgustavo@THESHIRE.LOCAL", "outcome": "success", "src_ip": "172.18.39.5",
        "src_host": None, "logon_type": "network", "auth_method": "kerberos",
        "session_id": "0x211ec28", "account_kind": None, "raw_event_id": "537141",
    },
    {"user_name": "WORKSTATION5$", "account_kind": "machine", "src_ip": "172.18.39.5"},
    {
        "user_id": "lrodriguez", "outcome": "failure", "failure_reason": "locked",
        "src_host": "WS5", "src_ip": None, "auth_method": "ntlm", "raw_event_id": "7",
    },
    {
        "timestamp_ns": 1_714_640_401_123_456_700, "user_id": "ann", "src_ip": "10.0.0.9",
        "failure_code": "0x18", "failure_reason": "bad_credentials", "auth_method": "kerberos",
    },
    {
        "user_id": "adm-ann@CORP", "actor_name": "ann@CORP", "outcome": "unknown",
        "src_host": "ws5.corp.example", "dst_host": "srv9.corp.example", "src_ip": None,
    },
    {
        "user_id": "bo@corp.example", "outcome": "failure", "src_ip": "203.0.113.7",
        "failure_reason": "bad_credentials", "user_agent": "Mozilla/5.0",
        "app": "urn:federation:MicrosoftOnline",
    },
    {"user_id": "cy@corp.example", "outcome": "failure", "src_ip": "203.0.113.8"},
)  # fmt: skip

HOSTILE = r"""
{"EventID":4624,"Hostname":"h","TimeCreated":"2024-05-02T09:00:00Z","TargetUserName":"x","TargetUserName":"victim"}
{"EventID":4625,"Hostname":"h","TimeCreated":"2024-05-02T09:00:00Z","TargetUserName":"x\",\"TargetUserName\":\"victim","Status":"0xc000006d"}
{"EventID":4625,"Hostname":"h","TimeCreated":"2024-05-02T09:00:00Z","TargetUserName":"x","Message":"Account Name: victim\r\n<Event><EventData><Data Name=\"TargetUserName\">victim</Data></EventData></Event>"}
{"EventID":4624,"Hostname":"h","Channel":"Application","SourceName":"Microsoft-Windows-Security-Auditing","TimeCreated":"2024-05-02T09:00:00Z","TargetUserName":"victim"}
{"EventID":4624,"Hostname":"h","Channel":"Security","SourceName":"EventCreate","TimeCreated":"2024-05-02T09:00:00Z","TargetUserName":"victim"}
{"EventID":4624,"Hostname":"h","TimeCreated":"2024-05-02","TargetUserName":"victim"}
{"EventID":4771,"Hostname":"h","TimeCreated":"2024-05-02T09:00:00Z","TargetUserName":"victim","Status":"0x19"}
<Event><System><EventID>4625</EventID><TimeCreated SystemTime="2024-05-02T09:00:00Z"/></System><EventData><Data Name="TargetUserName">x&lt;/Data&gt;&lt;Data Name="TargetUserName"&gt;victim</Data></EventData></Event>
<Event><System><EventID>4625</EventID><TimeCreated SystemTime="2024-05-02T09:00:00Z"/></System><EventData><Data Name="TargetUserName">x</Data><Data Name="TargetUserName">victim</Data></EventData></Event>
<!DOCTYPE Event [<!ENTITY a "victim">]><Event><System><EventID>4624</EventID><TimeCreated SystemTime="2024-05-02T09:00:00Z"/></System><EventData><Data Name="TargetUserName">&a;</Data></EventData></Event>
<14>Oct 22 10:00:00 h Security: {"EventID":4624,"TimeCreated":"2024-05-02T09:00:00Z","TargetUserName":"victim"}
"""  # noqa: E501 - lines as the log has them

LOGON_TYPES = {
    "0": "system",
    "2": "interactive",
    "3": "network",
    "4": "batch",
    "5": "service",
    "7": "unlock",
    "8": "network_cleartext",
    "9": "new_credentials",
    "10": "remote_interactive",
    "11": "cached_interactive",
    "12": "cached_remote_interactive",
    "13": "cached_unlock",
}


@dataclass(frozen=True, slots=True)
class WindowsSecurity:
    """Reads records of the Security log; the event id is `file:line`, or `file:record` of EVTX."""

    name: str = "windows_security"
    title: str = "Windows Security log and AD FS: EVTX, XML, winlogbeat, NXLog, SecurityEvent, JSON"
    versions: str = "Vista to 11, Server 2008 to 2025; winlogbeat 6 to 9"
    proven: Proven = "samples"
    sample: str = SAMPLE
    expected: Sequence[dict[str, object]] = EXPECTED
    hostile: str = HOSTILE

    def claims(self, head: Sequence[str]) -> bool:
        """Whether the first line begins a Windows record, and each JSON line is one."""
        lines = [
            line
            for line in head
            if line.strip() and (opens_xml(line) or not line.startswith(_WRAPPING))
        ]
        if lines and lines[0].rstrip() == "{":
            whole = next((n for n, line in enumerate(lines) if line.rstrip() == "}"), 0)
            return _is_record("\n".join(lines[: whole + 1]))
        return (
            bool(lines)
            and (opens_xml(lines[0]) or _is_record(lines[0]))
            and all(map(_is_record, (line for line in lines if line.lstrip().startswith("{"))))
        )

    def parse(self, lines: Iterable[Line], settings: ParseSettings) -> Iterator[Item]:
        """An event for each login; every other record ignored or rejected with a cause."""
        stamps = StampReader(settings)
        told = _Told()
        block: list[str] = []
        size = 0
        for line in lines:
            text = line.text
            if block or _opens(text):
                block.append(text)
                size += len(text)
                if not _closes(block[0], text):
                    endless = len(block) > _MOST_LINES or size > _LONGEST
                    if endless:
                        block, size = [], 0
                        yield Rejected(line, "a record that does not end")
                    else:
                        yield Ignored(line, "part of a record")
                    continue
                text, block, size = "\n".join(block), [], 0
            yield from _items(line, text, stamps, told)
        if block and opens_xml(block[0]):
            # The file was cut off: what stands whole in the last block is read all the same.
            yield from _items(line, "\n".join(block), stamps, told)
        elif block:
            yield Rejected(line, "a record that does not end")


PARSER = WindowsSecurity()


def _items(line: Line, text: str, stamps: StampReader, told: _Told) -> Iterator[Item]:
    """Those of one record, or of the several that a line of XML may hold."""
    if opens_xml(text):
        for number, part in enumerate(split_xml(text)):
            place = f"{line.place}#{number}" if number else line.place
            try:
                record: WindowsRecord | None = read_xml(part)
            except ValueError as error:
                yield Rejected(line, str(error))
                continue
            yield _item(line, place, record, stamps, told)
        return
    bare = text.strip()
    if not bare.startswith("{"):
        wrapping = not bare or bare.startswith(_WRAPPING)
        yield Ignored(line, "no record") if wrapping else Rejected(line, "neither JSON nor XML")
        return
    code = told_code(bare)
    if code is not None and code not in LOGIN_CODES:
        yield Ignored(line, why_no_login(code))
        return
    try:
        record = read_json(bare)
    except ValueError as error:
        yield Rejected(line, str(error))
        return
    yield _item(line, line.place, record, stamps, told)


def _opens(text: str) -> bool:
    """Whether a line begins a record that goes on: an element, or a brace that stands alone."""
    return text.rstrip() == "{" or opens_xml(text)


def _closes(opening: str, text: str) -> bool:
    return text.rstrip() == "}" if opening.rstrip() == "{" else closes_xml(text)


def _item(
    line: Line, place: str, record: WindowsRecord | None, stamps: StampReader, told: _Told
) -> Item:
    if record is None or record.code is None:
        return Rejected(line, "no Windows event id")
    if record.provider is not None and record.provider not in _PROVIDERS:
        return Ignored(line, "another provider")
    if record.channel is not None and record.channel != "Security":
        return Ignored(line, "another log")  # into others, users can write what they like
    try:
        decision = decide(record)
    except ValueError as error:
        return Rejected(line, str(error))
    if isinstance(decision, str):
        return Ignored(line, decision)
    try:
        ns = stamps.utc_ns(record.stamp or "")
    except ValueError:
        return Rejected(line, "no time, or one that is none")
    event = _event(place, ns, record, decision)
    if told.before(record, event):
        return Ignored(line, "attempt told by another record")
    return event


def _event(place: str, ns: int, record: WindowsRecord, decision: Decision) -> LoginEvent:
    origin = decision.origin
    port = (record.said("IpPort") or "") if origin.ip is not None else ""
    user, domain = decision.user, decision.domain
    if domain is None and user is not None and "\\" in user:
        domain, _, user = user.partition("\\")
    logon_type = record.said("LogonType") if record.code in (4624, 4625) else None
    guid = record.said("LogonGuid")
    return LoginEvent(
        event_id=place,
        timestamp_ns=ns,
        user_id=joined_name(user, domain),
        user_name=user or None,
        user_domain=domain or None,
        account_kind=account_kind(user, domain) or _KINDS.get(logon_type or ""),
        actor_name=decision.actor,
        outcome=decision.outcome,
        failure_reason=decision.reason,
        failure_code=decision.code,
        src_ip=origin.ip,
        src_port=port_of(port) or origin.port,
        src_host=decision.host or origin.host,
        user_agent=decision.user_agent,
        auth_method=decision.method,
        auth_protocol=decision.protocol,
        mfa=decision.mfa,
        logon_type=LOGON_TYPES.get(logon_type, logon_type) if logon_type else None,
        app=decision.app,
        dst_host=decision.target or record.computer,
        session_id=decision.session,
        correlation_id=guid if guid and guid.strip("{}-0") else None,
        source_type="windows_security",
        raw_event_id=record.record,
    )


class _Told:
    """The attempts of the last seconds, so that each is told once. Bounded."""

    def __init__(self) -> None:
        self._attempts: dict[tuple[str, str], tuple[str, Outcome, int]] = {}
        self._tokens: dict[tuple[str | None, str], None] = {}

    def before(self, record: WindowsRecord, event: LoginEvent) -> bool:
        if record.code == 4624 and self._linked(record, event):
            return True
        teller = _TELLERS.get(record.code or 0)
        if teller is None or event.user_name is None:
            return False
        user = event.user_name.partition("@")[0].casefold()
        ip, host = event.src_ip, short_host(event.src_host)
        if ip in _LOOPBACK:
            ip = None
        keys = [(user, origin) for origin in (ip, host) if origin]
        if record.code in _ADFS_TELLERS:
            keys = [(user, "AD FS")]
        for key in keys:
            other, outcome, ns = self._attempts.get(key, ("", None, 0))
            if (
                (teller, other) in _ONE_ATTEMPT
                and outcome is event.outcome
                and abs(event.timestamp_ns - ns) <= _WITHIN_NS
            ):
                for told in keys:
                    self._attempts.pop(told, None)
                return True
        for key in keys:
            self._attempts[key] = (teller, event.outcome, event.timestamp_ns)
        while len(self._attempts) > _REMEMBERED:
            del self._attempts[next(iter(self._attempts))]
        return False

    def _linked(self, record: WindowsRecord, event: LoginEvent) -> bool:
        """An elevated logon makes two sessions, and a record for each."""
        linked = record.said("TargetLinkedLogonId") or "0x0"
        if linked == "0x0" or event.session_id is None:
            return False
        if (record.computer, linked) in self._tokens:
            del self._tokens[record.computer, linked]
            return True
        self._tokens[record.computer, event.session_id] = None
        if len(self._tokens) > _REMEMBERED:
            del self._tokens[next(iter(self._tokens))]
        return False


def _is_record(text: str) -> bool:
    try:
        record = read_json(text)
    except ValueError:
        return False
    return record is not None and record.code is not None and record.computer is not None


_MOST_LINES = 2000
_LONGEST = 1 << 20
_REMEMBERED = 4096
_WITHIN_NS = 2 * NS_PER_S
_WRAPPING = ("<?xml", "<Events", "</Events", "Record ")
_PROVIDERS = ("Microsoft-Windows-Security-Auditing", "AD FS Auditing", "AD FS")
_LOOPBACK = ("127.0.0.1", "::1")
_KINDS = {"0": "system", "4": "service", "5": "service"}
_TELLERS = {
    4624: "member", 4625: "member", 4768: "controller", 4771: "controller", 4776: "controller",
    1203: "audit", 411: "text",
}  # fmt: skip
_ADFS_TELLERS = (1203, 411)
_ONE_ATTEMPT = frozenset(
    (("member", "controller"), ("controller", "member"), ("audit", "text"), ("text", "audit"))
)
