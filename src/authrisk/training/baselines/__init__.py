"""The baselines that need torch; the others are in `authrisk.evaluation.baselines`."""

from authrisk.evaluation.problem import Contender
from authrisk.training.baselines.dense_autoencoder import DenseAutoencoder
from authrisk.training.baselines.last_login import LastLogin

TORCH_BASELINES: tuple[Contender, ...] = (DenseAutoencoder(), LastLogin())
"""In the order of the table."""
