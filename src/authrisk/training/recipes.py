"""How the shipped bundles are trained, and every other."""

from __future__ import annotations

from dataclasses import replace

from authrisk.training.fit import FitSettings
from authrisk.training.prepare import Kind

LEAST_STEPS = 1_300
"""Six passes over the worlds of `benchmarks.quality` are 1,320 to 1,956 batches; fewer logins are
passed over until it is as many."""
SUPERVISED = FitSettings(epochs=6, least_steps=LEAST_STEPS, patience=3, learning_rate=1.5e-3)
AUTOENCODER = FitSettings(epochs=6, least_steps=LEAST_STEPS, patience=3, learning_rate=2e-3)
"""One network each."""
AUTOENCODER_WEIGHT = 0.05
"""Of the autoencoder that judges with a supervised network. Chosen on a development world
(consumers, seed 11); what it gives is in docs/detection.md, "both LSTMs"."""
RECIPES: dict[Kind, FitSettings] = {
    "supervised": replace(SUPERVISED, autoencoder_weight=AUTOENCODER_WEIGHT),
    "autoencoder": AUTOENCODER,
}
CONTINUED: dict[Kind, FitSettings] = {
    "supervised": replace(
        SUPERVISED,
        epochs=5,
        least_steps=0,
        learning_rate=1e-3,
        autoencoder_weight=AUTOENCODER_WEIGHT,
    ),
    "autoencoder": replace(AUTOENCODER, epochs=3, least_steps=0, learning_rate=1e-3),
}
"""For a training that goes on from a bundle: what it has learned is to be kept."""
