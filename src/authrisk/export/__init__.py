"""Login events in the words of others: Elastic Common Schema and OCSF, both without loss."""

from __future__ import annotations

from authrisk.export.ecs import from_ecs, to_ecs
from authrisk.export.ocsf import from_ocsf, to_ocsf

__all__ = ["from_ecs", "from_ocsf", "to_ecs", "to_ocsf"]
