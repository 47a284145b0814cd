"""Why a score is what it is: facts about the login, ordered by the surprise of their group.

A fact is true or false whatever the model thinks. Bits are the model's: how much the group of
the fact (client, place, network, ...) raised the score, in bits. They are kept apart in the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
import numpy.typing as npt

from authrisk.event import LoginEvent
from authrisk.features.catalogue import GROUPS, column

MAX_REASONS = 8
PROBATION = "on_probation"
NOTABLE_BITS = 1.0
"""A group without a fact is named when it raised the score by this much."""


class Reason(msgspec.Struct, frozen=True):
    """One reason of an assessment."""

    code: str
    message: str
    bits: float | None = None
    """What the reason's group added to the score, in bits; None when it did not raise it."""
    observed: str | None = None
    usual: str | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact that can be read off a feature row.

    `weakness` says which false alarms it causes and how an attacker walks around it.
    """

    code: str
    group: str
    columns: tuple[str, ...]
    """0/1 columns; the fact holds when one of them is 1."""
    message: str
    """With `{observed}` and `{usual}`."""
    field: str | None
    """The event's field that `observed` and `usual` show."""
    weakness: str
    needs_history: bool = True

    @property
    def at(self) -> tuple[int, ...]:
        return tuple(column(name) for name in self.columns)


FACTS: tuple[Fact, ...] = (
    Fact("new_country", "place", ("country_new",), "First login from {observed}", "src_country",
         "Travel and roaming raise it; a proxy in the user's country avoids it."),
    Fact("new_region", "place", ("region_new",), "First login from region {observed}", "src_region",
         "Regions of mobile networks jump; a proxy nearby avoids it."),
    Fact("new_city", "place", ("city_new",), "First login from {observed}", "src_city",
         "Cities of address tables are coarse; a proxy nearby avoids it."),
    Fact("new_network", "network", ("asn_new",), "First login through network AS{observed}",
         "src_asn", "A new provider or hotel raises it; a proxy in the same network avoids it."),
    Fact("new_address", "network", ("address_new",), "First login from this address", None,
         "Home routers and phones change addresses; only the user's own line avoids it."),
    Fact("hosting_network", "network", ("network_hosting",), "Address of a hosting provider", None,
         "Company VPNs live there; residential proxies avoid it.", needs_history=False),
    Fact("vpn_network", "network", ("network_vpn",), "Address of a VPN provider", None,
         "Private people use VPNs; residential proxies avoid it.", needs_history=False),
    Fact("tor_network", "network", ("network_tor",), "Address of a Tor exit", None,
         "Some people use Tor for privacy; any other proxy avoids it.", needs_history=False),
    Fact("invalid_address", "network", ("network_invalid",), "The address is not a valid one", None,
         "A misconfigured proxy raises it.", needs_history=False),
    Fact("hidden_address", "network", ("place_hidden",),
         "No readable address, unlike in earlier logins", None,
         "A proxy that was set up wrong raises it."),
    Fact("hidden_client", "client", ("client_hidden",),
         "No readable user agent, unlike in earlier logins", None,
         "Privacy tools and scripts raise it; any common user agent avoids it."),
    Fact("new_browser", "client", ("browser_new",), "First login with {observed}", "browser",
         "A second browser raises it; a copied user agent avoids it."),
    Fact("new_os", "client", ("os_new",), "First login on {observed}", "os",
         "A new device raises it; a copied user agent avoids it."),
    Fact("new_device_type", "client", ("device_type_new",), "First login on a {observed} device",
         "device_type", "A first phone raises it; a copied user agent avoids it."),
    Fact("client_older", "client", ("browser_older", "os_older"),
         "Browser or system is older than in the last login", "browser_version",
         "Two devices of one kind raise it; a current user agent avoids it."),
    Fact("new_client", "client", ("client_new",), "First login with this exact client", None,
         "Every browser update raises it; a copied user agent avoids it."),
    Fact("impossible_travel", "travel", ("speed_impossible",),
         "Farther from the last login than anyone travels in the time", None,
         "VPNs and wrong coordinates raise it; waiting avoids it."),
    Fact("new_service", "service", ("service_new",), "First login to {observed}", "app",
         "A new application raises it; using the user's own avoids it."),
    Fact("new_method", "service", ("method_new",), "First login by {observed}", "auth_method",
         "Enrolling a factor raises it."),
    Fact("failures_before", "failures", ("failures_3-9", "failures_10+"),
         "Several failed attempts in the last 24 hours", None,
         "Forgotten passwords and lockout pranks raise it; one right guess avoids it.",
         needs_history=False),
    Fact("many_users_one_address", "source", ("crowd_8+",),
         "Many users were tried from this address in the last hour", None,
         "Offices and carriers share addresses; spreading over addresses avoids it.",
         needs_history=False),
    Fact("failing_address", "source", ("failing_most",),
         "Most attempts from this address in the last hour failed", None,
         "Spreading over addresses avoids it.", needs_history=False),
    Fact("unusual_round_trip", "rtt", ("rtt_unusual",), "Round-trip time unlike the user's own",
         None, "Mobile networks vary; a proxy near the user avoids it."),
)  # fmt: skip

_COLUMNS = [fact.at for fact in FACTS]
_GROUP = np.array([GROUPS.index(fact.group) for fact in FACTS])
_NEEDS_HISTORY = np.array([fact.needs_history for fact in FACTS])
_FIRST = column("first")
_TIME = GROUPS.index("time")
_GROUP_MESSAGES = {
    "client": "Client unlike the user's own", "place": "Place unlike the user's own",
    "network": "Network unlike the user's own", "travel": "Movement unlike the user's own",
    "time": "Time unlike the user's own", "service": "Service or method unlike the user's own",
    "failures": "Failed attempts before this login", "source": "Traffic from the same source",
    "rtt": "Round-trip time unlike the user's own",
}  # fmt: skip

Rows = npt.NDArray[np.float32]


def holding(rows: Rows) -> npt.NDArray[np.bool_]:
    """Which facts hold, (N, facts), of scaled current rows (N, F)."""
    out = np.empty((len(rows), len(FACTS)), np.bool_)
    for i, columns in enumerate(_COLUMNS):
        out[:, i] = rows[:, columns[0]] == 1.0
        for extra in columns[1:]:
            out[:, i] |= rows[:, extra] == 1.0
    out &= ~((rows[:, _FIRST] == 1.0)[:, None] & _NEEDS_HISTORY)
    return out


def codes(rows: Rows, parts: Rows, probation: npt.NDArray[np.bool_] | None = None) -> list[str]:
    """Per login the codes of its reasons, most surprising first, joined by `;`.

    probation: (N,) whether the login was judged without what is on probation; no login by default.
    """
    held = holding(rows)
    # The order of facts by their group's bits, ties in the order of FACTS.
    order = np.argsort(
        -np.where(held, np.maximum(parts[:, _GROUP], 0.0), -1.0), axis=1, kind="stable"
    )
    order = order[:, :MAX_REASONS].astype(np.uint8)
    shown = np.minimum(held.sum(axis=1), MAX_REASONS)
    first = (rows[:, _FIRST] == 1.0).tolist()
    unusual_time = (parts[:, _TIME] >= NOTABLE_BITS).tolist()
    alone = [False] * len(rows) if probation is None else probation.tolist()
    known: dict[bytes, str] = {}
    out = []
    for i in range(len(rows)):
        key = order[i, : shown[i]].tobytes() + bytes((first[i], unusual_time[i], alone[i]))
        text = known.get(key)
        if text is None:
            names = [PROBATION] if alone[i] else []
            names += [FACTS[j].code for j in order[i, : shown[i]]]
            if unusual_time[i]:
                names.append("unusual_time")
            if first[i]:
                names.append("no_history")
            text = known[key] = ";".join(names[:MAX_REASONS])
        out.append(text)
    return out


def explain(
    rows: Rows,
    parts: Rows,
    event: LoginEvent,
    past: Sequence[LoginEvent],
    *,
    probation: bool = False,
) -> tuple[Reason, ...]:
    """The reasons of one login: rows (1, F) scaled, parts (1, G). Codes as `codes` gives them."""
    bits = parts[0]
    by_code = {fact.code: fact for fact in FACTS}
    out = []
    for code in filter(None, codes(rows, parts, np.array([probation]))[0].split(";")):
        fact = by_code.get(code)
        if fact is None:
            out.append(_special(code, bits))
            continue
        value = getattr(event, fact.field) if fact.field else None
        observed = None if value is None else str(value)
        usual = _usual(past, fact.field) if fact.field else None
        message = fact.message.format(observed=observed or "an unnamed value")
        out.append(Reason(code, message, _bits(bits[GROUPS.index(fact.group)]), observed, usual))
    return tuple(out)


def _special(code: str, bits: npt.NDArray[np.float32]) -> Reason:
    if code == PROBATION:
        return Reason(code, "Known only from recent logins that nothing but a password vouches for")
    if code == "no_history":
        return Reason(code, "The user has no earlier login here")
    return Reason(code, _GROUP_MESSAGES["time"], _bits(bits[_TIME]))


def _bits(value: np.float32) -> float | None:
    return round(float(value), 2) if value > 0 else None


def _usual(past: Sequence[LoginEvent], field: str) -> str | None:
    """The value that the user's logins have most often."""
    counts: dict[str, int] = {}
    for event in past:
        value = getattr(event, field)
        if value is not None:
            counts[str(value)] = counts.get(str(value), 0) + 1
    return max(counts, key=lambda value: counts[value]) if counts else None
