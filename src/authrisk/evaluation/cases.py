"""What is judged, and with which label: from a labels file, from feedback, or from injection.

Labelled and injected attacks are branches: each is judged against its victim's own past and then
forgotten, so it makes nothing familiar and the legitimate logins after it keep their history.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from authrisk.errors import InputError
from authrisk.features.coded import user_codes
from authrisk.features.timeline import EVIDENCE, FAMILIAR
from authrisk.simulate.attackers import inject

TRAINING_TIERS = ("T0", "T1", "T2", "T3", "T4")
"""T5 cannot be told from its victim by construction: training on it would teach noise."""
LabelColumn = Literal["is_account_takeover", "is_attack_ip", "is_attack"]


@dataclass(frozen=True, slots=True)
class Cases:
    """N events to lay on a timeline, branches before the login that they stand in for."""

    events: pl.DataFrame
    standing: npt.NDArray[np.int8]
    """(N,) what each counts for in its user's past; 0 for branches."""
    counted: npt.NDArray[np.bool_]
    """(N,) whether its source remembers it."""
    legitimate: npt.NDArray[np.bool_]
    """(N,) successful logins without a bad label: what must not be challenged."""
    attack: npt.NDArray[np.bool_]
    """(N,) the positives."""
    tier: pl.Series
    """(N,) T0..T6 or null."""

    @property
    def owner(self) -> npt.NDArray[np.int64]:
        """(N,) code of the user whose history an event belongs to."""
        return user_codes(self.events["user_id"])


def legitimate_cases(events: pl.DataFrame, bad: pl.Series | None = None) -> Cases:
    """Events as they are; those of `bad` (N,) booleans are positives and branches.

    Successful and unknown outcomes are familiar, failures are evidence.
    """
    outcome = events["outcome"]
    attack = np.zeros(events.height, np.bool_) if bad is None else bad.to_numpy()
    success = outcome.is_in(["success", "unknown"]).to_numpy() & ~attack
    failure = (outcome == "failure").to_numpy() & ~attack
    standing = np.where(success, FAMILIAR, np.where(failure, EVIDENCE, 0)).astype(np.int8)
    return Cases(
        events=events,
        standing=standing,
        counted=np.ones(events.height, np.bool_),
        legitimate=success,
        attack=attack,
        tier=pl.Series("tier", [None], pl.String).new_from_index(0, events.height),
    )


def labelled_cases(events: pl.DataFrame, labels: pl.DataFrame, column: LabelColumn) -> Cases:
    """Cases of a labels frame (`event_id` and `column`); InputError when it labels no attack."""
    known = labels.select("event_id", column).unique("event_id", keep="last")
    joined = events.select("event_id").join(known, on="event_id", how="left", maintain_order="left")
    bad = joined[column].fill_null(value=False)
    if not bad.any():
        raise InputError(
            f"no event has the label {column}",
            remedy="name another column, or train with --labels inject",
        )
    return legitimate_cases(events, bad)


def feedback_cases(events: pl.DataFrame, verdicts: pl.DataFrame) -> Cases:
    """Cases of people's verdicts: a frame of `event_id` and `verdict`.

    `compromised` is a positive; every other login counts as legitimate, judged or not.
    """
    labels = verdicts.select("event_id", (pl.col("verdict") == "compromised").alias("is_attack"))
    return labelled_cases(events, labels, "is_attack")


def injected_cases(
    events: pl.DataFrame,
    seed: int,
    share: float,
    tiers: tuple[str, ...] = TRAINING_TIERS,
    bad: pl.Series | None = None,
) -> Cases:
    """The events with injected attacks as branches beside the logins that they would replace.

    bad: (N,) booleans, events known to be attacks: neither victims nor donors, positives too.
    """
    injection = inject(events if bad is None else events.filter(~bad), tiers, seed, share)
    own = legitimate_cases(events, bad)
    fakes = injection.fakes.with_columns(
        injection.tier.alias("tier"), injection.replaces.alias("replaces")
    )
    # Failed attempts before a replaced login stay the victim's own: only the login is a branch.
    inserted = pl.col("tier") == "T0"
    fakes = fakes.filter(inserted | (pl.col("outcome") == "success"))
    # A branch stands at the instant of the login it replaces, and before it.
    real_time = events.select("event_id", pl.col("timestamp").alias("real_time"))
    fakes = fakes.join(
        real_time, left_on="replaces", right_on="event_id", how="left", maintain_order="left"
    ).with_columns(timestamp=pl.coalesce("real_time", "timestamp"))
    bursts = (fakes["tier"] == "T0").to_numpy()
    failed = (fakes["outcome"] == "failure").to_numpy()
    n = fakes.height
    both = pl.concat([fakes.select(events.columns), events])
    return Cases(
        events=both,
        standing=np.concatenate(
            [np.where(bursts & failed, EVIDENCE, 0).astype(np.int8), own.standing]
        ),
        counted=np.concatenate([bursts, own.counted]),
        legitimate=np.concatenate([np.zeros(n, np.bool_), own.legitimate]),
        attack=np.concatenate([np.ones(n, np.bool_), own.attack]),
        tier=pl.concat([fakes["tier"], own.tier]),
    )


HIDDEN = 0.04
"""Share of attacks that hide something, half of them the client and half the place."""
_CLIENT = ("user_agent", "browser", "browser_version", "os", "os_version", "device_type",
           "device_id")  # fmt: skip
_PLACE = ("src_country", "src_region", "src_city", "src_latitude", "src_longitude", "src_asn",
          "src_as_name")  # fmt: skip


def with_hidden(cases: Cases, seed: int) -> Cases:
    """The same cases, but some attackers say nothing or nonsense of themselves; tier `hidden`.

    For training: a model must have met what real attackers try and the tiers do not. T5 is left
    alone, a copy that hides is no copy, and so are attacks that were not injected.
    """
    draw = np.random.default_rng(seed).random(cases.events.height)
    open_to = cases.attack & (cases.tier.fill_null("T5") != "T5").to_numpy()
    mute = pl.Series(open_to & (draw < HIDDEN / 2))
    garbled = pl.Series(open_to & (draw > 1 - HIDDEN / 2))
    events = cases.events.with_columns(
        *(pl.when(~mute).then(pl.col(name)).alias(name) for name in _CLIENT),
        *(pl.when(~garbled).then(pl.col(name)).alias(name) for name in _PLACE),
        pl.when(garbled).then(pl.lit("unknown")).otherwise(pl.col("src_ip")).alias("src_ip"),
        pl.when(garbled)
        .then(pl.lit("invalid"))
        .otherwise(pl.col("src_network"))
        .alias("src_network"),
    )
    named = pl.DataFrame({"tier": cases.tier}).select(
        pl.when(mute | garbled).then(pl.lit("hidden")).otherwise(pl.col("tier")).alias("tier")
    )
    return replace(cases, events=events, tier=named["tier"])
