"""What is judged, and with which label: from a labels file, from feedback, or from injection.

Labelled and injected attacks are branches: each is judged against its victim's own past and then
forgotten, so it makes nothing familiar and the legitimate logins after it keep their history.
Campaigns (T6) remember: they play out on shadows of their victims (`evaluation.shadows`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from authrisk.errors import InputError
from authrisk.evaluation.shadows import copies_for, shadow_ids
from authrisk.features.coded import USER, code_frame, user_codes
from authrisk.features.timeline import EVIDENCE, FAMILIAR, Timeline, arrange
from authrisk.simulate.attackers import INSERTED, inject

TRAINING_TIERS = ("T0", "T1", "T2", "T3", "T4", "T6")
"""T5 cannot be told from its victim by construction: training on it would teach noise."""
LabelColumn = Literal["is_account_takeover", "is_attack_ip", "is_attack"]


@dataclass(frozen=True, slots=True)
class Cases:
    """N events to lay on a timeline, branches before the login that they stand in for."""

    events: pl.DataFrame
    standing: npt.NDArray[np.int8]
    """(N,) what each counts for in its user's past; 0 for branches."""
    counted: npt.NDArray[np.bool_]
    """(N,) whether its source and the population remember it."""
    legitimate: npt.NDArray[np.bool_]
    """(N,) successful logins without a bad label: what must not be challenged."""
    attack: npt.NDArray[np.bool_]
    """(N,) the positives."""
    tier: pl.Series
    """(N,) T0..T6 or null."""
    owner: npt.NDArray[np.int64]
    """(N,) code of the user whose history it is: of the victim, for the events of its shadows."""
    lender: npt.NDArray[np.int64]
    """(N,) code of the user whose network an attacker borrows, 0 for none. The attacker stands in
    for them: what they did at the source would tell the fake."""
    campaign: pl.Series
    """(N,) attempts of one attacker; null for single logins and for what is no attack."""
    turn: npt.NDArray[np.int64]
    """(N,) place of an attempt within its campaign, in time, from 0; -1 without a campaign."""


def lay_out(cases: Cases) -> Timeline:
    """The cases on a timeline. What the user of a shadow does at a source, its victim does; what
    the lender of a fake's network does there, the fake does."""
    coded = code_frame(cases.events)
    timeline = arrange(coded, cases.standing, cases.counted)
    owner, lender = cases.owner[timeline.row_of], cases.lender[timeline.row_of]
    shadows = np.flatnonzero(owner != timeline.ints[:, USER])
    borrowed = np.flatnonzero(lender)
    if not shadows.size and not borrowed.size:
        return timeline
    codes, first = np.unique(timeline.ints[:, USER], return_index=True)

    def numbers(of: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
        return timeline.users[first[np.searchsorted(codes, of)]]

    users, lenders = timeline.users.copy(), timeline.lenders.copy()
    users[shadows] = numbers(owner[shadows])
    lenders[borrowed] = numbers(lender[borrowed])
    return replace(timeline, users=users, lenders=lenders)


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
        tier=_unnamed("tier", events.height),
        owner=user_codes(events["user_id"]),
        lender=np.zeros(events.height, np.int64),
        campaign=_unnamed("campaign", events.height),
        turn=np.full(events.height, -1, np.int64),
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

    Bursts (T0) are counted by their sources and leave failures with their victims; campaigns (T6)
    play out on shadows, whose copied events are neither legitimate nor attacks.
    bad: (N,) booleans, events known to be attacks: neither victims nor donors, positives too.
    """
    injection = inject(events if bad is None else events.filter(~bad), tiers, seed, share)
    fakes = injection.fakes.with_columns(
        tier=injection.tier,
        replaces=injection.replaces,
        campaign=injection.campaign,
        donor=injection.donor,
    )
    # Failed attempts before a replaced login stay the victim's own: only the login is a branch.
    added = pl.col("tier").is_in(INSERTED)
    fakes = fakes.filter(added | (pl.col("outcome") == "success"))
    # A branch stands at the instant of the login it replaces, and before it.
    real_time = events.select("event_id", pl.col("timestamp").alias("real_time"))
    fakes = fakes.join(
        real_time, left_on="replaces", right_on="event_id", how="left", maintain_order="left"
    ).with_columns(timestamp=pl.coalesce("real_time", "timestamp"))
    campaigns = fakes["tier"] == "T6"
    own = beside(_attacks(fakes.filter(~campaigns), events.columns), legitimate_cases(events, bad))
    if not campaigns.any():
        return own
    return beside(_shadows(own, _attacks(fakes.filter(campaigns), events.columns)), own)


def _attacks(fakes: pl.DataFrame, columns: list[str]) -> Cases:
    """Injected fakes, in time order, as positives."""
    bursts = (fakes["tier"] == "T0").to_numpy()
    remembered = bursts & (fakes["outcome"] == "failure").to_numpy()
    accepted = (fakes["tier"] == "T6").to_numpy()
    turn = pl.int_range(pl.len()).over("campaign")
    turns = fakes.select(pl.when(pl.col("campaign").is_null()).then(-1).otherwise(turn))
    return Cases(
        events=fakes.select(columns),
        standing=np.where(remembered, EVIDENCE, np.where(accepted, FAMILIAR, 0)).astype(np.int8),
        counted=bursts,
        legitimate=np.zeros(fakes.height, np.bool_),
        attack=np.ones(fakes.height, np.bool_),
        tier=fakes["tier"],
        owner=user_codes(fakes["user_id"]),
        lender=user_codes(fakes["donor"]),
        campaign=fakes["campaign"],
        turn=turns.to_series().cast(pl.Int64).to_numpy(),
    )


def _shadows(own: Cases, campaigns: Cases) -> Cases:
    """Every campaign on a copy of its victim; nobody but its own logins remembers any of it."""
    struck = pl.DataFrame(
        {
            "campaign": campaigns.campaign,
            "owner": campaigns.owner,
            "user_id": campaigns.events["user_id"],
            "at": campaigns.events["timestamp"].dt.timestamp("ns"),
        }
    )
    each = struck.group_by("campaign", "owner", "user_id", maintain_order=True).agg(
        begin=pl.col("at").min(), end=pl.col("at").max()
    )
    copies = copies_for(
        own.owner,
        own.events["timestamp"].dt.timestamp("ns").to_numpy(),
        own.standing,
        each["owner"].to_numpy(),
        (each["begin"].to_numpy(), each["end"].to_numpy()),
    )
    n = len(copies.row)
    names = each["campaign"].gather(copies.shadow)
    past = own.events[copies.row].with_columns(
        event_id=pl.col("event_id") + "#" + names,
        user_id=shadow_ids(each["user_id"].gather(copies.shadow), names),
    )
    carried = Cases(
        events=past,
        standing=own.standing[copies.row],
        counted=np.zeros(n, np.bool_),
        legitimate=np.zeros(n, np.bool_),
        attack=np.zeros(n, np.bool_),
        tier=_unnamed("tier", n),
        owner=own.owner[copies.row],
        lender=np.zeros(n, np.int64),
        campaign=_unnamed("campaign", n),
        turn=np.full(n, -1, np.int64),
    )
    fakes = campaigns.events.with_columns(
        user_id=shadow_ids(campaigns.events["user_id"], campaigns.campaign)
    )
    return beside(carried, replace(campaigns, events=fakes))


def beside(first: Cases, second: Cases) -> Cases:
    """Both, one after the other: user bases that share a population, say, each with attackers of
    its own. An attacker who borrowed from another base would bring what only that one logs."""
    frames = {
        name: pl.concat([getattr(first, name), getattr(second, name)])
        for name in ("events", "tier", "campaign")
    }
    arrays = {
        name: np.concatenate([getattr(first, name), getattr(second, name)])
        for name in ("standing", "counted", "legitimate", "attack", "owner", "lender", "turn")
    }
    return Cases(**frames, **arrays)  # type: ignore[arg-type] # of two types, by name


def _unnamed(name: str, rows: int) -> pl.Series:
    return pl.Series(name, [None], pl.String).new_from_index(0, rows)


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
