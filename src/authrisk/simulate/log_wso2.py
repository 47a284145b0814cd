"""Writer of WSO2 Identity Server's analytics publisher lines and session stream."""

from __future__ import annotations

import datetime as dt
import uuid

import msgspec
import polars as pl

from authrisk.simulate.draws import mix
from authrisk.simulate.log_text import must_be_decided, must_have

_AUTHENTICATORS = {
    "password": "BasicAuthenticator", "otp": "totp", "webauthn": "FIDOAuthenticator",
}  # fmt: skip
_SESSION_LAG_MS = 40


def wso2_lines(events: pl.DataFrame) -> list[str]:
    """A failed `step` per failure; steps, `overall` and a session record per success.

    Left out: country and AS (WSO2 has none), round-trip time, the reason of a failure, and the
    user agent of failures, which only the session stream would tell. Times to the millisecond.
    """
    must_be_decided(events, "wso2_is")
    must_have(events, "wso2_is", "user_id", "src_ip")
    columns = ("timestamp", "user_id", "src_ip", "app", "auth_method", "outcome", "user_agent",
               "mfa")  # fmt: skip
    lines: list[str] = []
    for number, row in enumerate(events.select(columns).iter_rows()):
        timestamp, user, address, app, method, outcome, agent, mfa = row
        time_ms = round((timestamp - _EPOCH) / dt.timedelta(milliseconds=1))
        common = {
            "username": user, "userStoreDomain": "PRIMARY", "tenantDomain": "carbon.super",
            "remoteIp": address, "serviceProvider": app or "NOT_AVAILABLE",
        }  # fmt: skip
        attempt = common | {"contextId": _id(number, 0), "inboundAuthType": "samlsso",
                            "region": "NOT_AVAILABLE"}  # fmt: skip
        own = _AUTHENTICATORS.get(method, method or "NOT_AVAILABLE")
        if outcome == "failure":
            said = attempt | _step(1, own, passed=False) | {"eventId": _id(number, 1)}
            lines.append(_line("auth", said, time_ms))
            continue
        factors = ["BasicAuthenticator", own] if mfa and method != "password" else [own]
        for place, factor in enumerate(factors, 1):
            said = attempt | _step(place, factor, passed=True) | {"eventId": _id(number, place)}
            lines.append(_line("auth", said, time_ms))
        overall = attempt | {
            "eventId": _id(number, 9), "eventType": "overall", "authenticationSuccess": True,
            "authStepSuccess": False, "stepAuthenticator": "NOT_AVAILABLE",
        }  # fmt: skip
        lines.append(_line("auth", overall, time_ms))
        if agent is not None:
            session = common | {"sessionId": _id(number, 7), "action": 1, "userAgent": agent}
            lines.append(_line("session", session, time_ms + _SESSION_LAG_MS))
    return lines


_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def _step(place: int, authenticator: str, *, passed: bool) -> dict[str, object]:
    return {
        "eventType": "step", "authenticationSuccess": False, "authStepSuccess": passed,
        "authenticationStep": place, "stepAuthenticator": authenticator,
    }  # fmt: skip


def _line(stream: str, payload: dict[str, object], time_ms: int) -> str:
    stamp = (_EPOCH + dt.timedelta(milliseconds=time_ms)).strftime("%Y-%m-%d %H:%M:%S,%f")[:-3]
    body = {
        "event": {
            "metaData": {"tenantId": -1234},
            "payloadData": payload | {"_timestamp": time_ms},
        }
    }
    return (
        f"TID: [-1234] [] [{stamp}] []  INFO "
        "{org.wso2.carbon.event.output.adapter.logger.LoggerEventAdapter} - "
        f"Unique ID: {stream}, Event: {msgspec.json.encode(body).decode()}"
    )


def _id(number: int, part: int) -> str:
    return str(uuid.UUID(int=int(mix(number, part, 1)[0]) << 64 | int(mix(number, part, 2)[0])))
