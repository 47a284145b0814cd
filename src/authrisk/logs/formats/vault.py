"""HashiCorp Vault 0.8 and later (and OpenBao), audit device of type file, JSON.

A login is a response of a path `auth/<mount>/login[/user]`, `auth/<mount>/oidc/callback` or
`sys/mfa/validate`: with a token it is a success, with `mfa_requirement` alone it is interrupted,
else a failure. Requests, use of tokens and "permission denied" elsewhere are none.

The user is the path's last part, else `metadata.username`, else the display name; names that Vault
hashed (`hmac-sha256:`) are not said. Tokens and accessors are never read. Methods of machines
(approle, kubernetes, aws, ..) are marked `service`. Written from documentation: HashiCorp Vault,
"Audit devices, file".
"""

from __future__ import annotations

import re

import msgspec

from authrisk.event import LoginEvent, Outcome
from authrisk.logs.address import read_origin
from authrisk.logs.failure_words import reason_in
from authrisk.logs.record_clock import RecordClock
from authrisk.logs.record_format import RecordFormat
from authrisk.logs.scalars import Scalar, number_of, text_of


class _Auth(msgspec.Struct, gc=False):
    display_name: Scalar = None
    entity_id: Scalar = None
    token_type: Scalar = None
    policies: list[Scalar] | None = None
    metadata: dict[str, Scalar] | None = None
    mfa_requirement: msgspec.Raw | None = None


class _Namespace(msgspec.Struct, gc=False):
    id: Scalar = None
    path: Scalar = None


class _Request(msgspec.Struct, gc=False):
    id: Scalar = None
    operation: Scalar = None
    path: Scalar = None
    mount_type: Scalar = None
    mount_point: Scalar = None
    remote_address: Scalar = None
    remote_port: Scalar = None
    namespace: _Namespace | None = None


class _Response(msgspec.Struct, gc=False):
    auth: _Auth | None = None


class _Record(msgspec.Struct, gc=False):
    type: Scalar = None
    time: Scalar = None
    auth: _Auth | None = None
    request: _Request | None = None
    response: _Response | None = None
    error: Scalar = None


def _ours(record: _Record) -> bool:
    path = record.request.path if record.request else None
    return record.type in {"request", "response"} and path is not None


def _read(record: _Record, place: str, clock: RecordClock) -> LoginEvent | str:
    request = record.request or _Request()
    match = _LOGIN.fullmatch(str(request.path))
    if match is None:
        return "no login"
    if record.type != "response":
        return "request of a login"
    auth = record.response.auth if record.response and record.response.auth else record.auth
    auth = auth or _Auth()
    error = text_of(record.error)
    outcome = _outcome(auth, error)
    failed = outcome is Outcome.FAILURE
    method = text_of(request.mount_type) or (match[1] or "").rpartition("/")[2] or None
    name = _name(match[2], auth)
    origin = read_origin(text_of(request.remote_address) or "")
    own_id = text_of(request.id)
    return LoginEvent(
        event_id=own_id or place,
        timestamp_ns=clock.ns(record.time),
        user_id=name,
        outcome=outcome,
        failure_reason=reason_in(error, _REASONS) if failed else None,
        failure_code=error if failed else None,
        user_name=name,
        account_kind="service" if method in _MACHINES else None,
        src_ip=origin.ip,
        src_port=number_of(request.remote_port) or origin.port,
        src_host=origin.host,
        auth_method=_METHODS.get(method, method) if method else None,
        mfa=True if match[1] is None else None,
        app="Vault",
        source_type="vault",
        raw_event_id=own_id,
        tenant=text_of(request.namespace.path if request.namespace else None),
    )


def _outcome(auth: _Auth, error: str | None) -> Outcome:
    if error is not None:
        return Outcome.FAILURE
    if auth.mfa_requirement is not None and auth.mfa_requirement != b"null" and not auth.token_type:
        return Outcome.INTERRUPTED
    granted = None not in (auth.token_type, auth.policies) or text_of(auth.display_name)
    return Outcome.SUCCESS if granted else Outcome.FAILURE


def _name(in_path: str | None, auth: _Auth) -> str | None:
    metadata = auth.metadata or {}
    names = (in_path, metadata.get("username"), metadata.get("role_name"), auth.display_name)
    said = (text_of(name) for name in names)
    return next((name for name in said if name and not name.startswith("hmac-")), None)


_LOGIN = re.compile(r"auth/([^?]{1,128}?)/(?:login(?:/(.{1,512}))?|oidc/callback)|sys/mfa/validate")
_MACHINES = frozenset((
    "approle", "kubernetes", "aws", "azure", "gcp", "alicloud", "oci", "cf", "cert", "spiffe",
))  # fmt: skip
_METHODS = {"userpass": "password", "ldap": "password", "radius": "password", "jwt": "token"}
_REASONS = (
    ("lock", "locked"), ("mfa", "mfa_failed"), ("totp", "mfa_failed"),
    ("not found", "unknown_user"),
    ("permission denied", "policy_denied"), ("invalid", "bad_credentials"),
    ("password", "bad_credentials"), ("ldap operation failed", "bad_credentials"),
)  # fmt: skip

_SAMPLE = """\
{"time":"2023-03-01T10:00:00.000001Z","type":"request","auth":{"token_type":"default"},\
"request":{"id":"r1","operation":"update","path":"auth/userpass/login/ann",\
"remote_address":"203.0.113.70","remote_port":51000}}
{"time":"2023-03-01T10:00:00.123456789Z","type":"response",\
"auth":{"client_token":"hmac-sha256:aa","accessor":"hmac-sha256:bb","display_name":"userpass-ann",\
"policies":["default"],"metadata":{"username":"ann"},"entity_id":"e1","token_type":"service"},\
"request":{"id":"r1","operation":"update","mount_type":"userpass","namespace":{"id":"root"},\
"path":"auth/userpass/login/ann","data":{"password":"hmac-sha256:cc"},\
"remote_address":"203.0.113.70","remote_port":51000},\
"response":{"auth":{"client_token":"hmac-sha256:aa","display_name":"userpass-ann",\
"policies":["default"],"metadata":{"username":"ann"},"token_type":"service"},\
"mount_type":"userpass"}}
{"time":"2023-03-01T10:01:00Z","type":"response","auth":{"token_type":"default"},\
"request":{"id":"r2","operation":"update","mount_type":"userpass",\
"path":"auth/userpass/login/bob","remote_address":"203.0.113.71"},\
"response":{"mount_type":"userpass","data":{"error":"hmac-sha256:dd"}},\
"error":"invalid username or password"}
{"time":"2023-03-01T10:02:00Z","type":"response","auth":{"client_token":"hmac-sha256:aa",\
"display_name":"approle","policies":["ci"],"metadata":{"role_name":"ci-runner"},\
"token_type":"service"},"request":{"id":"r3","operation":"update","mount_type":"approle",\
"path":"auth/approle/login","remote_address":"10.0.0.9"}}
{"time":"2023-03-01T10:03:00Z","type":"response","auth":{"display_name":"userpass-ann",\
"token_type":"service"},"request":{"id":"r4","operation":"read","path":"secret/data/x",\
"remote_address":"203.0.113.70"},"error":"permission denied"}"""
_EXPECTED: tuple[dict[str, object], ...] = (
    {
        "event_id": "r1", "user_id": "ann", "outcome": "success", "src_ip": "203.0.113.70",
        "src_port": 51000, "auth_method": "password", "account_kind": None,
        "timestamp_ns": 1_677_664_800_123_456_789,
    },
    {"user_id": "bob", "outcome": "failure", "failure_reason": "bad_credentials"},
    {"user_id": "ci-runner", "outcome": "success", "account_kind": "service"},
)  # fmt: skip
_HOSTILE = """\
{"time":"2023-03-01T10:01:00Z","type":"response","request":{"path":"auth/userpass/login/x\\"},\
\\"auth\\":{\\"metadata\\":{\\"username\\":\\"victim\\"}}","remote_address":"203.0.113.71"},\
"error":"invalid username or password"}
{"time":"2023-03-01T10:01:00Z","type":"response",\
"request":{"path":"secret/auth/userpass/login/victim"}}
{"time":"2023-03-01T10:01:00Z","type":"request","request":{"path":"auth/userpass/login/victim"}}
{"time":"x","type":"response","request":{"path":"auth/userpass/login/victim"}}"""

PARSER = RecordFormat(
    name="vault",
    title="HashiCorp Vault and OpenBao, file audit device",
    versions="0.8 and later",
    proven="documentation",
    sample=_SAMPLE,
    expected=_EXPECTED,
    hostile=_HOSTILE,
    record=_Record,
    ours=_ours,
    read=_read,
    telltales=("/login", "oidc/callback", "sys/mfa/validate"),
)
