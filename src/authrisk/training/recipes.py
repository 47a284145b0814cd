"""How the shipped bundles are trained, and those of users: from nothing, or from a bundle."""

from __future__ import annotations

from dataclasses import replace

from authrisk.evaluation.fused import FAR_MARGIN
from authrisk.training.fit import FitSettings
from authrisk.training.prepare import Kind

LEAST_STEPS = 1_300
"""Six passes over the worlds of `benchmarks.quality` are 1,320 to 1,956 batches; fewer logins are
passed over until it is as many."""
OWN_WEIGHTS = {
    "T0": 0.7, "T1": 1.3, "T2": 1.2, "T3": 1.7, "T4": 1.8, "T6": 0.55, "labelled": 0.4,
}  # fmt: skip
PRETRAINED_WEIGHTS = {
    "T0": 0.7, "T1": 1.6, "T2": 1.4, "T3": 2.1, "T4": 2.1, "T6": 0.4, "labelled": 0.3,
}  # fmt: skip
"""Of the tiers: what is easily told needs little weight; the attackers who know their victim would
be ranked behind it. Many logins have recall of campaigns (T6) to spare for the others. Both chosen
on development worlds."""
SUPERVISED = FitSettings(
    epochs=6,
    least_steps=LEAST_STEPS,
    patience=3,
    learning_rate=1.5e-3,
    tier_weights=OWN_WEIGHTS,
)
AUTOENCODER = FitSettings(epochs=6, least_steps=LEAST_STEPS, patience=3, learning_rate=2e-3)
"""One network each."""
SHIPPED: dict[Kind, FitSettings] = {
    "supervised": replace(
        SUPERVISED,
        tier_weights=PRETRAINED_WEIGHTS,
        with_autoencoder=True,
        net_margin=FAR_MARGIN,
    ),
    "autoencoder": AUTOENCODER,
}
"""Of `scripts/train_bundles.py`."""
RECIPES: dict[Kind, FitSettings] = {
    "supervised": replace(SUPERVISED, with_autoencoder=True),
    "autoencoder": AUTOENCODER,
}
"""From nothing."""
CONTINUED: dict[Kind, FitSettings] = {
    "supervised": replace(
        SUPERVISED,
        epochs=5,
        least_steps=0,
        learning_rate=1e-3,
        tier_weights=PRETRAINED_WEIGHTS,
        with_autoencoder=True,
    ),
    "autoencoder": replace(AUTOENCODER, epochs=3, least_steps=0, learning_rate=1e-3),
}
"""For a training that goes on from a bundle: what it has learned is to be kept."""
