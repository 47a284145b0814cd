"""User agents: known ones, absent ones, hostile ones."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authrisk.enrich.user_agent import (
    LONGEST_PART,
    LONGEST_READ,
    CachedParser,
    Client,
    UapParser,
    parse_user_agent,
)

DEVICE_TYPES = {None, "desktop", "mobile", "tablet", "bot", "tv", "other"}
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.fixture(scope="module")
def parser() -> UapParser:
    return UapParser()


@pytest.mark.parametrize(
    ("text", "client"),
    [
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/126.0.0.0 Safari/537.36",
         Client("Chrome", "126.0.0.0", "Windows", "10", "desktop")),
        (f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/126.0.0.0 Mobile Safari/537.36",
         Client("Chrome Mobile", "126.0.0.0", "Android", "10", "mobile")),
        (f"Mozilla/5.0 (Linux; Android 13; SM-X700) {WEBKIT} Chrome/120.0.0.0 Safari/537.36",
         Client("Chrome", "120.0.0.0", "Android", "13", "tablet")),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, "
         "like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
         Client("Mobile Safari", "17.5", "iOS", "17.5.1", "mobile")),
        ("Mozilla/5.0  (iPad; CPU OS 7_1 like Mac OS X) AppleWebKit/533.1 (KHTML, like Gecko "
         "Version/4.0 Mobile Safari/533.1 variation/277457",
         Client("Mobile Safari", "4.0", "iOS", "7.1", "tablet")),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
         Client("Firefox", "127.0", "Linux", None, "desktop")),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
         "Version/17.4.1 Safari/605.1.15",
         Client("Safari", "17.4.1", "Mac OS X", "10.15.7", "desktop")),
        (f"Mozilla/5.0 (Windows NT 10.0) {WEBKIT} Chrome/126.0.0.0 Safari/537.36 Edg/126.0.2592.68",
         Client("Edge", "126.0.2592.68", "Windows", "10", "desktop")),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/126.0.0.0 Safari/537.36",
         Client("Chrome", "126.0.0.0", "Chrome OS", "14541.0.0", "desktop")),
        ("curl/8.5.0", Client("curl", "8.5.0", None, None, "bot")),
        ("python-requests/2.32.3", Client("Python Requests", "2.32", None, None, "bot")),
        ("", Client()),
        ("-", Client()),
        ("no agent at all", Client()),
    ],
)  # fmt: skip
def test_agents_are_read_as_what_they_claim(parser: UapParser, text: str, client: Client) -> None:
    """Families and versions of uap-core, our kinds of device, None for what is absent."""
    assert parser.parse(text) == client


@pytest.mark.parametrize(
    ("text", "device"),
    [
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "bot"),
        (f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} HeadlessChrome/119.0 Safari/537.36", "bot"),
        (f"Mozilla/5.0 (Web0S; Linux/SmartTV) {WEBKIT} Chrome/94.0 Safari/537.36", "tv"),
        (f"Mozilla/5.0 (SMART-TV; LINUX; Tizen 6.0) {WEBKIT} 76.0/6.0 TV Safari/537.36", "tv"),
        ("Mozilla/5.0 (PlayStation 5 3.03/SmartTV) AppleWebKit/605.1.15 (KHTML, like Gecko)", "tv"),
        ("Mozilla/5.0 (Nintendo Switch; WifiWebAuthApplet) AppleWebKit/606.4", "other"),
        (
            "Mozilla/5.0 (Mobile; Nokia_8110_4G; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5",
            "mobile",
        ),
        ("Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia 950) Mobile", "mobile"),
    ],
)
def test_kinds_of_device(parser: UapParser, text: str, device: str) -> None:
    """Programs, televisions, consoles and phones that a table of families would miss."""
    assert parser.parse(text).device_type == device


HOSTILE = {
    "8 KB": "Mozilla/5.0 " + "A" * 8192,
    "control": "\x00\x01\x1b[2J\x7f" * 100,
    "ansi": "\x1b[31mChrome/1.2\x1b[0m",
    "bidi": "\u202eemorhC\u202c Chrome/\u202e1.2",
    "emoji": "Chrome/99 \U0001f600" * 50,
    "jndi": "${jndi:ldap://x/a}",
    "script": "<script>alert(1)</script> Firefox/1",
    "crlf": "Firefox/1\r\nSet-Cookie: a=b",
    "surrogate": "\ud800\udfff Chrome/1",
    "digits": "Chrome/" + "1." * 4000,
    "long digits": "Chrome/" + "9" * 5000,
    "spaces": "Mozilla/5.0 (" + " " * 8000,
    "semicolons": "Mozilla/5.0 (Linux; Android" + "; a" * 2700,
    "slashes": "/" * 8192,
    "brackets": "(" * 8192,
    "androids": "Android 4.4 " * 700,
    "builds": "Build/" * 1400,
    "backtrack": "Mozilla/5.0 (Linux; U; " + "a-a_a " * 1300 + ")",
    "name": "Mozilla/5.0 (compatible; " + "x" * 900 + "bot/1.0)",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_agents_are_read_in_two_milliseconds(parser: UapParser, name: str) -> None:
    """Answer of known kind, bounded and printable, in at most 2 ms (the best of five)."""
    text, best = HOSTILE[name], 1.0
    for _ in range(5):
        start = time.perf_counter()
        client = parser.parse(text)
        best = min(best, time.perf_counter() - start)
    assert best <= 2e-3
    assert client.device_type in DEVICE_TYPES
    for part in client:
        assert part is None or (part.isprintable() and 0 < len(part) <= LONGEST_PART)


@settings(max_examples=200, derandomize=True)
@given(st.text(max_size=60), st.text(min_size=1, max_size=20))
def test_what_comes_after_the_limit_is_never_read(start: str, tail: str) -> None:
    """Any text has an answer, and a tail past LONGEST_READ characters does not change it."""
    padded = start.ljust(LONGEST_READ, ".")
    assert parse_user_agent(padded + tail) == parse_user_agent(padded)


def test_the_cache_answers_as_its_inner_parser(parser: UapParser) -> None:
    """A cached parser is a parser: same answers, the inner one asked once for each text."""
    asked = []

    class Counting:
        def parse(self, text: str) -> Client:
            asked.append(text)
            return parser.parse(text)

    cached = CachedParser(Counting(), size=8)
    for text in (*HOSTILE.values(), "curl/8.5.0", "curl/8.5.0"):
        assert cached.parse(text) == parser.parse(text)
    assert asked.count("curl/8.5.0") == 1
    assert max(map(len, asked)) <= LONGEST_READ
