"""`authrisk doctor`: what is wrong here, and how to mend it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from authrisk.cli.arguments import ServedBundleOption
from authrisk.cli.history_reading import DEFAULT, HistoryFile
from authrisk.cli.terminal import show

if TYPE_CHECKING:
    from authrisk.cli.checks import Finding

MARKS = {"good": "good", "look": "LOOK", "bad": "BAD "}


def run(
    bundle: ServedBundleOption = "supervised",
    history: HistoryFile = DEFAULT,
    bundle_key: Annotated[
        list[Path] | None, typer.Option(envvar="AUTHRISK_BUNDLE_KEY", help="As of serve.")
    ] = None,
    host: Annotated[str, typer.Option(envvar="AUTHRISK_HOST", help="As of serve.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="AUTHRISK_PORT", help="As of serve.")] = 5000,
    keys: Annotated[Path | None, typer.Option(envvar="AUTHRISK_KEYS", help="As of serve.")] = None,
    tls_cert: Annotated[
        Path | None, typer.Option(envvar="AUTHRISK_TLS_CERT", help="As of serve.")
    ] = None,
    tls_key: Annotated[
        Path | None, typer.Option(envvar="AUTHRISK_TLS_KEY", help="As of serve.")
    ] = None,
    decisions: Annotated[
        Path | None, typer.Option(envvar="AUTHRISK_DECISIONS", help="As of serve.")
    ] = None,
    decisions_key: Annotated[
        Path | None, typer.Option(envvar="AUTHRISK_DECISIONS_KEY", help="As of serve.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Say what is wrong with an installation, and how to mend it.

    Takes the options and the environment of `authrisk serve`, and changes nothing. Exit code 1
    where something keeps the service from working.

    \b
    Example:
      authrisk doctor --bundle my-bundle --history /var/lib/authrisk/history.sqlite
    """
    from authrisk.cli import checks

    def looked_at() -> Iterator[Finding | None]:
        yield checks.bundle_loads(bundle, bundle_key or [])
        yield checks.kernels_are_kept()
        yield checks.history_is_whole(history)
        yield checks.outcomes_are_told(history)
        yield checks.disk_has_room(history)
        yield checks.port_is_free(host, port)
        if keys is not None:
            yield checks.keys_are_good(keys)
        if tls_cert is not None:
            yield checks.certificate_is_good(tls_cert, tls_key)
        if decisions is not None or decisions_key is not None:
            yield checks.decisions_hold(decisions, decisions_key)

    bad = 0
    for finding in looked_at():
        if finding is None:
            continue
        bad += finding.state == "bad"
        if as_json:
            sys.stdout.write(json.dumps(finding._asdict()) + "\n")
        else:
            show([f"{MARKS[finding.state]}  {finding.what}: {finding.told}"])
            if finding.state != "good":
                show([f"      {finding.remedy}"])
    if bad:
        raise typer.Exit(1)
