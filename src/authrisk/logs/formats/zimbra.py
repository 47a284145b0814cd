"""Zimbra Collaboration 8-10: `audit.log` and the refusals of `mailbox.log`.

audit.log: `security - cmd=Auth; account=u; protocol=soap;` is a success, with `error=authentication
failed for [u], reason;` a failure. mailbox.log: `SoapEngine - handler exception: authentication
failed for [u], reason` tells the failures again, as a server without audit.log has them; where
`oproto=smtp` the request is always an authentication, its reason may follow in a stack trace.
The client is `oip` (the original address), else `ip`. Local time without zone.

Reference: Zimbra's log files (wiki, "Log Files"). Lines of mailbox.log in the sample are of
crowdsec's parser tests (MIT).
"""

from __future__ import annotations

import re

from authrisk.event import Outcome
from authrisk.logs.line_event import line_event
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings, Rejected
from authrisk.logs.reader_format import OTHER, Reader, ReaderFormat
from authrisk.logs.timestamps import StampReader
from authrisk.logs.user_pattern import UserPattern


def _opened(settings: ParseSettings) -> Reader:
    stamps = StampReader(settings)

    def read(line: Line) -> Item:
        header = _HEADER.match(line.text)
        if header is None:
            return Rejected(line, "no header of Zimbra")
        stamp, _, context = header.groups()
        message = line.text[header.end() :]
        fields = dict(_CONTEXT.findall(context))
        told = _read_audit(message) or _read_refusal(message, fields)
        if told is None:
            return Ignored(line, OTHER)
        user, outcome, fault, protocol = told
        return line_event(
            "zimbra", line, stamps.utc_ns(stamp), user, outcome,
            source=fields.get("oip") or fields.get("ip"), src_port=fields.get("oport"),
            reason=_reason(fault) if outcome is Outcome.FAILURE else None,
            user_agent=fields.get("ua"), auth_protocol=protocol, app="zimbra",
        )  # fmt: skip

    return read


def _read_audit(message: str) -> tuple[str, Outcome, str, str | None] | None:
    # Where a name stands in brackets its end is looked for once, not once a beginning.
    before, bracket, fault = message.rpartition("]")
    if not bracket or "[" in fault or fault.find(";") != len(fault) - 1:
        match = _AUDIT.fullmatch(message)
        if match is None:
            return None
        said = match["fault"]
        outcome = Outcome.SUCCESS if said is None else Outcome.FAILURE
        return match["user"], outcome, said or "", match["protocol"]
    match = _AUDIT_NAMED.fullmatch(before)
    if match is None:
        return None
    if match["named"] != match["user"]:
        raise ValueError("ambiguous user name")
    return match["user"], Outcome.FAILURE, fault, match["protocol"]


def _read_refusal(
    message: str, fields: dict[str, str]
) -> tuple[str, Outcome, str, str | None] | None:
    match = _REFUSAL.fullmatch(message)
    if match is None:
        return None
    user, fault = match.groups()
    if user is None:
        if fields.get("oproto") != "smtp" or "name" not in fields:
            return None
        user = fields["name"]
    return user, Outcome.FAILURE, fault or "", fields.get("oproto")


def _reason(fault: str) -> str:
    if "account not found" in fault:
        return "unknown_user"
    if "lockout" in fault or "locked" in fault:
        return "locked"
    if "not active" in fault or "maintenance" in fault:
        return "disabled"
    return "mfa_failed" if "two-factor" in fault else "bad_credentials"


_HEADER = re.compile(
    r"([0-9-]{10} [0-9:]{8},[0-9]{3}) (INFO|WARN|ERROR|DEBUG|FATAL) +\[[^\[\]]*\] \[([^\[\]]*)\] "
)
_CONTEXT = re.compile(r"(?:^|(?<=;))([a-z]+)=([^;]*);")
_ACCOUNT = r"security - cmd=(?:Auth|AdminAuth); account=<USER>; protocol=(?P<protocol>\w{1,20});"
_AUDIT = UserPattern(_ACCOUNT + r"(?: error=(?P<fault>[^;\[\]]*);)?")
_AUDIT_NAMED = UserPattern(_ACCOUNT + r" error=authentication failed for \[(?P<named>.*)")
_REFUSAL = re.compile(
    r"SoapEngine - handler exception(?:: authentication failed for \[(.*)\], ([^\[\]]*))?"
)

PARSER = ReaderFormat(
    name="zimbra",
    title="Zimbra: audit.log, mailbox.log",
    versions="8-10",
    proven="samples",
    is_own=lambda text: _HEADER.match(text) is not None,
    opened=_opened,
    longest=16_384,
    sample="""\
2021-03-03 19:26:38,616 INFO  [qtp93314457-137:https://test.fr:7071/service/admin/soap/AuthReques\
t] \
[name=toto@test.fr;oip=192.168.7.101;port=52016;ua=ZimbraWebClient - GC88 (Linux);soapId=9fd8101;] \
SoapEngine - handler exception: authentication failed for [toto@test.fr], invalid password
2021-03-03 19:53:06,536 WARN  [qtp93314457-589:smtp://smtp.test.fr:7073/service/admin/soap/] \
[name=tata@test.fr;oip=192.168.7.15;oport=41496;oproto=smtp;soapId=688cb582;] SoapEngine - handler \
exception
2021-03-03 19:54:00,100 INFO  [qtp93314457-590:https://test.fr/service/soap/AuthRequest] \
[name=ada@test.fr;oip=203.0.113.7;ua=zclient/9;soapId=1;] security - cmd=Auth; \
account=ada@test.fr; \
protocol=soap;
2021-03-03 19:54:01,100 WARN  [qtp93314457-590:https://test.fr/service/soap/AuthRequest] \
[oip=203.0.113.7;ua=zclient/9;soapId=1;] security - cmd=Auth; account=eve; protocol=soap; \
error=authentication failed for [eve], account not found;
2021-03-03 19:54:02,100 INFO  [qtp93314457-590] [name=ada@test.fr;] soap - AuthRequest elapsed=4""",
    expected=(
        {
            "user_id": "toto@test.fr", "outcome": "failure", "src_ip": "192.168.7.101",
            "failure_reason": "bad_credentials", "user_agent": "ZimbraWebClient - GC88 (Linux)",
            "timestamp_ns": 1_614_799_598_616_000_000,
        },
        {"user_id": "tata@test.fr", "auth_protocol": "smtp", "src_port": 41496},
        {"user_id": "ada@test.fr", "outcome": "success", "src_ip": "203.0.113.7"},
        {"user_id": "eve", "outcome": "failure", "failure_reason": "unknown_user"},
    ),
    hostile="""\
2021-03-03 19:54:01,100 WARN  [qtp9-590:https://test.fr/] [oip=6.6.6.6;ua=x;soapId=1;] security - \
cmd=Auth; account=x cmd=Auth account=victim; protocol=soap; error=authentication failed for [x];
2021-03-03 19:54:01,100 WARN  [qtp9-590:https://test.fr/] [oip=6.6.6.6;ua=x] security - cmd=Auth; \
account=victim; protocol=soap;;soapId=1;] security - cmd=Auth; account=x; protocol=soap;
2021-03-03 19:53:06,536 WARN  [qtp9-589:https://test.fr/] [name=victim;oip=6.6.6.6;oproto=soap;] \
SoapEngine - handler exception""",
)  # fmt: skip
