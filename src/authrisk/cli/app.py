"""The commands put together, and what the shell gets when something goes wrong.

Exit codes: 0 done, 1 done or begun but not well, 2 wrong use or input, 78 refused bundle,
130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from authrisk import __version__
from authrisk.cli import (
    attack,
    audit,
    bundle,
    collect,
    compare,
    dataset,
    decisions,
    demo,
    doctor,
    evaluate,
    events,
    formats,
    history,
    keys,
    loadtest,
    parse,
    scenarios,
    score,
    serve,
    simulate,
    train,
)
from authrisk.errors import AuthriskError, BundleError, InputError

FAILED, WRONG_INPUT, REFUSED_BUNDLE, INTERRUPTED = 1, 2, 78, 130

app = typer.Typer(
    name="authrisk",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    demo, parse, formats, simulate, attack, audit, train, evaluate, compare, scenarios, score,
    serve, doctor, loadtest, collect,
):  # fmt: skip
    name = command.__name__.rpartition(".")[2]
    app.command(name)(command.run)
app.add_typer(bundle.app, name="bundle")
app.add_typer(events.app, name="events")
app.add_typer(dataset.app, name="dataset")
app.add_typer(history.app, name="history")
app.add_typer(keys.app, name="keys")
app.add_typer(decisions.app, name="decisions")


def _show_version(wanted: bool) -> None:
    if wanted:
        print(__version__)  # noqa: T201 - what the command is for
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_show_version, help="Say the version."),
    ] = False,
) -> None:
    """Login risk from authentication logs.

    \b
    Try it:            authrisk demo
    Your own logs:     authrisk parse auth.log -o events.parquet
                       authrisk train events.parquet --model autoencoder -o my-bundle
                       authrisk score events.parquet --bundle my-bundle -o scores.csv
    Live logins:       authrisk serve

    Every command explains itself with --help. Results go to stdout or the file of -o, reports
    and progress to stderr.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; answers the exit code."""
    try:
        app(args=None if arguments is None else list(arguments), prog_name="authrisk")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else FAILED if end.code else 0
    except AuthriskError as error:
        return _refuse(str(error), _exit_code(error))
    except KeyboardInterrupt:
        return _refuse("interrupted", INTERRUPTED)
    except BrokenPipeError:
        return _leave_quietly()
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        return _refuse(f"{place}{error.strerror or error}", FAILED)
    return 0


def _exit_code(error: AuthriskError) -> int:
    if isinstance(error, BundleError):
        return REFUSED_BUNDLE
    return WRONG_INPUT if isinstance(error, InputError) else FAILED


def _refuse(what: str, code: int) -> int:
    """One line on stderr, whatever the message holds."""
    line = " ".join(what.split())
    sys.stderr.write(f"{line}\n" if code == INTERRUPTED else f"error: {line}\n")
    return code


def _leave_quietly() -> int:
    """Whoever read our output has enough; nothing more must be written, not even at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return FAILED
