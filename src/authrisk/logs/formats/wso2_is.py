"""WSO2 Identity Server 5.3 and later, Asgardeo: publisher lines, the audit log, webhooks.

One event per decided attempt: `overall`, and a failed step. A step that succeeded says
`authenticationSuccess=false` and is no failure. The user agent comes from the payload where the
publisher was told to send it, else from the session record of the same user, address and
application (held back for at most 1.5 s of log time). A webhook tells the result only; its address
is there only where the server adds `initiatorIpAddress`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from authrisk.event import NS_PER_S, LoginEvent, Outcome
from authrisk.logs.address import read_origin
from authrisk.logs.failure_words import reason_in
from authrisk.logs.parser import PAUSE, Ignored, Item, Line, ParseSettings, Proven, Rejected
from authrisk.logs.session_join import SessionJoin, SessionRecord
from authrisk.logs.timestamps import StampReader, epoch_to_ns
from authrisk.logs.wso2 import Audited, Fields, Published, authenticators_of, read_wso2, user_of


class Wso2Parser:
    """Reads wso2carbon.log, the publisher's file and audit.log."""

    name = "wso2_is"
    title = "WSO2 Identity Server, Asgardeo: publisher lines, sessions, audit.log, webhooks"
    versions = "5.3 to 7"
    proven: Proven = "documentation"

    @property
    def marks(self) -> Sequence[str]:
        return _MARKS

    @property
    def sample(self) -> str:
        return _SAMPLE

    @property
    def expected(self) -> Sequence[dict[str, object]]:
        return _EXPECTED

    @property
    def hostile(self) -> str:
        return _HOSTILE

    def claims(self, head: Sequence[str]) -> bool:
        """A publisher or audit line of WSO2, whole and undamaged."""
        for text in head:
            if any(mark in text for mark in _MARKS):
                try:
                    record = read_wso2(text)
                except ValueError:
                    continue
                if record is not None:
                    return True
        return False

    def parse(self, lines: Iterable[Line], settings: ParseSettings) -> Iterator[Item]:
        """One item a line; logins may come later than the lines after them (see the module)."""
        stamps = StampReader(settings)
        contexts = _Contexts()
        join = SessionJoin()
        for line in lines:
            text = line.text
            if line is PAUSE:
                yield from join.rest()
            if not any(mark in text for mark in _MARKS):
                yield Ignored(line, "another logger" if text.strip() else "blank line")
                continue
            item = _read_line(line, stamps, contexts)
            if isinstance(item, LoginEvent):
                waits = item.outcome is Outcome.SUCCESS and item.user_agent is None
                yield from join.login(item, _key(item) if waits else None)
            elif isinstance(item, SessionRecord):
                yield from join.record(item)
                yield Ignored(line, "session record")
            else:
                yield item
        yield from join.rest()


def _read_line(line: Line, stamps: StampReader, contexts: _Contexts) -> Item | SessionRecord:
    try:
        record = read_wso2(line.text)
        if record is None:
            return Ignored(line, "another logger")
        if isinstance(record, Audited):
            return _audited(line, record, stamps, contexts)
        return _published(line, record, stamps, contexts)
    except ValueError as error:
        return Rejected(line, str(error))


def _published(
    line: Line, record: Published, stamps: StampReader, contexts: _Contexts
) -> Item | SessionRecord:
    said = record.fields
    kind = said.get("eventtype", "session" if "sessionid" in said else "").casefold()
    ns = _time(said, record.stamp, stamps)
    user = user_of(
        said.get("username") or said.get("localusername"),
        said.get("userstoredomain") or said.get("userstore"),
        said.get("tenantdomain"),
    )
    if kind == "session":
        if said.get("action", "1") not in {"1", "create"}:
            return Ignored(line, "session renewed or ended")
        origin = read_origin(said.get("remoteip", ""))
        key = (user, origin.ip or origin.host, said.get("serviceprovider"))
        return SessionRecord(key, ns, said.get("useragent"), said.get("sessionid"))
    context = contexts.of(said.get("contextid"))
    method = _method(said.get("stepauthenticator"))
    if kind == "step":
        passed = _truth(said, "authstepsuccess")
        if passed:
            context.factors[said.get("authenticationstep", "")] = method
            return Ignored(line, "step of a login")
        context.failed_ns = ns
        reason = "mfa_failed" if context.factors else None
        return _event(line, ns, user, said, Outcome.FAILURE, method=method, reason=reason)
    if kind != "overall":
        if not kind:
            raise ValueError("no event type")
        return Ignored(line, f"no login: {kind}" if kind in _KNOWN_KINDS else "no login")
    if not _truth(said, "authenticationsuccess"):
        if context.failed_within(ns):
            return Ignored(line, "attempt told by its failed step")
        reason = reason_in(said.get("failurereason") or None, _REASONS)
        return _event(line, ns, user, said, Outcome.FAILURE, method=method, reason=reason)
    if user is None:
        raise ValueError("success without a user")
    told = (_method(name) for name in said.get("authenticators", "").split())
    factors = [factor for factor in (*context.factors.values(), *told) if factor is not None]
    return _event(
        line, ns, user, said, Outcome.SUCCESS,
        method=method or (factors[-1] if factors else None),
        mfa=len(factors) > 1 if factors else None,
    )  # fmt: skip


def _audited(line: Line, record: Audited, stamps: StampReader, contexts: _Contexts) -> Item:
    said = record.fields
    action = record.action
    is_grant = action == "PostTokenIssue" and said.get("granttype") == "password"
    if action not in {"Login", "LoginStepFailed"} and not is_grant:
        return Ignored(line, "step of a login" if action == "LoginStepSuccess" else "no login")
    if record.stamp is None:
        raise ValueError("no time")
    ns = stamps.utc_ns(record.stamp)
    tenant = said.get("authenticatedusertenantdomain") or said.get("tenantdomain")
    name = said.get("authenticateduser") or said.get("authorizeduser") or said.get("username")
    store = said.get("authenticateduserstoredomain") or said.get("userstoredomain")
    user = user_of(name or record.initiator, store, tenant)
    context = contexts.of(said.get("contextidentifier"))
    succeeded = record.succeeded and action != "LoginStepFailed"
    methods = [_method(name) for name in authenticators_of(said.get("authenticatedidps"))]
    factors = [method for method in methods if method is not None]
    if succeeded:
        if user is None:
            raise ValueError("success without a user")
        method = factors[0] if factors else "password" if is_grant else None
        mfa = len(set(factors)) > 1 if factors else None
        return _event(line, ns, user, said, Outcome.SUCCESS, method=method, mfa=mfa)
    if action == "Login" and context.failed_within(ns):
        return Ignored(line, "attempt told by its failed step")
    context.failed_ns = ns
    return _event(line, ns, user, said, Outcome.FAILURE, method=factors[0] if factors else None)


def _event(
    line: Line, ns: int, user: str | None, said: Fields, outcome: Outcome,
    *, method: str | None, mfa: bool | None = None, reason: str | None = None,
) -> LoginEvent:  # fmt: skip
    origin = read_origin(said.get("remoteip") or said.get("remoteaddress") or "")
    protocol = said.get("inboundauthtype") or said.get("requesttype")
    own_id = said.get("eventid")
    return LoginEvent(
        event_id=own_id if own_id is not None and len(own_id) >= _UUID_LENGTH else line.place,
        timestamp_ns=ns,
        user_id=user,
        user_name=said.get("localusername") or user,
        user_domain=said.get("userstoredomain"),
        outcome=outcome,
        failure_reason=reason,
        failure_code=said.get("failurereason"),
        src_ip=origin.ip,
        src_host=origin.host,
        src_port=origin.port,
        src_region=said.get("region"),
        user_agent=said.get("useragent"),
        auth_method=method,
        auth_protocol=_PROTOCOLS.get(protocol.casefold(), protocol) if protocol else None,
        mfa=mfa,
        app=said.get("serviceprovider") or said.get("serviceprovidername"),
        correlation_id=said.get("contextid") or said.get("contextidentifier"),
        source_type="wso2_is",
        raw_event_id=own_id,
        tenant=said.get("tenantdomain") or said.get("authenticatedusertenantdomain"),
    )


@dataclass(slots=True)
class _Context:
    """What is known of one attempt from the lines before."""

    factors: dict[str, str | None] = field(default_factory=dict)
    failed_ns: int | None = None

    def failed_within(self, ns: int) -> bool:
        return self.failed_ns is not None and abs(ns - self.failed_ns) <= 2 * NS_PER_S


class _Contexts:
    """The last attempts by context id; bounded."""

    def __init__(self) -> None:
        self._known: dict[str, _Context] = {}

    def of(self, context_id: str | None) -> _Context:
        if context_id is None:
            return _Context()
        context = self._known.get(context_id)
        if context is None:
            context = self._known[context_id] = _Context()
            if len(self._known) > 4096:
                del self._known[next(iter(self._known))]
        return context


def _key(event: LoginEvent) -> tuple[str | None, ...]:
    return event.user_id, event.src_ip or event.src_host, event.app


def _time(said: Fields, stamp: str | None, stamps: StampReader) -> int:
    own = said.get("timestamp")
    if own is not None and own != "0":
        return epoch_to_ns(own)
    if stamp is None:
        raise ValueError("no time")
    return stamps.utc_ns(stamp)


def _truth(said: Fields, name: str) -> bool:
    text = said.get(name, "").casefold()
    if text not in {"true", "false"}:
        raise ValueError(f"{name} is neither true nor false")
    return text == "true"


def _method(authenticator: str | None) -> str | None:
    if authenticator is None:
        return None
    plain = authenticator.casefold().removesuffix("authenticator").removesuffix("-")
    return _METHODS.get(plain, authenticator)


_MARKS = (
    "LoggerEventAdapter}", "{AUDIT_LOG}", '{"event"', "schemas.identity.wso2.org/events/",
    '"initiatorType"',
)  # fmt: skip
_REASONS = (
    ("invalid credentials", "bad_credentials"), ("locked", "locked"), ("disabled", "disabled"),
    ("not exist", "unknown_user"), ("expired", "expired_password"),
)  # fmt: skip
_UUID_LENGTH = 32
_KNOWN_KINDS = frozenset(("logout", "session"))
_PROTOCOLS = {"samlsso": "saml", "oauth2": "oidc", "openid": "oidc", "passivests": "ws-federation"}
_METHODS: dict[str, str | None] = {
    "basic": "password", "basiccustom": "password", "totp": "otp", "emailotp": "otp",
    "email-otp": "otp", "smsotp": "otp", "sms-otp": "otp", "backup-code": "otp",
    "fido": "webauthn", "fidoexecutor": "webauthn", "samlsso": "saml", "openidconnect": "oidc",
    "googleoidc": "oidc", "facebook": "oidc", "office365": "oidc", "iwakerberos": "kerberos",
    "iwa": "kerberos", "x509certificate": "cert", "magiclink": "link",
    "identifierexecutor": None,  # asks for the name only
}  # fmt: skip

_SAMPLE = """\
TID: [-1234] [] [2023-01-19 20:53:33,901] [5f5a5b1c-corr] INFO \
{org.wso2.carbon.event.output.adapter.logger.LoggerEventAdapter} - Unique ID: auth, Event: \
{"event":{"metaData":{"tenantId":-1234},"payloadData":{"contextId":"c1",\
"eventId":"0a4c1d0e-52f8-4b7b-9a77-1f6d3c2b1a01","eventType":"step","authenticationSuccess":false,\
"authStepSuccess":true,"username":"ann","userStoreDomain":"PRIMARY","tenantDomain":"carbon.super",\
"remoteIp":"203.0.113.7","serviceProvider":"portal","authenticationStep":1,\
"stepAuthenticator":"BasicAuthenticator","_timestamp":1674141812000}}}
TID: [-1234] [] [2023-01-19 20:53:33,951] [5f5a5b1c-corr] INFO \
{org.wso2.carbon.event.output.adapter.logger.LoggerEventAdapter} - Unique ID: auth, Event: \
{"event":{"metaData":{"tenantId":-1234},"payloadData":{"contextId":"c1",\
"eventId":"0a4c1d0e-52f8-4b7b-9a77-1f6d3c2b1a02","eventType":"overall",\
"authenticationSuccess":true,"authStepSuccess":false,"username":"ann",\
"userStoreDomain":"PRIMARY","tenantDomain":"carbon.super","remoteIp":"203.0.113.7",\
"region":"NOT_AVAILABLE","inboundAuthType":"samlsso","serviceProvider":"portal",\
"stepAuthenticator":"NOT_AVAILABLE","_timestamp":1674141812050}}}
TID: [-1234] [] [2023-01-19 20:53:33,990] [5f5a5b1c-corr] INFO \
{org.wso2.carbon.event.output.adapter.logger.LoggerEventAdapter} - Unique ID: session, Event: \
{"event":{"payloadData":{"userAgent":"Mozilla/5.0 (X11; Linux x86_64)","remoteIp":"203.0.113.7",\
"username":"ann","sessionId":"s1","action":1,"serviceProvider":"portal",\
"tenantDomain":"carbon.super","userstoreDomain":"PRIMARY","_timestamp":1674141812100}}}
[2023-01-19 20:54:10,000] INFO \
{org.wso2.carbon.event.output.adapter.logger.LoggerEventAdapter} — Unique ID: auth, Event: \
{"event":{"payloadData":{"eventType":"step","authStepSuccess":"false","username":"bob",\
"authenticationSuccess":"false","tenantDomain":"acme.com","remoteIp":"::ffff:198.51.100.4",\
"stepAuthenticator":"BasicAuthenticator","_timestamp":"1674141850000"}}}
[2018-01-11 14:20:42,781]  INFO {AUDIT_LOG}-  Initiator : admin@carbon.super | Action : Login | \
Target : ApplicationAuthenticationFramework | Data : { "ContextIdentifier" : "c2de352f-e05d",\
"AuthenticatedUser" : "admin@carbon.super","AuthenticatedUserTenantDomain" : "carbon.super",\
"ServiceProviderName" : "wso2_sp_dashboard","RequestType" : "samlsso",\
"RelyingParty" : "wso2.my.dashboard","AuthenticatedIdPs" : "eyJ0eXAiOiJKV1QiLCAiYWxnIjoibm9uZSJ9.\
eyJpc3MiOiJ3c28yIiwiZXhwIjoxNTE1NjYwNjQyNzQzMzAwMCwiaWF0IjoxNTE1NjYwNjQyNzQzLCJpZHBzIjpbeyJpZHAi\
OiJMT0NBTCIsImF1dGhlbnRpY2F0b3IiOiJCYXNpY0F1dGhlbnRpY2F0b3IifV19." } | Result : Success
TID: [-1234] [2021-06-01 10:00:00,000] [corr-2]  INFO {AUDIT_LOG} - Initiator=carol \
Action=LoginStepFailed Target=ApplicationAuthenticationFramework Data={"ContextIdentifier":"c9",\
"ServiceProviderName":"portal","RemoteAddress":"192.0.2.9","User Agent":"curl/8.0"}} Outcome=Failed
[2023-01-19 20:55:00,000] ERROR {org.wso2.carbon.core.Other} - not a login
{"iss":"https://localhost:9443/t/myorg.com","jti":"051f0c37-b689-44d4-b7d2-29b980ece273",\
"iat":1751705149662,"rci":"05268edb-9a87","events":{\
"https://schemas.identity.wso2.org/events/login/event-type/loginSuccess":{"user":{"id":"d4002616",\
"claims":[{"uri":"http://wso2.org/claims/username","value":"peter"}]},"tenant":{"id":"12402",\
"name":"myorg.com"},"userStore":{"id":"UFJJTUFSWQ==","name":"PRIMARY"},"application":{"id":"4",\
"name":"MyApp"},"authenticationMethods":["BasicAuthenticator","totp"],\
"initiatorIpAddress":"203.0.113.11"}}}
{"jti":"7ef94943-2004-4f72-b476-9baffe5623c7","iat":1751709144508,"events":{\
"https://schemas.identity.wso2.org/events/login/event-type/loginFailed":{"user":{"claims":[\
{"uri":"http://wso2.org/claims/username","value":"john"}]},"tenant":{"name":"carbon.super"},\
"reason":{"description":"User authentication failed due to invalid credentials","context":{\
"failedStep":{"step":1,"idp":"LOCAL","authenticator":"BasicAuthenticator"}}}}}}
{"id":"a1","recordedAt":"2025-07-05T10:00:00.5Z","requestId":"r1","initiatorId":"dora",\
"initiatorType":"User","targetId":"MyApp","targetType":"Application","action":"login-step-failed",\
"data":{"AuthenticatedUser":"dora","RemoteAddress":"203.0.113.12"}}
{"id":"a2","recordedAt":"2025-07-05T10:00:01Z","initiatorId":"dora","initiatorType":"User",\
"action":"add-user","data":{}}"""
_EXPECTED: tuple[dict[str, object], ...] = (
    {
        "user_id": "ann", "outcome": "success", "timestamp_ns": 1_674_141_812_050_000_000,
        "src_ip": "203.0.113.7", "user_agent": "Mozilla/5.0 (X11; Linux x86_64)",
        "session_id": "s1", "app": "portal", "auth_protocol": "saml", "auth_method": "password",
        "mfa": False, "correlation_id": "c1", "tenant": "carbon.super", "src_region": None,
        "event_id": "0a4c1d0e-52f8-4b7b-9a77-1f6d3c2b1a02",
    },
    {
        "user_id": "bob@acme.com", "outcome": "failure", "src_ip": "198.51.100.4",
        "auth_method": "password", "timestamp_ns": 1_674_141_850_000_000_000,
    },
    {
        "user_id": "admin", "outcome": "success", "timestamp_ns": 1_515_680_442_781_000_000,
        "app": "wso2_sp_dashboard", "auth_protocol": "saml", "auth_method": "password",
    },
    {
        "user_id": "carol", "outcome": "failure", "src_ip": "192.0.2.9", "user_agent": "curl/8.0",
        "timestamp_ns": 1_622_541_600_000_000_000,
    },
    {
        "user_id": "peter@myorg.com", "outcome": "success", "mfa": True, "auth_method": "otp",
        "timestamp_ns": 1_751_705_149_662_000_000, "src_ip": "203.0.113.11", "app": "MyApp",
        "event_id": "051f0c37-b689-44d4-b7d2-29b980ece273", "correlation_id": "05268edb-9a87",
    },
    {
        "user_id": "john", "outcome": "failure", "failure_reason": "bad_credentials",
        "auth_method": "password",
    },
    {
        "user_id": "dora", "outcome": "failure", "src_ip": "203.0.113.12",
        "timestamp_ns": 1_751_709_600_500_000_000,
    },
)  # fmt: skip
_HOSTILE = """\
[2023-01-19 20:54:10,000] ERROR {org.wso2.carbon.x.Login} - no user TID: [1] [] \
[2023-01-19 20:54:10,000] INFO {a.LoggerEventAdapter} - Unique ID: auth, Event: {"event":\
{"payloadData":{"eventType":"overall","authenticationSuccess":true,"username":"victim",\
"_timestamp":1674141850000}}}
TID: [-1234] [] [2023-01-19 20:54:10,000] [x]  INFO {a.LoggerEventAdapter} - Unique ID: auth, \
Event: {"event":{"payloadData":{"eventType":"overall","authenticationSuccess":true,\
"username":"victim","_timestamp":1674141850000}}}] INFO {org.wso2.carbon.x.Real} - hello
[2023-01-19 20:54:10,000] INFO {a.LoggerEventAdapter} - Unique ID: auth, Event: {"event":\
{"payloadData":{"eventType":"overall","authenticationSuccess":true,"userAgent":"\\",\
\\"username\\":\\"victim\\"","username":"mallory","_timestamp":1674141850000}}}
[2023-01-19 20:54:10,000]  INFO {AUDIT_LOG}-  Initiator : x | Action : Login | Target : T | \
Data : {"AuthenticatedUser":"victim"} | Result : Success | Action : LoginStepFailed | Target : T | \
Data : {"StepNo":"1"} | Result : Failed
[2023-01-19 20:54:10,000]  INFO {AUDIT_LOG}-  Initiator : null | Action : PostTokenIssue | \
Target : T | Data : {"GrantType":"password","AuthorizedUser":"N/A"} | Result : Success
[2023-01-19 20:54:10,000]  INFO {AUDIT_LOG}-  Initiator : x | Action : Login | Target : T | \
Data : {"AuthenticatedUser":"mallory","user-agent":"y","AuthenticatedUser":"victim"} | \
Result : Success
[2023-01-19 20:54:10,000]  INFO {AUDIT_LOG}-  Initiator : x | Action : Login | Target : T | \
Data : {"AuthenticatedUser":"mallory","user-agent":"y","authenticated_user":"victim"} | \
Result : Success
{"jti":"1","iat":1751709144508,"events":{\
"https://schemas.identity.wso2.org/events/login/event-type/loginFailed":{"user":{"claims":[\
{"uri":"http://wso2.org/claims/username","value":"m\\"},{\\"value\\":\\"victim"}]}}}}
{"jti":"1","iat":1751709144508,"events":{\
"https://schemas.identity.wso2.org/events/user/event-type/userCreated":{"user":{"claims":[\
{"uri":"http://wso2.org/claims/username","value":"victim"}]}}}}"""

PARSER = Wso2Parser()
