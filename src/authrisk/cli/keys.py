"""`authrisk keys`: who may call the service, and for what."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from authrisk.cli.terminal import report, table
from authrisk.errors import InputError

if TYPE_CHECKING:
    from authrisk.service.keys import Key, Scope

app = typer.Typer(
    no_args_is_help=True,
    help="Keys of callers: create, list, rotate, revoke.",
    rich_markup_mode=None,
)

KeysFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="The file of `authrisk serve --keys`.")
]
NameOption = Annotated[str, typer.Option("--name", help="Of the caller, e.g. its host.")]
DaysOption = Annotated[
    int | None, typer.Option("--days", min=1, help="Valid for so many days. Default: for good.")
]
_DAY_S = 86_400


@app.command("create")
def create(
    file: KeysFile,
    name: NameOption,
    scope: Annotated[
        list[str], typer.Option(help="score, outcome, feedback, admin, metrics. May be repeated.")
    ],
    days: DaysOption = None,
) -> None:
    """Make a key and print it, once: only its hash is kept.

    \b
    Example:
      authrisk keys create keys.json --name login-server --scope score --scope outcome
    """
    from authrisk.service.keys import Keys, make_key, read_keys, write_keys

    keys = read_keys(file) if file.exists() else Keys()
    if keys.named(name):
        raise InputError("has a key already", where=name, remedy="authrisk keys rotate")
    now = int(time.time())
    key, text = make_key(name, _scopes(scope), now, _end(now, days))
    write_keys(file, Keys((*keys.keys, key)))
    _show(text, key)


@app.command("list")
def list_keys(file: KeysFile) -> None:
    """Show names, scopes and times. The keys themselves are not there to be shown."""
    from authrisk.service.keys import read_keys

    now = time.time()
    rows = [
        [
            key.id,
            key.name,
            ",".join(key.scopes),
            _day(key.created),
            "never" if key.expires is None else _day(key.expires),
            "yes" if key.valid(now) else "no",
        ]
        for key in read_keys(file).keys
    ]
    for line in table(["id", "name", "scopes", "created", "expires", "valid"], rows):
        sys.stdout.write(f"{line}\n")


@app.command("rotate")
def rotate(
    file: KeysFile,
    name: NameOption,
    overlap_hours: Annotated[
        int, typer.Option(min=0, help="How long the old key is still taken.")
    ] = 24,
    days: DaysOption = None,
) -> None:
    """Make a new key of a name; the old one is taken for a while yet, then no more."""
    import msgspec

    from authrisk.service.keys import Keys, make_key, read_keys, write_keys

    keys = read_keys(file)
    now = int(time.time())
    old = [key for key in keys.named(name) if key.valid(now)]
    if not old:
        raise InputError("has no valid key", where=name, remedy="authrisk keys create")
    end = now + overlap_hours * 3_600
    newest = max(old, key=lambda key: key.created)
    key, text = make_key(name, newest.scopes, now, _end(now, days))
    kept = [
        msgspec.structs.replace(k, expires=min(end, k.expires or end)) if k in old else k
        for k in keys.keys
    ]
    write_keys(file, Keys((*kept, key)))
    _show(text, key)
    report(f"the old one is taken for {overlap_hours} hours yet")


@app.command("revoke")
def revoke(
    file: KeysFile,
    name: Annotated[str, typer.Argument(help="A name, or the id of one key.")],
) -> None:
    """Take keys out of the file. A running service notices within a second."""
    from authrisk.service.keys import Keys, read_keys, write_keys

    keys = read_keys(file)
    kept = tuple(key for key in keys.keys if name not in {key.name, key.id})
    gone = len(keys.keys) - len(kept)
    if not gone:
        raise InputError("is no name and no id of a key", where=name, remedy="authrisk keys list")
    write_keys(file, Keys(kept))
    report(f"{gone} key{'s' if gone > 1 else ''} revoked")


def _show(text: str, key: Key) -> None:
    sys.stdout.write(f"{text}\n")
    report(f"key {key.id} of {key.name}: {', '.join(key.scopes)}. It is shown this once.")


def _scopes(names: list[str]) -> tuple[Scope, ...]:
    from authrisk.service.keys import SCOPES

    for name in names:
        if name not in SCOPES:
            raise InputError("is no scope", where=name, remedy=f"one of {', '.join(SCOPES)}")
    return tuple(scope for scope in SCOPES if scope in names)


def _end(now_s: int, days: int | None) -> int | None:
    return None if days is None else now_s + days * _DAY_S


def _day(seconds: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.gmtime(seconds))
