"""Devices and their user agents: families, models, updates that arrive late, replacements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl

from authrisk.enrich.user_agent import parse_user_agent
from authrisk.simulate.draws import Bools, Floats, Ints, choose, exponential, mix, normal, uniform
from authrisk.simulate.profiles.crowd import Crowd
from authrisk.simulate.profiles.profile import DEVICE_TYPES
from authrisk.simulate.releases import release_line

CLIENT_COLUMNS = (
    "user_agent", "browser", "browser_version", "os", "os_version", "device_type",
)  # fmt: skip
_SLOTS = np.array([0.80, 0.15, 0.05])  # how often a user takes the first, second, third device


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of client. `{b}` is the browser version, `{o}` that of the OS, `{m}` the model."""

    device_type: str
    share: float
    browser: str
    browser_line: str
    os: str | None
    os_line: str
    agent: str
    models: tuple[str, ...] = ("",)


_PIXELS = ("Pixel 4", "Pixel 5", "Pixel 6a", "Pixel 7", "Pixel 8")
_GALAXIES = ("SM-A515F", "SM-G973F", "SM-G991B", "SM-S911B", "SM-A546B", "SM-A127F", "SM-S921B")
_CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{b}"
_WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"

FAMILIES: tuple[Family, ...] = (
    Family("mobile", 0.37, "Mobile Safari", "apple", "iOS", "apple",
           "Mozilla/5.0 (iPhone; CPU iPhone OS {o_} like Mac OS X) " + _WEBKIT
           + " Version/{b} Mobile/15E148 Safari/604.1"),
    Family("mobile", 0.07, "Chrome Mobile iOS", "chromium", "iOS", "apple",
           "Mozilla/5.0 (iPhone; CPU iPhone OS {o_} like Mac OS X) " + _WEBKIT
           + " CriOS/{b} Mobile/15E148 Safari/604.1"),
    Family("mobile", 0.36, "Chrome Mobile", "chromium", "Android", "android",
           "Mozilla/5.0 (Linux; Android {o}; {m}) " + _CHROME + " Mobile Safari/537.36",
           _PIXELS + _GALAXIES),
    Family("mobile", 0.12, "Samsung Internet", "samsung", "Android", "android",
           "Mozilla/5.0 (Linux; Android {o}; SAMSUNG {m}) AppleWebKit/537.36 (KHTML, like Gecko)"
           " SamsungBrowser/{b} Chrome/110.0.0.0 Mobile Safari/537.36", _GALAXIES),
    Family("mobile", 0.08, "Chrome Mobile WebView", "chromium", "Android", "android",
           "Mozilla/5.0 (Linux; Android {o}; {m} Build/TP1A.220624.014; wv) "
           "AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/{b} Mobile Safari/537.36",
           _GALAXIES + _PIXELS),
    Family("desktop", 0.44, "Chrome", "chromium", "Windows", "windows",
           "Mozilla/5.0 (Windows NT 10.0; Win64; x64) " + _CHROME + " Safari/537.36"),
    Family("desktop", 0.17, "Edge", "chromium", "Windows", "windows",
           "Mozilla/5.0 (Windows NT 10.0; Win64; x64) " + _CHROME + " Safari/537.36 Edg/{b}"),
    Family("desktop", 0.09, "Firefox", "firefox", "Windows", "windows",
           "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:{b}) Gecko/20100101 Firefox/{b}"),
    Family("desktop", 0.12, "Safari", "apple", "Mac OS X", "macos",
           "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) " + _WEBKIT
           + " Version/{b} Safari/605.1.15"),
    Family("desktop", 0.09, "Chrome", "chromium", "Mac OS X", "macos",
           "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) " + _CHROME + " Safari/537.36"),
    Family("desktop", 0.04, "Chrome", "chromium", "Linux", "linux",
           "Mozilla/5.0 (X11; Linux x86_64) " + _CHROME + " Safari/537.36"),
    Family("desktop", 0.03, "Firefox", "firefox", "Ubuntu", "linux",
           "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:{b}) Gecko/20100101 Firefox/{b}"),
    Family("desktop", 0.02, "Chrome", "chromium", "Chrome OS", "chromeos",
           "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) " + _CHROME + " Safari/537.36"),
    Family("tablet", 0.75, "Mobile Safari", "apple", "iOS", "apple",
           "Mozilla/5.0 (iPad; CPU OS {o_} like Mac OS X) " + _WEBKIT
           + " Version/{b} Mobile/15E148 Safari/604.1"),
    Family("tablet", 0.25, "Chrome", "chromium", "Android", "android",
           "Mozilla/5.0 (Linux; Android {o}; {m}) " + _CHROME + " Safari/537.36",
           ("SM-X205", "SM-T870", "Lenovo TB-X606F")),
    Family("bot", 0.4, "Java", "java", None, "none", "Java/{b}"),
    Family("other", 1.0, "okhttp", "app", None, "none", "okhttp/{b}.3"),
    Family("bot", 0.6, "Python Requests", "script", None, "none", "python-requests/{b}.0"),
)  # fmt: skip
"""Every client there is, with its share within its device type."""

_LIFE_DAYS = {"mobile": 900.0, "desktop": 1500.0, "bot": 2500.0, "other": 2500.0, "tablet": 1400.0}


class Devices(NamedTuple):
    """The device of each of M logins."""

    number: Ints
    """Equal for logins with the same device, (M,)."""
    kind: Ints
    """Index into `DEVICE_TYPES`, (M,)."""
    house: Bools
    """Runs what the company's IT department installs on all computers, (M,)."""
    batch: Ints
    """Equal for devices that were bought, and are replaced, together, (M,)."""
    ring: Ints
    """Group of devices that are updated together, -1 where the owner updates, (M,)."""


class Clients(NamedTuple):
    """The client of each of M logins, as indices."""

    family: Ints
    model: Ints
    browser: Ints
    """Index into the family's browser line."""
    system: Ints
    """Index into the family's OS line."""

    def take(self, rows: Ints) -> Clients:
        """The clients of some of the logins."""
        return Clients(*(column[rows] for column in self))


def device_of(user: Ints, visit: Ints, seed: int) -> Ints:
    """Device of each login, user * 4 + slot: sticky within a visit, the first one preferred."""
    owned = choose(np.array([0.5, 0.37, 0.13]), seed, user, 301)
    slot = np.minimum(choose(_SLOTS, seed, user, visit, 302), owned)
    return user * 4 + slot


def own_devices(life: Crowd, device: Ints, seed: int) -> Devices:
    """Devices that nobody manages."""
    kind = choose(np.array(life.device_shares), seed, device, 303)
    never, nobody = np.zeros(len(kind), bool), np.full(len(kind), -1, np.int64)
    return Devices(device, kind, never, device, nobody)


def clients_of(devices: Devices, day: Floats, seed: int) -> Clients:
    """What each device runs on a day (days since 1970): updated late, replaced after years."""
    device, kind = devices.number, devices.kind
    life = np.array([_LIFE_DAYS[name] for name in DEVICE_TYPES])[kind]
    life = life * np.exp(0.35 * normal(seed, 314, devices.batch))
    age = (day + 9.0 * normal(seed, 316, device)) / life + uniform(seed, 304, devices.batch)
    generation = np.floor(age).astype(np.int64)
    bought = day - (age - generation) * life
    key = mix(seed, 305, device, generation).view(np.int64)
    loyal = uniform(306, key) < 0.85
    family = _family(kind, device, np.where(loyal, 0, generation), seed)
    if devices.house.any():
        house = np.full(1, DEVICE_TYPES.index("desktop"))
        standard = _family(house, np.full(1, -1), np.zeros(1, np.int64), seed)
        family = np.where(devices.house, standard[0], family)
    sizes = np.array([len(f.models) for f in FAMILIES])
    model = (uniform(307, key) * sizes[family]).astype(np.int64)
    reached, slow = _updates(devices, key, day, day - bought, seed)
    browser, system = np.zeros_like(family), np.zeros_like(family)
    for at, shape in enumerate(FAMILIES):
        here = np.flatnonzero(family == at)
        if len(here):
            browser[here] = release_line(shape.browser_line).at(reached[here])
            late = reached[here] if shape.os_line == "apple" else reached[here] - slow[here]
            system[here] = release_line(shape.os_line).at(late)
    return Clients(family, model, browser, system)


def _updates(
    devices: Devices, key: Ints, day: Floats, age: Floats, seed: int
) -> tuple[Floats, Floats]:
    """The day in the calendar of releases that each device has reached, and days that its OS lags.

    Managed devices get updates in waves: once a week on the ring's day, the rings one after the
    other, each device after its next restart.
    """
    lag = 9.0 * exponential(309, key)
    stuck = uniform(310, key) < 0.06
    lag = np.where(stuck, np.maximum(age - 60.0, lag), lag)
    restart = 1.5 * exponential(311, key)
    ring = devices.ring
    wait = 2.0 + 4.0 * ring + 3.0 * uniform(seed, 312, ring)
    weekday = np.floor(7.0 * uniform(seed, 313, ring // 2))
    wave = np.floor((day - restart - weekday) / 7.0) * 7.0 + weekday - wait
    slow = 60.0 + 90.0 * np.abs(normal(315, key))
    return np.where(ring >= 0, wave, day - lag), slow


def attack_clients(key: Ints, day: Floats, seed: int) -> Clients:
    """What an attacker's tool claims to be: some client, up to date, the same per key."""
    kind = choose(np.array([0.25, 0.6, 0.03, 0.12, 0.0]), seed, key, 311)
    family = _family(kind, key, np.zeros_like(key), seed + 1)
    sizes = np.array([len(f.models) for f in FAMILIES])
    model = (uniform(seed, key, 312) * sizes[family]).astype(np.int64)
    lag = 60.0 * exponential(seed, key, 313)
    browser, system = np.zeros_like(family), np.zeros_like(family)
    for at, shape in enumerate(FAMILIES):
        here = np.flatnonzero(family == at)
        browser[here] = release_line(shape.browser_line).at(day[here] - lag[here])
        system[here] = release_line(shape.os_line).at(day[here] - lag[here] - 60.0)
    return Clients(family, model, browser, system)


def client_table(clients: Clients) -> tuple[pl.DataFrame, Ints]:
    """The distinct clients as rows of `CLIENT_COLUMNS`, and the row of each login.

    The package's own parser reads the agents, so columns and text never disagree.
    """
    code = ((clients.family * 16 + clients.model) * 512 + clients.browser) * 512 + clients.system
    distinct = np.sort(pl.Series(code).unique().to_numpy())
    which = np.searchsorted(distinct, code)
    agents = [
        _render(int(c) >> 22, (int(c) >> 18) & 15, (int(c) >> 9) & 511, int(c) & 511)
        for c in distinct
    ]
    rows = [(agent, *parse_user_agent(agent)) for agent in agents]
    table = pl.DataFrame(rows, schema=dict.fromkeys(CLIENT_COLUMNS, pl.String), orient="row")
    return table, which.astype(np.int64)


def _family(kind: Ints, device: Ints, key: Ints, seed: int) -> Ints:
    family = np.zeros_like(kind)
    for at, name in enumerate(DEVICE_TYPES):
        here = np.flatnonzero(kind == at)
        members = np.array([i for i, f in enumerate(FAMILIES) if f.device_type == name])
        shares = np.array([FAMILIES[i].share for i in members])
        family[here] = members[choose(shares, seed, device[here], key[here], 310)]
    return family


def _render(family: int, model: int, browser: int, system: int) -> str:
    """The user agent of one client."""
    shape = FAMILIES[family]
    version = release_line(shape.browser_line).versions[browser] or "17.0.9"
    os_version = release_line(shape.os_line).versions[system]
    name = shape.models[model]
    if shape.browser == "Chrome Mobile" and version.endswith(".0.0.0"):
        name, os_version = "K", "10"  # Chromium's reduced user agent
    return shape.agent.format(b=version, o=os_version, o_=os_version.replace(".", "_"), m=name)
