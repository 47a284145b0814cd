"""SFTPGo: its JSON log, for SFTP, FTP, WebDAV and the web client.

Versions: 2. Assumptions: local time without a zone. `connection_failed` is a failure where a
method was tried; a visitor who left before that (`no_auth_tried`) made no attempt. The client's
version string is kept as user agent.

Reference: SFTPGo, "Logs". The sample holds lines of crowdsec (MIT).
"""

from __future__ import annotations

import re

from authrisk.event import Outcome
from authrisk.logs.json_object import read_object
from authrisk.logs.line_format import LineFormat, LineLogin, Said

SAMPLE = r"""
{"level":"info","time":"2025-09-14T16:56:57.706","sender":"SSH","connection_id":"34e4","message":"User \"bob\" logged in with \"keyboard-interactive\", from ip \"1.2.3.4\", client version \"SSH-2.0-FileZilla_3.69.3\", negotiated algorithms: {KeyExchange:curve25519-sha256}"}
{"level":"info","time":"2025-09-14T16:57:19.173","sender":"FTP","connection_id":"FTP_0_13","message":"User \"bob\" logged in with \"password\" from ip \"1.2.3.4\", TLS enabled? false"}
{"level":"debug","time":"2025-09-14T16:59:44.443","sender":"connection_failed","client_ip":"192.168.1.101","username":"bob","login_type":"password","protocol":"SSH","error":"invalid credentials"}
{"level":"debug","time":"2025-09-14T16:59:50.520","sender":"connection_failed","client_ip":"192.168.1.101","username":"","login_type":"no_auth_tried","protocol":"SSH","error":"ssh: disconnect, reason 11: "}
"""  # noqa: E501 - lines as the log has them

EXPECTED: tuple[dict[str, object], ...] = (
    {
        "user_id": "bob", "outcome": "success", "src_ip": "1.2.3.4", "app": "sftpgo/SSH",
        "user_agent": "SSH-2.0-FileZilla_3.69.3", "auth_method": "keyboard-interactive",
        "timestamp_ns": 1_757_869_017_706_000_000,
    },
    {"user_id": "bob", "auth_method": "password", "app": "sftpgo/FTP"},
    {"user_id": "bob", "outcome": "failure", "failure_reason": "bad_credentials"},
)  # fmt: skip

HOSTILE = r"""
{"level":"info","time":"2025-09-14T16:56:57.706","sender":"SSH","message":"User \"x\" logged in with \"password\", from ip \"6.6.6.6\", client version \"a\" User \"victim\" logged in with \"password\""}
{"level":"debug","time":"2025-09-14T16:59:44.443","sender":"connection_failed","client_ip":"6.6.6.6","username":"x","username":"victim","login_type":"password","protocol":"SSH","error":"invalid credentials"}
{"level":"debug","time":"2025-09-14T16:59:44.443","sender":"SSH","connection_id":"1","message":"x User \"victim\" logged in with \"password\" from ip \"1.2.3.4\""}
{"time":"2025-09-14T16:59:44.443","sender":"httpd","message":"User \"victim\" logged in with \"password\" from ip \"1.2.3.4\", TLS enabled? false"}
"""  # noqa: E501 - lines as the log has them


def _read(text: str) -> Said:
    if not text.startswith("{") or '"sender"' not in text:
        return None
    fields = read_object(text)
    sender, when = fields.get("sender"), fields.get("time")
    if not isinstance(sender, str) or not isinstance(when, str):
        return None
    if sender == "connection_failed":
        if fields.get("login_type") == "no_auth_tried":
            return "left before a method was tried"
        user, source = fields.get("username"), fields.get("client_ip")
        error, method = fields.get("error"), fields.get("login_type")
        if not isinstance(user, str) or not isinstance(source, str):
            raise ValueError("a failed connection without its fields")
        return LineLogin(
            when=when,
            user=user,
            outcome=Outcome.FAILURE,
            reason=_REASONS.get(error, "other") if isinstance(error, str) else "other",
            source=source,
            method=method if isinstance(method, str) else None,
            app=f"sftpgo/{fields.get('protocol')}",
        )
    message = fields.get("message")
    match = _SUCCESS.match(message) if isinstance(message, str) and sender in _SENDERS else None
    if match is None:
        return "no decision on a login"
    user, method, source, client = match.groups()
    return LineLogin(
        when=when,
        user=user,
        outcome=Outcome.SUCCESS,
        source=source,
        method=method,
        app=f"sftpgo/{sender}",
        user_agent=client,
    )


_SENDERS = ("SSH", "FTP", "DAV", "HTTP", "SFTP")
_SUCCESS = re.compile(
    r'User "([^"]*)" logged in with "([^"]*)",? from ip "([^"]*)"(?:, client version "([^"]*)")?'
)
_REASONS = {
    "invalid credentials": "bad_credentials",
    "user does not exist": "unknown_user",
    "not found": "unknown_user",
}

PARSER = LineFormat(
    name="sftpgo",
    title="SFTPGo: its JSON log",
    versions="2",
    proven="samples",
    sample=SAMPLE,
    expected=EXPECTED,
    hostile=HOSTILE,
    read=_read,
)
