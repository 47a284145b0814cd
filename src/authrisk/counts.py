"""What a scorer knows of its installation: how common values are, and how its logins score.

Both are kept beside the logins of the history and restored from there.
"""

from __future__ import annotations

import threading

import numpy as np

from authrisk.features.coded import code_event
from authrisk.features.population import Population
from authrisk.history.store import HistoryStore, Standing
from authrisk.models.adaptation import Adaptation
from authrisk.models.bundle import Bundle

POPULATION, LIVE = "population", "calibration"
"""Names of the states in the store."""


class Counts:
    """The population and the last login that it counts; the lock guards both."""

    def __init__(self, population: Population, upto: int) -> None:
        self.population, self.upto = population, upto
        self.lock = threading.Lock()


def restore_adaptation(store: HistoryStore, bundle: Bundle) -> Adaptation:
    """The live scores of the snapshot, of nothing where there is none."""
    state = store.load_state(LIVE)
    if state is None:
        return Adaptation(bundle.calibrator, bundle.version)
    return Adaptation.from_bytes(state, bundle.calibrator, bundle.version)


def restore_counts(store: HistoryStore) -> Counts:
    """The population of the snapshot, plus the familiar logins that arrived after it."""
    state = store.load_state(POPULATION)
    population, upto = Population(), 0
    if state is not None:
        upto = int.from_bytes(state[:8], "little")
        population = Population.from_bytes(state[8:])
    for stored in store.since(upto):
        upto = stored.sequence
        if stored.standing is Standing.FAMILIAR and stored.event.user_id is not None:
            population.add(np.frombuffer(code_event(stored.event)[0], np.int64))
    return Counts(population, upto)
