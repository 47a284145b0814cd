"""GitHub audit log: organisations, enterprises, and GitHub Enterprise Server.

The log of an organisation has no plain login: `org.sso_response` and `business.sso_response` are
the answers of the identity provider, each a success. GitHub Enterprise Server also has `user.login`
and `user.failed_login`. Git and API access are none. Addresses are there only where the owner
disclosed them. Reference: GitHub Docs, "Audit log events for your organization / enterprise".
"""

from __future__ import annotations

import msgspec

from authrisk.event import LoginEvent, Outcome
from authrisk.logs.address import read_origin
from authrisk.logs.record_clock import RecordClock
from authrisk.logs.record_format import RecordFormat
from authrisk.logs.scalars import Scalar, country_of, text_of


class _Place(msgspec.Struct, gc=False):
    country_code: Scalar = None
    country: Scalar = None


class _Event(msgspec.Struct, gc=False):
    action: Scalar = None
    actor: Scalar = None
    actor_id: Scalar = None
    user: Scalar = None
    user_id: Scalar = None
    actor_ip: Scalar = None
    actor_location: _Place | None = None
    user_agent: Scalar = None
    created_at: Scalar = None
    org: list[Scalar] | Scalar = None
    business: Scalar = None
    external_identity_nameid: Scalar = None
    request_id: Scalar = None
    document_id: Scalar = msgspec.field(default=None, name="_document_id")
    at_timestamp: Scalar = msgspec.field(default=None, name="@timestamp")


def _ours(event: _Event) -> bool:
    action = text_of(event.action) or ""
    when = event.created_at is not None or event.at_timestamp is not None
    return when and event.actor is not None and "." in action and " " not in action


def _read(event: _Event, place: str, clock: RecordClock) -> LoginEvent | str:
    action = text_of(event.action)
    if action not in _LOGINS:
        return "no login"
    sso, failed = action.endswith("sso_response"), action == "user.failed_login"
    name = text_of(event.actor, event.user, event.external_identity_nameid)
    org = event.org[0] if isinstance(event.org, list) and event.org else event.org
    where = event.actor_location or _Place()
    origin = read_origin(text_of(event.actor_ip) or "")
    own_id = text_of(event.document_id)
    return LoginEvent(
        event_id=own_id or place,
        timestamp_ns=clock.ns(event.created_at, event.at_timestamp),
        user_id=text_of(event.actor_id, event.user_id) or name,
        outcome=Outcome.FAILURE if failed else Outcome.SUCCESS,
        user_name=name,
        src_ip=origin.ip,
        src_port=origin.port,
        src_host=origin.host,
        src_country=country_of(where.country_code) or country_of(where.country),
        user_agent=text_of(event.user_agent),
        auth_method="saml" if sso else None,
        auth_protocol="saml" if sso else None,
        app="GitHub",
        correlation_id=text_of(event.request_id),
        source_type="github_audit",
        raw_event_id=own_id,
        tenant=text_of(event.business, None if isinstance(org, list) else org),
    )


_LOGINS = frozenset((
    "org.sso_response", "business.sso_response", "user.login", "user.failed_login",
))  # fmt: skip

# The last after a sample of Panther (panther-analysis, Apache-2.0).
_SAMPLE = """\
{"@timestamp":1621305118553,"_document_id":"D1","action":"org.sso_response","actor":"cat",\
"actor_id":42,"actor_ip":"203.0.113.40","actor_location":{"country_code":"NL"},"business":"acme",\
"created_at":1621305118553,"external_identity_nameid":"cat@acme.example","org":"my-org",\
"user_agent":"Mozilla/5.0 (X11; Linux x86_64)"}
{"@timestamp":1621305119000,"action":"user.failed_login","actor":"dog","actor_ip":"203.0.113.41",\
"created_at":1621305119000}
{"actor": "admin-user", "action": "org.disable_two_factor_requirement",\
 "created_at": 1621305118553, "org": "my-org"}"""
_EXPECTED: tuple[dict[str, object], ...] = (
    {
        "event_id": "D1", "user_id": "42", "user_name": "cat", "outcome": "success",
        "timestamp_ns": 1_621_305_118_553_000_000, "src_ip": "203.0.113.40", "src_country": "NL",
        "auth_method": "saml", "tenant": "acme",
    },
    {"user_id": "dog", "outcome": "failure", "failure_reason": None},
)  # fmt: skip
_HOSTILE = """\
{"action":"user.failed_login","actor":"m\\",\\"actor\\":\\"victim","created_at":1621305119000}
{"action":"repo.create","actor":"victim","repo":"my/user.login","created_at":1621305119000}
{"action":"user.login","actor":"victim","created_at":"-1"}
{"action":"user.login","actor":["victim"],"created_at":1621305119000}"""

PARSER = RecordFormat(
    name="github_audit",
    title="GitHub audit log: organisation, enterprise, Enterprise Server",
    versions="GitHub.com, Enterprise Server 3",
    proven="documentation",
    sample=_SAMPLE,
    expected=_EXPECTED,
    hostile=_HOSTILE,
    record=_Event,
    ours=_ours,
    read=_read,
    telltales=tuple(sorted(_LOGINS)),
)
