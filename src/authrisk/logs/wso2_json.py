"""The JSON records of WSO2 Identity Server 7 and Asgardeo, as the fields of the older streams.

- Webhooks: `{"iss":.., "jti":.., "iat": ms, "events": {"<uri>/loginSuccess": {..}}}`.
- Audit records (version 2): `{"recordedAt":.., "initiatorId":.., "action":.., "data": {..}}`.

Reference: WSO2 documentation, "Webhook events and payloads". Which action a login has in the audit
records is not documented; the names of the older audit log are assumed, in any spelling.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from authrisk.logs.scalars import text_of

_LOGIN = "https://schemas.identity.wso2.org/events/login/event-type/"
_NAME = "http://wso2.org/claims/username"


def webhook_payload(record: Mapping[str, Any]) -> dict[str, Any]:
    """What the publisher would say of a webhook's login; of other events only when they were.

    Raises ValueError when it is no webhook.
    """
    events = record.get("events")
    if not isinstance(events, dict) or len(events) != 1:
        raise ValueError("not one event")
    ((uri, event),) = events.items()
    if not isinstance(event, dict):
        raise ValueError("event that is no object")
    if not uri.startswith(_LOGIN):
        return {"eventType": "other", "_timestamp": record.get("iat")}
    user, tenant = _part(event, "user"), _part(event, "tenant")
    reason = _part(event, "reason")
    step = _part(_part(reason, "context"), "failedStep")
    methods = event.get("authenticationMethods")
    store = text_of(_part(event, "userStore").get("name"))
    return {
        "eventType": "overall",
        "authenticationSuccess": uri == _LOGIN + "loginSuccess",
        "eventId": record.get("jti"),
        "contextId": record.get("rci"),
        "_timestamp": record.get("iat"),
        "username": _claim(user) or text_of(user.get("id")),
        "userStoreDomain": None if store == "DEFAULT" else store,
        "tenantDomain": tenant.get("name"),
        "remoteIp": event.get("initiatorIpAddress"),
        "serviceProvider": _part(event, "application").get("name"),
        "stepAuthenticator": step.get("authenticator"),
        "authenticators": " ".join(map(str, methods)) if isinstance(methods, list) else None,
        "failureReason": reason.get("description"),
    }


def audit_parts(record: Mapping[str, Any]) -> tuple[str | None, str, bool, dict[str, Any]]:
    """Initiator, action in its older spelling, success and data of an audit record.

    >>> audit_parts({"action": "login-step-failed", "data": {"StepNo": 1}})
    (None, 'LoginStepFailed', False, {'StepNo': 1})
    """
    said = "".join(filter(str.isalpha, str(record.get("action")))).casefold()
    action, succeeded = _ACTIONS.get(said, ("other", False))
    data = record.get("data")
    fields = dict(data) if isinstance(data, dict) else {}
    return text_of(record.get("initiatorId")), action, succeeded, fields


def _part(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = record.get(name)
    return part if isinstance(part, dict) else {}


def _claim(user: Mapping[str, Any]) -> str | None:
    claims = user.get("claims")
    found = (
        text_of(claim.get("value"))
        for claim in (claims if isinstance(claims, list) else ())
        if isinstance(claim, dict) and claim.get("uri") == _NAME
    )
    return next(found, None)


_ACTIONS = {
    "login": ("Login", True), "loginsuccess": ("Login", True), "loginfailed": ("Login", False),
    "loginstepsuccess": ("LoginStepSuccess", True), "loginstepfailed": ("LoginStepFailed", False),
}  # fmt: skip
