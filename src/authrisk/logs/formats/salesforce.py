"""Salesforce logins: EventLogFile `Login` and `LoginAs` (CSV or JSON), and LoginHistory (JSON).

`LOGIN_NO_ERROR` and the status `Success` passed; a challenge (`LOGIN_CHALLENGE_ISSUED`,
`LOGIN_2FACTOR_REQ`) is `interrupted`; the rest failed. Of `LoginAs` the user is whose account it is
and `actor_name` the administrator. The user is the id, in its first 15 characters: the other three
of the long form only repeat its capitals. TIMESTAMP is `yyyyMMddHHmmss.SSS` in UTC, no epoch; the
derived column is read first. Reference: Salesforce, "Object Reference, EventLogFile, Login Event
Type", "LoginHistory".
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import msgspec

from authrisk.event import LoginEvent, Outcome
from authrisk.logs.address import read_origin
from authrisk.logs.failure_words import reason_in
from authrisk.logs.json_records import Envelope, json_objects
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings, Proven, Rejected
from authrisk.logs.record_clock import RecordClock
from authrisk.logs.scalars import Scalar, country_of, text_of

# The first two after samples of Panther (panther-analysis, Apache-2.0).
_SAMPLE = """\
{"BROWSER_TYPE": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML,\
 like Gecko) Safari/537.36", "CLIENT_IP": "13.13.13.13", "EVENT_TYPE": "Login",\
 "LOGIN_KEY": "HMvXV5bu8xcZOqQl", "LOGIN_STATUS": "LOGIN_NO_ERROR",\
 "ORGANIZATION_ID": "00D5f000005uVo7", "REQUEST_ID": "4pkDPOtDbNNyUOG-mNMVJ-", "SESSION_KEY": "",\
 "SOURCE_IP": "12.12.12.12", "TIMESTAMP": "2023-05-04 21:36:47.569",\
 "TIMESTAMP_DERIVED": "2023-05-04 21:36:47.569", "URI": "/index.jsp",\
 "USER_ID": "0055f00000CyENt", "USER_ID_DERIVED": "0055f00000CyENtAAN",\
 "USER_NAME": "user@yourcompany.io", "USER_TYPE": "Standard"}
{"CLIENT_IP": "12.12.12.12", "DELEGATED_USER_ID": "0054x000001L78a",\
 "DELEGATED_USER_NAME": "admin.user@yourcompany.io", "EVENT_TYPE": "LoginAs",\
 "REQUEST_ID": "4dmdpWcNWWjoaQWObxO2k-", "SESSION_KEY": "f6wkL1crc62p7/Vj",\
 "TIMESTAMP_DERIVED": "2021-08-19 09:05:03.392", "USER_ID": "fdokawnjf",\
 "USER_ID_DERIVED": "fdokawnjf"}
{"totalSize":1,"done":true,"records":[{"attributes":{"type":"LoginHistory"},"Id":"0Ya1",\
"UserId":"0055f00000CyENtAAN","LoginTime":"2024-01-18T10:30:15.000+0000",\
"LoginType":"Application","SourceIp":"198.51.100.60","Status":"Invalid Password",\
"Browser":"Chrome 120","Platform":"Windows 10","Application":"Browser","CountryIso":"FR"}]}
"EVENT_TYPE","TIMESTAMP","REQUEST_ID","ORGANIZATION_ID","USER_ID","USER_NAME","LOGIN_STATUS",\
"SOURCE_IP","BROWSER_TYPE"
"Login","20241026044641.024","R-1","00D5f000005uVo7","0055f00000FzHRw","bo@company.com",\
"LOGIN_CHALLENGE_ISSUED","Salesforce.com IP","Mozilla/5.0 (X11, ""Linux"")"
"Logout","20241026050000.000","R-2","00D5f000005uVo7","0055f00000FzHRw","bo@company.com","","",\
\"\""""
_EXPECTED: tuple[dict[str, object], ...] = (
    {
        "event_id": "4pkDPOtDbNNyUOG-mNMVJ-", "user_id": "0055f00000CyENt", "outcome": "success",
        "user_name": "user@yourcompany.io", "timestamp_ns": 1_683_236_207_569_000_000,
        "src_ip": "12.12.12.12", "tenant": "00D5f000005uVo7",
    },
    {"user_id": "fdokawnjf", "actor_name": "admin.user@yourcompany.io", "outcome": "success"},
    {
        "user_id": "0055f00000CyENt", "outcome": "failure", "failure_reason": "bad_credentials",
        "timestamp_ns": 1_705_573_815_000_000_000, "src_country": "FR",
    },
    {
        "event_id": "R-1", "user_id": "0055f00000FzHRw", "outcome": "interrupted", "src_ip": None,
        "timestamp_ns": 1_729_918_001_024_000_000, "user_agent": 'Mozilla/5.0 (X11, "Linux")',
    },
)  # fmt: skip
_HOSTILE = """\
{"EVENT_TYPE":"Login","LOGIN_STATUS":"LOGIN_ERROR_INVALID_PASSWORD",\
"TIMESTAMP_DERIVED":"2024-01-18T10:30:15Z","USER_NAME":"m\\",\\"USER_NAME\\":\\"victim"}
"EVENT_TYPE","TIMESTAMP","USER_NAME","LOGIN_STATUS"
"Login","20241026044641.024","m"",""20241026044641.024"",""victim","LOGIN_ERROR_INVALID_PASSWORD"
"Login","20241026044641.024","x","victim","LOGIN_NO_ERROR"
"Login","20249926044641.024","victim","LOGIN_NO_ERROR"
"API","20241026044641.024","victim","LOGIN_NO_ERROR\""""


class _Row(msgspec.Struct, rename="upper", gc=False):
    event_type: Scalar = None
    timestamp: Scalar = None
    timestamp_derived: Scalar = None
    request_id: Scalar = None
    organization_id: Scalar = None
    user_id: Scalar = None
    user_id_derived: Scalar = None
    user_name: Scalar = None
    delegated_user_name: Scalar = None
    delegated_user_id: Scalar = None
    login_status: Scalar = None
    source_ip: Scalar = None
    client_ip: Scalar = None
    browser_type: Scalar = None
    session_key: Scalar = None
    history_id: Scalar = msgspec.field(default=None, name="Id")
    history_user_id: Scalar = msgspec.field(default=None, name="UserId")
    login_time: Scalar = msgspec.field(default=None, name="LoginTime")
    login_type: Scalar = msgspec.field(default=None, name="LoginType")
    status: Scalar = msgspec.field(default=None, name="Status")
    history_ip: Scalar = msgspec.field(default=None, name="SourceIp")
    browser: Scalar = msgspec.field(default=None, name="Browser")
    platform: Scalar = msgspec.field(default=None, name="Platform")
    application: Scalar = msgspec.field(default=None, name="Application")
    country_iso: Scalar = msgspec.field(default=None, name="CountryIso")


@dataclass(frozen=True, slots=True)
class Salesforce:
    """Reads rows of CSV below their heading, and JSON records."""

    name: str = "salesforce"
    title: str = "Salesforce EventLogFile Login and LoginAs (CSV, JSON), LoginHistory"
    versions: str = "API 40 and later"
    proven: Proven = "samples"
    sample: str = _SAMPLE
    expected: Sequence[dict[str, object]] = _EXPECTED
    hostile: str = _HOSTILE

    def claims(self, head: Sequence[str]) -> bool:
        """Whether a line is the heading of logins, or a record of one."""
        for piece in json_objects((Line("", 1, text) for text in head), _ENVELOPES):
            try:
                if isinstance(piece, Rejected) and _is_heading(_cells(piece.line.text)):
                    return True
                rows = _rows(piece) if isinstance(piece, Line) else []
            except _DAMAGE:
                continue
            if any(row.login_time or (row.event_type and row.organization_id) for row in rows):
                return True
        return False

    def parse(self, lines: Iterable[Line], settings: ParseSettings) -> Iterator[Item]:
        """One item a row or record."""
        clock = RecordClock(settings)
        heading: list[str] = []
        for piece in json_objects(lines, _ENVELOPES):
            if isinstance(piece, Ignored):
                yield piece
                continue
            line = piece.line if isinstance(piece, Rejected) else piece
            try:
                if isinstance(piece, Line):
                    for index, row in enumerate(_rows(piece)):
                        yield _item(line, index, row, clock)
                    continue
                cells = _cells(line.text)
                if _is_heading(cells):
                    heading = cells
                    yield Ignored(line, "heading")
                elif len(cells) != len(heading):
                    yield Rejected(line, "another number of cells than its heading")
                else:
                    row = msgspec.convert(dict(zip(heading, cells, strict=True)), _Row)
                    yield _item(line, 0, row, clock)
            except _DAMAGE:
                yield Rejected(line, "damaged JSON or CSV")


def _rows(line: Line) -> list[_Row]:
    return [_DECODER.decode(document) for document in _ENVELOPE.open(line.text)]


def _cells(text: str) -> list[str]:
    return next(csv.reader([text], strict=True), [])


def _is_heading(cells: Sequence[str]) -> bool:
    return "EVENT_TYPE" in cells and "TIMESTAMP" in cells


def _item(line: Line, index: int, row: _Row, clock: RecordClock) -> Item:
    kind = text_of(row.event_type)
    if row.login_time is None and kind not in {"Login", "LoginAs"}:
        return Ignored(line, "no login")
    try:
        ns = clock.ns(_time(row.timestamp_derived), _time(row.timestamp), row.login_time)
    except ValueError as error:
        return Rejected(line, str(error))
    status = text_of(row.login_status, row.status)
    outcome = Outcome.SUCCESS if kind == "LoginAs" else _outcome(status)
    failed = outcome is Outcome.FAILURE
    address = text_of(row.source_ip, row.history_ip, row.client_ip)
    if address == "Salesforce.com IP":
        address = text_of(row.client_ip)
    origin = read_origin(address if address and not address.startswith("Salesforce") else "")
    name = text_of(row.user_name)
    user_id = text_of(row.user_id_derived, row.user_id, row.history_user_id)
    own_id = text_of(row.request_id, row.history_id)
    return LoginEvent(
        event_id=own_id or (f"{line.place}#{index}" if index else line.place),
        timestamp_ns=ns,
        user_id=(user_id[:15] if user_id else None) or name,
        outcome=outcome,
        failure_reason=reason_in((status or "").replace(" ", "_"), _REASONS) if failed else None,
        failure_code=status if outcome is not Outcome.SUCCESS else None,
        user_name=name,
        actor_name=text_of(row.delegated_user_name, row.delegated_user_id),
        src_ip=origin.ip,
        src_port=origin.port,
        src_host=origin.host,
        src_country=country_of(row.country_iso),
        user_agent=text_of(row.browser_type),
        browser=text_of(row.browser),
        os=text_of(row.platform),
        app=text_of(row.application) or "Salesforce",
        session_id=text_of(row.session_key),
        source_type="salesforce",
        raw_event_id=own_id,
        tenant=text_of(row.organization_id),
    )


def _outcome(status: str | None) -> Outcome:
    if status is None:
        return Outcome.UNKNOWN
    if status in {"LOGIN_NO_ERROR", "Success"}:
        return Outcome.SUCCESS
    waits = "CHALLENGE" in status or status.endswith("FACTOR_REQ")
    return Outcome.INTERRUPTED if waits else Outcome.FAILURE


def _time(value: Scalar) -> Scalar:
    match = _COMPACT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return value
    year, month, day, hour, minute, second, fraction = match.groups()
    return f"{year}-{month}-{day}T{hour}:{minute}:{second}{fraction or ''}Z"


_DAMAGE = (msgspec.MsgspecError, RecursionError, UnicodeEncodeError, csv.Error)
_DECODER = msgspec.json.Decoder(_Row)
_ENVELOPES = ("records",)
_ENVELOPE = Envelope(_ENVELOPES)
_COMPACT = re.compile(
    r"([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})(\.[0-9]{1,6})?"
)
_REASONS = (
    ("invalid_password", "bad_credentials"), ("invalid_username", "unknown_user"),
    ("lockout", "locked"), ("locked", "locked"), ("frozen", "disabled"), ("inactive", "disabled"),
    ("expired", "expired_password"), ("restricted", "policy_denied"), ("mfa", "mfa_failed"),
    ("2factor", "mfa_failed"), ("two_factor", "mfa_failed"),
)  # fmt: skip

PARSER = Salesforce()
