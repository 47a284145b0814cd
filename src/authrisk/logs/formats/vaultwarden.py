"""Vaultwarden 1.x log, and the identity log of Bitwarden's own server.

Vaultwarden: `[stamp][vaultwarden::api::identity][ERROR] Username or password is incorrect. Try
again. IP: i. Username: u.`; `[INFO] User u logged in successfully. IP: i`; wrong second factors
and admin tokens name an address only. Stamps have an offset or are local time. Bitwarden:
`stamp +hh:mm [WRN] Failed login attempt(, 2FA invalid). address`.

Reference: src/api/identity.rs, src/api/admin.rs of Vaultwarden 1.34; fail2ban examples of its
wiki. Most lines of the sample are of crowdsec's parser tests (MIT).
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
        if header is not None:
            stamp, module, _level = header.groups()
        else:
            header = _BITWARDEN.match(line.text)
            if header is None:
                return Rejected(line, "no header of Vaultwarden or Bitwarden")
            stamp, module = header[1], "bitwarden"
        message = line.text[header.end() :]
        told = _read_message(module, message)
        if told is None:
            return Ignored(line, OTHER)
        match, outcome, reason, method = told
        parts = match.groupdict()
        return line_event(
            "vaultwarden", line, stamps.utc_ns(stamp), parts.get("user"), outcome,
            source=parts["source"], reason=reason, auth_method=method,
            mfa=True if reason == "mfa_failed" else None,
            app="bitwarden" if module == "bitwarden" else "vaultwarden",
        )  # fmt: skip

    return read


def _read_message(
    module: str, message: str
) -> tuple[re.Match[str], Outcome, str | None, str | None] | None:
    for place, expression, outcome, reason, method in _MESSAGES:
        match = expression.fullmatch(message) if module.startswith(place) else None
        if match is not None:
            return match, outcome, reason, method
    return None


_STAMP = r"([0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:]{8}(?:\.[0-9]+)? ?(?:[+-][0-9]{2}:?[0-9]{2})?)"
_HEADER = re.compile(rf"\[{_STAMP}\]\[((?:vaultwarden|bitwarden_rs)::[a-z_:]+)\]\[([A-Z]+)\] ")
_BITWARDEN = re.compile(rf"{_STAMP} \[(?:WRN|INF|ERR)\] (?=Failed login attempt)")
_IDENTITY = ("vaultwarden::api::identity", "bitwarden_rs::api::identity")
_SOURCE = r"IP: (?P<source>[0-9A-Fa-f.:]+)"
_MESSAGES: tuple[
    tuple[str | tuple[str, ...], re.Pattern[str], Outcome, str | None, str | None], ...
] = (
    (
        _IDENTITY,
        re.compile(
            r"Username or password is incorrect\. Try again\.?"
            rf" {_SOURCE}\. Username: (?P<user>.*?)\.?"
        ),
        Outcome.FAILURE, "bad_credentials", "password",
    ),
    (
        _IDENTITY,
        re.compile(rf"This user has been disabled {_SOURCE}\. Username: (?P<user>.*?)\.?"),
        Outcome.FAILURE, "disabled", "password",
    ),
    (
        _IDENTITY,
        re.compile(rf"User (?P<user>.*) logged in successfully\. {_SOURCE}"),
        Outcome.SUCCESS, None, None,
    ),
    (
        "vaultwarden::api::admin",
        re.compile(rf"Invalid admin token\. {_SOURCE}"),
        Outcome.FAILURE, "bad_credentials", "token",
    ),
    (
        "vaultwarden::api::core::two_factor::",
        re.compile(
            r"(?:Invalid TOTP code! Server time: [0-9-]{10} [0-9:]{8} UTC|Token is invalid!"
            rf"|TOTP code has already been used.*?) {_SOURCE}"
        ),
        Outcome.FAILURE, "mfa_failed", "otp",
    ),
    (
        "bitwarden",
        re.compile(r"Failed login attempt, 2FA invalid\. (?P<source>[0-9A-Fa-f.:]+)"),
        Outcome.FAILURE, "mfa_failed", "otp",
    ),
    (
        "bitwarden",
        re.compile(r"Failed login attempt\. (?P<source>[0-9A-Fa-f.:]+)"),
        Outcome.FAILURE, "bad_credentials", "password",
    ),
)  # fmt: skip

PARSER = ReaderFormat(
    name="vaultwarden",
    title="Vaultwarden, Bitwarden server: identity log",
    versions="1.x",
    proven="samples",
    is_own=lambda text: _HEADER.match(text) is not None or _BITWARDEN.match(text) is not None,
    opened=_opened,
    sample="""\
[2024-03-02 17:38:19.023-0700][vaultwarden::api::identity][ERROR] Username or password is \
incorrect. Try again. IP: 192.168.1.2. Username: blah@gmail.com.
[2022-02-05 11:55:04.725][vaultwarden::api::admin][ERROR] Invalid admin token. IP: ::1
[2022-02-05 12:01:51.892][vaultwarden::api::core::two_factor::authenticator][ERROR] Invalid TOTP \
code! Server time: 2022-02-05 12:01:51 UTC IP: ::1
2023-04-24 13:06:35.295 -05:00 [WRN] Failed login attempt. 207.96.38.253
[2024-03-02 17:39:00.100-0700][vaultwarden::api::identity][INFO] User blah@gmail.com logged in \
successfully. IP: 192.168.1.2
[2024-03-02 17:39:00.200-0700][vaultwarden::api::core::ciphers][INFO] synced""",
    expected=(
        {
            "user_id": "blah@gmail.com", "outcome": "failure", "src_ip": "192.168.1.2",
            "failure_reason": "bad_credentials", "timestamp_ns": 1_709_426_299_023_000_000,
        },
        {"user_id": None, "src_ip": "::1", "auth_method": "token"},
        {"user_id": None, "failure_reason": "mfa_failed", "mfa": True},
        {"src_ip": "207.96.38.253", "app": "bitwarden"},
        {"user_id": "blah@gmail.com", "outcome": "success", "src_ip": "192.168.1.2"},
    ),
    hostile="""\
[2024-03-02 17:38:19.023][vaultwarden::api::identity][ERROR] Username or password is incorrect. \
Try again. IP: 6.6.6.6. Username: x. IP: 1.2.3.4. Username: victim.
[2024-03-02 17:38:19.023][vaultwarden::api::identity][ERROR] Username or password is incorrect. \
Try again. IP: 6.6.6.6. Username: User victim logged in successfully. IP: 1.2.3.4.
[2024-03-02 17:38:19.023][vaultwarden::api::icons][WARN] [2024-03-02 17:38:19.023]\
[vaultwarden::api::identity][INFO] User victim logged in successfully. IP: 1.2.3.4""",
)  # fmt: skip
