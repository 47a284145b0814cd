"""User agent texts to browser, operating system and kind of device."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple, Protocol

import ua_parser
from ua_parser.loaders import load_builtins
from ua_parser.regex import Resolver

LONGEST_READ = 1024
"""Characters; what comes after is never parsed. Real agents end before 512."""
LONGEST_PART = 64
"""Characters of a name or version that are kept: some names are cut from the text itself."""


class Client(NamedTuple):
    """What a user agent claims to be; None where it does not say, or nothing is recognised.

    `browser` and `os` are families of the uap-core project (`Chrome Mobile`, `Mac OS X`),
    versions are their numbers joined by dots. `device_type` is desktop, mobile, tablet, bot, tv
    or other.
    """

    browser: str | None = None
    browser_version: str | None = None
    os: str | None = None
    os_version: str | None = None
    device_type: str | None = None


class ClientParser(Protocol):
    """Anything that reads user agents; a cache around one is one too."""

    def parse(self, text: str) -> Client:
        """The client of any text whatever; never raises."""


class UapParser:
    """The expressions of uap-core under a linear-time engine (the Rust regex crate).

    uap-core is the data that the ua-parser projects share (Apache-2.0). A hostile text of any
    length costs no more than one of `LONGEST_READ` characters.
    """

    def __init__(self) -> None:
        browsers, systems, _ = load_builtins()
        # Devices are told by our own few words below: the 600 expressions of uap-core for phone
        # models would triple memory and time and still not say whether it is a tablet.
        self._resolve = Resolver((browsers, systems, []))

    def parse(self, text: str) -> Client:
        """Read the first `LONGEST_READ` characters."""
        text = text[:LONGEST_READ]
        if not text.isascii():
            text = text.encode(errors="replace").decode()  # lone surrogates
        found = self._resolve(text, _DOMAINS)
        agent, system = found.user_agent, found.os
        browser = _clean(agent.family) if agent else None
        os = _clean(system.family) if system else None
        return Client(
            browser=browser,
            browser_version=_version(agent.major, agent.minor, agent.patch, agent.patch_minor)
            if agent
            else None,
            os=os,
            os_version=_version(system.major, system.minor, system.patch, system.patch_minor)
            if system
            else None,
            device_type=_device_type(text.lower(), browser, os),
        )


class CachedParser:
    """A parser that remembers the last `size` different texts (by what is read of them)."""

    def __init__(self, inner: ClientParser, size: int = 4096) -> None:
        self._parse = lru_cache(maxsize=size)(inner.parse)

    def parse(self, text: str) -> Client:
        """The inner parser's answer."""
        return self._parse(text[:LONGEST_READ])


@lru_cache(maxsize=1)
def default_parser() -> CachedParser:
    """The parser of the package, built once (70 ms), behind its cache."""
    return CachedParser(UapParser())


def parse_user_agent(text: str) -> Client:
    """The client that a user agent claims to be.

    >>> parse_user_agent("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, "
    ...                  "like Gecko) Chrome/126.0.0.0 Safari/537.36")
    Client(browser='Chrome', browser_version='126.0.0.0', os='Windows', os_version='10', \
device_type='desktop')
    >>> parse_user_agent("")
    Client(browser=None, browser_version=None, os=None, os_version=None, device_type=None)
    """
    return default_parser().parse(text)


_DOMAINS = ua_parser.Domain.USER_AGENT | ua_parser.Domain.OS


def _clean(name: str | None) -> str | None:
    """Printable, one line, at most LONGEST_PART characters; None when nothing is left."""
    if name is None:
        return None
    if not name.isprintable():
        name = "".join(c for c in name if c.isprintable())
    name = name.strip()[:LONGEST_PART].strip()
    return name if name and name != "Other" else None


def _version(*parts: str | None) -> str | None:
    """The parts up to the first one missing, joined by dots."""
    kept = []
    for part in parts:
        if not part:
            break
        kept.append(part)
    return _clean(".".join(kept))


def _device_type(text: str, browser: str | None, os: str | None) -> str | None:
    """Kind of device from a lower-case text and the families found in it."""
    if any(word in text for word in _BOT_WORDS):
        return "bot"
    if any(word in text for word in _TV_WORDS):
        return "tv"
    if os == "iOS":
        return "tablet" if "ipad" in text else "mobile"
    if os == "Android":
        return "mobile" if "mobile" in text or "opera mini" in text else "tablet"
    if os in _MOBILE_SYSTEMS:
        return "tablet" if "tablet" in text or "ipad" in text else "mobile"
    if any(word in text for word in _OTHER_WORDS):
        return "other"
    if os in _DESKTOP_SYSTEMS:
        return "desktop"
    if os is None and browser is None:
        return None
    if "mobile" in text or "phone" in text:
        return "mobile"
    return "desktop" if os is None and any(w in text for w in ("windows", "x11")) else None


_BOT_WORDS = (
    "bot/", "bot;", "bot ", "bot)", "bot-", "crawl", "spider", "slurp", "headless", "phantomjs",
    "curl/", "wget/", "python", "go-http-client", "libwww", "java/", "httpclient", "http_request",
    "axios/", "node-fetch", "scrapy", "postmanruntime", "guzzlehttp", "ruby", "perl",
    "nmap", "sqlmap", "nikto", "hydra", "masscan", "zgrab", "facebookexternalhit", "monitor",
)  # fmt: skip
"""Programs that log in without a person: crawlers, HTTP libraries, scanners."""
_TV_WORDS = (
    "smart-tv", "smarttv", "smart_tv", "hbbtv", "appletv", "apple tv", "android tv", "googletv",
    "tvos", "roku", "crkey", "web0s", "netcast", "bravia", "aftb", "aftt", "afts", "viera",
)  # fmt: skip
_OTHER_WORDS = (
    "playstation", "xbox", "nintendo", "watchos", "watch os", "apple watch", "kindle", "oculus",
    "quest ", "carplay", "tesla/",
    "okhttp",
)  # fmt: skip
_MOBILE_SYSTEMS = frozenset(
    ("Windows Phone", "Windows Mobile", "BlackBerry OS", "BlackBerry Tablet OS", "KaiOS",
     "Firefox OS", "Symbian OS", "Bada", "Maemo", "Tizen", "HarmonyOS", "webOS", "Windows CE")
)  # fmt: skip
_DESKTOP_SYSTEMS = frozenset(
    ("Windows", "Mac OS X", "Mac OS", "Linux", "Ubuntu", "Fedora", "Debian", "Chrome OS",
     "FreeBSD", "OpenBSD", "NetBSD", "Solaris", "Red Hat", "SUSE", "Gentoo", "CentOS",
     "Arch Linux", "Linux Mint", "Kubuntu", "Mandriva", "Slackware")
)  # fmt: skip
