"""Arguments that several commands take: a file of events, a bundle, what becomes familiar."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated

import typer

EventsFile = Annotated[Path, typer.Argument(metavar="EVENTS", help="What `parse` wrote (Parquet).")]
BundleOption = Annotated[
    str, typer.Option("--bundle", help="supervised, autoencoder, or a directory.")
]
ServedBundleOption = Annotated[
    str,
    typer.Option(
        "--bundle", envvar="AUTHRISK_BUNDLE", help="supervised, autoencoder, or a directory."
    ),
]
"""Of a service, which may be told by its environment."""


class TrustName(enum.StrEnum):
    """When a login without an outcome becomes familiar."""

    LOW_RISK = "low-risk"
    CONFIRMED = "confirmed"


TrustOption = Annotated[
    TrustName, typer.Option(help="Logins without an outcome are familiar below 0.5, or never.")
]


class ActionName(enum.StrEnum):
    """What a caller is recommended to do."""

    ALLOW = "allow"
    CHALLENGE = "challenge"
    DENY = "deny"


class StoreFailureName(enum.StrEnum):
    """What is answered while history cannot be read."""

    STEP_UP = "step-up"
    OPEN = "open"
    CLOSED = "closed"
