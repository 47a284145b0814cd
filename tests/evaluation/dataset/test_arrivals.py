"""Streaming: what passes by in stretches is scored as the whole file is, bit for bit."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl
import pytest

from authrisk.evaluation.cases import labelled_cases, lay_out
from authrisk.evaluation.dataset.arrivals import Arrivals, Judged, replay_arrivals
from authrisk.evaluation.dataset.rba import RbaLogins
from authrisk.evaluation.dataset.sample import Sample
from authrisk.evaluation.replay import replay
from authrisk.features.catalogue import HISTORY_LIMIT
from authrisk.features.coded import USER, code_frame
from authrisk.features.population import Population
from authrisk.features.timeline import EVIDENCE, FAMILIAR, Part, arrange
from authrisk.models.bundle import Bundle

STRETCH = 1_500


@pytest.fixture(scope="module")
def logins(events: pl.DataFrame) -> pl.DataFrame:
    """Some days of many users, after one of a single user, a crowd at one address, and nobody's."""
    some = events[:6_000]
    busy = some["user_id"].value_counts(sort=True)["user_id"][0]
    row = pl.int_range(pl.len())
    return some.with_columns(
        user_id=pl.when(row % 17 == 0)
        .then(pl.lit(busy))
        .when(row % 101 == 0)
        .then(None)
        .otherwise("user_id"),
        src_ip=pl.when(row % 13 == 0).then(pl.lit("192.0.2.7")).otherwise("src_ip"),
    )


def standing_of(logins: pl.DataFrame) -> np.ndarray:
    success = (logins["outcome"] == "success").to_numpy()
    return np.where(success, FAMILIAR, EVIDENCE).astype(np.int8)


def arrivals(logins: pl.DataFrame, chosen: np.ndarray, kept: np.ndarray) -> Iterator[Arrivals]:
    for at in range(0, logins.height, 400):
        some = slice(at, at + 400)
        frame = logins[some]
        part = Part(code_frame(frame), standing_of(frame), np.ones(frame.height, np.bool_))
        yield Arrivals(part, chosen[some].astype(np.int8), kept[some])


def raws(judged: list[Judged]) -> tuple[np.ndarray, np.ndarray]:
    return np.concatenate([j.row for j in judged]), np.concatenate([j.raw for j in judged])


def test_stretches_score_as_the_whole_file(bundle: Bundle, logins: pl.DataFrame) -> None:
    """However the stretches are cut, each login has the score that a replay of all gives it."""
    timeline = arrange(code_frame(logins), standing_of(logins))
    whole = np.empty(logins.height)
    for scored in replay(timeline, bundle.encoders, bundle.scalers, bundle.model, Population()):
        whole[timeline.row_of[scored.position]] = scored.raw
    everyone = np.ones(logins.height, np.bool_)
    assert logins["user_id"].value_counts()["count"].max() > HISTORY_LIMIT + STRETCH // 17
    for stretch in (STRETCH, logins.height):
        found = replay_arrivals(arrivals(logins, everyone, everyone), bundle, stretch=stretch)
        row, raw = raws(list(found))
        assert np.array_equal(row, np.arange(logins.height))
        assert np.array_equal(raw, whole)


def test_a_sample_is_scored_as_among_all(bundle: Bundle, logins: pl.DataFrame) -> None:
    """The scores of some users are the same whether or not the past of the others is kept."""
    everyone = np.ones(logins.height, np.bool_)
    chosen = Sample(users=0.3).has_user(code_frame(logins).ints[:, USER])
    assert 0.1 < chosen.mean() < 0.9
    row, raw = raws(list(replay_arrivals(arrivals(logins, everyone, everyone), bundle)))
    some = list(replay_arrivals(arrivals(logins, chosen, chosen), bundle, stretch=STRETCH))
    their_row, their_raw = raws(some)
    assert np.array_equal(their_row, row[chosen])
    assert np.array_equal(their_raw, raw[chosen])


def test_takeovers_are_branches_as_in_evaluate(bundle: Bundle, logins: pl.DataFrame) -> None:
    """A labelled takeover is judged and forgotten: the scores are those of labelled cases."""
    success = (logins["outcome"] == "success") & logins["user_id"].is_not_null()
    takeover = success & (pl.int_range(logins.height, eager=True) % 29 == 0)
    labels = logins.select("event_id").with_columns(
        is_account_takeover=takeover, is_attack_ip=False
    )
    cases = labelled_cases(logins, labels, "is_account_takeover")
    timeline = lay_out(cases)
    whole = np.empty(logins.height)
    for scored in replay(timeline, bundle.encoders, bundle.scalers, bundle.model, Population()):
        whole[timeline.row_of[scored.position]] = scored.raw
    marking = RbaLogins(set(logins["user_id"].filter(takeover)), Sample(users=0.0), 0.0)
    parts = (
        marking.arrive(logins[at : at + 700], labels[at : at + 700]) for at in range(0, 6_000, 700)
    )
    row, raw = raws(list(replay_arrivals(parts, bundle, stretch=STRETCH)))
    assert np.array_equal(row, takeover.arg_true().to_numpy())
    assert np.array_equal(raw, whole[row])
