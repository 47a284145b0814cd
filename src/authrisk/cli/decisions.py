"""`authrisk decisions`: whether the decision log is whole, and what it says."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from authrisk.cli.terminal import report, show
from authrisk.errors import InputError

if TYPE_CHECKING:
    from authrisk.service.decision_chain import ChainKey, Position

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="The decision log: verify it, take a checkpoint, export it.",
)
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Of `authrisk serve --decisions`.")]
KeyFile = Annotated[
    Path,
    typer.Option("--key", envvar="AUTHRISK_DECISIONS_KEY", help="Of `--decisions-key`."),
]


@app.command()
def verify(
    folder: Folder,
    key: KeyFile,
    checkpoint: Annotated[
        Path | None, typer.Option(help="What `checkpoint` wrote earlier: finds a cut at the end.")
    ] = None,
) -> None:
    """Check every line of a log; exit code 1 where it was changed.

    \b
    Example:
      authrisk decisions verify decisions --key decisions.key --checkpoint monday.json
    """
    from authrisk.service.decision_chain import verify

    expected = None if checkpoint is None else _position(checkpoint)
    at, broken = verify(_log(folder), _key(key), expected)
    if broken is not None:
        show([f"{folder}: broken at {broken.where}: {broken.what}",
              f"whole up to line {at.number:,}"])  # fmt: skip
        raise typer.Exit(1)
    show([f"{folder}: {at.number:,} lines, whole"])


@app.command()
def checkpoint(folder: Folder, key: KeyFile) -> None:
    """Print the last line's number and mac, to be kept where the log's writer cannot reach it.

    \b
    Example:
      authrisk decisions checkpoint decisions --key decisions.key > monday.json
    """
    import msgspec

    from authrisk.service.decision_chain import verify

    at, broken = verify(_log(folder), _key(key))
    if broken is not None:
        raise InputError(broken.what, where=f"{folder}/{broken.where}")
    sys.stdout.write(msgspec.json.encode(at).decode() + "\n")


@app.command()
def export(
    folder: Folder,
    key: KeyFile,
    user: Annotated[str | None, typer.Option(help="Only what concerns this user id.")] = None,
    event: Annotated[str | None, typer.Option(help="Only what concerns this event id.")] = None,
    since: Annotated[str, typer.Option(help="From this UTC time on, e.g. 2026-11-01.")] = "",
    until: Annotated[str, typer.Option(help="Before this UTC time.")] = "9",
) -> None:
    """Print records as NDJSON, as they stand in the log.

    Users and events stand in it under keyed names; with the key they are found by their ids.

    \b
    Example:
      authrisk decisions export decisions --key decisions.key --user alice --since 2026-11-01
    """
    import msgspec

    from authrisk.service.decision_chain import lines_of, text_of

    secret = _key(key)
    wanted = {
        kind: secret.pseudonym(kind, value)
        for kind, value in (("user", user), ("event", event))
        if value is not None
    }
    shown = 0
    for where, line in lines_of(_log(folder)):
        parts = text_of(line.rstrip(b"\n"))
        if parts is None:
            report(f"{where} is no line of a log: run `authrisk decisions verify`")
            continue
        record = msgspec.json.decode(parts[0])
        if not since <= record.get("time", "") < until:
            continue
        if all(record.get(kind) == value for kind, value in wanted.items()):
            sys.stdout.write(line.decode())
            shown += 1
    report(f"{shown:,} records")


def _position(path: Path) -> Position:
    import msgspec

    from authrisk.service.decision_chain import Position

    try:
        return msgspec.json.decode(path.read_bytes(), type=Position)
    except (OSError, msgspec.DecodeError) as error:
        raise InputError(f"is no checkpoint: {error}", where=str(path)) from None


def _key(path: Path) -> ChainKey:
    from authrisk.service.decision_chain import read_key

    return read_key(path)


def _log(folder: Path) -> Path:
    from authrisk.service.decision_chain import files_of

    if not files_of(folder):
        raise InputError("holds no decision log", where=str(folder))
    return folder
