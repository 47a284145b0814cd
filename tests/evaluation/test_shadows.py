"""Shadows: campaigns play out on copies of their victims."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from authrisk.evaluation.cases import Cases, injected_cases, lay_out, legitimate_cases
from authrisk.evaluation.problem import pose
from authrisk.evaluation.shadows import PAST
from authrisk.features.catalogue import HISTORY_LIMIT, column
from authrisk.features.coded import user_codes
from authrisk.features.encoders import Encoders
from authrisk.features.timeline import EVIDENCE, FAMILIAR, rows
from authrisk.simulate.profile import ENTERPRISE
from authrisk.simulate.world import simulate

ENCODERS = Encoders((10.0, 60.0, 600.0, 3_600.0, 86_400.0, 604_800.0, 2_592_000.0), 1.0)


@pytest.fixture(scope="module")
def company() -> pl.DataFrame:
    return simulate(ENTERPRISE, users=60, seed=8, days=120).events


@pytest.fixture(scope="module")
def cases(company: pl.DataFrame) -> Cases:
    return injected_cases(company, 1, 0.1, ("T6",))


def features(cases: Cases) -> np.ndarray:
    """Unscaled rows of all cases, in their order."""
    timeline = lay_out(cases)
    found = rows(timeline, ENCODERS)
    out = np.empty_like(found)
    out[timeline.row_of] = found
    return out


def is_shadow(cases: Cases) -> np.ndarray:
    return np.array(cases.owner != user_codes(cases.events["user_id"]))


def test_a_shadow_is_seen_by_nobody(company: pl.DataFrame, cases: Cases) -> None:
    """Every real login has the features that it has without the campaigns, to the last bit."""
    n = cases.events.height - company.height
    assert cases.events[n:].equals(company)
    assert is_shadow(cases)[:n].all()
    assert not is_shadow(cases)[n:].any()
    assert not cases.counted[:n].any()
    assert np.array_equal(features(cases)[n:], features(legitimate_cases(company)))


def test_the_first_login_sees_what_it_would_see_on_the_account(
    company: pl.DataFrame, cases: Cases
) -> None:
    """The first login of each campaign has, on the shadow, the features of a branch on the
    victim's own account: copies are exact, and sources take the shadow for its victim."""
    fakes = np.flatnonzero(cases.turn == 0)
    assert fakes.size > 50
    real = legitimate_cases(company)
    n = fakes.size
    on_account = cases.events[fakes].with_columns(
        user_id=pl.col("user_id").str.replace(r"#T6-\d+$", "")
    )
    assert np.array_equal(user_codes(on_account["user_id"]), cases.owner[fakes])
    branches = replace(
        real,
        events=pl.concat([real.events, on_account]),
        standing=np.concatenate([real.standing, np.zeros(n, np.int8)]),
        counted=np.concatenate([real.counted, np.zeros(n, np.bool_)]),
        owner=np.concatenate([real.owner, cases.owner[fakes]]),
    )
    assert np.array_equal(features(branches)[-n:], features(cases)[fakes])


def test_accepted_logins_become_familiar(cases: Cases) -> None:
    """Within a campaign the attacker's address is new once: what was accepted speaks for the
    next login from there."""
    frame = cases.events.select("user_id", "src_ip").with_columns(
        turn=pl.Series(cases.turn), row=pl.int_range(pl.len())
    )
    again = frame.filter(pl.col("turn") >= 0).filter(
        pl.col("src_ip").is_first_distinct().over("user_id").not_()
    )
    assert again.height > 50
    found = features(cases)
    # New once more only where 32 logins of the victim came in between.
    assert found[again["row"].to_numpy(), column("address_new")].mean() < 0.1
    first = np.flatnonzero(cases.turn == 0)
    assert found[first, column("address_new")].all()


def test_what_a_shadow_carries(cases: Cases) -> None:
    """Copies are familiar or evidence as their originals were, and neither legitimate nor
    attacks; fakes are familiar attacks of tier T6 with their campaign and their turn."""
    shadow = is_shadow(cases)
    fake = cases.attack
    copied = shadow & ~fake
    assert set(cases.standing[copied]) == {FAMILIAR, EVIDENCE}
    assert (cases.standing[fake] == FAMILIAR).all()
    assert not cases.legitimate[shadow].any()
    assert set(cases.tier.filter(pl.Series(fake))) == {"T6"}
    assert cases.campaign.is_null().equals(pl.Series("campaign", ~fake))
    assert cases.events["event_id"].is_unique().all()
    turns = pl.DataFrame(
        {"campaign": cases.campaign, "turn": cases.turn, "at": cases.events["timestamp"]}
    ).filter(pl.Series(fake))
    for _, group in turns.group_by("campaign"):
        assert group.sort("at")["turn"].sort().to_list() == list(range(group.height))
    past = pl.DataFrame({"user": cases.events["user_id"], "at": cases.events["timestamp"]})
    begin = past.filter(pl.Series(cases.turn == 0)).rename({"at": "begin"})
    familiar = past.filter(pl.Series(copied & (cases.standing == FAMILIAR)))
    before = familiar.join(begin, on="user").filter(pl.col("at") < pl.col("begin"))
    sizes = before.group_by("user").len()["len"]
    assert HISTORY_LIMIT <= PAST == sizes.max()


def test_owners_cluster_shadows_with_their_victims(cases: Cases) -> None:
    """A problem holds the shadows of an unseen user out too."""
    problem = pose(cases, 1)
    per_owner = pl.DataFrame({"owner": problem.owner, "unseen": problem.periods.unseen})
    assert per_owner.group_by("owner").agg(pl.col("unseen").n_unique())["unseen"].max() == 1
    assert (problem.tier[problem.attack] == "T6").all()
