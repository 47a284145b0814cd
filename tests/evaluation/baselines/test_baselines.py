"""The baselines: each keeps the contract, tells something, and tells nothing that it cannot."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest
from tests.evaluation.baselines.conftest import area

from authrisk.errors import InputError
from authrisk.evaluation.baselines import BASELINES
from authrisk.evaluation.baselines.boosting import CANDIDATES, Boosting
from authrisk.evaluation.baselines.design import needed
from authrisk.evaluation.metrics import auc
from authrisk.evaluation.problem import Contender, Problem, Scores
from authrisk.features.catalogue import FEATURES, OWN_PAST
from authrisk.testing.contender import check_contender, with_shuffled_labels

NAMES = [contender.name for contender in BASELINES]


@pytest.fixture(scope="session", params=BASELINES, ids=NAMES)
def contender(request: pytest.FixtureRequest) -> Contender:
    return request.param


@pytest.fixture(scope="session")
def scores(contender: Contender, problem: Problem) -> Scores:
    return check_contender(contender, problem)


def test_every_baseline_beats_chance(scores: Scores, problem: Problem) -> None:
    """Another user's login is told from one's own; the contract holds."""
    assert area(problem, scores, "T1") > 0.65


def test_no_baseline_tells_a_copy(scores: Scores, problem: Problem) -> None:
    """T5 is a copy of its victim's login: who tells it has found a leak."""
    copies = problem.asked & (problem.tier == "T5")
    assert copies.sum() > 150
    assert area(problem, scores, "T5") == pytest.approx(0.5, abs=0.07)


@pytest.mark.parametrize(
    "supervised",
    [contender for contender in BASELINES if contender.supervised],
    ids=lambda contender: contender.name,
)
def test_shuffled_labels_teach_nothing(supervised: Contender, problem: Problem) -> None:
    """With labels dealt at random, attacks and legitimate logins score alike."""
    shuffled = with_shuffled_labels(problem, seed=2)
    found = supervised.scores(shuffled, 1)
    asked = shuffled.asked
    assert auc(found[asked & shuffled.legitimate], found[asked & shuffled.attack]) == pytest.approx(
        0.5, abs=0.04
    )


def test_names_are_told_apart() -> None:
    """No two rows of the table have one name."""
    assert len(set(NAMES)) == len(NAMES)


def test_history_relative_columns_are_of_the_users_own_past() -> None:
    """No rarity, no source, no hour of the day is among them; novelty is."""
    chosen = {FEATURES[i].name for i in OWN_PAST}
    assert {"country_new", "asn_share", "gap_log", "hour_share", "novelty"} <= chosen
    assert not {"asn_rarity", "address_users_1h_log", "hour_sin", "hour_3", "network_tor"} & chosen


def test_boosting_keeps_the_candidate_that_validates_best(problem: Problem) -> None:
    """Of a stump and a strong setting the strong one is taken, whatever their order."""
    weak = {"num_leaves": 2, "max_depth": 1, "learning_rate": 1e-4}
    strong = CANDIDATES[0]
    chosen = [
        Boosting(candidates=candidates, learning_rate=0.2, most_trees=40).scores(problem, 1)
        for candidates in ((weak, strong), (strong, weak))
    ]
    assert area(problem, chosen[0], "T2") > 0.7
    assert np.array_equal(chosen[0], chosen[1], equal_nan=True)


def test_a_missing_package_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever lacks LightGBM is told what to install."""
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    with pytest.raises(InputError, match=r"lightgbm.*pip install 'authrisk\[evaluate\]'"):
        needed("lightgbm")


def test_a_supervised_baseline_wants_attacks(problem: Problem) -> None:
    """Without an attack to learn from it says so, instead of fitting one class."""
    harmless = replace(problem, attack=np.zeros_like(problem.attack))
    with pytest.raises(InputError, match="needs legitimate logins and attacks"):
        Boosting().scores(harmless, 1)
