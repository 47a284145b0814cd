"""MongoDB 3.0-8.0 `mongod` and `mongos`: authentication, as text (to 4.2) and as JSON (from 4.4).

JSON: ids 20250 and 5286306 are successes, 20249 and 5286307 failures; `principalName` (or `user`)
and `authenticationDatabase` (`db`) say who, `remote` from where. Text: `Successfully authenticated
as principal u on d from client ip:port`, `SCRAM-SHA-1 authentication failed for u on d from
client ..`. The cluster's own `__system` is a service. A name that is read in two ways is rejected.

Reference: MongoDB manual, "Log Messages"; src/mongo/db/auth of 4.2 and 7.0. The first two lines of
the sample are of crowdsec's parser tests (MIT).
"""

from __future__ import annotations

import re

from authrisk.event import Outcome
from authrisk.logs.json_object import read_object, text_at
from authrisk.logs.line_event import line_event
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings, Rejected
from authrisk.logs.reader_format import OTHER, Reader, ReaderFormat
from authrisk.logs.timestamps import StampReader
from authrisk.logs.user_pattern import UserPattern


def _opened(settings: ParseSettings) -> Reader:
    stamps = StampReader(settings)

    def read(line: Line) -> Item:
        if line.text.startswith("{"):
            return _read_json(line, stamps)
        header = _HEADER.match(line.text)
        if header is None:
            return Rejected(line, "no header of MongoDB")
        if header[2] != "ACCESS":
            return Ignored(line, OTHER)
        message = line.text[header.end() :]
        match = _GOOD.fullmatch(message)
        failed = match is None
        if match is None:
            match = _BAD.fullmatch(message)
        if match is None:
            return Ignored(line, OTHER)
        return line_event(
            "mongodb", line, stamps.utc_ns(header[1]), match["user"],
            Outcome.FAILURE if failed else Outcome.SUCCESS,
            source=match["source"], reason=_reason(match["why"]) if failed else None,
            auth_method=match["method"].casefold() if failed else None,
            user_domain=match["database"], app="mongodb",
            account_kind="service" if match["user"] == "__system" else None,
        )  # fmt: skip

    return read


def _read_json(line: Line, stamps: StampReader) -> Item:
    content = read_object(line.text)
    if content.get("c") != "ACCESS" or content.get("id") not in _IDS:
        mine = "t" in content and "msg" in content
        return Ignored(line, OTHER) if mine else Rejected(line, "no entry of MongoDB")
    time, attributes = content.get("t"), content.get("attr")
    stamp = time.get("$date") if isinstance(time, dict) else None
    if not isinstance(stamp, str) or not isinstance(attributes, dict):
        return Rejected(line, "an entry without time or attributes")
    failed = content["id"] in _FAILURES
    user = text_at(attributes, "principalName") or text_at(attributes, "user")
    return line_event(
        "mongodb", line, stamps.utc_ns(stamp), user,
        Outcome.FAILURE if failed else Outcome.SUCCESS,
        source=text_at(attributes, "remote") or text_at(attributes, "client"),
        reason=_reason(text_at(attributes, "error") or "") if failed else None,
        auth_method=(text_at(attributes, "mechanism") or "").casefold() or None,
        user_domain=text_at(attributes, "authenticationDatabase") or text_at(attributes, "db"),
        app="mongodb", account_kind="service" if user == "__system" else None,
    )  # fmt: skip


def _reason(fault: str) -> str:
    if "UserNotFound" in fault or "Could not find user" in fault:
        return "unknown_user"
    return "client_error" if "MechanismUnavailable" in fault else "bad_credentials"


_FAILURES = frozenset((20249, 5286307))
_IDS = _FAILURES | {20250, 5286306}
_HEADER = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{3}(?:Z|[+-][0-9]{4})) [DIWEF][0-9]?"
    r" +([A-Z]+|-) +\[[^\[\]\s]*\] +"
)
_OWN = re.compile(_HEADER.pattern + r"|\{\"t\": ?\{\"\$date\": ?\"[^\"]{20,40}\"\}, ?\"s\":")
_CLIENT = r" on (?P<database>\S+?) from client (?P<source>\S+?)"
_GOOD = UserPattern(rf"Successfully authenticated as principal <USER>{_CLIENT}")
_BAD = UserPattern(rf"(?P<method>\S+) authentication failed for <USER>{_CLIENT} ?; (?P<why>[^;]*)")

PARSER = ReaderFormat(
    name="mongodb",
    title="MongoDB mongod, mongos: text and JSON",
    versions="3.0-8.0",
    proven="samples",
    is_own=lambda text: _OWN.match(text) is not None,
    opened=_opened,
    sample="""\
{"t":{"$date":"2022-07-28T18:00:00.903+02:00"},"s":"I",  "c":"ACCESS",   "id":20249,   "ctx":\
"conn1","msg":"Authentication failed","attr":{"mechanism":"SCRAM-SHA-256","speculative":false,\
"principalName":"root","authenticationDatabase":"admin","remote":"127.0.0.1:4071","extraInfo":{},\
"error":"AuthenticationFailed: SCRAM authentication failed, storedKey mismatch"}}
{"t":{"$date":"2022-07-28T18:16:40.466+02:00"},"s":"I",  "c":"ACCESS",   "id":20249,   "ctx":\
"conn12","msg":"Authentication failed","attr":{"mechanism":"SCRAM-SHA-256","speculative":true,\
"principalName":"bo","authenticationDatabase":"admin","remote":"[::1]:1053","extraInfo":{},"error":\
"UserNotFound: Could not find user \\"bo\\" for db \\"admin\\""}}
{"t":{"$date":"2024-07-28T18:16:41.466+00:00"},"s":"I",  "c":"ACCESS",   "id":5286306, "ctx":\
"conn13","msg":"Successfully authenticated","attr":{"client":"203.0.113.7:1054","isSpeculative":\
true,"isClusterMember":false,"mechanism":"SCRAM-SHA-256","user":"ada","db":"admin"}}
{"t":{"$date":"2024-07-28T18:16:42.466+00:00"},"s":"I",  "c":"NETWORK",  "id":22944, \
"ctx":"conn13",\
"msg":"Connection ended","attr":{"remote":"203.0.113.7:1054"}}
2019-07-28T18:16:42.466+0000 I ACCESS   [conn7] Successfully authenticated as principal ada on \
admin \
from client 203.0.113.7:49152
2019-07-28T18:16:43.466+0000 I  ACCESS   [conn8] SCRAM-SHA-1 authentication failed for eve on \
admin \
from client 203.0.113.8:49152 ; UserNotFound: Could not find user eve@admin""",
    expected=(
        {
            "user_id": "root", "outcome": "failure", "failure_reason": "bad_credentials",
            "src_ip": "127.0.0.1", "src_port": 4071, "user_domain": "admin",
            "timestamp_ns": 1_659_024_000_903_000_000,
        },
        {"user_id": "bo", "failure_reason": "unknown_user", "src_ip": "::1"},
        {"user_id": "ada", "outcome": "success", "auth_method": "scram-sha-256"},
        {"user_id": "ada", "outcome": "success", "src_ip": "203.0.113.7", "src_port": 49152},
        {"user_id": "eve", "failure_reason": "unknown_user", "src_ip": "203.0.113.8"},
    ),
    hostile="""\
2019-07-28T18:16:43.466+0000 I ACCESS   [conn8] SCRAM-SHA-1 authentication failed for victim on \
admin from client 1.2.3.4:1 ; x on admin from client 6.6.6.6:49152 ; UserNotFound: x
2019-07-28T18:16:43.466+0000 I NETWORK  [conn8] Successfully authenticated as principal victim on \
admin from client 1.2.3.4:1
{"t":{"$date":"2022-07-28T18:00:00.903+02:00"},"c":"ACCESS","id":20250,"msg":"x","attr":\
{"principalName":"x","principalName":"victim","remote":"6.6.6.6:4071"}}
{"t":{"$date":"2022-07-28T18:00:00.903+02:00"},"c":"COMMAND","id":20250,"msg":"x","attr":\
{"principalName":"victim","remote":"6.6.6.6:4071"}}""",
)  # fmt: skip
