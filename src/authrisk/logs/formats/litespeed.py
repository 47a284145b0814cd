"""LiteSpeed and OpenLiteSpeed 1.x error log: WebAdmin console and Basic authentication.

The address is that of the connection in brackets, not the `ip:` which the console writes (it sees
its own proxy). Successes are not written. Zone-less local time.

Sample of crowdsec's parser tests (MIT).
"""

from __future__ import annotations

import re

from authrisk.event import Outcome
from authrisk.logs.line_event import line_event
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings, Rejected
from authrisk.logs.reader_format import OTHER, Reader, ReaderFormat
from authrisk.logs.timestamps import StampReader


def _opened(settings: ParseSettings) -> Reader:
    stamps = StampReader(settings)

    def read(line: Line) -> Item:
        header = _HEADER.match(line.text)
        if header is None:
            return Rejected(line, "no header of LiteSpeed")
        stamp, source = header.groups()
        message = line.text[header.end() :]
        match = _CONSOLE.fullmatch(message) or _BASIC.fullmatch(message)
        if match is None or source is None:
            return Ignored(line, OTHER)
        app = "webadmin" if message.startswith("[STDERR]") else "litespeed"
        return line_event(
            "litespeed", line, stamps.utc_ns(stamp), match[1], Outcome.FAILURE,
            source=source, reason="bad_credentials", auth_method="password", app=app,
        )  # fmt: skip

    return read


_HEADER = re.compile(
    r"([0-9-]{10} [0-9:]{8}\.[0-9]+) \[[A-Z]+\] \[[0-9]+\]"
    r" (?:\[((?:[0-9.]+|\[[0-9A-Fa-f:]+\]):[0-9]+)[:-][^\]\s]*\] )?"
)
_CONSOLE = re.compile(
    r"\[STDERR\] \[WebAdmin Console\] Failed Login Attempt - username:(.*) ip:\S+ url:\S*"
)
_BASIC = re.compile(r"User '(.*)' failed to authenticate\.")

PARSER = ReaderFormat(
    name="litespeed",
    title="LiteSpeed, OpenLiteSpeed: error log",
    versions="1.x, 5-6",
    proven="samples",
    is_own=lambda text: _HEADER.match(text) is not None,
    opened=_opened,
    sample="""\
2022-06-08 22:49:20.774649 [NOTICE] [1226033] [1.2.3.4:45164:HTTP2-41#_AdminVHost] [STDERR] \
[WebAdmin Console] Failed Login Attempt - username:asdasd ip:127.0.0.1 url:
2022-06-09 12:22:07.353044 [INFO] [1226038] [192.168.9.163:61120-5#Example] User 'asdasd' failed \
to authenticate.
2022-06-09 12:22:08.353044 [NOTICE] [1226038] Memory size is: 1024KB.""",
    expected=(
        {
            "user_id": "asdasd", "outcome": "failure", "src_ip": "1.2.3.4", "app": "webadmin",
            "timestamp_ns": 1_654_728_560_774_649_000,
        },
        {"user_id": "asdasd", "src_ip": "192.168.9.163", "src_port": 61120, "app": "litespeed"},
    ),
    hostile="""\
2022-06-09 12:22:07.353044 [INFO] [1226038] [6.6.6.6:61120-5#Example] User 'x' failed to \
authenticate. User 'victim' failed to authenticate.
2022-06-09 12:22:07.353044 [INFO] [1226038] [6.6.6.6:61120-5#Example] GET /User 'victim' failed \
to authenticate.
2022-06-08 22:49:20.774649 [NOTICE] [1226033] [6.6.6.6:45164:HTTP2-41#_AdminVHost] [STDERR] \
[WebAdmin Console] Failed Login Attempt - username:x username:victim ip:127.0.0.1 url:""",
)  # fmt: skip
