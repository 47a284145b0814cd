"""`authrisk history`: backup, restore, check and pruning of what a service keeps."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from authrisk.cli.history_reading import DEFAULT
from authrisk.cli.terminal import report, show
from authrisk.errors import InputError

if TYPE_CHECKING:
    from authrisk.history.examination import Examination

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="The file of past logins: back up, restore, check, prune.",
)

History = Annotated[
    Path, typer.Option(envvar="AUTHRISK_HISTORY", help="The SQLite file of `serve`.")
]


@app.command()
def backup(
    to: Annotated[Path, typer.Argument(metavar="FILE", help="A new file.")],
    history: History = DEFAULT,
) -> None:
    """Copy the history into a new file; the service may go on.

    The copy holds every login that was answered before the command began, and is checked.

    \b
    Example:
      authrisk history backup /backup/history-monday.sqlite
    """
    from authrisk.history.backup import back_up

    _require(history)
    found = back_up(history, to)
    report(f"{found.logins:,} logins of {found.users:,} users in {to}")


@app.command()
def prune(
    days: Annotated[float, typer.Option(min=0, help="Older than that, by their own stamp.")],
    history: History = DEFAULT,
) -> None:
    """Erase old logins from a history that no service has open (`serve` does it by itself).

    \b
    Example:
      authrisk history prune --days 180 --history history.sqlite
    """
    import time
    from contextlib import closing

    from authrisk.history.lock import only_writer
    from authrisk.history.sqlite import SqliteStore

    _require(history)
    with only_writer(history), closing(SqliteStore(history)) as store:
        gone = store.forget_before(time.time_ns() - int(days * 86_400e9))
    report(f"{gone:,} logins erased from {history}")


@app.command()
def restore(
    backup: Annotated[Path, typer.Argument(metavar="FILE", help="What `backup` wrote.")],
    history: History = DEFAULT,
    replace: Annotated[
        bool, typer.Option(help="Put a history that is there aside, as HISTORY.replaced.")
    ] = False,
) -> None:
    """Put a backup in the place of the history, whole or not at all. Stop the service first.

    \b
    Example:
      authrisk history restore /backup/history-monday.sqlite --replace
    """
    from authrisk.history.backup import restore as put_back

    _require(backup)
    aside = history.with_name(history.name + ".replaced") if replace else None
    was_there = history.exists()
    found = put_back(backup, history, aside=aside)
    if was_there:
        report(f"what was there is {aside}: delete it when you need it no more")
    report(f"{found.logins:,} logins of {found.users:,} users in {history}")


@app.command()
def check(
    file: Annotated[
        Path, typer.Argument(metavar="[FILE]", envvar="AUTHRISK_HISTORY", help="History or backup.")
    ] = DEFAULT,
) -> None:
    """Read every page and every login of a history or a backup; exit code 1 when it is damaged.

    The service may go on meanwhile.

    \b
    Example:
      authrisk history check authrisk-history.sqlite
    """
    from authrisk.history.examination import examine

    _require(file)
    show(_lines(examine(file)))
    report(f"{file} is whole")


def _require(file: Path) -> None:
    if not file.is_file():
        raise InputError("no such history", where=str(file), remedy="authrisk serve makes one")


def _lines(found: Examination) -> list[str]:
    return [
        f"schema  {found.schema}",
        f"bytes   {found.size:,}",
        f"logins  {found.logins:,}",
        *(f"        {count:,} {name}" for name, count in found.standings.items()),
        f"users   {found.users:,}",
        f"first   {_time(found.first_ns)}",
        f"last    {_time(found.last_ns)}",
        f"states  {', '.join(found.states) or 'none'}",
    ]


def _time(time_ns: int | None) -> str:
    if time_ns is None:
        return "none"
    return f"{datetime.fromtimestamp(time_ns // 1_000_000_000, UTC):%Y-%m-%dT%H:%M:%SZ}"
