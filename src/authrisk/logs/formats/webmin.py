"""Webmin and Usermin: miniserv's webmin.log of logins.

Versions: 1.9 to 2. Assumptions: the first number of a line is the time in seconds since 1970 (the
one in brackets is local and without a zone). A session that ends is no login.

Reference: Webmin `miniserv.pl`, `write_logged_in`/`webmin_log`. The sample holds lines of crowdsec
(MIT).
"""

from __future__ import annotations

import re

from authrisk.event import NS_PER_S, Outcome
from authrisk.logs.line_format import LineFormat, LineLogin, Said

SAMPLE = """\
1690466804.2161960.0 [27/Jul/2023 16:06:44] admin - 192.168.0.100 global miniserv.pl "failed" "-" \
"wrongpass"
1690466900.2161961.0 [27/Jul/2023 16:08:20] admin 8a9b 192.168.0.100 global miniserv.pl "login" \
"-" "-"
1690466990.2161962.0 [27/Jul/2023 16:09:50] admin 8a9b 192.168.0.100 global miniserv.pl "logout" \
"-" "-"
1690466995.2161963.0 [27/Jul/2023 16:09:55] admin 8a9b 192.168.0.100 useradmin save_user.cgi \
"create" "user" "bo"
"""

EXPECTED: tuple[dict[str, object], ...] = (
    {
        "user_id": "admin", "outcome": "failure", "failure_reason": "bad_credentials",
        "src_ip": "192.168.0.100", "timestamp_ns": 1_690_466_804 * NS_PER_S, "app": "webmin",
    },
    {"user_id": "admin", "outcome": "success"},
)  # fmt: skip

HOSTILE = """\
1690466804.1.0 [27/Jul/2023 16:06:44] x - 6.6.6.6 global miniserv.pl "failed" "-" "wrongpass" \
1690466804.1.0 [27/Jul/2023 16:06:44] victim - 1.2.3.4 global miniserv.pl "login" "-" "-"
1690466804.1.0 [27/Jul/2023 16:06:44] victim - 1.2.3.4 useradmin save_user.cgi "login" "-" "-"
99999999999999.1.0 [27/Jul/2023 16:06:44] victim - 1.2.3.4 global miniserv.pl "login" "-" "-"
"""


def _read(text: str) -> Said:
    match = _LINE.match(text)
    if match is None:
        return None
    seconds, user, source, action, why = match.groups()
    if action not in ("failed", "login"):
        return "no decision on a login"
    failed = action == "failed"
    return LineLogin(
        when=int(seconds) * NS_PER_S,
        user=user,
        outcome=Outcome.FAILURE if failed else Outcome.SUCCESS,
        reason=_REASONS.get(why, "other") if failed else None,
        code=why if failed else None,
        source=source,
        app="webmin",
    )


_LINE = re.compile(
    r"([0-9]{1,10})\.[0-9]{1,10}\.[0-9]{1,10} \[[0-9]{1,2}/[A-Z][a-z]{2}/[0-9]{4} [0-9:]{8}\]"
    r" (.{1,255}?) \S{1,64} (\S{1,64}) global miniserv\.pl \"([a-z]{1,32})\" \"[^\"]*\""
    r" \"([^\"]{0,64})\""
)
_REASONS = {
    "wrongpass": "bad_credentials",
    "nouser": "unknown_user",
    "baduser": "unknown_user",
    "expired": "expired_password",
    "locked": "locked",
    "wronghost": "policy_denied",
    "twofactor": "mfa_failed",
}

PARSER = LineFormat(
    name="webmin",
    title="Webmin and Usermin: webmin.log of miniserv",
    versions="1.9 to 2",
    proven="samples",
    sample=SAMPLE,
    expected=EXPECTED,
    hostile=HOSTILE,
    read=_read,
)
