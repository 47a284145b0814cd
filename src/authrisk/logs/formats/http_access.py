"""Access logs of web servers, common and combined format: Apache, nginx, Traefik, LiteSpeed.

A login is only what these logs can tell for sure: a request with a user that was answered 401, a
wrong password or an unknown user. A 401 without a user is the browser's first question. A user
with 200 is on every request, not a login; where the server has an error log or an application
log, that is the better one. (`$remote_user` of nginx and `%u` of Apache with 401 are unproven:
what the client claimed.)

Reference: mod_log_config of Apache 2.4, ngx_http_log_module of nginx, Traefik's `common` format.
The second line of the sample is of crowdsec's parser tests (MIT).
"""

from __future__ import annotations

from authrisk.event import Outcome
from authrisk.logs.access_line import read_access_line
from authrisk.logs.line_event import line_event
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings, Rejected
from authrisk.logs.reader_format import OTHER, MarkedReaderFormat, Reader
from authrisk.logs.timestamps import StampReader


def _opened(settings: ParseSettings) -> Reader:
    stamps = StampReader(settings)

    def read(line: Line) -> Item:
        request = read_access_line(line.text)
        if request is None:
            return Rejected(line, "no access line")
        if request.user is None or request.status != 401:
            return Ignored(line, OTHER)
        return line_event(
            "http_access", line, stamps.utc_ns(request.stamp), request.user, Outcome.FAILURE,
            source=request.source, reason="bad_credentials", failure_code="401",
            user_agent=request.agent, auth_method="password", app=request.host or "http",
        )  # fmt: skip

    return read


PARSER = MarkedReaderFormat(
    name="http_access",
    title="Web access logs, common and combined: Apache, nginx, Traefik, LiteSpeed",
    versions="Apache 1.3-2.4",
    proven="samples",
    is_own=lambda text: read_access_line(text) is not None,
    opened=_opened,
    marks=(" 401 ",),
    sample="""\
www.example.org:443 203.0.113.7 - ada l [25/Oct/2021:11:05:52 +0200] "GET /web/ HTTP/1.1" 401 381 \
"-" "curl/7.68.0"
164.68.112.178 - - [08/Jun/2020:07:01:28 +0000] "GET / HTTP/1.0" 500 799 "-" "masscan/1.0"
203.0.113.7 - - [25/Oct/2021:11:05:51 +0200] "GET /web/ HTTP/1.1" 401 381
203.0.113.7 - ada [25/Oct/2021:11:05:55 +0200] "GET /web/ HTTP/1.1" 200 6381""",
    expected=(
        {
            "user_id": "ada l", "outcome": "failure", "src_ip": "203.0.113.7",
            "timestamp_ns": 1_635_152_752_000_000_000, "user_agent": "curl/7.68.0",
        },
    ),
    hostile="""\
6.6.6.6 - x - victim [25/Oct/2021:11:05:52 +0200] "GET /web/ HTTP/1.1" 401 381
6.6.6.6 - - [25/Oct/2021:11:05:52 +0200] "GET /\\" 401 1 - victim HTTP/1.1" 401 381
6.6.6.6 - - [25/Oct/2021:11:05:52 +0200] "GET / HTTP/1.1" 200 1 "-" "x\\"
1.2.3.4 - victim [25/Oct/2021:11:05:52 +0200] \\"GET / HTTP/1.1\\" 401 381"
6.6.6.6 - \\"1.2.3.4 - victim [25/Oct/2021:11:05:52 +0200] "GET / HTTP/1.1" 401 381""",
)  # fmt: skip
