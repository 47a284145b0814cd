"""`authrisk dataset`: a bundle measured on a public data set, from its files to the report."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from queue import Queue
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from authrisk.cli.arguments import BundleOption
from authrisk.cli.report_writing import form_of, write_report
from authrisk.cli.terminal import STDOUT, progress_bar, report
from authrisk.errors import InputError

if TYPE_CHECKING:
    from authrisk.cli.log_reading import Part
    from authrisk.evaluation.dataset.arrivals import Arrivals
    from authrisk.evaluation.figures import Report

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Measure a bundle on a public data set that you have: from its files to the report.",
)

Out = Annotated[
    str,
    typer.Option("-o", "--out", help="report.html, report.md or report.json; - is Markdown."),
]
Users = Annotated[
    float | None,
    typer.Option(min=0.0, max=1.0, help="Share of the users that are measured. Default: by size."),
]
_AHEAD = 16
"""Tables that are read ahead, of some 65,000 rows each."""


class Measurable(NamedTuple):
    """A data set that is read, and what its logins are measured as."""

    arrivals: Iterable[Arrivals]
    kinds: tuple[str, ...]
    notes: Callable[[], Iterable[str]]
    source: str


@app.command()
def rba(
    logins: Annotated[Path, typer.Argument(metavar="CSV", help="rba-dataset.csv, or a cut of it.")],
    bundle: BundleOption = "supervised",
    out: Out = STDOUT,
    users: Users = None,
    skip_days: Annotated[
        float, typer.Option(min=0.0, help="First days that only build history.")
    ] = 1.0,
    enrich: Annotated[
        bool, typer.Option(help="Add coordinates and kind of network, as `parse` does.")
    ] = True,
) -> None:
    """The Login Data Set for Risk-Based Authentication (Wiefling et al., 2022).

    The file is streamed twice, the first time for the users with a takeover. All rows are history;
    measured are all takeovers, and successful logins of a random part of the users. The labels
    `Is Account Takeover` and `Is Attack IP` are told apart, never as one.

    \b
    Example:
      authrisk dataset rba rba-dataset.csv --bundle supervised -o report.html
    """
    from authrisk.cli.treatment import treatment
    from authrisk.evaluation.dataset.rba import (
        BYTES_PER_LOGIN,
        BYTES_PER_LOGIN_PACKED,
        KINDS,
        RbaLogins,
    )
    from authrisk.evaluation.dataset.sample import Sample
    from authrisk.logs.rba_victims import takeover_users

    form = form_of(out)
    share = _share(logins, BYTES_PER_LOGIN, BYTES_PER_LOGIN_PACKED)
    sample = Sample(users=share if users is None else users)
    marking = RbaLogins(takeover_users(logins), sample, skip_days)
    treat = treatment(enrich=enrich, mmdb=[], users=None)

    def arrivals() -> Iterator[Arrivals]:
        for part in _parts(logins, "rba_csv"):
            assert part.labels is not None
            yield marking.arrive(treat(part.events), part.labels)

    found = _measured(bundle, Measurable(arrivals(), KINDS, marking.notes, logins.name))
    write_report(found, out, form)
    report(_told(found))


@app.command()
def lanl(
    auth: Annotated[Path, typer.Argument(metavar="AUTH", help="auth.txt.gz, or a cut of it.")],
    redteam: Annotated[Path, typer.Argument(metavar="REDTEAM", help="redteam.txt.gz.")],
    bundle: BundleOption = "autoencoder",
    out: Out = STDOUT,
    users: Users = None,
    logins: Annotated[
        float | None,
        typer.Option(min=0.0, max=1.0, help="Share of their logins. Default: by size."),
    ] = None,
    skip_days: Annotated[
        float, typer.Option(min=0.0, help="First days that only build history.")
    ] = 1.0,
) -> None:
    """The authentication events of Los Alamos (Kent, 2015) with their red team.

    All logins are history; measured are those of the red team, joined by time, user, source and
    destination, and a random part of the people's successful logins.

    \b
    Example:
      authrisk dataset lanl auth.txt.gz redteam.txt.gz --bundle autoencoder -o report.html
    """
    from authrisk.cli.treatment import treatment
    from authrisk.evaluation.dataset.lanl import (
        BYTES_PER_LOGIN,
        BYTES_PER_LOGIN_PACKED,
        KINDS,
        LanlLogins,
    )
    from authrisk.evaluation.dataset.sample import Sample
    from authrisk.logs.lanl_redteam import read_redteam
    from authrisk.logs.reader import read_lines

    form = form_of(out)
    # Users are few there and have very many logins: both are sampled, and users not too thinly.
    share = _share(auth, BYTES_PER_LOGIN, BYTES_PER_LOGIN_PACKED) ** 0.5
    sample = Sample(share if users is None else users, share if logins is None else logins)
    marking = LanlLogins(read_redteam(read_lines([str(redteam)])), sample, skip_days)
    treat = treatment(enrich=False, mmdb=[], users=None)

    def arrivals() -> Iterator[Arrivals]:
        for part in _parts(auth, "lanl_auth"):
            yield marking.arrive(treat(part.events))

    found = _measured(bundle, Measurable(arrivals(), KINDS, marking.notes, auth.name))
    write_report(found, out, form)
    report(_told(found))


def _measured(bundle: str, data: Measurable) -> Report:
    from authrisk.evaluation.dataset.arrivals import replay_arrivals
    from authrisk.evaluation.dataset.report import dataset_report
    from authrisk.models.bundle import load_bundle, locate_bundle

    loaded = load_bundle(locate_bundle(bundle))
    with progress_bar("logins") as bar:
        task = bar.add_task("read", total=None)

        def counted() -> Iterator[Arrivals]:
            for arrived in _ahead(data.arrivals):
                bar.advance(task, len(arrived))
                yield arrived

        judged = list(replay_arrivals(counted(), loaded))
    return dataset_report(judged, data.kinds, loaded, data.source, data.notes())


def _parts(path: Path, format_name: str) -> Iterator[Part]:
    """The tables of a file. What is no row is told on stderr when the end is reached."""
    from authrisk.cli.log_reading import read_log_parts, told
    from authrisk.logs.choice import choose_formats, open_log
    from authrisk.logs.parser import ParseSettings
    from authrisk.logs.reader import Source
    from authrisk.logs.report import Tally

    tally = Tally()
    settings = ParseSettings(reference=dt.datetime.now(dt.UTC))
    yield from read_log_parts(
        open_log(Source(path.name, path), choose_formats(format_name), settings), tally
    )
    for line in told(tally.report()):
        report(line)


def _ahead(arrivals: Iterable[Arrivals]) -> Iterator[Arrivals]:
    """The same, read by a thread of its own while the last ones are scored."""
    ready: Queue[Arrivals | BaseException | None] = Queue(_AHEAD)
    gone = threading.Event()

    def read() -> None:
        end: BaseException | None = None
        try:
            for arrived in arrivals:
                ready.put(arrived)
                if gone.is_set():
                    return
        except BaseException as error:  # noqa: BLE001  (raised again where it is awaited)
            end = error
        ready.put(end)

    threading.Thread(target=read, daemon=True).start()
    try:
        while (item := ready.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        gone.set()


def _share(path: Path, bytes_per_login: int, bytes_per_login_packed: int) -> float:
    """What part of a file of this size is measured, by what a login takes in it."""
    from authrisk.evaluation.dataset.sample import share_of

    if not path.is_file():
        raise InputError("is no file; a data set is read from one", where=str(path))
    packed = path.suffix in (".gz", ".zst")
    return share_of(path.stat().st_size, bytes_per_login_packed if packed else bytes_per_login)


def _told(found: Report) -> str:
    """The one line that matters most."""
    view = found.contenders[0].view()
    assert view is not None
    found_at = {t.tier: t.recall_at_1pct for t in view.tiers}
    lines = [f"{k}: {'too little' if v is None else f'{v.value:.1%}'}" for k, v in found_at.items()]
    recalls = ", ".join(lines) or "no labelled login was measured"
    return f"{view.legitimate:,} legitimate logins measured; recall at 1 %: {recalls}"
