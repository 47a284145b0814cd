"""Who plays: victims with a past, and attackers who look like another user of the file."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import msgspec
import numpy as np

from authrisk.errors import InputError
from authrisk.evaluation.scenarios.stage import DAY_NS, Stage
from authrisk.event import LoginEvent, Outcome

FEWEST_LOGINS = 8
LEAST_DAYS = 30
"""A victim has at least so many successful logins over at least so many days."""

CLIENT = {
    "browser": ("browser", "browser_version"),
    "system": ("os", "os_version"),
    "device type": ("device_type",),
    "user agent": ("user_agent", "device_id"),
}
PLACE = {
    "network": ("src_asn", "src_as_name", "src_network"),
    "city": ("src_region", "src_city", "src_latitude", "src_longitude"),
    "country": ("src_country",),
    "address": ("src_ip", "src_port", "src_host", "rtt_ms"),
}
THINGS: dict[str, tuple[str, ...]] = CLIENT | PLACE
"""The things that a patient attacker changes, one a day, and the fields that go with each."""
_TICKETS = dict.fromkeys(("session_id", "correlation_id", "raw_event_id", "mfa", "failure_reason"))


class Pair(NamedTuple):
    """A victim and the attacker who has the password."""

    victim: str
    last: LoginEvent
    """The victim's latest successful login."""
    attacker: LoginEvent
    """A login of another user: the attacker's own network, place and client."""

    def login(self, name: str, at_ns: int, things: frozenset[str] | set[str]) -> LoginEvent:
        """A login that looks like the victim's latest but for some of THINGS.

        Half a client needs a user agent of its own, half a place an address of its own: a proxy.
        """
        fields = {f: getattr(self.attacker, f) for thing in things for f in THINGS[thing]}
        halves = things & CLIENT.keys(), things & PLACE.keys()
        if halves[0] and not halves[0] >= (CLIENT.keys() & set(self.differing)):
            fields["user_agent"] = f"{self.attacker.user_agent} as {','.join(sorted(halves[0]))}"
            fields["device_id"] = None
        if halves[1] and not halves[1] >= (PLACE.keys() & set(self.differing)):
            fields |= dict.fromkeys(PLACE["address"])
            fields["src_ip"] = _proxy(",".join(sorted(halves[1])))
        return msgspec.structs.replace(
            self.last, event_id=f"{self.last.event_id}#{name}", timestamp_ns=at_ns,
            outcome=Outcome.UNKNOWN, **_TICKETS | fields,
        )  # fmt: skip

    @property
    def differing(self) -> list[str]:
        """The things in which the two differ, in the order of THINGS."""
        return [
            thing
            for thing, names in THINGS.items()
            if any(getattr(self.last, f) != getattr(self.attacker, f) for f in names)
        ]


def pairs(stage: Stage, number: int, seed: int) -> list[Pair]:
    """Up to `number` victims drawn without repetition, each with an attacker of another AS and
    with another client. Raises InputError when nobody has past enough."""
    rng = np.random.default_rng(seed)
    users = sorted(user for user, past in stage.past.items() if _has_past(past))
    everybody = sorted(stage.past)
    if not users:
        raise InputError(
            f"no user has {FEWEST_LOGINS} successful logins over {LEAST_DAYS} days",
            remedy="give a longer log",
        )
    found = []
    for at in rng.permutation(len(users))[:number]:
        victim = users[at]
        past = stage.past[victim]
        systems = {e.src_asn for e in past}
        clients = {e.user_agent for e in past}
        for lender in rng.permutation(len(everybody)):
            own = stage.past[everybody[lender]][-1]
            if own.src_asn not in systems and own.user_agent not in clients:
                found.append(Pair(victim, past[-1], own))
                break
    return found


def _proxy(what: str) -> str:
    """An address of its own for each mixture of places, in networks that nobody has."""
    return f"240.{'.'.join(map(str, hashlib.blake2b(what.encode(), digest_size=3).digest()))}"


def _has_past(past: list[LoginEvent]) -> bool:
    days = (past[-1].timestamp_ns - past[0].timestamp_ns) / DAY_NS
    return len(past) >= FEWEST_LOGINS and days >= LEAST_DAYS
