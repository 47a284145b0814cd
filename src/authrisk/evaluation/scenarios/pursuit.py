"""Time to detect: campaigns played login by login, each one that is let in remembered."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from authrisk.evaluation.scenarios.stage import DAY_NS, Stage, attempt
from authrisk.event import Outcome
from authrisk.eventlog import to_events
from authrisk.simulate.attackers import inject


class Campaign(NamedTuple):
    """One campaign; logins and days are until the first challenge, None where there was none."""

    logins: int
    """Logins of the whole campaign."""
    detected_at: int | None
    """1 is at once."""
    days: float | None


def campaigns(stage: Stage, events: pl.DataFrame, number: int, seed: int) -> list[Campaign]:
    """Up to `number` injected campaigns (T6), among the victim's own logins of that time.

    The attacker reports no outcome: under the default trust a login of low risk is remembered.
    Only campaigns in the last half of the events are played, when history is there.
    """
    share = min(1.0, 12.0 * number / max(1, events.height))
    injection = inject(events, ("T6",), seed, share)
    fakes = injection.fakes.with_columns(
        campaign=injection.campaign, outcome=pl.lit(Outcome.UNKNOWN.value)
    )
    times = events["timestamp"]
    middle = times[events.height // 2]
    found = []
    for campaign in fakes.partition_by("campaign", maintain_order=True):
        if campaign["timestamp"][0] < middle:
            continue
        found.append(_play(stage, campaign.select(events.columns)))
        if len(found) == number:
            break
    return found


def _play(stage: Stage, fakes: pl.DataFrame) -> Campaign:
    logins = list(to_events(fakes))
    user = logins[0].user_id
    assert user is not None
    with stage.scene(user) as scorer:
        for n, login in enumerate(logins, 1):
            if not attempt(scorer, login):
                days = (login.timestamp_ns - logins[0].timestamp_ns) / DAY_NS
                return Campaign(len(logins), n, days)
    return Campaign(len(logins), None, None)
