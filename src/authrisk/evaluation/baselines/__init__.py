"""Baselines: every contender that a model has to beat, on the same problem.

Those that need torch are in `authrisk.training.baselines`. Packages beyond an install's own
(LightGBM, scikit-learn) are imported when a baseline is asked for its scores.
"""

from authrisk.evaluation.baselines.boosting import Boosting
from authrisk.evaluation.baselines.flags import SeenBefore
from authrisk.evaluation.baselines.forest import Forest
from authrisk.evaluation.baselines.freeman import Freeman, FreemanValues
from authrisk.evaluation.baselines.rules import NoveltyRules, RarestAs
from authrisk.evaluation.problem import Contender
from authrisk.features.catalogue import OWN_PAST

BASELINES: tuple[Contender, ...] = (
    NoveltyRules(),
    RarestAs(),
    Freeman(),
    FreemanValues(),
    Forest(),
    SeenBefore(),
    Boosting(),
    Boosting("LightGBM, history-relative", columns=OWN_PAST),
)
"""In the order of the table."""
