r"""Self-hosted applications that write one line for each refused login, nineteen of them.

BookStack (in the error log of nginx or Apache, which their own formats claim: name this one),
Calibre-Web, File Browser, Firefly III, Harbor, Home Assistant, Immich, Jellyfin, MeshCentral,
Miniflux, Odoo, OPNsense and pfSense web interfaces, Paperless-ngx, qBittorrent, Radarr and its kin,
Redmine, Stirling-PDF, Uptime Kuma. One row of `_APPS` each: whatever a visitor types stands between
fixed texts on both sides, or in a class that stops at its delimiter.

Versions: those of 2021 to 2026. Assumptions: most write no zone, so the setting counts; Immich
writes dates month first. Of Harbor's list of forwarded addresses the first is the client's. Firefly
says `User is trying to login` before every attempt, a good one too: that is no event. Applications
that tell of successes (Odoo, Redmine, Radarr, pfSense, qBittorrent, Firefly) give both.

References: the parsers of crowdsec's hub (MIT), whose samples these are, and the source code of the
applications for the successes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from authrisk.event import Outcome
from authrisk.logs.line_format import DaemonFormat, LineLogin, Said

SAMPLE = r"""
[2025-07-17 13:17:11,562]  WARN {cps.web:1475} Login failed for user "test4@example.org" IP-address: 127.0.0.1
2025/03/31 17:30:02 /api/login: 403 192.168.1.2 <nil>
[2026-02-05 12:34:56] local.WARNING: AUDIT: Login failed. Attempt for user "User@EmailDomain.com" failed. (192.168.1.124 -> POST:https://FireflyiiiDomain.com/login)
May 16 12:11:39 172.25.0.1 core[1160]: 2023-05-16T12:11:39Z [ERROR] [/server/middleware/security/basic_auth.go:72][client IP="1.1.1.1, 192.168.32.1" requestID="dfdfecc8" user agent="docker/23.0.6 (linux)"]: failed to authenticate user:test, error:Failed to authenticate user, due to error 'Invalid credentials'
2022-08-11 01:37:55.287 WARNING (MainThread) [homeassistant.components.http.ban] Login attempt or request with invalid authentication from 192.168.254.4 (192.168.254.4). Requested URL: '/auth/login_flow/69d9'. (Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:103.0) Gecko/20100101 Firefox/103.0)
[Nest] 7  - 08/02/2023, 7:32:47 PM    WARN [AuthService] Failed login attempt for user azaz@qsqs.com from ip address 192.168.0.254
[2023-05-20 17:22:00.500 +02:00] [INF] [19] Jellyfin.Server.Implementations.Users.UserManager: Authentication request for testuser has been denied (IP: 163.234.23.45).
miniflux  | time=2024-01-12T22:54:56.307Z level=WARN msg="Incorrect username or password" authentication_failed=true client_ip=192.168.0.254 user_agent="Mozilla/5.0 (X11; CrOS)" username=hacker1 error="store: unable to find this user: hacker1"
2022-04-05 14:40:34,644 1 INFO odoo odoo.addons.base.models.res_users: Login failed for db:odoo login:toto@mail.fr from 172.19.0.1
2022-04-05 14:40:40,644 1 INFO odoo odoo.addons.base.models.res_users: Login successful for db:odoo login:toto@mail.fr from 172.19.0.1
Oct 26 14:50:21 pfSense php-fpm[374]: /index.php: webConfigurator authentication error for user 'toto' from: 10.0.0.1
[2023-06-30 15:17:36,332] [INFO] [paperless.auth] Login failed for user `test6priv` from private IP `2001:db8::b6d3:95d7:1425:766d`.
Oct  9 19:34:12 radarr Radarr[33523]: [Warn] Auth: Auth-Failure ip 1.2.3.4 username 'test'
W, [2023-03-13T09:25:23.245316 #1]  WARN -- : Failed login for 'user' from 127.0.0.1 at 2023-03-13 09:25:23 UTC
2022-04-25T15:16:10.450Z [AUTH] WARN: Invalid token provided for user Test. IP=1.1.1.1
"""  # noqa: E501 - lines as the log has them

EXPECTED: tuple[dict[str, object], ...] = (
    {"user_id": "test4@example.org", "outcome": "failure", "app": "calibre-web"},
    {"user_id": None, "src_ip": "192.168.1.2", "timestamp_ns": 1_743_442_202_000_000_000},
    {"user_id": "User@EmailDomain.com", "src_ip": "192.168.1.124", "app": "firefly-iii"},
    {"user_id": "test", "src_ip": "1.1.1.1", "user_agent": "docker/23.0.6 (linux)"},
    {"user_id": None, "src_ip": "192.168.254.4", "app": "home-assistant"},
    {"user_id": "azaz@qsqs.com", "timestamp_ns": 1_691_004_767_000_000_000, "app": "immich"},
    {"user_id": "testuser", "timestamp_ns": 1_684_596_120_500_000_000, "app": "jellyfin"},
    {"user_id": "hacker1", "user_agent": "Mozilla/5.0 (X11; CrOS)", "app": "miniflux"},
    {"user_id": "toto@mail.fr", "outcome": "failure", "app": "odoo"},
    {"user_id": "toto@mail.fr", "outcome": "success"},
    {"user_id": "toto", "dst_host": "pfSense", "src_ip": "10.0.0.1", "app": "pfsense"},
    {"user_id": "test6priv", "src_ip": "2001:db8::b6d3:95d7:1425:766d", "app": "paperless-ngx"},
    {"user_id": "test", "src_ip": "1.2.3.4", "app": "radarr"},
    {"user_id": "user", "timestamp_ns": 1_678_699_523_245_316_000, "app": "redmine"},
    {"user_id": "Test", "failure_reason": "mfa_failed", "app": "uptime-kuma"},
)

HOSTILE = r"""
[2025-07-17 13:17:11,562]  WARN {cps.web:1475} Login failed for user "x" IP-address: 6.6.6.6 Login failed for user "victim" IP-address: 1.2.3.4
2022-04-05 14:40:34,644 1 INFO odoo odoo.addons.base.models.res_users: Login failed for db:odoo login:x from 6.6.6.6 login:victim from 1.2.3.4
May 16 12:11:39 h core[1]: 2023-05-16T12:11:39Z [ERROR] [/a.go:72][client IP="6.6.6.6" requestID="d" user agent="a\"]: failed to authenticate user:victim, error:x"]: failed to authenticate user:x, error:Failed to authenticate user, due to error 'Invalid credentials'
miniflux  | time=2024-01-12T22:54:56.307Z level=WARN msg="Incorrect username or password" authentication_failed=true client_ip=6.6.6.6 user_agent="a\" username=victim" username=x error="b"
2023/09/23 09:58:54 [error] 298#298: *1093 FastCGI sent in stderr: "PHP message: Failed login for x" while reading response header from upstream, client: 6.6.6.6, server: _, request: "POST /login HTTP/1.1", referrer: "PHP message: Failed login for victim"
Oct 26 14:50:21 h sshd[374]: /index.php: webConfigurator authentication error for user 'victim' from: 10.0.0.1
"""  # noqa: E501 - lines as the log has them


class _App(NamedTuple):
    name: str
    mark: str
    """A text without which the pattern cannot match: looked for first, it is quicker."""
    pattern: re.Pattern[str]
    outcome: Outcome = Outcome.FAILURE
    reason: str | None = "bad_credentials"
    stamp: Callable[[re.Match[str]], str] = lambda match: match["stamp"]


def _read(text: str) -> Said:
    marked = False
    for app in _APPS:
        if app.mark not in text:
            continue
        marked = True
        match = app.pattern.fullmatch(text)
        if match is None:
            continue
        parts = match.groupdict()
        return LineLogin(
            when=app.stamp(match),
            user=parts.get("user"),
            outcome=app.outcome,
            reason=app.reason,
            source=parts.get("source") or "",
            app=(parts.get("app") or app.name).lower(),
            user_agent=parts.get("agent"),
            dst_host=parts.get("host"),
        )
    if marked:
        raise ValueError("a message whose fields are not in their places")
    return None


def _slashed(match: re.Match[str]) -> str:
    """2025/03/31 17:30:02"""
    return match["stamp"].replace("/", "-")


def _of_apache(match: re.Match[str]) -> str:
    """Fri Mar 15 10:12:48.1234 2024"""
    _, month, day, clock, year = match["stamp"].split()
    return f"{month} {day} {year} {clock}"


def _of_nest(match: re.Match[str]) -> str:
    """08/02/2023, 7:32:47 PM"""
    date, clock = match["stamp"].split(", ")
    month, day, year = date.split("/")
    hour, rest = clock.split(":", 1)
    rest, _, half = rest.partition(" ")
    hours = int(hour) if not half else int(hour) % 12 + 12 * (half == "PM")
    return f"{year}-{month:>02}-{day:>02} {hours:02d}:{rest}"


def _stamp(zone: str = "") -> str:
    return rf"(?P<stamp>{_TIME}{zone})"


_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:]{8}(?:[.,][0-9]{1,9})?"
_OFFSET = r"(?:Z|[+-][0-9]{2}:[0-9]{2})"
_BSD = r"[A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8}"
_SYSLOG = rf"(?P<stamp>{_BSD}|{_TIME}{_OFFSET}) (?P<host>\S+) "
_IP = r"(?P<source>[0-9A-Fa-f.:]{2,45})"
_USER = r"(?P<user>.*)"
_MFA = "mfa_failed"
_SUCCESS = Outcome.SUCCESS
_ANSI = r"(?:(?:\x1b|\\x1b)(?:\[[0-9;]{0,12}m)?)*"  # some runtimes write the escape as text
_CLOCK = r"[0-9]{2}/[0-9]{2}/[0-9]{4}, [0-9]{1,2}:[0-9]{2}:[0-9]{2}(?: [AP]M)?"
_QUOTED = r'(?:[^"\\]|\\.)*+'


def _pattern(*parts: str) -> re.Pattern[str]:
    return re.compile("".join(parts) + r"\s*")


_APPS = (
    _App("bookstack", "PHP message: Failed login for ", _pattern(
        r"(?P<stamp>[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9:]{8}) \[error\] [0-9#]+: (?:\*[0-9]+ )?FastCGI"
        r" sent in stderr: \"PHP message: Failed login for (?P<user>[^\s\"]{1,320})\" while reading"
        r" [a-z ]{1,60}, client: (?P<source>[^\s,]{1,45}), server: .*"), stamp=_slashed),
    _App("bookstack", "] Failed login for ", _pattern(
        r"\[(?P<stamp>[A-Z][a-z]{2} [A-Z][a-z]{2} [0-9]{2} [0-9:]{8}(?:\.[0-9]{1,6})? [0-9]{4})\]"
        r" \[php[^\]\s]{0,20}\] \[pid [0-9:tid ]{1,40}\] \[client (?P<source>[^\s\]]+)\]"
        r" Failed login for (?P<user>[^\s,]{1,320})(?:, referer: .*)?"), stamp=_of_apache),
    _App("calibre-web", "} Login failed for user ", _pattern(
        r"\[", _stamp(), r"\] {1,2}WARN \{cps\.web:[0-9]+\} Login failed for user \"", _USER,
        r"\" IP-address: ", _IP)),
    _App("filebrowser", "/api/login: 403 ", _pattern(
        r"(?P<stamp>[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9:]{8}) /api/login: 403 ", _IP, r" \S+"),
        stamp=_slashed),
    _App("firefly-iii", "AUDIT: Login failed. Attempt", _pattern(
        r"\[", _stamp(), r"\] \w+\.[A-Z]+: AUDIT: Login failed\. Attempt for user \"", _USER,
        r"\" failed\. \(", _IP, r" -> POST:\S+\)")),
    _App("firefly-iii", "AUDIT: MFA failure count is set", _pattern(
        r"\[", _stamp(), r"\] \w+\.[A-Z]+: AUDIT: MFA failure count is set to [0-9]+\. \(", _IP,
        r" \((?P<user>[^()]*)\) -> POST:\S+\)"), reason=_MFA),
    _App("firefly-iii", "AUDIT: User \"", _pattern(
        r"\[", _stamp(), r"\] \w+\.[A-Z]+: AUDIT: User \"", _USER,
        r"\" has been logged in\. \(", _IP, r"(?: \([^()]*\))? -> POST:\S+\)"), _SUCCESS, None),
    _App("harbor", "]: failed to authenticate user:", _pattern(
        r"(?:", _BSD, r" \S+ \w+\[[0-9]+\]: )?", _stamp("Z"),
        r" \[ERROR\] \[[^\]\s]*\]\[client IP=\"", r"(?P<source>[^\s\",]*)[^\"]*\"",
        r" requestID=\"[^\"]*\" user agent=\"(?P<agent>", _QUOTED, r")\"\]: failed to authenticate"
        r" user:", _USER, r", error:Failed to authenticate user, due to error '[^']*'")),
    _App("home-assistant", "[homeassistant.components.http.ban] Login attempt", _pattern(
        _stamp(), r" WARNING \(\w+\) \[homeassistant\.components\.http\.ban\] Login attempt or"
        r" request with invalid authentication from \S{1,255} \(", _IP,
        r"\)\.(?: Requested URL: '[^']*'\.)?(?: \((?P<agent>.*)\))?")),
    _App("immich", "Failed login attempt for user ", _pattern(
        _ANSI, r"\[Nest\] [0-9]+  - ", _ANSI, r"(?P<stamp>", _CLOCK, r") ", _ANSI, r" *WARN", _ANSI,
        r" ", _ANSI, r"\[AuthService\] ", _ANSI, r"Failed login attempt for user ", _USER,
        r" from ip address ", _IP, _ANSI), stamp=_of_nest),
    _App("jellyfin", ".UserManager: Authentication request for ", _pattern(
        r"\[", _stamp(" " + _OFFSET), r"\] \[INF\] \[[0-9]+\] [A-Za-z.]+\.UserManager:"
        r" Authentication request for \"?(?P<user>.*?)\"? has been denied \(IP: \"?", _IP,
        r"\"?\)\.")),
    _App("meshcentral", "]: Failed password for ", _pattern(
        _SYSLOG, r"https\[[0-9]+\]: Failed password for ", _USER, " from ", _IP,
        " port [0-9]{1,5}")),
    _App("miniflux", "msg=\"Incorrect username or password\"", _pattern(
        r"(?:[\w.-]{1,64} +\| )?time=", _stamp(_OFFSET),
        r" level=WARN msg=\"Incorrect username or password\" authentication_failed=true client_ip=",
        _IP, r" user_agent=(?:\"(?P<agent>", _QUOTED, r")\"|\S*) username=(?P<user>\"", _QUOTED,
        r"\"|\S*) error=.*")),
    _App("odoo", ".res_users: Login failed for ", _pattern(
        _stamp(), r" [0-9]+ INFO \S+ [\w.]+\.res_users: Login failed for db:\S+ login:", _USER,
        r" from ", _IP)),
    _App("odoo", ".res_users: Login successful for ", _pattern(
        _stamp(), r" [0-9]+ INFO \S+ [\w.]+\.res_users: Login successful for db:\S+ login:", _USER,
        r" from ", _IP), _SUCCESS, None),
    _App("opnsense", ": Web GUI authentication error for ", _pattern(
        r"<[0-9]{1,3}>1 ", _stamp(_OFFSET), r" (?P<host>\S+) audit \S+ \S+ (?:-|\[[^\]]*\])"
        r" /[\w.]+: Web GUI authentication error for '", _USER, r"' from ", _IP)),
    _App("pfsense", ": webConfigurator authentication error ", _pattern(
        _SYSLOG, r"php-fpm\[[0-9]+\]: /[\w./]+: webConfigurator authentication error for user '",
        _USER, r"' from: ", _IP)),
    _App("pfsense", ": Successful login for user ", _pattern(
        _SYSLOG, r"php-fpm\[[0-9]+\]: /[\w./]+: Successful login for user '", _USER,
        r"' from: ", _IP, r"(?: \([\w ]{1,60}\))?"), _SUCCESS, None),
    _App("paperless-ngx", "[paperless.auth] Login failed for ", _pattern(
        r"\[", _stamp(), r"\] \[INFO\] \[paperless\.auth\] Login failed for user `", _USER,
        r"` from (?:private )?IP `(?P<source>[0-9A-Fa-f.:]{2,45}?)\.?`\.?")),
    _App("qbittorrent", " - WebAPI login failure. ", _pattern(
        r"\(W\) ", _stamp(), r" - WebAPI login failure\. Reason: [^,]{1,60}, "
        r"(?:attempt count: [0-9]+, )?IP: ", _IP, r", username: ", _USER)),
    _App("qbittorrent", " - WebAPI login success. ", _pattern(
        r"\([NI]\) ", _stamp(), r" - WebAPI login success\. IP: ", _IP), _SUCCESS, None),
    _App("radarr", " Auth: Auth-Failure ip ", _pattern(
        _SYSLOG, r"(?P<app>[A-Z][a-z]+)\[[0-9]+\]: \[Warn\] Auth: Auth-Failure ip ", _IP,
        r" username '", _USER, r"'")),
    _App("radarr", " Auth: Auth-Success ip ", _pattern(
        _SYSLOG, r"(?P<app>[A-Z][a-z]+)\[[0-9]+\]: \[Info\] Auth: Auth-Success ip ", _IP,
        r" username '", _USER, r"'"), _SUCCESS, None),
    _App("redmine", " -- : Failed login for ", _pattern(
        r"W, \[", _stamp(), r" #[0-9]+\]  WARN -- : (?:\[[^\]]*\] )?Failed login for '", _USER,
        r"' from ", _IP, r" at [0-9: -]{19} UTC")),
    _App("redmine", " -- : Successful authentication for ", _pattern(
        r"I, \[", _stamp(), r" #[0-9]+\]  INFO -- : (?:\[[^\]]*\] )?Successful authentication for"
        r" '", _USER, r"' from ", _IP, r" at [0-9: -]{19} UTC"), _SUCCESS, None),
    _App("stirling-pdf", "Failed login attempt from IP: ", _pattern(
        _stamp(), r" ERROR \S+ \[[^\]\s]*\] Failed login attempt from IP: \[?", _IP, r"\]?")),
    _App("stirling-pdf", "] Invalid password for user: ", _pattern(
        _stamp(), r" WARN \S+ \[[^\]\s]*\] Invalid password for user: ", _USER, r" from IP: ",
        _IP)),
    _App("uptime-kuma", "[AUTH] WARN: Incorrect username or password ", _pattern(
        _stamp("Z"), r" \[AUTH\] WARN: Incorrect username or password for user ",
        _USER, r"\. IP=", _IP)),
    _App("uptime-kuma", "[AUTH] WARN: Invalid token provided ", _pattern(
        _stamp("Z"), r" \[AUTH\] WARN: Invalid token provided for user ",
        _USER, r"\. IP=", _IP), reason=_MFA),
)  # fmt: skip

PARSER = DaemonFormat(
    name="homelab_apps",
    title="Self-hosted applications: BookStack to Uptime Kuma, nineteen of them",
    versions="those of 2021 to 2026",
    proven="samples",
    sample=SAMPLE,
    expected=EXPECTED,
    hostile=HOSTILE,
    read=_read,
    programs=("php-fpm", "Radarr", "Sonarr", "Lidarr", "Prowlarr"),
)
