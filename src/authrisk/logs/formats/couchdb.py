"""Apache CouchDB 2.x-3.x: `couch.log`, lines of chttpd and of its authentication.

A login is a POST to `/_session` (200, 401, 403) or a request that was answered 401. The user of a
request line is the one that it was let in *as*, percent-encoded, and `undefined` is nobody. So
only the warning of 3.x names who failed; the 401 of the same request tells it again. A successful
POST to `/_session` is written before the user is known: its user is None. Requests within a
session, and a 404 to nobody, are no logins.

Reference: chttpd.erl and couch_httpd_auth.erl of CouchDB 3.4. The first line of the sample is of
crowdsec's parser tests (MIT).
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from authrisk.event import Outcome
from authrisk.logs.joins import Recent
from authrisk.logs.line_event import line_event
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings, Rejected
from authrisk.logs.reader_format import OTHER, Reader, ReaderFormat
from authrisk.logs.timestamps import StampReader


def _opened(settings: ParseSettings) -> Reader:
    stamps = StampReader(settings)
    warned = Recent[tuple[str, str], bool]()

    def read(line: Line) -> Item:
        header = _HEADER.match(line.text)
        if header is None:
            return Rejected(line, "no header of CouchDB")
        stamp, process, nonce = header.groups()
        rest = line.text[header.end() :]
        warning = _WARNING.fullmatch(rest)
        if warning is not None:
            warned.put((process, nonce), True)
            verb, user, peer = warning.groups()
            reason = "bad_credentials" if verb == "failed for" else "locked"
            return line_event(
                "couchdb", line, stamps.utc_ns(stamp), user, Outcome.FAILURE,
                source=peer, reason=reason, app="couchdb",
            )  # fmt: skip
        request = _REQUEST.fullmatch(rest)
        if request is None:
            return Ignored(line, OTHER)
        host, peer, user, method, path, status = request.groups()
        session = method == "POST" and path.partition("?")[0] == "/_session"
        if status != "401" and not (session and status in {"200", "403"}):
            return Ignored(line, OTHER)
        if warned.pop((process, nonce)):
            return Ignored(line, "attempt told by another line")
        failed = status != "200"
        return line_event(
            "couchdb", line, stamps.utc_ns(stamp),
            None if user == "undefined" else unquote(user),
            Outcome.FAILURE if failed else Outcome.SUCCESS,
            source=peer, reason="bad_credentials" if failed else None,
            auth_method="password" if session else None, app="couchdb", dst_host=host,
        )  # fmt: skip

    return read


_HEADER = re.compile(
    r"\[[a-z]+\] ([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]+Z) [^\s@]++@\S++ (<[0-9.]+>) (\S++) "
)
_REQUEST = re.compile(
    r"(\S++) (\S++) (\S++) ([A-Z]++) (\S++) ([0-9]{3}) (?:ok|error|undefined|\S++) [0-9]++"
)
_WARNING = re.compile(
    r"couch_httpd_auth: Authentication (failed for|rejected for locked-out) user (.*) from (\S++)"
)

PARSER = ReaderFormat(
    name="couchdb",
    title="Apache CouchDB: couch.log",
    versions="2-3",
    proven="samples",
    is_own=lambda text: _HEADER.match(text) is not None,
    opened=_opened,
    sample="""\
[notice] 2024-01-19T18:10:42.373712Z nonode@nohost <0.32572.1> 3b0034fcd1 test.domain.fr 1.2.3.4 \
undefined GET / 401 ok 6
[warning] 2024-01-19T18:11:00.000001Z couchdb@db1 <0.41.0> 5c1934aa21 couch_httpd_auth: \
Authentication failed for user ada l from 203.0.113.7
[notice] 2024-01-19T18:11:00.000312Z couchdb@db1 <0.41.0> 5c1934aa21 db1:5984 203.0.113.7 \
undefined POST /_session 401 ok 12
[notice] 2024-01-19T18:11:09.100000Z couchdb@db1 <0.44.0> 77aa34bb21 db1:5984 203.0.113.7 \
undefined POST /_session 200 ok 14
[notice] 2024-01-19T18:11:10.100000Z couchdb@db1 <0.46.0> 8812c4bb21 db1:5984 203.0.113.7 \
ada%20l GET /shop/_all_docs 200 ok 4
[notice] 2024-01-20T13:54:06.579985Z nonode@nohost <0.17607.12> e1fed412f8 test.domain.fr 1.2.3.4 \
undefined GET /z22ctc 404 ok 1""",
    expected=(
        {
            "user_id": None, "outcome": "failure", "src_ip": "1.2.3.4",
            "timestamp_ns": 1_705_687_842_373_712_000,
        },
        {"user_id": "ada l", "failure_reason": "bad_credentials", "src_ip": "203.0.113.7"},
        {"user_id": None, "outcome": "success", "auth_method": "password"},
    ),
    hostile="""\
[warning] 2024-01-19T18:11:00.000001Z couchdb@db1 <0.41.0> 5c1934aa21 couch_httpd_auth: \
Authentication failed for user victim from 1.2.3.4 from 203.0.113.7
[notice] 2024-01-19T18:11:09.100000Z couchdb@db1 <0.44.0> 77aa34bb21 db1:5984 203.0.113.7 \
undefined GET /couch_httpd_auth:%20Authentication%20failed%20for%20user%20victim%20from%201.2.3.4 \
401 ok 3
[error] 2024-01-19T18:11:09.100000Z couchdb@db1 <0.44.0> 77aa34bb21 [warning] \
2024-01-19T18:11:00.000001Z couchdb@db1 <0.41.0> 5c1934aa21 couch_httpd_auth: Authentication \
failed for user victim from 1.2.3.4""",
)  # fmt: skip
