"""The catalogue: every feature by name, unit and group. Its order is the tensor layout.

A row is one login. Columns of scope `login` compare it with its user's own earlier logins; they
are filled for every row of a window. Columns of scope `population` (how rare is this for
everybody?) and `source` (what else came from there lately?) are filled for the current login
only and are 0 in the rows of the past: they depend on the moment of asking. Columns of scope
`relation` are the other way round: filled in the rows of the past, 0 in the current one, they say
how that past login and the current one go together.

Sources: Freeman et al., NDSS 2016; Wiefling et al., ACM TOPS 2022 (fields and rarity); the
source-velocity columns follow common practice against credential stuffing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Scope = Literal["login", "population", "source", "relation"]

FIELDS = (
    "country", "region", "city", "asn", "prefix", "address",
    "browser", "os", "device_type", "client", "service", "method",
)  # fmt: skip
"""The fields of a login that are compared with the past. `client` is the whole user agent (or the
device id), `address` falls back to the source host, `service` to the destination host."""

FIELD_CLASSES = ("same", "seen", "new", "missing")
"""How a field relates to the user's past: as in the last login; seen before; never; not there, as
in earlier logins. A value that is absent for the first time is `new`."""

RARITY_FIELDS = (
    "country", "region", "asn", "browser", "os", "device_type", "client", "service", "method",
)  # fmt: skip
"""The fields whose commonness is counted over the whole population."""

SOURCE_KINDS = ("address", "prefix", "asn")
SOURCE_WINDOWS = (("10m", 600.0), ("1h", 3_600.0), ("24h", 86_400.0))
"""Windows of the source columns: name and length in seconds."""

NETWORKS = ("public", "hosting", "vpn", "tor", "private", "loopback", "invalid", "unknown")
GAP_BUCKETS = 8
HOUR_BUCKETS = 12
SPEED_CLASSES = ("missing", "near", "plausible", "impossible")
FAILURE_CLASSES = ("none", "1-2", "3-9", "10+")
RTT_CLASSES = ("missing", "usual", "unusual")
CROWD_CLASSES = ("none", "1-2", "3-7", "8+")
FAILING_CLASSES = ("none", "some", "most")

LOOKBACK = 32
"""Earlier familiar logins that one row is compared with."""
STEPS = 16
"""T: logins in a window, the current one last."""
HISTORY_LIMIT = LOOKBACK + STEPS - 1
"""Familiar logins that a window can depend on: no more need be fetched."""
FAILURE_LIMIT = 32
"""Failed attempts that are counted at most: a flood says no more than this many."""
SOURCE_LIMIT = 32
"""Attempts from one source that are looked back at."""
GEO_ERROR_KM = 100.0
"""Distances below this are taken for geolocation error."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One column."""

    name: str
    unit: str
    group: str
    scope: Scope = "login"


@dataclass(frozen=True, slots=True)
class Block:
    """Neighbouring 0/1 columns of which exactly one is set: a categorical of `size` classes."""

    name: str
    group: str
    start: int
    size: int


def _group_of(field: str) -> str:
    if field in {"country", "region", "city"}:
        return "place"
    if field in {"asn", "prefix", "address"}:
        return "network"
    if field in {"service", "method"}:
        return "service"
    return "client"


def _login_features() -> list[Feature]:
    columns = [Feature("present", "0/1", "history")]
    for field in FIELDS:
        group = _group_of(field)
        columns += [Feature(f"{field}_{name}", "0/1", group) for name in FIELD_CLASSES]
        columns.append(Feature(f"{field}_recency", "1/(1+days)", group))
        columns.append(Feature(f"{field}_share", "share of the past", group))
    columns += [
        Feature("client_asn_seen", "0/1", "network"),
        Feature("client_prefix_seen", "0/1", "network"),
        Feature("browser_country_seen", "0/1", "place"),
        Feature("client_shown", "0/1", "client"),
        Feature("client_hidden", "0/1", "client"),
        Feature("place_shown", "0/1", "network"),
        Feature("place_hidden", "0/1", "network"),
        Feature("browser_newer", "0/1", "client"),
        Feature("browser_older", "0/1", "client"),
        Feature("os_newer", "0/1", "client"),
        Feature("os_older", "0/1", "client"),
        Feature("gap_log", "ln(1+s)/20", "time"),
    ]
    columns += [Feature(f"gap_{i}", "0/1", "time") for i in range(GAP_BUCKETS)]
    columns += [
        Feature("depth_log", "ln(1+logins)/4", "history"),
        Feature("first", "0/1", "history"),
        Feature("hour_sin", "sin", "time"),
        Feature("hour_cos", "cos", "time"),
        Feature("weekday_sin", "sin", "time"),
        Feature("weekday_cos", "cos", "time"),
        Feature("hour_share", "share of the past within 1.5 h", "time"),
        Feature("weekday_share", "share of the past", "time"),
    ]
    columns += [Feature(f"hour_{i}", "0/1", "time") for i in range(HOUR_BUCKETS)]
    columns += [
        Feature("distance_log", "ln(1+km)/10", "travel"),
        Feature("speed_log", "ln(1+km/h)/10", "travel"),
    ]
    columns += [Feature(f"speed_{name}", "0/1", "travel") for name in SPEED_CLASSES]
    columns += [
        Feature("novelty", "share of fields that are new", "history"),
        Feature("failures_since_log", "ln(1+n)/4", "failures"),
        Feature("failures_10m_log", "ln(1+n)/4", "failures"),
        Feature("failures_1h_log", "ln(1+n)/4", "failures"),
        Feature("failures_24h_log", "ln(1+n)/4", "failures"),
    ]
    columns += [Feature(f"failures_{name}", "0/1", "failures") for name in FAILURE_CLASSES]
    columns += [Feature("rtt_log", "ln(1+ms)/10", "rtt"), Feature("rtt_shift", "|ln ratio|", "rtt")]
    columns += [Feature(f"rtt_{name}", "0/1", "rtt") for name in RTT_CLASSES]
    columns += [Feature(f"network_{name}", "0/1", "network") for name in NETWORKS]
    return columns


def _moment_features() -> list[Feature]:
    columns = [
        Feature(f"{f}_rarity", "-ln p / 10", _group_of(f), "population") for f in RARITY_FIELDS
    ]
    columns.append(Feature("population_log", "ln(1+logins)/15", "history", "population"))
    for kind in SOURCE_KINDS:
        for window, _ in SOURCE_WINDOWS:
            columns.append(
                Feature(f"{kind}_users_{window}_log", "ln(1+users)/4", "source", "source")
            )
            columns.append(
                Feature(f"{kind}_failing_{window}", "share of others' attempts", "source", "source")
            )
    columns += [Feature(f"crowd_{name}", "0/1", "source", "source") for name in CROWD_CLASSES]
    columns += [Feature(f"failing_{name}", "0/1", "source", "source") for name in FAILING_CLASSES]
    return columns


def _relation_features() -> list[Feature]:
    columns = [Feature(f"{f}_shared", "0/1", _group_of(f), "relation") for f in FIELDS]
    return [
        *columns,
        Feature("client_asn_shared", "0/1", "network", "relation"),
        Feature("client_prefix_shared", "0/1", "network", "relation"),
        Feature("ago_log", "ln(1+s)/20", "time", "relation"),
        Feature("hours_apart", "share of 12 h", "time", "relation"),
        Feature("weekday_shared", "0/1", "time", "relation"),
        Feature("rtt_shared", "0/1", "rtt", "relation"),
        Feature("rtt_apart", "|ln ratio|", "rtt", "relation"),
        Feature("place_shared", "0/1", "travel", "relation"),
        Feature("km_apart", "ln(1+km)/10", "travel", "relation"),
    ]


FEATURES: tuple[Feature, ...] = (
    *_login_features(), *_moment_features(), *_relation_features(),
)  # fmt: skip
"""All columns in tensor order."""
NAMES: tuple[str, ...] = tuple(feature.name for feature in FEATURES)
F = len(FEATURES)
F_LOGIN = sum(feature.scope == "login" for feature in FEATURES)
"""Columns [0, F_LOGIN) have scope `login`; the rest is filled for the current login only."""
F_POPULATION = sum(feature.scope == "population" for feature in FEATURES)
F_SOURCE = sum(feature.scope == "source" for feature in FEATURES)
F_MOMENT = F_POPULATION + F_SOURCE
"""Columns of the moment of asking: [F_LOGIN, F_LOGIN + F_MOMENT)."""
F_RELATION = F - F_LOGIN - F_MOMENT
"""Columns [F - F_RELATION, F) have scope `relation`."""
GROUPS = ("client", "place", "network", "travel", "time", "service", "failures", "source", "rtt")
"""G: the groups that a score is explained by. `history` is context, not a reason."""

OWN_PAST: tuple[int, ...] = tuple(
    i
    for i, feature in enumerate(FEATURES)
    if feature.scope == "login"
    and feature.group not in {"failures", "rtt"}
    and not feature.name.startswith(
        ("network_", "hour_sin", "hour_cos", "weekday_sin", "weekday_cos")
    )
    and not (feature.name.startswith("hour_") and feature.name[5:].isdigit())
)
"""Columns that compare a login with its user's own past: no rarity, no source, no absolute time."""


def column(name: str) -> int:
    """Index of a feature; KeyError when there is none.

    >>> FEATURES[column("country_new")].group
    'place'
    """
    try:
        return NAMES.index(name)
    except ValueError:
        raise KeyError(name) from None


def _block(name: str, group: str, first: str, size: int) -> Block:
    return Block(name, group, column(first), size)


SPELLED = (
    "method", "service", "device_type", "os", "browser", "client",
    "country", "region", "city", "asn", "prefix", "address",
)  # fmt: skip
"""FIELDS from the coarse to the fine, as the autoencoder conditions them on each other."""

BLOCKS: tuple[Block, ...] = (
    _block("gap", "time", "gap_0", GAP_BUCKETS),
    _block("hour", "time", "hour_0", HOUR_BUCKETS),
    _block("hidden client", "client", "client_shown", 2),
    _block("hidden place", "network", "place_shown", 2),
    *(_block(field, _group_of(field), f"{field}_same", len(FIELD_CLASSES)) for field in SPELLED),
    _block("network", "network", "network_public", len(NETWORKS)),
    _block("speed", "travel", "speed_missing", len(SPEED_CLASSES)),
    _block("rtt", "rtt", "rtt_missing", len(RTT_CLASSES)),
    _block("failures", "failures", "failures_none", len(FAILURE_CLASSES)),
    _block("crowd", "source", "crowd_none", len(CROWD_CLASSES)),
    _block("failing", "source", "failing_none", len(FAILING_CLASSES)),
)
"""The categorical view of a login, in the order in which the autoencoder spells it out: when,
how, with what, from where, and what else is going on."""
