"""Champion against challenger, and the gate between them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from authrisk.evaluation.cases import Cases, injected_cases, legitimate_cases
from authrisk.evaluation.contest import fight
from authrisk.evaluation.gate import frozen_contest, refusals
from authrisk.models.bundle import Bundle, load_bundle, pretrained_path
from authrisk.models.calibration import Calibrator, fit_calibration
from authrisk.models.onnx_model import Rows


class Deaf:
    """A model that hears little: the raw scores of another with much noise."""

    def __init__(self, bundle: Bundle) -> None:
        self._model = bundle.model

    def score(self, windows: Rows) -> tuple[Rows, Rows]:
        raw, parts = self._model.score(windows)
        noise = np.sin(1e4 * windows.sum(axis=(1, 2), dtype=np.float64))
        return (raw * 0.05 + 5.0 * noise).astype(np.float32), parts


@pytest.fixture(scope="module")
def champion() -> Bundle:
    return load_bundle(pretrained_path("autoencoder"))


@pytest.fixture(scope="module")
def cases(events: pl.DataFrame) -> Cases:
    return injected_cases(events, 1, 0.4)


def fitted(bundle: Bundle, raw: np.ndarray) -> Bundle:
    return replace(bundle, calibrator=Calibrator(fit_calibration(raw)))


def test_a_bundle_against_itself(cases: Cases, champion: Bundle) -> None:
    """Nothing is gained, lost or changed, exactly; every user is told of once."""
    found = fight(cases, champion, champion)
    contest = found.contest
    assert contest.agreement == 1.0
    assert (contest.only_champion, contest.only_challenger) == (0, 0)
    assert (found.people["change"] == 0).all()
    assert found.people["user_id"].is_unique().all()
    assert int(found.people["logins"].sum()) == contest.legitimate
    assert contest.tiers
    for duel in contest.tiers:
        assert duel.champion == duel.challenger
        assert duel.gain is None or (duel.gain.low, duel.gain.high) == (0.0, 0.0)


def test_without_attacks(events: pl.DataFrame, champion: Bundle) -> None:
    """Without labels it is told whom a challenger would challenge more; counts add up."""
    other = load_bundle(pretrained_path("supervised"))
    found = fight(legitimate_cases(events), champion, other)
    contest, people = found.contest, found.people
    assert contest.tiers == ()
    assert 0.0 < contest.agreement < 1.0
    change = contest.only_challenger - contest.only_champion
    assert int(people["change"].sum()) == change
    assert people["change"].is_sorted(descending=True)


def test_the_gate_names_what_is_lost(events: pl.DataFrame, champion: Bundle) -> None:
    """A challenger that is the champion loses no recall; one that is deaf is refused by tier,
    and one that challenges everybody by its promise."""
    deaf = replace(champion, model=Deaf(champion))
    lost = refusals(frozen_contest(events, champion, deaf))
    assert any(why.startswith("recall of T1 at 1%") for why in lost)
    assert any(why.startswith("recall of macro at 1%") for why in lost)
    eager = fitted(champion, np.linspace(-9.0, -8.0, 1_000))
    contest = frozen_contest(events, champion, eager)
    why = refusals(contest)
    assert any("reach 0.5, promised is 1.0%" in reason for reason in why)
    assert not any(reason.startswith("recall") for reason in why)
