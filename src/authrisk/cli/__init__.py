"""The command line: one file per command, input and output only."""

from __future__ import annotations

from authrisk.cli.app import main

__all__ = ["main"]
