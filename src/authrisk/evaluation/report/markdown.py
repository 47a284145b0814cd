"""The report as Markdown, plots by reference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from authrisk.evaluation.figures import Report
from authrisk.evaluation.report.document import sections, title_of
from authrisk.evaluation.report.tables import Table


def to_markdown(report: Report, plots: Mapping[str, str] | None = None) -> str:
    """plots: where the plot of each name lies, as the text shall refer to it; none by default."""
    plots = plots or {}
    lines = [f"# {title_of(report)}", ""]
    for section in sections(report):
        lines += [f"## {section.title}", ""]
        for sentence in section.text:
            lines += [sentence, ""]
        for name in section.plots:
            if name in plots:
                lines += [f"![{name}]({plots[name]})", ""]
        for table in section.tables:
            lines += [*_table(table), ""]
    return "\n".join(lines).rstrip() + "\n"


def _table(table: Table) -> Iterator[str]:
    if not table.rows:
        return
    if table.caption:
        yield f"**{table.caption}**"
        yield ""
    yield _row(list(table.head))
    yield "|" + "---|" * len(table.head)
    for i, row in enumerate(table.rows):
        yield _row([f"**{c}**" if table.is_best(i, j) else c for j, c in enumerate(row)])


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
