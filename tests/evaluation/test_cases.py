"""Cases: attacks are branches that teach nobody anything."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from authrisk.errors import InputError
from authrisk.evaluation.cases import (
    TRAINING_TIERS,
    Cases,
    feedback_cases,
    injected_cases,
    labelled_cases,
    legitimate_cases,
)
from authrisk.evaluation.metrics import bootstrap_recall, recall_at
from authrisk.evaluation.replay import CHUNK, replay
from authrisk.features.coded import code_frame
from authrisk.features.population import Population
from authrisk.features.timeline import EVIDENCE, FAMILIAR, arrange
from authrisk.models.bundle import Bundle


def scores(bundle: Bundle, cases: Cases) -> np.ndarray:
    """Raw scores of all cases, in their order."""
    timeline = arrange(code_frame(cases.events), cases.standing, cases.counted)
    raw = np.empty(len(timeline), np.float32)
    for scored in replay(timeline, bundle.encoders, bundle.scalers, bundle.model, Population()):
        raw[timeline.row_of[scored.position]] = scored.raw
    return raw


def test_fakes_are_in_nobodys_past(bundle: Bundle, events: pl.DataFrame) -> None:
    """Every genuine login scores the same with and without the fakes beside it, to the last bit."""
    without = scores(bundle, legitimate_cases(events))
    cases = injected_cases(events, 1, 0.4, ("T1", "T2", "T3", "T4", "T5"))
    fakes = cases.events.height - events.height
    assert fakes > 500
    assert not cases.standing[:fakes].any()
    assert not cases.counted[:fakes].any()
    assert np.array_equal(scores(bundle, cases)[fakes:], without)


def test_bursts_change_what_comes_from_their_sources(bundle: Bundle, events: pl.DataFrame) -> None:
    """Stuffing (T0) is seen by its sources and leaves failures with its victims, nothing else:
    genuine logins of users who were not tried, from places that nobody attacked from, score the
    same."""
    without = scores(bundle, legitimate_cases(events))
    cases = injected_cases(events, 1, 0.2, ("T0",))
    n = cases.events.height - events.height
    fakes = cases.events[:n]
    failed = (fakes["outcome"] == "failure").to_numpy()
    assert (cases.standing[:n] == np.where(failed, EVIDENCE, 0)).all()
    assert cases.counted[:n].all()
    met = (
        events["user_id"].is_in(fakes["user_id"].unique().implode())
        | events["src_asn"].is_in(fakes["src_asn"].drop_nulls().unique().implode()).fill_null(False)
        | events["src_ip"].is_in(fakes["src_ip"].drop_nulls().unique().implode()).fill_null(False)
    ).to_numpy()
    assert np.array_equal(scores(bundle, cases)[n:][~met], without[~met])


def test_injected_cases(events: pl.DataFrame) -> None:
    """A fake stands at the instant of the login that it replaces, right before it; every tier
    is there; fakes are attacks and never legitimate."""
    cases = injected_cases(events, 1, 0.4)
    n = cases.events.height - events.height
    assert cases.events[n:].equals(events)
    assert set(cases.tier.drop_nulls()) == set(TRAINING_TIERS)
    assert cases.tier[n:].null_count() == events.height
    assert np.array_equal(cases.attack, cases.tier.is_not_null().to_numpy())
    assert not cases.attack[n:].any()
    assert not (cases.attack & cases.legitimate).any()
    assert cases.events["event_id"].n_unique() == cases.events.height
    single = cases.tier.is_in(["T1", "T2", "T3", "T4"])
    branches = cases.events.filter(single).select("user_id", "timestamp")
    real = events.filter(pl.col("outcome") == "success").select("user_id", "timestamp")
    assert branches.join(real, on=["user_id", "timestamp"], how="anti").is_empty()


def test_known_attacks_are_neither_victims_nor_donors(events: pl.DataFrame) -> None:
    """Events that are known to be attacks stay positives and lend nothing to the fakes."""
    bad = pl.Series((events["src_country"] == "NO").fill_null(False).to_numpy()) & (
        pl.int_range(events.height, eager=True) % 2 == 0
    )
    marked = events.with_columns(
        src_as_name=pl.when(bad).then(pl.lit("marked")).otherwise("src_as_name")
    )
    cases = injected_cases(marked, 1, 0.4, ("T1", "T2"), bad=bad)
    n = cases.events.height - events.height
    assert not (cases.events["src_as_name"][:n] == "marked").any()
    assert np.array_equal(cases.attack[n:], bad.to_numpy())
    assert not cases.standing[n:][bad.to_numpy()].any()


def test_labelled_cases(events: pl.DataFrame) -> None:
    """Labels are found by event id, in any order, the last one counting; what is labelled an
    attack is a branch."""
    ids = events["event_id"]
    labels = pl.DataFrame(
        {
            "event_id": [ids[5], ids[0], ids[5], "elsewhere"],
            "is_attack": [False, True, True, True],
        }
    )
    cases = labelled_cases(events, labels, "is_attack")
    assert np.flatnonzero(cases.attack).tolist() == [0, 5]
    assert not cases.standing[[0, 5]].any()
    assert not cases.legitimate[[0, 5]].any()
    assert cases.counted.all()
    success = (events["outcome"] == "success").to_numpy()
    assert (cases.standing[6:][success[6:]] == FAMILIAR).all()
    assert (cases.standing[6:][~success[6:]] == EVIDENCE).all()
    with pytest.raises(InputError, match="no event has the label"):
        labelled_cases(events, labels.filter(event_id="elsewhere"), "is_attack")


def test_feedback_cases(events: pl.DataFrame) -> None:
    """`compromised` is a positive, `legitimate` is not."""
    ids = events["event_id"]
    verdicts = pl.DataFrame(
        {"event_id": [ids[3], ids[4]], "verdict": ["compromised", "legitimate"]}
    )
    assert np.flatnonzero(feedback_cases(events, verdicts).attack).tolist() == [3]


def test_mimics_score_as_their_victims(bundle: Bundle, events: pl.DataFrame) -> None:
    """T5 is a copy: its scores are those of the logins it stands in for, to the last bit, and its
    recall is the false-positive rate within its interval. More would prove a leak."""
    cases = injected_cases(events, 2, 0.6, ("T5",))
    n = cases.events.height - events.height
    raw = scores(bundle, cases)
    at = dict(zip(events.select("user_id", "timestamp").rows(), range(n, len(raw)), strict=True))
    success = (events["outcome"] == "success").to_numpy()
    victims = [at[key] for key in cases.events[:n].select("user_id", "timestamp").rows()]
    assert success[np.array(victims) - n].all()
    assert np.array_equal(raw[:n], raw[victims])
    legitimate = raw[n:][success]
    users = np.unique(cases.events["user_id"][:n].to_numpy(), return_inverse=True)[1]
    for rate in (0.1, 0.02):
        low, high = bootstrap_recall(legitimate, raw[:n], users, rate)
        assert low <= rate <= high
        assert recall_at(legitimate, raw[:n], rate) == pytest.approx(rate, rel=0.5)


@pytest.mark.parametrize("chunk", [7, 300, 100_000])
def test_chunks_do_not_matter(
    bundle: Bundle, events: pl.DataFrame, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    """However many logins are scored at a time, each gets its score, to the last bit."""
    cases = legitimate_cases(events[:400])
    whole = scores(bundle, cases)
    monkeypatch.setattr("authrisk.evaluation.replay.CHUNK", chunk)
    assert chunk != CHUNK
    assert np.array_equal(scores(bundle, cases), whole)


def test_wanted_logins_alone(bundle: Bundle, events: pl.DataFrame) -> None:
    """Scoring some logins only gives them the scores that they have among all."""
    cases = legitimate_cases(events[:600])
    timeline = arrange(code_frame(cases.events), cases.standing)
    wanted = np.random.default_rng(1).random(len(timeline)) < 0.1
    raw = np.full(len(timeline), np.nan, np.float32)
    for scored in replay(
        timeline, bundle.encoders, bundle.scalers, bundle.model, Population(), wanted
    ):
        raw[timeline.row_of[scored.position]] = scored.raw
    mine = np.isfinite(raw)
    assert mine.sum() == wanted.sum()
    assert np.array_equal(raw[mine], scores(bundle, cases)[mine])
