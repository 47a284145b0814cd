"""Hiding does not pay: an unreadable agent or address is at least an unknown device or place."""

from __future__ import annotations

import msgspec
import numpy as np
import polars as pl
import pytest

from authrisk.enrich.enricher import default_enricher
from authrisk.event import LoginEvent, Outcome
from authrisk.eventlog import to_events
from authrisk.features.catalogue import FIELD_CLASSES, HISTORY_LIMIT, column
from authrisk.features.coded import code_event
from authrisk.features.population import Population
from authrisk.features.sequences import live_window
from authrisk.history.memory import MemoryStore
from authrisk.models.bundle import Bundle
from authrisk.scorer import Scorer

HIDDEN_AGENTS = (None, "", "<script>alert(1)</script>", "\x1b[31m", "${jndi:ldap://x}", "x" * 1024)
HIDDEN_ADDRESSES = (None, "a", "", "999.1.1.1", "1.2.3.4/8", "::1%eth0")
UNKNOWN_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0"
UNKNOWN_ADDRESS = "203.0.113.9"
"""An address for documentation: no table knows its place."""
CLIENT_FIELDS = ("browser", "os", "device_type", "client")
PLACE_FIELDS = ("country", "region", "city", "asn", "prefix", "address")
DAY_NS = 86_400 * 10**9
USERS = 12
Pasts = list[tuple[list[LoginEvent], LoginEvent]]


@pytest.fixture(scope="module")
def pasts(events: pl.DataFrame) -> Pasts:
    """Users with habits: their logins as the service would keep them, and one more like the last.

    Only what a browser sends is kept of the simulated logins: address, agent, application.
    """
    enrich = default_enricher().enrich
    users = events.filter(pl.col("outcome") == "success")["user_id"].value_counts(sort=True)
    out: Pasts = []
    for user in users["user_id"].head(USERS):
        past = [
            enrich(
                LoginEvent(
                    event_id=e.event_id, timestamp_ns=e.timestamp_ns, user_id=e.user_id,
                    outcome=e.outcome, src_ip=e.src_ip, user_agent=e.user_agent, app=e.app,
                )
            )
            for e in to_events(events.filter(pl.col("user_id") == user))
            if e.outcome is Outcome.SUCCESS and e.src_ip and e.user_agent
        ][-HISTORY_LIMIT:]  # fmt: skip
        assert len(past) > 2
        last = past[-1]
        login = LoginEvent(
            event_id="probe", timestamp_ns=last.timestamp_ns + DAY_NS, user_id=user,
            src_ip=last.src_ip, user_agent=last.user_agent, app=last.app,
        )  # fmt: skip
        out.append((past, login))
    return out


def enriched(login: LoginEvent, **changes: str | None) -> LoginEvent:
    return default_enricher().enrich(msgspec.structs.replace(login, **changes))


def novelties(bundle: Bundle, past: list[LoginEvent], login: LoginEvent) -> dict[str, float]:
    """Per field 1 where the login's value is new to the user."""
    rows = [code_event(event) for event in (*past, login)]
    window = live_window(rows, (), ((), (), ()), Population(), bundle.preparation)
    new = FIELD_CLASSES.index("new")
    return {
        field: float(window[0, -1, column(f"{field}_same") + new])
        for field in (*CLIENT_FIELDS, *PLACE_FIELDS)
    }


@pytest.mark.parametrize("agent", HIDDEN_AGENTS)
def test_a_hidden_agent_is_new_in_every_field(bundle: Bundle, pasts: Pasts, agent) -> None:
    """For whoever always showed an agent, no agent is new wherever an unknown device is."""
    for past, login in pasts:
        unknown = novelties(bundle, past, enriched(login, user_agent=UNKNOWN_AGENT))
        hidden = novelties(bundle, past, enriched(login, user_agent=agent))
        for field in CLIENT_FIELDS:
            known = {getattr(e, field, None) for e in past}
            if field == "client" or None not in known:
                assert hidden[field] >= unknown[field], field
        assert hidden["client"] == 1.0


@pytest.mark.parametrize("address", HIDDEN_ADDRESSES)
def test_a_hidden_address_is_new_in_every_field(bundle: Bundle, pasts: Pasts, address) -> None:
    """For whoever's places were always known, no address is new wherever an unknown place is."""
    for past, login in pasts:
        unknown = novelties(bundle, past, enriched(login, src_ip=UNKNOWN_ADDRESS))
        hidden = novelties(bundle, past, enriched(login, src_ip=address))
        for field in PLACE_FIELDS:
            assert hidden[field] >= unknown[field], field
        assert hidden["address"] == hidden["prefix"] == 1.0


def risks(bundle: Bundle, pasts: Pasts, field: str, values: tuple[str | None, ...]) -> np.ndarray:
    """riskScores (users, values) of the probes, each against a history of all the users."""
    scorer = Scorer(bundle, MemoryStore(), trust="confirmed")
    for event in sorted((e for past, _ in pasts for e in past), key=lambda e: e.timestamp_ns):
        scorer.store.append(event, scorer.standing_of(event, 0.0))
    scorer = Scorer(bundle, scorer.store, trust="confirmed")
    return np.array(
        [
            [scorer.assess(enriched(login, **{field: value})).risk_score for value in values]
            for _, login in pasts
        ]
    )


def test_hiding_the_agent_never_lowers_the_score(bundle: Bundle, pasts: Pasts) -> None:
    """No agent, and none that cannot be read, scores below that of an unknown device."""
    scores = risks(bundle, pasts, "user_agent", (UNKNOWN_AGENT, *HIDDEN_AGENTS))
    assert (scores[:, 1:] >= scores[:, :1]).all(), (scores[:, 1:] - scores[:, :1]).min(axis=0)


def test_hiding_the_address_never_lowers_the_score(bundle: Bundle, pasts: Pasts) -> None:
    """No address, and none that is not one, scores below that of an unknown place."""
    scores = risks(bundle, pasts, "src_ip", (UNKNOWN_ADDRESS, *HIDDEN_ADDRESSES))
    assert (scores[:, 1:] >= scores[:, :1]).all(), (scores[:, 1:] - scores[:, :1]).min(axis=0)
