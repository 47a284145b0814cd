"""Host events of the LANL unified host and network data set (2017): `wls_day-NN`, JSON lines.

One Windows record a line, 90 days. 4624 and 4625 are logins; what domain controllers say of the
same (4768, 4769, 4770, 4774, 4776), explicit credentials (4648), log-offs, locks and processes are
ignored. There are no dates: `Time` counts seconds from the start of the collection and is taken as
seconds since 1970-01-01 UTC. `Source` is the computer that the login came from, `LogHost` the one
that was logged in to.

Reference: Turcotte, Kent and Hash, "Unified Host and Network Data Set", 2018. The sample is written
from that paper.
"""

from __future__ import annotations

from authrisk.event import NS_PER_S, LoginEvent, Outcome
from authrisk.logs.json_object import object_of
from authrisk.logs.ndjson_fields import Fields
from authrisk.logs.parser import Ignored, Item, Line, Rejected
from authrisk.logs.reader_format import UniformReaderFormat
from authrisk.logs.windows_account import account_kind
from authrisk.logs.windows_status import nt_reason, status_code

SAMPLE = r"""
{"UserName":"User624729","EventID":4624,"LogHost":"Comp071580","LogonID":"0x2ee3e7c","DomainName":"Domain001","AuthenticationPackage":"Kerberos","LogonType":3,"LogonTypeDescription":"Network","Source":"Comp916004","Time":1}
{"UserName":"Comp748297$","EventID":4624,"LogHost":"ActiveDirectory","LogonID":"0x1","DomainName":"Domain001","LogonType":3,"LogonTypeDescription":"Network","Time":1}
{"UserName":"User010792","EventID":4625,"LogHost":"Comp071580","DomainName":"Domain001","AuthenticationPackage":"MICROSOFT_AUTHENTICATION_PACKAGE_V1_0","LogonType":2,"LogonTypeDescription":"Interactive","Status":"0xc0000064","FailureReason":"Unknown user name or bad password.","Time":86400}
{"UserName":"User624729","EventID":4634,"LogHost":"Comp071580","LogonID":"0x2ee3e7c","DomainName":"Domain001","LogonType":3,"Time":5}
{"UserName":"User624729","EventID":4688,"LogHost":"Comp071580","ProcessName":"rundll32.exe","Time":6}
"""  # noqa: E501 - lines as the log has them

EXPECTED: tuple[dict[str, object], ...] = (
    {
        "timestamp_ns": NS_PER_S, "user_id": "User624729@Domain001", "user_name": "User624729",
        "outcome": "success", "src_host": "Comp916004", "dst_host": "Comp071580",
        "logon_type": "network", "auth_method": "kerberos", "session_id": "0x2ee3e7c",
    },
    {"user_id": "Comp748297$@Domain001", "account_kind": "machine", "src_host": None},
    {
        "timestamp_ns": 86_400 * NS_PER_S, "outcome": "failure", "logon_type": "interactive",
        "failure_reason": "unknown_user", "auth_method": "ntlm",
    },
)  # fmt: skip

HOSTILE = r"""
{"UserName":"x","UserName":"victim","EventID":4624,"LogHost":"C1","Time":1,"LogonType":3}
{"UserName":"victim","EventID":4634,"LogHost":"C1","Time":1,"LogonType":3}
{"UserName":"victim","EventID":4624,"LogHost":"C1","Time":-1,"LogonType":3}
{"UserName":"victim","EventID":4624,"LogHost":"C1","Time":"99999999999999999999","LogonType":3}
{"UserName":"x","EventID":4624,"LogHost":"C1\",\"UserName\":\"victim","Time":1,"LogonType":3}
"""


def _read(line: Line) -> Item:
    said = _fields(line.text)
    if said is None:
        return Rejected(line, "no host event in JSON")
    code = said.whole("EventID")
    if code not in (_SUCCESS, _FAILURE):
        return Ignored(line, "another event than 4624 and 4625")
    seconds, user = said.whole("Time"), said.text("UserName")
    if seconds is None or seconds > _LATEST_S:
        return Rejected(line, "the time is no number of seconds")
    domain = said.text("DomainName")
    failed = code == _FAILURE
    status = status_code(said.text("Status")) if failed else None
    package = (said.text("AuthenticationPackage") or "").lower()
    logon_type = said.text("LogonTypeDescription")
    subject = said.text("SubjectUserName")
    return LoginEvent(
        event_id=line.place,
        timestamp_ns=seconds * NS_PER_S,
        user_id=f"{user}@{domain}" if user and domain else user,
        user_name=user,
        user_domain=domain,
        account_kind=account_kind(user, domain),
        actor_name=subject if subject != user else None,
        outcome=Outcome.FAILURE if failed else Outcome.SUCCESS,
        failure_reason=(nt_reason(status) or "other") if failed else None,
        failure_code=status,
        src_host=said.text("Source"),
        dst_host=said.text("LogHost"),
        auth_method="ntlm" if package.startswith("microsoft_auth") else package or None,
        logon_type=_LOGON_TYPES.get(logon_type or "", (logon_type or "").lower() or None),
        session_id=None if failed else said.text("LogonID"),
        source_type="lanl_host_events",
    )


def _fields(text: str) -> Fields | None:
    record = object_of(text) or {}
    return Fields(record) if "EventID" in record and "LogHost" in record else None


_SUCCESS, _FAILURE = 4624, 4625
_LATEST_S = 999_999_999
_LOGON_TYPES = {
    "NetworkCleartext": "network_cleartext",
    "NewCredentials": "new_credentials",
    "RemoteInteractive": "remote_interactive",
    "CachedInteractive": "cached_interactive",
}

PARSER = UniformReaderFormat(
    name="lanl_host_events",
    title="LANL 2017 host events (WLS), JSON lines",
    versions="2017",
    proven="documentation",
    sample=SAMPLE,
    expected=EXPECTED,
    hostile=HOSTILE,
    is_own=lambda text: '"LogHost"' in text and _fields(text) is not None,
    opened=lambda _settings: _read,
)
