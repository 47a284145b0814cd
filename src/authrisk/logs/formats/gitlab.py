"""GitLab 13-18 `production_json.log`: requests to its session controllers, JSON lines.

`SessionsController#create` and the callbacks of `OmniauthCallbacksController` are the login form
and other providers'. A redirect (302) is a success, 0, 401 or 422 a failure. 200 is a page: for the
second factor after a right password (interrupted), and again for it after a wrong code, which came
as `otp_attempt` (failure). `failure` of the callbacks is one whatever its status. The user is
`params.user.login`, else `username`. GitLab writes `[FILTERED]` for passwords.

Reference: GitLab documentation, "Log system". Sample after crowdsec's parser tests (MIT).
"""

from __future__ import annotations

from typing import Any

from authrisk.event import Outcome
from authrisk.logs.json_object import object_of, read_object, text_at
from authrisk.logs.line_event import line_event
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings, Rejected
from authrisk.logs.reader_format import OTHER, Reader, ReaderFormat
from authrisk.logs.timestamps import StampReader


def _opened(settings: ParseSettings) -> Reader:
    stamps = StampReader(settings)

    def read(line: Line) -> Item:
        content = read_object(line.text)
        if not content.keys() >= _MARKS:
            return Rejected(line, "no request of GitLab")
        controller, action = content["controller"], content["action"]
        status = content.get("status")
        if controller == "SessionsController" and action == "create":
            asked = status == 200
        elif controller == "OmniauthCallbacksController" and isinstance(action, str):
            asked = False
        else:
            return Ignored(line, OTHER)
        good = action != "failure" and status == 302
        if content.get("method") not in {"POST", "GET"}:
            return Ignored(line, OTHER)
        form, user = _form(content.get("params"))
        second = "otp_attempt" in form
        user = user or text_at(content, "username") or text_at(content, "meta.user")
        failed_reason = "mfa_failed" if second else "bad_credentials"
        if good:
            outcome = Outcome.SUCCESS
        else:
            outcome = Outcome.INTERRUPTED if asked and not second else Outcome.FAILURE
        return line_event(
            "gitlab", line, stamps.utc_ns(text_at(content, "time") or ""), user,
            outcome,
            source=text_at(content, "remote_ip") or text_at(content, "meta.remote_ip"),
            reason=failed_reason if outcome is Outcome.FAILURE else None,
            mfa=True if second else None,
            user_agent=text_at(content, "ua"), app="gitlab",
            auth_method="password" if controller == "SessionsController" else action,
            correlation_id=text_at(content, "correlation_id"),
        )  # fmt: skip

    return read


def _form(params: Any) -> tuple[dict[str, Any], str | None]:
    """The fields of the login form, and the user that stands in them."""
    if not isinstance(params, list):
        return {}, None
    pairs = {
        entry["key"]: entry.get("value")
        for entry in params
        if isinstance(entry, dict) and isinstance(entry.get("key"), str)
    }
    user = pairs.get("user")
    form = user if isinstance(user, dict) else pairs
    return form, text_at(form, "login") or text_at(form, "username")


def _is_gitlab(text: str) -> bool:
    if not text.startswith("{") or '"controller"' not in text:
        return False
    return (object_of(text) or {}).keys() >= _MARKS


_MARKS = {"controller", "action", "path", "time", "remote_ip"}

PARSER = ReaderFormat(
    name="gitlab",
    title="GitLab: production_json.log",
    versions="13-18",
    proven="samples",
    is_own=_is_gitlab,
    opened=_opened,
    sample="""\
{"method":"POST","path":"/users/sign_in","format":"html","controller":"SessionsController","actio\
n":"create","status":0,"time":"2022-04-15T12:59:36.195Z","params":[{"key":"authenticity_token","v\
alue":"[FILTERED]"},{"key":"user","value":{"login":"test","password":"[FILTERED]","remember_me":"\
0"}}],"correlation_id":"c1","remote_ip":"1.1.1.1","ua":"Mozilla/5.0"}
{"method":"POST","path":"/users/sign_in","format":"html","controller":"SessionsController","actio\
n":"create","status":200,"time":"2022-04-15T14:19:00.060Z","params":[{"key":"user","value":{"reme\
mber_me":"0","otp_attempt":"[FILTERED]"}}],"remote_ip":"1.1.1.1","ua":"Mozilla/5.0"}
{"method":"POST","path":"/users/auth/ldapmain/callback","format":"html","controller":"OmniauthCal\
lbacksController","action":"failure","status":302,"time":"2025-05-22T04:26:59.798Z","params":[{"k\
ey":"username","value":"zzz"},{"key":"password","value":"[FILTERED]"}],"remote_ip":"1.1.1.1","ua"\
:"Mozilla/5.0"}
{"method":"POST","path":"/users/sign_in","format":"html","controller":"SessionsController","actio\
n":"create","status":302,"time":"2025-05-22T04:27:59.798Z","params":[{"key":"user","value":{"logi\
n":"ada","password":"[FILTERED]","remember_me":"1"}}],"remote_ip":"203.0.113.7","ua":"Mozilla/5.0\
","user_id":7,"username":"ada"}
{"method":"POST","path":"/users/sign_in","format":"html","controller":"SessionsController","actio\
n":"create","status":200,"time":"2025-05-22T04:27:58.798Z","params":[{"key":"user","value":{"logi\
n":"bo","password":"[FILTERED]"}}],"remote_ip":"203.0.113.8"}
{"method":"GET","path":"/users/sign_in","format":"html","controller":"SessionsController","action\
":"new","status":200,"time":"2025-05-22T04:28:59.798Z","params":[],"remote_ip":"203.0.113.7"}""",
    expected=(
        {
            "user_id": "test", "outcome": "failure", "src_ip": "1.1.1.1",
            "timestamp_ns": 1_650_027_576_195_000_000, "correlation_id": "c1",
        },
        {"user_id": None, "failure_reason": "mfa_failed", "mfa": True},
        {"user_id": "zzz", "outcome": "failure"},
        {"user_id": "ada", "outcome": "success", "src_ip": "203.0.113.7"},
        {"user_id": "bo", "outcome": "interrupted", "failure_reason": None},
    ),
    hostile="""\
{"method":"POST","path":"/users/sign_in","controller":"SessionsController","action":"create","sta\
tus":200,"time":"2022-04-15T12:59:36.195Z","params":[{"key":"user","value":{"login":"x","login":"\
victim"}}],"remote_ip":"6.6.6.6"}
{"method":"POST","path":"/users/sign_in","controller":"SessionsController","action":"create","sta\
tus":302,"time":"2022-04-15T12:59:36.195Z","params":[{"key":"user","value":{"login":"x"}}],"remot\
e_ip":"6.6.6.6","ua":"\\",\\"username\\":\\"victim"}
{"method":"GET","path":"/victim","controller":"ProjectsController","action":"show","status":200,"\
time":"2022-04-15T12:59:36.195Z","params":[{"key":"user","value":{"login":"victim"}}],"remote_ip"\
:"6.6.6.6"}""",
)  # fmt: skip
