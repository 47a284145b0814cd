"""Reports of an evaluation, written in the form that the name of the file asks for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from authrisk.cli.terminal import STDOUT, ending, report, show

if TYPE_CHECKING:
    from authrisk.evaluation.figures import Report

_ENDINGS = (".md", ".html", ".json")


def form_of(out: str) -> str:
    """The ending that says the form, before any work is done; Markdown for stdout.

    Raises InputError for an unknown ending, AuthriskError for a web page without matplotlib.
    """
    from authrisk.evaluation.report.plots import need_matplotlib

    form = ".md" if out == STDOUT else ending(out, _ENDINGS)
    if form == ".html":
        need_matplotlib()
    return form


def write_report(found: Report, out: str, form: str) -> None:
    """Write the report; plots of Markdown go to a folder beside it."""
    import msgspec

    from authrisk.evaluation.evaluate import to_json
    from authrisk.evaluation.report.html import to_html
    from authrisk.evaluation.report.markdown import to_markdown
    from authrisk.evaluation.report.plots import draw, has_matplotlib

    if out == STDOUT:
        show(to_markdown(found).splitlines())
        return
    path = Path(out)
    if form == ".json":
        path.write_bytes(msgspec.json.format(msgspec.json.encode(to_json(found)), indent=2) + b"\n")
    elif form == ".html":
        path.write_text(to_html(found, draw(found)), encoding="utf-8")
    elif has_matplotlib():
        folder = path.with_suffix(".plots")
        folder.mkdir(exist_ok=True)
        names = {}
        for name, plot in draw(found).items():
            (folder / f"{name}.svg").write_bytes(plot)
            names[name] = f"{folder.name}/{name}.svg"
        path.write_text(to_markdown(found, names), encoding="utf-8")
    else:
        path.write_text(to_markdown(found), encoding="utf-8")
        report("no plots without matplotlib: pip install 'authrisk[evaluate]'")
